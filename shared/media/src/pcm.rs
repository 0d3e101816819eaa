//! Samples that lie in the file as they are wanted: WAV with 16 bits.
//!
//! The library makes packets of 1,152 frames of them and takes the channels
//! apart; reading them in one piece takes a fifth of the time.

use std::{io::Seek as _, ops::RangeInclusive};

use crate::{
    Error,
    block::Block,
    source::{Failures, PatchedReader},
};

/// What sampling rates make sense, in frames per second.
pub(crate) const SAMPLE_RATES: RangeInclusive<u32> = 1_000..=384_000;

/// The most channels that make sense.
pub(crate) const MAX_CHANNELS: usize = 64;

/// How much is read at once, in samples of all channels: 256 KiB.
const READ_SAMPLES: usize = 128 * 1024;

/// How the samples lie in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Layout {
    /// Samples in a frame.
    pub(crate) channels: usize,
    /// Frames per second.
    pub(crate) sample_rate_hz: u32,
    /// Where the first one lies.
    pub(crate) start: u64,
    /// How many bytes there are of them.
    pub(crate) length: u64,
}

/// Samples of 16 bits, the lower byte first, on their way out of a file.
pub(crate) struct Pcm {
    feed: PatchedReader,
    failures: Failures,
    layout: Layout,
    /// Bytes still to be read.
    left: u64,
}

impl Pcm {
    /// Reads on from where `feed` stands, which is at the first sample.
    pub(crate) const fn new(feed: PatchedReader, failures: Failures, layout: Layout) -> Self {
        Self {
            feed,
            failures,
            layout,
            left: layout.length,
        }
    }

    pub(crate) const fn channels(&self) -> usize {
        self.layout.channels
    }

    pub(crate) const fn sample_rate_hz(&self) -> u32 {
        self.layout.sample_rate_hz
    }

    /// Leaves out as many of the next frames as there are, at most `frames`; how many.
    pub(crate) fn skip(&mut self, frames: u64) -> Result<u64, Error> {
        let frame = 2 * self.layout.channels as u64;
        let frames = frames.min(self.left / frame);
        let distance = i64::try_from(frames * frame).unwrap_or(i64::MAX);
        let skipped = self.feed.seek_relative(distance);
        skipped.map_err(|error| Error::Read(self.failures.take().unwrap_or(error)))?;
        self.left -= frames * frame;
        Ok(frames)
    }

    /// The next frames into `block`; whether there were any.
    pub(crate) fn next(&mut self, block: &mut Block) -> Result<bool, Error> {
        let channels = self.layout.channels;
        block.channels = channels;
        let most = (READ_SAMPLES / channels).max(1) * channels;
        let left = usize::try_from(self.left / 2).unwrap_or(most);
        block.samples.resize(most.min(left), 0);
        let bytes = bytemuck::cast_slice_mut(&mut block.samples);
        let read = self.feed.fill(bytes);
        let read = read.map_err(|error| Error::Read(self.failures.take().unwrap_or(error)))?;
        self.left = if read < bytes.len() {
            0
        } else {
            self.left - read as u64
        };
        // A frame that breaks off is none.
        block.samples.truncate(read / 2 / channels * channels);
        if cfg!(target_endian = "big") {
            block
                .samples
                .iter_mut()
                .for_each(|sample| *sample = i16::from_le(*sample));
        }
        Ok(!block.samples.is_empty())
    }
}
