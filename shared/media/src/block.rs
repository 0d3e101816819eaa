//! A block of decoded samples.

use crate::{convert, level::Levels, mix::Mix};

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
    pub fn channel(&self, index: usize) -> Vec<i16> {
        let samples = self.samples.get(index..).unwrap_or(&[]);
        samples
            .iter()
            .step_by(self.channels.max(1))
            .copied()
            .collect()
    }

    /// The mean of all channels.
    pub fn mix(&self) -> Vec<i16> {
        self.mix_by(Mix::default())
    }

    /// All channels joined as was decided for the recording.
    pub fn mix_by(&self, mix: Mix) -> Vec<i16> {
        mix.apply(self)
    }

    /// Measures and scales samples that have had 16 bits from the beginning.
    pub(crate) fn apply_levels(&mut self) {
        if self.levels.is_done || self.levels.is_idle() {
            return;
        }
        let mut floats = std::mem::take(&mut self.levels.floats);
        floats.clear();
        let measured = self.levels.measured(self.samples.len(), self.channels);
        let samples = self.samples[..measured].iter();
        floats.extend(samples.map(|sample| f32::from(*sample) / 32_768.0));
        self.levels.apply(&mut floats, self.channels);
        if !self.levels.gain.is_unity() {
            convert::round(&floats, &mut self.samples);
        }
        self.levels.floats = floats;
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
        assert_eq!(block.channel(1), [-4, -7]);
        assert!(block.channel(9).is_empty());
        assert_eq!(block.mix(), [-1, -2]);
    }
}
