//! Peaks as audiowaveform computes them, at a resolution that suits the length.
//!
//! For each pixel, the minimum and the maximum of the channels' sum, divided
//! once by their number, truncated toward zero as C divides: byte for byte what
//! audiowaveform writes for the same samples.
//!
//! Where that shows little of what is in the channels, because they are of opposite
//! phase or most of them are silent, each pixel shows its loudest channel instead. That
//! is decided at the end, for the whole recording, by part of the pixels: it is then
//! drawn once more.

#![expect(
    clippy::inline_always,
    reason = "what is not inlined is not compiled for wide registers"
)]

mod loudest;

use loudest::Loudest;
use pulp::{Arch, Simd, WithSimd};

/// Samples per pixel to begin with.
pub const FINEST: u32 = 256;

/// Pixels beyond which pairs of them are joined: 40,000 pairs of 16 bits are
/// 213 KB in base64, and ten minutes at 44.1 kHz stay at 1,024 samples per pixel.
const MAX_PIXELS: usize = 40_000;

/// Percent of the loudest channels' height below which the mean of all channels is not
/// shown. Of two people on two channels the mean has 50, of unlike channels 60 to 70.
const LEAST_HEIGHT: i64 = 35;

/// Pixels from the start in which the channels are compared, 6 s at 44.1 kHz, and then one of
/// so many.
const COMPARED_FIRST: usize = 1_024;
const COMPARED_STEP: usize = 32;

/// The peaks of a recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peaks {
    /// Frames summed up in one pair.
    pub samples_per_pixel: u32,
    /// Minimum and maximum of each pixel.
    pub pairs: Vec<(i16, i16)>,
}

/// Draws a recording: `push_all` gives its samples to a collector, and does so once more
/// where the mean of the channels shows little of them.
pub fn draw<E>(
    collector: impl Fn() -> Collector,
    mut push_all: impl FnMut(&mut Collector) -> Result<(), E>,
) -> Result<Peaks, E> {
    let mut of_mean = collector();
    push_all(&mut of_mean)?;
    of_mean.close_last_pixel();
    if !of_mean.shows_little() {
        return Ok(of_mean.finish());
    }
    let mut of_loudest = Collector {
        of_loudest: true,
        ..collector()
    };
    push_all(&mut of_loudest)?;
    Ok(of_loudest.finish())
}

