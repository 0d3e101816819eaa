//! Samples as decoders give them, a plane to each channel, made into interleaved
//! ones of 16 bits. For some formats this was a seventh of all the work, so it is
//! written for wide registers, which [`pulp`] finds out about at run time.

#![expect(
    clippy::inline_always,
    reason = "what is not inlined is not compiled for wide registers"
)]

use pulp::{Arch, Simd, WithSimd};
use symphonia::core::audio::{Audio, AudioBuffer, GenericAudioBufferRef, sample::Sample};

use crate::block::Block;

/// Replaces the samples of `block` by those of `buffer`. Where they are measured or scaled
/// this goes through floats, so that nothing is rounded or limited before.
pub(crate) fn interleave(buffer: &GenericAudioBufferRef<'_>, block: &mut Block) {
    let Block {
        samples, levels, ..
    } = block;
    levels.is_done = true;
    if !levels.is_idle() && !levels.skips_block() {
        let mut floats = std::mem::take(&mut levels.floats);
        buffer.copy_to_vec_interleaved(&mut floats);
        levels.apply(&mut floats, buffer.num_planes());
        if !levels.gain.is_unity() {
            round(&floats, samples);
        }
        levels.floats = floats;
    }
    if levels.gain.is_unity() {
        interleave_unscaled(buffer, samples);
    }
}

fn interleave_unscaled(buffer: &GenericAudioBufferRef<'_>, samples: &mut Vec<i16>) {
    match buffer {
        GenericAudioBufferRef::F32(buffer) => convert(buffer, samples, float_to_sample),
        GenericAudioBufferRef::S32(buffer) => convert(buffer, samples, long_to_sample),
        GenericAudioBufferRef::S16(buffer) => convert(buffer, samples, |sample: i16| sample),
        other => other.copy_to_vec_interleaved(samples),
    }
}

/// Replaces the samples of `block` by `floats`, which are interleaved already.
pub(crate) fn write_floats(floats: &mut [f32], channels: usize, block: &mut Block) {
    block.levels.is_done = true;
    block.levels.apply(floats, channels);
    round(floats, &mut block.samples);
}

/// Replaces `samples` by `floats`, rounded to 16 bits.
pub(crate) fn round(floats: &[f32], samples: &mut Vec<i16>) {
    samples.resize(floats.len(), 0);
    Arch::new().dispatch(Weave {
        planes: &[floats],
        samples,
        to_sample: float_to_sample,
    });
}

fn convert<T: Sample + Copy>(
    buffer: &AudioBuffer<T>,
    samples: &mut Vec<i16>,
    to_sample: impl Fn(T) -> i16 + Copy,
) {
    samples.resize(buffer.frames() * buffer.num_planes(), 0);
    let planes: Vec<&[T]> = (0..buffer.num_planes())
        .filter_map(|index| buffer.plane(index))
        .collect();
    Arch::new().dispatch(Weave {
        planes: &planes,
        samples,
        to_sample,
    });
}

/// A call of [`weave`]. A closure would do, were it not compiled by itself, for
/// the narrow registers that every processor has.
struct Weave<'a, T, F> {
    planes: &'a [&'a [T]],
    samples: &'a mut [i16],
    to_sample: F,
}

impl<T: Copy, F: Fn(T) -> i16> WithSimd for Weave<'_, T, F> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        weave(self.planes, self.samples, self.to_sample);
    }
}

/// One and two channels by themselves: a loop inside the loop would keep the
/// compiler from wide registers.
#[inline(always)]
fn weave<T: Copy>(planes: &[&[T]], samples: &mut [i16], to_sample: impl Fn(T) -> i16) {
    match planes {
        [only] => {
            for (sample, value) in samples.iter_mut().zip(*only) {
                *sample = to_sample(*value);
            }
        }
        [left, right] => {
            let frames = samples.as_chunks_mut::<2>().0.iter_mut();
            for (frame, (left, right)) in frames.zip(left.iter().zip(*right)) {
                *frame = [to_sample(*left), to_sample(*right)];
            }
        }
        many => {
            for (index, plane) in many.iter().enumerate() {
                let channel = samples[index..].iter_mut().step_by(many.len());
                for (sample, value) in channel.zip(*plane) {
                    *sample = to_sample(*value);
                }
            }
        }
    }
}

/// -1 to 1, rounded to the nearest; what is louder is cut off.
#[inline(always)]
#[expect(clippy::cast_possible_truncation, reason = "limited to 16 bits before")]
fn float_to_sample(value: f32) -> i16 {
    // Added to a small number, this leaves its nearest integer in the lowest bits.
    const ROUNDER: f32 = 12_582_912.0;
    let scaled = value * 32_768.0;
    let above = if scaled > -32_768.0 {
        scaled
    } else {
        -32_768.0
    };
    let limited = if above < 32_767.0 { above } else { 32_767.0 };
    (limited + ROUNDER).to_bits() as i16
}

/// The upper half.
#[inline(always)]
const fn long_to_sample(value: i32) -> i16 {
    (value >> 16) as i16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_are_rounded_and_limited() {
        let cases = [
            (0.0, 0),
            (1.0, 32_767),
            (-1.0, -32_768),
            (7.5, 32_767),
            (f32::NEG_INFINITY, -32_768),
            (0.4 / 32_768.0, 0),
            (0.6 / 32_768.0, 1),
            (-0.6 / 32_768.0, -1),
            (12_345.0 / 32_768.0, 12_345),
        ];
        for (value, expected) in cases {
            assert_eq!(float_to_sample(value), expected, "{value}");
        }
        assert_eq!(long_to_sample(-65_537), -2);
    }

    #[test]
    fn planes_of_any_number_are_interleaved() {
        for channels in 1..5_usize {
            let plane = |channel: i16| (0..100).map(move |frame| frame * 10 + channel).collect();
            let planes: Vec<Vec<i16>> = (0..).map(plane).take(channels).collect();
            let planes: Vec<&[i16]> = planes.iter().map(Vec::as_slice).collect();
            let mut samples = vec![0; 100 * channels];
            weave(&planes, &mut samples, |sample| sample);
            for (index, sample) in samples.iter().enumerate() {
                assert_eq!(
                    usize::try_from(*sample),
                    Ok(index / channels * 10 + index % channels)
                );
            }
        }
    }
}
