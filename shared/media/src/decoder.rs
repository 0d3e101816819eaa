//! Samples, block by block.

use domain::transcript::AudioFacts;

use crate::{
    Error, Source, convert,
    level::{Gain, LevelMeter, LevelReport, Levels},
    library::Library,
    mix::Mix,
    open::{Opened, damaged, open},
    pcm::Pcm,
    source::Failures,
};

/// Samples of all channels over the same span of time, 16 bits each, interleaved.
#[derive(Debug, Default)]
pub struct Block {
    pub(crate) samples: Vec<i16>,
    pub(crate) channels: usize,
    /// What is done with the samples of all blocks before they are rounded.
    pub(crate) levels: Levels,
}

impl Block {
    /// The samples, frame by frame; in each frame one sample of each channel.
    pub fn samples(&self) -> &[i16] {
        &self.samples
    }

    /// Number of channels.
    pub const fn channels(&self) -> usize {
        self.channels
    }

    /// Number of frames: samples in each channel.
    pub fn frames(&self) -> usize {
        self.samples.len() / self.channels.max(1)
    }

    /// The samples of one channel; empty where there is no such channel.
    pub fn channel(&self, index: usize) -> impl Iterator<Item = i16> {
        let samples = self.samples.get(index..).unwrap_or(&[]);
        samples.iter().step_by(self.channels.max(1)).copied()
    }

    /// The mean of all channels.
    pub fn mix(&self) -> impl Iterator<Item = i16> {
        self.mix_by(Mix::default())
    }

    /// All channels joined as was decided for the recording.
    pub fn mix_by(&self, mix: Mix) -> impl Iterator<Item = i16> {
        mix.apply(self)
    }

    /// Measures and scales samples that have had 16 bits from the beginning.
    fn apply_levels(&mut self) {
        if self.levels.is_done || self.levels.is_idle() {
            return;
        }
        let mut floats = std::mem::take(&mut self.levels.floats);
        floats.clear();
        floats.extend(
            self.samples
                .iter()
                .map(|sample| f32::from(*sample) / 32_768.0),
        );
        self.levels.apply(&mut floats, self.channels);
        if !self.levels.gain.is_unity() {
            convert::round(&floats, &mut self.samples);
        }
        self.levels.floats = floats;
    }
}

/// A recording being decoded.
pub struct Decoder {
    way: Way,
    block: Block,
    frames: u64,
}

/// How a recording is decoded.
enum Way {
    /// Its samples are in the file as they are wanted.
    Plain(Pcm),
    /// By the library.
    Library(Box<Library>),
}

impl Decoder {
    /// Begins to decode; the kind of recording is found out from its bytes.
    pub fn open(source: Box<dyn Source>) -> Result<Self, Error> {
        let failures = Failures::default();
        let way = match open(source, &failures)? {
            Opened::Plain(pcm) => Way::Plain(pcm),
            Opened::Container(container) => {
                Way::Library(Box::new(Library::new(container, failures)?))
            }
        };
        Ok(Self {
            way,
            block: Block::default(),
            frames: 0,
        })
    }

    /// Scales all samples, before they are rounded to 16 bits.
    #[must_use]
    pub fn with_gain(mut self, gain: Gain) -> Self {
        self.block.levels.gain = gain;
        self
    }

    /// Measures the level of all samples, for [`Decoder::level`].
    #[must_use]
    pub fn with_level_meter(mut self) -> Self {
        self.block.levels.meter = Some(Box::default());
        self
    }

    /// The level of what was decoded so far, before any gain; that of silence without a
    /// meter.
    pub fn level(&self) -> LevelReport {
        let meter = self.block.levels.meter.as_deref();
        meter.map_or_else(|| LevelMeter::default().report(), LevelMeter::report)
    }

    /// The next samples; nothing at the end. A recording that breaks off ends
    /// where it breaks off; single damaged packets are passed over. Where packets
    /// are missing by their times there is silence, so that times agree with a
    /// player's.
    pub fn next_block(&mut self) -> Result<Option<&Block>, Error> {
        let found = match &mut self.way {
            Way::Plain(pcm) => pcm.next(&mut self.block)?,
            Way::Library(library) => library.next(&mut self.block)?,
        };
        if found {
            self.block.apply_levels();
            self.frames += self.block.frames() as u64;
            return Ok(Some(&self.block));
        }
        match self.frames {
            0 if self.damaged_packets() > 0 => Err(damaged("nothing in it can be decoded")),
            0 => Err(Error::Empty),
            _ => Ok(None),
        }
    }

    /// What decoding has shown so far.
    pub fn facts(&self) -> AudioFacts {
        let (channels, sample_rate_hz) = match &self.way {
            Way::Plain(pcm) => (pcm.channels(), pcm.sample_rate_hz()),
            Way::Library(library) => (library.channels(), library.sample_rate_hz()),
        };
        AudioFacts {
            duration_ms: self.frames * 1_000 / u64::from(sample_rate_hz),
            channels: u16::try_from(channels).unwrap_or(u16::MAX),
            sample_rate_hz,
        }
    }

    /// Number of packets so far that could not be decoded and were passed over.
    pub const fn damaged_packets(&self) -> u64 {
        match &self.way {
            Way::Plain(_) => 0,
            Way::Library(library) => library.damaged_packets(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_is_taken_apart_into_channels() {
        let block = Block {
            samples: vec![1, -4, 3, -7],
            channels: 2,
            ..Block::default()
        };
        assert_eq!(block.frames(), 2);
        assert_eq!(block.channel(1).collect::<Vec<_>>(), [-4, -7]);
        assert_eq!(block.channel(9).count(), 0);
        assert_eq!(block.mix().collect::<Vec<_>>(), [-1, -2]);
    }
}
