//! One channel brought to 16 kHz for speech recognition.
//!
//! A windowed-sinc filter (Kaiser window, Smith's "Digital Audio Resampling")
//! evaluated at the exact rational positions of the output, so that times do not
//! drift however long the recording is.

use std::f64::consts::PI;

/// What speech engines want, in samples per second.
pub const SPEECH_RATE_HZ: u32 = 16_000;

/// Zero crossings of the sinc on each side.
const CROSSINGS: f64 = 20.0;

/// Middle of the filter's slope as a share of the band, so that the slope ends
/// with the band.
const PASSBAND: f64 = 0.93;

/// Shape of the window, by Kaiser's formula for 55 dB of attenuation.
const KAISER_BETA: f64 = 5.1;

/// Brings samples of a fixed rate to [`SPEECH_RATE_HZ`], block by block.
pub struct Resampler {
    /// Filters by phase, each of `taps` weights.
    phases: Vec<f32>,
    taps: usize,
    /// Output positions advance by `step / count` input samples.
    step: u64,
    count: u64,
    /// Input that is still needed, and the index of its first sample.
    input: Vec<f32>,
    origin: u64,
    produced: u64,
    received: u64,
}

impl Resampler {
    /// For input of `rate_hz` samples per second.
    pub fn new(rate_hz: u32) -> Self {
        let divisor = greatest_common_divisor(rate_hz, SPEECH_RATE_HZ);
        let (step, count) = (
            u64::from(rate_hz / divisor),
            u64::from(SPEECH_RATE_HZ / divisor),
        );
        let ratio = f64::from(SPEECH_RATE_HZ) / f64::from(rate_hz);
        let cutoff = ratio.min(1.0) * PASSBAND;
        let half = half_width(cutoff);
        let phases = (0..count)
            .flat_map(|phase| filter(phase, count, half, cutoff))
            .collect();
        let mut resampler = Self {
            phases,
            taps: 2 * half,
            step,
            count,
            input: Vec::new(),
            origin: 0,
            produced: 0,
            received: 0,
        };
        // Silence before the start: the first output lies at the first input.
        resampler.input.resize(half - 1, 0.0);
        resampler
    }

    /// Takes input and appends the output that it completes.
    pub fn push(&mut self, input: &[i16], output: &mut Vec<i16>) {
        self.input.extend(input.iter().copied().map(f32::from));
        self.received += input.len() as u64;
        self.produce(u64::MAX, output);
    }

    /// Appends the rest, so that the length is right to a sample.
    pub fn finish(&mut self, output: &mut Vec<i16>) {
        let total = self.received * self.count / self.step;
        self.input.extend(std::iter::repeat_n(0.0, self.taps));
        self.produce(total, output);
    }

    fn produce(&mut self, until: u64, output: &mut Vec<i16>) {
        while self.produced < until {
            let position = self.produced * self.step;
            let index = position / self.count - self.origin;
            let phase = usize::try_from(position % self.count).unwrap_or(0);
            let start = usize::try_from(index).unwrap_or(usize::MAX);
            let Some(window) = self.input.get(start..start.saturating_add(self.taps)) else {
                break;
            };
            let weights = &self.phases[phase * self.taps..(phase + 1) * self.taps];
            output.push(to_sample(dot(window, weights)));
            self.produced += 1;
        }
        let needed = self.produced * self.step / self.count - self.origin;
        let spent = usize::try_from(needed)
            .unwrap_or(usize::MAX)
            .min(self.input.len());
        self.input.drain(..spent);
        self.origin += spent as u64;
    }
}

/// In four strands, so that the compiler may use wide registers.
fn dot(left: &[f32], right: &[f32]) -> f32 {
    let (left_fours, left_rest) = left.as_chunks::<4>();
    let (right_fours, right_rest) = right.as_chunks::<4>();
    let mut strands = [0.0_f32; 4];
    for (a, b) in left_fours.iter().zip(right_fours) {
        for (strand, (x, y)) in strands.iter_mut().zip(a.iter().zip(b)) {
            *strand += x * y;
        }
    }
    let rest: f32 = left_rest.iter().zip(right_rest).map(|(x, y)| x * y).sum();
    strands.iter().sum::<f32>() + rest
}

