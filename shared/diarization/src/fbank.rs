//! Log Mel filter banks as Kaldi computes them: what the embedding model reads.

use std::{f64::consts::PI, sync::Arc};

use rustfft::{Fft, FftPlannerScalar, num_complex::Complex};

/// Number of Mel bands.
pub(crate) const BANDS: usize = 80;

/// Samples from one frame to the next: 10 ms.
pub(crate) const SHIFT: usize = 160;

/// Samples in a frame: 25 ms.
pub(crate) const LENGTH: usize = 400;

/// Points of the Fourier transform.
const POINTS: usize = 512;

const SAMPLE_RATE_HZ: f64 = 16_000.0;
const LOWEST_HZ: f64 = 20.0;
const HIGHEST_HZ: f64 = 8_000.0;
const PRE_EMPHASIS: f32 = 0.97;

/// The logarithms of the energies in the bands of one frame.
pub(crate) type Frame = [f32; BANDS];

/// Kaldi's filter banks with its defaults and without dither: Povey window,
/// pre-emphasis, constant part removed, power spectrum.
pub(crate) struct FilterBank {
    bands: Vec<Band>,
    window: Vec<f32>,
    fft: Arc<dyn Fft<f32>>,
}

/// One triangular filter.
struct Band {
    first: usize,
    weights: Vec<f32>,
}

impl FilterBank {
    pub(crate) fn new() -> Self {
        Self {
            bands: (0..BANDS).map(Band::new).collect(),
            window: (0..LENGTH).map(povey).collect(),
            // The planner for vectors takes half a minute to compile, and saves nothing that counts.
            fft: FftPlannerScalar::new().plan_fft_forward(POINTS),
        }
    }

    /// The frames that lie wholly within the samples, which are in -1 to 1.
    pub(crate) fn frames(&self, samples: &[f32]) -> Vec<Frame> {
        let starts = (0..(samples.len() + SHIFT).saturating_sub(LENGTH)).step_by(SHIFT);
        starts
            .filter_map(|start| samples.get(start..start + LENGTH))
            .map(|samples| self.frame(samples))
            .collect()
    }

    fn frame(&self, samples: &[f32]) -> Frame {
        let spectrum = self.spectrum(samples);
        let mut frame = [0.0; BANDS];
        for (value, band) in frame.iter_mut().zip(&self.bands) {
            let bins = spectrum[band.first..].iter().zip(&band.weights);
            let energy: f32 = bins.map(|(bin, weight)| weight * bin.norm_sqr()).sum();
            *value = energy.max(f32::EPSILON).ln();
        }
        frame
    }

    fn spectrum(&self, samples: &[f32]) -> [Complex<f32>; POINTS] {
        let mut buffer = [Complex::new(0.0, 0.0); POINTS];
        let sum: f64 = samples.iter().copied().map(f64::from).sum();
        let mean = narrow(sum / 400.0);
        // The first sample of a frame is its own predecessor.
        let mut previous = samples.first().map_or(0.0, |first| first - mean);
        for ((point, sample), weight) in buffer.iter_mut().zip(samples).zip(&self.window) {
            let centred = sample - mean;
            point.re = (centred - PRE_EMPHASIS * previous) * weight;
            previous = centred;
        }
        self.fft.process(&mut buffer);
        buffer
    }
}

impl Band {
    fn new(index: usize) -> Self {
        let (lowest, highest) = (mel(LOWEST_HZ), mel(HIGHEST_HZ));
        let width = (highest - lowest) / 81.0;
        let left = lowest + number(index) * width;
        let (centre, right) = (left + width, left + 2.0 * width);
        let weights: Vec<f32> = (0..POINTS / 2)
            .map(|bin| mel(number(bin) * SAMPLE_RATE_HZ / number(POINTS)))
            .map(|mel| ((mel - left) / (centre - left)).min((right - mel) / (right - centre)))
            .map(|weight| narrow(weight.max(0.0)))
            .collect();
        let is_used = |weight: &f32| *weight > 0.0;
        let first = weights.iter().position(is_used).unwrap_or(0);
        let last = weights.iter().rposition(is_used).unwrap_or(0);
        Self {
            first,
            weights: weights[first..=last].to_vec(),
        }
    }
}

fn mel(hertz: f64) -> f64 {
    1_127.0 * (1.0 + hertz / 700.0).ln()
}

/// A Hann window to the power of 0.85.
fn povey(index: usize) -> f32 {
    let phase = 2.0 * PI * number(index) / number(LENGTH - 1);
    narrow((0.5 - 0.5 * phase.cos()).powf(0.85))
}

#[expect(clippy::cast_precision_loss, reason = "indices below a thousand")]
const fn number(index: usize) -> f64 {
    index as f64
}

#[expect(clippy::cast_possible_truncation, reason = "weights and means near 1")]
const fn narrow(value: f64) -> f32 {
    value as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two tones and noise, the same in every language.
    fn signal(length: usize) -> Vec<f32> {
        let mut state = 1_u32;
        (0..length)
            .map(|n| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let noise = f64::from(state >> 16) / 65_536.0 - 0.5;
                let time = number(n) / SAMPLE_RATE_HZ;
                let tones =
                    0.3 * (2.0 * PI * 220.0 * time).sin() + 0.1 * (2.0 * PI * 3_100.0 * time).sin();
                narrow(tones + 0.01 * noise + 0.05)
            })
            .collect()
    }

    #[test]
    fn agrees_with_kaldi_native_fbank() {
        let frames = FilterBank::new().frames(&signal(16_000));
        assert_eq!(frames.len(), 98);
        for (frame, band, expected) in KALDI {
            let found = frames[frame][band];
            assert!(
                (found - expected).abs() < 2e-3,
                "frame {frame}, band {band}: {found} instead of {expected}"
            );
        }
    }

    #[test]
    fn counts_whole_frames_only() {
        let bank = FilterBank::new();
        for (samples, frames) in [
            (0, 0),
            (399, 0),
            (400, 1),
            (559, 1),
            (560, 2),
            (160_000, 998),
        ] {
            assert_eq!(bank.frames(&vec![0.1; samples]).len(), frames, "{samples}");
        }
    }

    #[test]
    fn silence_is_finite() {
        let frames = FilterBank::new().frames(&[0.0; 800]);
        assert!(frames.iter().flatten().all(|value| value.is_finite()));
    }

    /// Frame, band and value by kaldi-native-fbank 1.23.0 (80 bins, no dither).
    const KALDI: [(usize, usize, f32); 12] = [
        (0, 0, -6.0848),
        (0, 9, -1.9974),
        (0, 40, -6.1330),
        (0, 79, -2.8856),
        (1, 10, -4.1756),
        (13, 0, -6.3556),
        (40, 25, -7.7804),
        (40, 56, -5.3716),
        (61, 57, -4.4678),
        (97, 3, -5.2829),
        (97, 58, -5.0672),
        (97, 79, -3.4342),
    ];
}