/// Collects peaks from samples as they come, in bounded memory.
#[derive(Debug)]
pub struct Collector {
    samples_per_pixel: u32,
    sums: Vec<(i32, i32)>,
    pixel: (i32, i32),
    channel_peaks: Loudest,
    /// Whether pixels show the loudest channel, not the mean.
    of_loudest: bool,
    /// Pixels that were closed.
    closed: usize,
    /// The height of the sums, and of the loudest channels, in the pixels that are compared.
    heights: (i64, i64),
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
            channel_peaks: Loudest::default(),
            of_loudest: false,
            closed: 0,
            heights: (0, 0),
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
            if channels > 1 && (self.of_loudest || self.is_compared()) {
                self.channel_peaks.push(now, channels);
            }
            self.filled += u32::try_from(frames).unwrap_or(0);
            if self.filled == self.samples_per_pixel {
                self.close_pixel();
            }
            samples = later;
        }
    }

    const fn is_compared(&self) -> bool {
        self.closed < COMPARED_FIRST || self.closed.is_multiple_of(COMPARED_STEP)
    }

    /// Whether the mean shows little of what is in the channels.
    fn shows_little(&self) -> bool {
        let (sums, loudest) = self.heights;
        sums * 100 < loudest * i64::from(self.channels) * LEAST_HEIGHT
    }

    /// The peaks; the last pixel may cover fewer samples.
    pub fn finish(mut self) -> Peaks {
        self.close_last_pixel();
        let divide = |sum: i32| i16::try_from(sum / self.channels).unwrap_or_default();
        let pairs = self.sums.iter();
        let pairs = pairs.map(|(low, high)| (divide(*low), divide(*high)));
        Peaks {
            samples_per_pixel: self.samples_per_pixel,
            pairs: pairs.collect(),
        }
    }

    fn close_last_pixel(&mut self) {
        if self.filled > 0 {
            self.close_pixel();
        }
    }

    fn close_pixel(&mut self) {
        if let Some((low, high)) = self.channel_peaks.close() {
            self.heights.0 += height(self.pixel);
            let loudest = (i32::from(low), i32::from(high));
            self.heights.1 += height(loudest);
            if self.of_loudest {
                self.pixel = (loudest.0 * self.channels, loudest.1 * self.channels);
            }
        }
        self.sums.push(self.pixel);
        self.closed += 1;
        self.pixel = NOTHING;
        self.filled = 0;
        if self.sums.len() >= self.max_pixels && self.sums.len().is_multiple_of(2) {
            join_pairs(&mut self.sums);
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

fn join<T: Ord>(left: (T, T), right: (T, T)) -> (T, T) {
    (left.0.min(right.0), left.1.max(right.1))
}

/// Makes one pixel of every two.
fn join_pairs<T: Ord + Copy>(pixels: &mut Vec<(T, T)>) {
    let joined = pixels
        .chunks(2)
        .map(|pair| join(pair[0], pair[pair.len() - 1]));
    *pixels = joined.collect();
}

fn height((low, high): (i32, i32)) -> i64 {
    i64::from(high) - i64::from(low)
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

    /// The peaks of the mean, whatever it shows.
    fn mean(frames: &[[i16; 2]], block: usize, samples_per_pixel: u32, max_pixels: usize) -> Peaks {
        let mut collector = Collector::new(samples_per_pixel, max_pixels);
        for part in frames.chunks(block) {
            collector.push(part.as_flattened(), 2);
        }
        collector.finish()
    }

    fn peaks(
        frames: &[[i16; 2]],
        block: usize,
        samples_per_pixel: u32,
        max_pixels: usize,
    ) -> Peaks {
        let drawn = draw(
            || Collector::new(samples_per_pixel, max_pixels),
            |collector| {
                for part in frames.chunks(block) {
                    collector.push(part.as_flattened(), 2);
                }
                Ok::<(), ()>(())
            },
        );
        drawn.expect("samples")
    }

    #[test]
    fn channels_are_summed_and_divided_toward_zero() {
        let frames = [[3, 0], [-3, -4], [10, -5]];
        let found = peaks(&frames, 3, 2, 100);
        // Sums 3, -7 and 5; -7 / 2 is -3, not -4.
        assert_eq!(found.pairs, [(-3, 1), (2, 2)]);
    }

    #[test]
    fn channels_that_cancel_are_drawn_from_the_loudest() {
        let voice = |n: i16| (n % 100 - 50) * 100;
        let opposite: Vec<[i16; 2]> = (0..2_000).map(|n| [voice(n), -voice(n) / 2]).collect();
        let found = peaks(&opposite, 700, 100, 1_000);
        assert_eq!(found.pairs, [(-5_000, 4_900); 20]);
    }

    #[test]
    fn silent_tracks_of_a_recorder_do_not_weaken_the_others() {
        let frame = |n: i16| [0, 0, n % 100 * 100, 1, 0, 0];
        let samples: Vec<i16> = (0..2_000).flat_map(frame).collect();
        let push_all = |collector: &mut Collector| {
            collector.push(&samples, 6);
            Ok::<(), ()>(())
        };
        let drawn = draw(|| Collector::new(100, 1_000), push_all);
        assert_eq!(drawn.expect("samples").pairs, [(0, 9_900); 20]);
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
            // Channels that cancel by chance are another matter.
            let mut collector = Collector::new(16, usize::MAX);
            collector.push(&samples, channels);
            collector.close_last_pixel();
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
            let whole = mean(&frames, usize::MAX, 4, usize::MAX);
            prop_assert_eq!(&mean(&frames, block, 4, usize::MAX), &whole);
            let joined = mean(&frames, block, 4, 16);
            let width = joined.samples_per_pixel as usize / 4;
            for (pixel, parts) in joined.pairs.iter().zip(whole.pairs.chunks(width)) {
                let low = parts.iter().map(|pair| pair.0).min();
                let high = parts.iter().map(|pair| pair.1).max();
                prop_assert_eq!((Some(pixel.0), Some(pixel.1)), (low, high));
            }
        }
    }
}
