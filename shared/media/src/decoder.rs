//! Samples, block by block.

use domain::transcript::AudioFacts;

use crate::{
    Error, Source,
    library::Library,
    open::{Opened, damaged, open},
    pcm::Pcm,
    source::Failures,
};

/// Samples of all channels over the same span of time, 16 bits each, interleaved.
#[derive(Debug, Default)]
pub struct Block {
    pub(crate) samples: Vec<i16>,
    pub(crate) channels: usize,
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
        let count = i32::try_from(self.channels).unwrap_or(1).max(1);
        let frames = self.samples.chunks_exact(self.channels.max(1));
        frames.map(move |frame| {
            let sum: i32 = frame.iter().copied().map(i32::from).sum();
            i16::try_from(sum / count).unwrap_or(0)
        })
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
        };
        assert_eq!(block.frames(), 2);
        assert_eq!(block.channel(1).collect::<Vec<_>>(), [-4, -7]);
        assert_eq!(block.channel(9).count(), 0);
        assert_eq!(block.mix().collect::<Vec<_>>(), [-1, -2]);
    }
}
