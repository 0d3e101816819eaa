//! Samples, block by block.

use domain::transcript::AudioFacts;

use crate::{Error, Source, library::Library, open::damaged};

/// Samples of all channels over the same span of time, 16 bits each.
#[derive(Debug, Default)]
pub struct Block {
    planes: Vec<Vec<i16>>,
}

impl Block {
    /// The samples of each channel; all of the same length.
    pub fn planes(&self) -> &[Vec<i16>] {
        &self.planes
    }

    /// Number of frames: samples in each channel.
    pub fn frames(&self) -> usize {
        self.planes.first().map_or(0, Vec::len)
    }
}

/// A recording being decoded.
pub struct Decoder {
    library: Library,
    block: Block,
    frames: u64,
}

impl Decoder {
    /// Begins to decode; the kind of recording is found out from its bytes.
    pub fn open(source: Box<dyn Source>) -> Result<Self, Error> {
        Ok(Self {
            library: Library::open(source)?,
            block: Block::default(),
            frames: 0,
        })
    }

    /// The next samples; nothing at the end. A recording that breaks off ends
    /// where it breaks off; single damaged packets are passed over. Where packets
    /// are missing by their times there is silence, so that times agree with a
    /// player's.
    pub fn next_block(&mut self) -> Result<Option<&Block>, Error> {
        if self.library.next(&mut self.block.planes)?.is_some() {
            self.frames += self.block.frames() as u64;
            return Ok(Some(&self.block));
        }
        match self.frames {
            0 if self.library.damaged_packets() > 0 => Err(damaged("nothing in it can be decoded")),
            0 => Err(Error::Empty),
            _ => Ok(None),
        }
    }

    /// What decoding has shown so far.
    pub fn facts(&self) -> AudioFacts {
        let sample_rate_hz = self.library.sample_rate_hz();
        AudioFacts {
            duration_ms: self.frames * 1_000 / u64::from(sample_rate_hz),
            channels: u16::try_from(self.library.channels()).unwrap_or(u16::MAX),
            sample_rate_hz,
        }
    }

    /// Number of packets so far that could not be decoded and were passed over.
    pub const fn damaged_packets(&self) -> u64 {
        self.library.damaged_packets()
    }
}