#[expect(clippy::cast_possible_truncation, reason = "clamped to 16 bits")]
fn to_sample(value: f32) -> i16 {
    value.round().clamp(-32_768.0, 32_767.0) as i16
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a small positive number"
)]
fn half_width(cutoff: f64) -> usize {
    (CROSSINGS / cutoff).ceil() as usize
}

/// The weights for outputs that lie `phase / count` behind an input sample.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "weights are f32, widths small"
)]
fn filter(phase: u64, count: u64, half: usize, cutoff: f64) -> Vec<f32> {
    let fraction = phase as f64 / count as f64;
    let weights: Vec<f64> = (0..2 * half)
        .map(|tap| {
            let distance = tap as f64 - (half as f64 - 1.0) - fraction;
            sinc(distance * cutoff) * kaiser(distance / half as f64)
        })
        .collect();
    let sum: f64 = weights.iter().sum();
    weights
        .into_iter()
        .map(|weight| (weight / sum) as f32)
        .collect()
}

fn sinc(x: f64) -> f64 {
    if x.abs() < 1e-9 {
        1.0
    } else {
        (PI * x).sin() / (PI * x)
    }
}

/// The Kaiser window over -1 to 1, to be scaled.
fn kaiser(x: f64) -> f64 {
    bessel(KAISER_BETA * (1.0 - x * x).max(0.0).sqrt())
}

/// The modified Bessel function of the first kind and order zero, by its series;
/// good to eleven digits up to [`KAISER_BETA`].
fn bessel(x: f64) -> f64 {
    let mut term = 1.0;
    (1..18_u8).fold(1.0, |sum, k| {
        term *= (x / 2.0 / f64::from(k)).powi(2);
        sum + term
    })
}

const fn greatest_common_divisor(mut a: u32, mut b: u32) -> u32 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

#[cfg(test)]
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "test signals"
)]
mod tests {
    use super::*;

    fn resample(rate: u32, input: &[i16]) -> Vec<i16> {
        let mut resampler = Resampler::new(rate);
        let mut output = Vec::new();
        for block in input.chunks(777) {
            resampler.push(block, &mut output);
        }
        resampler.finish(&mut output);
        output
    }

    fn tone(rate: u32, hertz: f64, seconds: u32) -> Vec<i16> {
        (0..rate * seconds)
            .map(|n| ((f64::from(n) * hertz * 2.0 * PI / f64::from(rate)).sin() * 10_000.0) as i16)
            .collect()
    }

    fn loudness(samples: &[i16]) -> f64 {
        let middle = &samples[samples.len() / 4..samples.len() * 3 / 4];
        let power: f64 = middle.iter().map(|sample| f64::from(*sample).powi(2)).sum();
        (power / middle.len() as f64).sqrt()
    }

    const RATES: [u32; 8] = [
        8_000, 11_025, 16_000, 22_050, 32_000, 44_100, 48_000, 96_000,
    ];

    #[test]
    fn the_length_is_right_at_every_rate() {
        for rate in RATES {
            let length = resample(rate, &tone(rate, 440.0, 3)).len();
            assert!(length.abs_diff(48_000) <= 1, "{rate}: {length}");
        }
    }

    #[test]
    fn a_tone_in_the_band_survives_and_one_above_it_does_not() {
        for rate in RATES {
            let kept = loudness(&resample(rate, &tone(rate, 1_000.0, 1)));
            assert!((kept / 7_071.0 - 1.0).abs() < 0.02, "{rate}: {kept}");
        }
        let higher = RATES.into_iter().filter(|rate| *rate > 22_000);
        for (rate, hertz) in higher.flat_map(|rate| [(rate, 8_050.0), (rate, 10_000.0)]) {
            let left = loudness(&resample(rate, &tone(rate, hertz, 1)));
            assert!(
                left < 70.71,
                "{rate}: {left} of 7071 is less than 40 dB down"
            );
        }
    }

    #[test]
    fn a_click_stays_where_it_was() {
        for rate in RATES {
            let mut input = vec![0; rate as usize * 2];
            input[rate as usize] = 30_000;
            let output = resample(rate, &input);
            let peak = (0..output.len()).max_by_key(|index| output[*index].unsigned_abs());
            assert!(
                peak.is_some_and(|peak| peak.abs_diff(16_000) <= 8),
                "{rate}: {peak:?}"
            );
        }
    }
}
