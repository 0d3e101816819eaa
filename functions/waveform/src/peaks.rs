//! Peaks as audiowaveform computes them, at a resolution that suits the length.
//!
//! For each pixel, the minimum and the maximum of the channels' sum, divided
//! once by their number, truncated toward zero as C divides: byte for byte what
//! audiowaveform writes for the same samples.

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

    /// Takes samples of all channels.
    pub fn push(&mut self, planes: &[Vec<i16>]) {
        self.channels = i32::try_from(planes.len()).unwrap_or(1).max(1);
        let frames = planes.first().map_or(0, Vec::len);
        let mut start = 0;
        while start < frames {
            let room = (self.samples_per_pixel - self.filled) as usize;
            let end = frames.min(start + room);
            self.pixel = join(self.pixel, extremes(planes, start..end));
            self.filled += u32::try_from(end - start).unwrap_or(0);
            if self.filled == self.samples_per_pixel {
                self.close_pixel();
            }
            start = end;
        }
    }

    /// The peaks; the last pixel may stand for fewer samples.
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

const fn join(left: (i32, i32), right: (i32, i32)) -> (i32, i32) {
    let low = if left.0 < right.0 { left.0 } else { right.0 };
    let high = if left.1 > right.1 { left.1 } else { right.1 };
    (low, high)
}

/// The smallest and largest sum of the channels over a span of frames.
fn extremes(planes: &[Vec<i16>], span: std::ops::Range<usize>) -> (i32, i32) {
    match planes {
        // One and two channels without a loop inside the loop, so that the
        // compiler can use wide registers.
        [only] => {
            let span = &only[span];
            let low = span.iter().copied().fold(i16::MAX, i16::min);
            let high = span.iter().copied().fold(i16::MIN, i16::max);
            (i32::from(low), i32::from(high))
        }
        [left, right] => {
            let sums = left[span.clone()].iter().zip(&right[span]);
            fold(sums.map(|(l, r)| i32::from(*l) + i32::from(*r)))
        }
        many => fold(span.map(|frame| many.iter().map(|plane| i32::from(plane[frame])).sum())),
    }
}

fn fold(sums: impl Iterator<Item = i32>) -> (i32, i32) {
    sums.fold(NOTHING, |(low, high), sum| (low.min(sum), high.max(sum)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn peaks(planes: &[Vec<i16>], block: usize, mut collector: Collector) -> Peaks {
        let frames = planes[0].len();
        for start in (0..frames).step_by(block) {
            let end = frames.min(start + block);
            let part: Vec<Vec<i16>> = planes
                .iter()
                .map(|plane| plane[start..end].to_vec())
                .collect();
            collector.push(&part);
        }
        collector.finish()
    }

    #[test]
    fn channels_are_summed_and_divided_toward_zero() {
        let planes = [vec![3, -3, 10], vec![0, -4, -5]];
        let found = peaks(&planes, 3, Collector::new(2, 100));
        // Sums 3, -7 and 5; -7 / 2 is -3, not -4.
        assert_eq!(found.pairs, [(-3, 1), (2, 2)]);
    }

    #[test]
    fn eight_hours_stay_small() {
        let mut collector = Collector::default();
        let second = [vec![7; 48_000]];
        for _ in 0..8 * 3_600 {
            collector.push(&second);
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
        fn neither_blocks_nor_joining_change_the_peaks(
            left in prop::collection::vec(any::<i16>(), 1..3_000),
            block in 1_usize..700,
        ) {
            let right: Vec<i16> = left.iter().rev().copied().collect();
            let planes = [left, right];
            let whole = peaks(&planes, usize::MAX, Collector::new(4, usize::MAX));
            prop_assert_eq!(&peaks(&planes, block, Collector::new(4, usize::MAX)), &whole);
            let joined = peaks(&planes, block, Collector::new(4, 16));
            let width = joined.samples_per_pixel as usize / 4;
            for (pixel, parts) in joined.pairs.iter().zip(whole.pairs.chunks(width)) {
                let low = parts.iter().map(|pair| pair.0).min();
                let high = parts.iter().map(|pair| pair.1).max();
                prop_assert_eq!((Some(pixel.0), Some(pixel.1)), (low, high));
            }
        }
    }
}
