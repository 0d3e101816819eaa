//! The log-mel spectrogram that the model listens to.
//!
//! `log_mel_spectrogram` of <https://github.com/openai/whisper/blob/main/whisper/audio.py>.

use std::{f32::consts::TAU, sync::Arc};

use rustfft::{Fft, FftPlannerAvx, FftPlannerScalar, num_complex::Complex};

/// Samples of one Fourier transform: 25 ms at 16 kHz.
const FFT_SIZE: usize = 400;

/// Samples between two frames: 10 ms.
const HOP: usize = 160;

/// Frequencies of one transform.
pub(crate) const BINS: usize = FFT_SIZE / 2 + 1;

/// Frames that the model takes at most: 30 s.
pub(crate) const FRAMES: usize = 3_000;

/// The transform by AVX where the processor has it. The other planners of `rustfft` take long
/// to compile, and the transform is less than a hundredth of the work of the network. Another
/// one rounds otherwise, by which a few words change: `scripts/bench/speech` is run after that.
fn transform() -> Arc<dyn Fft<f32>> {
    match FftPlannerAvx::new() {
        Ok(mut planner) => planner.plan_fft_forward(FFT_SIZE),
        Err(()) => FftPlannerScalar::new().plan_fft_forward(FFT_SIZE),
    }
}

/// Computes spectrograms of up to 30 seconds.
pub(crate) struct MelSpectrogram {
    fft: Arc<dyn Fft<f32>>,
    window: Vec<f32>,
    /// One row of [`BINS`] weights for each mel band.
    filters: Vec<f32>,
}

impl MelSpectrogram {
    pub(crate) fn new(filters: Vec<f32>) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "400 samples")]
        let hann = |index| 0.5 - 0.5 * (TAU * index as f32 / FFT_SIZE as f32).cos();
        Self {
            fft: transform(),
            window: (0..FFT_SIZE).map(hann).collect(),
            filters,
        }
    }

    pub(crate) const fn bands(&self) -> usize {
        self.filters.len() / BINS
    }

    /// Rows of `frames` values, one row for each band. Samples of 16 kHz from -1 to 1
    /// are followed by silence.
    pub(crate) fn compute(&self, samples: &[f32], frames: usize) -> Vec<f32> {
        let bands = self.bands();
        let mut mel = vec![1e-10_f32.log10(); bands * frames];
        let sounding = samples.len().div_ceil(HOP) + 2;
        let mut spectrum = vec![Complex::default(); FFT_SIZE];
        let mut power = vec![0.0; BINS];
        for frame in 0..frames.min(sounding) {
            for (index, value) in spectrum.iter_mut().enumerate() {
                let sample = reflected(samples, frame * HOP + index);
                *value = Complex::new(sample * self.window[index], 0.0);
            }
            self.fft.process(&mut spectrum);
            for (power, value) in power.iter_mut().zip(&spectrum) {
                *power = value.norm_sqr();
            }
            for band in 0..bands {
                let weights = &self.filters[band * BINS..(band + 1) * BINS];
                let energy: f32 = weights.iter().zip(&power).map(|(a, b)| a * b).sum();
                mel[band * frames + frame] = energy.max(1e-10).log10();
            }
        }
        let loudest = mel.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        for value in &mut mel {
            *value = (value.max(loudest - 8.0) + 4.0) / 4.0;
        }
        mel
    }
}

/// The sample at a position of the signal that begins half a transform early: the
/// start is mirrored, what follows the end is silence.
fn reflected(samples: &[f32], position: usize) -> f32 {
    let index = position.abs_diff(FFT_SIZE / 2);
    samples.get(index).copied().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tone_sounds_in_the_band_of_its_frequency_alone() {
        // Two bands: below and above 4 kHz.
        let mut filters = vec![0.0; 2 * BINS];
        filters[..100].fill(1.0);
        filters[BINS + 101..].fill(1.0);
        let mel = MelSpectrogram::new(filters);
        #[expect(clippy::cast_precision_loss, reason = "few samples")]
        let tone: Vec<f32> = (0..16_000)
            .map(|n| (TAU * 1_000.0 * n as f32 / 16_000.0).sin())
            .collect();
        let values = mel.compute(&tone, FRAMES);
        assert_eq!((mel.bands(), values.len()), (2, 2 * FRAMES));
        let (low, high) = (values[50], values[FRAMES + 50]);
        assert!(low > high + 1.5, "{low} {high}");
        // Silence after the end is the floor, eight decades below the loudest.
        assert!((values[2_000] - (low - 2.0)).abs() < 0.1);
    }
}
