//! One channel made of several.

use crate::Block;

/// How the channels of a recording are joined to one.
///
/// It is decided once for a recording, by all of it or a long beginning
/// ([`ChannelComparison::mix`](crate::channels::ChannelComparison::mix)), so that it
/// never changes within a word. Channels of opposite phase are turned around, and silent
/// channels do not make the others quieter.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Mix {
    /// One bit for each channel that is turned around.
    pub(crate) turned: u64,
    /// The number of channels with sound; 0 stands for all channels.
    pub(crate) audible: u8,
}

impl Mix {
    /// Joins the channels of a block.
    pub(crate) fn apply(self, block: &Block) -> Vec<i16> {
        let channels = block.channels().max(1);
        let count = match self.audible {
            0 => i32::try_from(channels).unwrap_or(1),
            audible => i32::from(audible),
        };
        let turned = self.turned;
        let frames = block.samples().chunks_exact(channels);
        let mixed = frames.map(|frame| {
            let sum = if turned == 0 {
                frame.iter().copied().map(i32::from).sum()
            } else {
                sum_turned(frame, turned)
            };
            // A sum of more channels than are counted may be too large.
            i16::try_from(sum / count).unwrap_or(if sum > 0 { i16::MAX } else { i16::MIN })
        });
        mixed.collect()
    }
}

fn sum_turned(frame: &[i16], turned: u64) -> i32 {
    let sign = |index: usize| 1 - 2 * i32::from(turned >> (index % 64) & 1 == 1);
    let samples = frame.iter().enumerate();
    samples
        .map(|(index, sample)| i32::from(*sample) * sign(index))
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mixed(samples: &[i16], channels: usize, mix: Mix) -> Vec<i16> {
        let block = Block {
            samples: samples.to_vec(),
            channels,
            ..Block::default()
        };
        block.mix_by(mix)
    }

    #[test]
    fn channels_are_averaged_turned_around_and_counted_where_they_sound() {
        let frame = [100, -90, 2, 0];
        assert_eq!(mixed(&frame, 4, Mix::default()), [3]);
        let turned = Mix {
            turned: 0b0010,
            audible: 2,
        };
        assert_eq!(mixed(&frame, 4, turned), [96]);
    }

    #[test]
    fn a_sum_that_is_too_large_is_limited() {
        let one = Mix {
            turned: 0b01,
            audible: 1,
        };
        assert_eq!(mixed(&[i16::MIN, i16::MAX], 2, one), [i16::MAX]);
        assert_eq!(mixed(&[i16::MAX, i16::MIN], 2, one), [i16::MIN]);
    }
}
