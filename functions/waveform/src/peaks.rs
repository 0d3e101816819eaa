//! Peaks as audiowaveform computes them, at a resolution that suits the length.
//!
//! For each pixel, the minimum and the maximum of the channels' sum, divided
//! once by their number, truncated toward zero as C divides: byte for byte what
//! audiowaveform writes for the same samples.

#![expect(
    clippy::inline_always,
    reason = "what is not inlined is not compiled for wide registers"
)]

use pulp::{Arch, Simd, WithSimd};

/// Samples per pixel to begin with.
pub const FINEST: u32 = 256;

/// Pixels beyond which pairs of them are joined: 40,000 pairs of 16 bits are
/// 213 KB in base64, and ten minutes at 44.1 kHz stay at 1,024 samples per pixel.
const MAX_PIXELS: usize = 40_000;

/// The peaks of a recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peaks {
    /// Frames summed up in one pair.
    pub samples_per_pixel: u32,
    /// Minimum and maximum of each pixel.
    pub pairs: Vec<(i16, i16)>,
}

/// Collects peaks from samples as they come, in bounded memory.
#[derive(Debug)]
pub struct Collector {
    samples_per_pixel: u32,
    sums: Vec<(i32, i32)>,
    pixel: (i32, i32),
    filled: u32,
    channels: i32,
    max_pixels: usize,
}

const NOTHING: (i32, i32) = (i32::MAX, i32::MIN);

impl Default for Collector {
    fn default() -> Self {
        Self::new(FINEST, MAX_PIXELS)
    }
}

impl Collector {
    /// Begins at `samples_per_pixel` and keeps at most `max_pixels` by joining
    /// pairs of them, which doubles the samples per pixel.
    pub fn new(samples_per_pixel: u32, max_pixels: usize) -> Self {
        Self {
            samples_per_pixel,
            sums: Vec::new(),
            pixel: NOTHING,
            filled: 0,
            channels: 1,
            max_pixels,
        }
    }

    /// Takes samples of all channels, interleaved.
    pub fn push(&mut self, samples: &[i16], channels: usize) {
        self.channels = i32::try_from(channels).unwrap_or(1).max(1);
        Arch::new().dispatch(Collect {
            collector: self,
            samples,
            channels: channels.max(1),
        });
    }

    #[inline(always)]
    fn collect(&mut self, mut samples: &[i16], channels: usize) {
        while samples.len() >= channels {
            let room = (self.samples_per_pixel - self.filled) as usize;
            let frames = room.min(samples.len() / channels);
            let (now, later) = samples.split_at(frames * channels);
            self.pixel = join(self.pixel, extremes(now, channels));
            self.filled += u32::try_from(frames).unwrap_or(0);
            if self.filled == self.samples_per_pixel {
                self.close_pixel();
            }
            samples = later;
        }
    }

    /// The peaks; the last pixel may cover fewer samples.
    pub fn finish(mut self) -> Peaks {
        if self.filled > 0 {
            self.close_pixel();
        }
        let divide = |sum: i32| i16::try_from(sum / self.channels).unwrap_or_default();
        Peaks {
            samples_per_pixel: self.samples_per_pixel,
            pairs: self
                .sums
                .iter()
                .map(|(low, high)| (divide(*low), divide(*high)))
                .collect(),
        }
    }

    fn close_pixel(&mut self) {
        self.sums.push(self.pixel);
        self.pixel = NOTHING;
        self.filled = 0;
        if self.sums.len() >= self.max_pixels && self.sums.len().is_multiple_of(2) {
            self.sums = self
                .sums
                .chunks(2)
                .map(|pair| join(pair[0], pair[1]))
                .collect();
            self.samples_per_pixel *= 2;
        }
    }
}

/// A call of [`Collector::collect`]. A closure would do, were it not compiled by
/// itself, for the narrow registers that every processor has.
struct Collect<'a> {
    collector: &'a mut Collector,
    samples: &'a [i16],
    channels: usize,
}

impl WithSimd for Collect<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        self.collector.collect(self.samples, self.channels);
    }
}

const fn join(left: (i32, i32), right: (i32, i32)) -> (i32, i32) {
    let low = if left.0 < right.0 { left.0 } else { right.0 };
    let high = if left.1 > right.1 { left.1 } else { right.1 };
    (low, high)
}

/// The smallest and largest sum of the channels over a span of frames.
///
/// One and two channels by themselves: a loop inside the loop would keep the
/// compiler from wide registers.
#[inline(always)]
fn extremes(samples: &[i16], channels: usize) -> (i32, i32) {
    match channels {
        1 => {
            let low = samples.iter().copied().fold(i16::MAX, i16::min);
            let high = samples.iter().copied().fold(i16::MIN, i16::max);
            (i32::from(low), i32::from(high))
        }
        // Both samples of a frame as one number: two shifts take them apart, where
        // reading every second sample takes shuffles, and a tenth more time.
        2 if let Ok(frames) = bytemuck::try_cast_slice::<i16, i32>(samples) => fold(
            frames
                .iter()
                .map(|frame| (frame << 16 >> 16) + (frame >> 16)),
        ),
        many => fold(
            samples
                .chunks_exact(many)
                .map(|frame| frame.iter().copied().map(i32::from).sum()),
        ),
    }
}

#[inline(always)]
fn fold(sums: impl Iterator<Item = i32>) -> (i32, i32) {
    sums.fold(NOTHING, |(low, high), sum| (low.min(sum), high.max(sum)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn peaks(frames: &[[i16; 2]], block: usize, mut collector: Collector) -> Peaks {
        for part in frames.chunks(block) {
            collector.push(part.as_flattened(), 2);
        }
        collector.finish()
    }

    #[test]
    fn channels_are_summed_and_divided_toward_zero() {
        let frames = [[3, 0], [-3, -4], [10, -5]];
        let found = peaks(&frames, 3, Collector::new(2, 100));
        // Sums 3, -7 and 5; -7 / 2 is -3, not -4.
        assert_eq!(found.pairs, [(-3, 1), (2, 2)]);
    }

    #[test]
    fn eight_hours_stay_small() {
        let mut collector = Collector::default();
        let second = vec![7; 48_000];
        for _ in 0..8 * 3_600 {
            collector.push(&second, 1);
        }
        let found = collector.finish();
        assert!(
            (20_000..=40_000).contains(&found.pairs.len()),
            "{}",
            found.pairs.len()
        );
        assert!(found.samples_per_pixel.is_power_of_two());
    }

    proptest! {
        #[test]
        fn any_number_of_channels_is_summed_alike(
            samples in prop::collection::vec(any::<i16>(), 1..2_000),
            channels in 1_usize..7,
        ) {
            let mut collector = Collector::new(16, usize::MAX);
            collector.push(&samples, channels);
            let width = i32::try_from(channels).expect("few");
            let frames = samples.chunks_exact(channels);
            let means: Vec<i32> = frames
                .map(|frame| frame.iter().copied().map(i32::from).sum::<i32>() / width)
                .collect();
            let expected: Vec<_> = means
                .chunks(16)
                .map(|pixel| (pixel.iter().min(), pixel.iter().max()))
                .collect();
            let found = collector.finish().pairs;
            let found = found.iter().map(|(low, high)| (i32::from(*low), i32::from(*high)));
            prop_assert!(found.eq(expected.iter().map(|(low, high)| (*low.expect("some"), *high.expect("some")))));
        }

        #[test]
        fn neither_blocks_nor_joining_change_the_peaks(
            frames in prop::collection::vec(any::<[i16; 2]>(), 1..3_000),
            block in 1_usize..700,
        ) {
            let whole = peaks(&frames, usize::MAX, Collector::new(4, usize::MAX));
            prop_assert_eq!(&peaks(&frames, block, Collector::new(4, usize::MAX)), &whole);
            let joined = peaks(&frames, block, Collector::new(4, 16));
            let width = joined.samples_per_pixel as usize / 4;
            for (pixel, parts) in joined.pairs.iter().zip(whole.pairs.chunks(width)) {
                let low = parts.iter().map(|pair| pair.0).min();
                let high = parts.iter().map(|pair| pair.1).max();
                prop_assert_eq!((Some(pixel.0), Some(pixel.1)), (low, high));
            }
        }
    }
}
