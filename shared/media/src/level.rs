//! How loud a recording is, measured before its samples are rounded to 16 bits.
//!
//! Recorders with 24 or 32 bits leave room: speech at -50 dB of full scale, or float
//! samples far above it, are complete recordings. The level of the whole recording decides
//! one gain for all of it ([`LevelReport::gain`]), so that nothing pumps. A recording of
//! ordinary level has no gain, and its samples are what they were.

use std::iter::repeat_n;

use domain::audio_warning::AudioWarningCode;

/// Frames of a window whose level is counted: 23 ms at 44.1 kHz.
const WINDOW: usize = 1_024;

/// Packets from the start that a sparse meter measures, half a minute, and then one of so
/// many.
const MEASURED_BLOCKS: u64 = 1_024;
const MEASURED_STEP: u64 = 16;

/// Of samples of 16 bits, which are read in larger blocks and in less time than measuring
/// them takes, it measures the first block and then this part of each.
const MEASURED_SHARE: usize = 256;

/// Samples from here on are at full scale: 16 bits end one step below it.
const FULL_SCALE: f32 = 0.999_9;

/// Samples in a row at full scale that count as clipped. A recording that is normalised to
/// full scale has single ones.
const CLIPPED_RUN: u64 = 3;

/// How far apart two samples of a flattened peak are at most, as a share of their value.
const FLAT: f32 = 1e-4;

/// Above this peak, in dBFS, the samples are float ones of a recorder that does not clip.
/// Decoders of compressed formats exceed full scale by less.
const BEYOND_FULL_SCALE: f64 = 3.0;

/// Level of the loud windows to which a gain brings them, in dBFS: 18 dB are left for peaks.
const TARGET: f64 = -18.0;

/// Loud windows below this level, in dBFS, are raised. In ordinary recordings they lie
/// between -10 and -25.
const QUIET: f64 = -32.0;

/// Noise is not raised above this level, in dBFS: it would count as speech, which begins at
/// -55 ([`crate::speech`]).
const NOISE_LIMIT: f64 = -56.0;

/// The highest gain in dB.
const MOST_GAIN: f64 = 60.0;

/// One step of a gain in dB: a factor of two, which is exact.
const STEP: f64 = 6.020_6;

/// Below this level of the loud windows, in dBFS, a recording is worth a warning: its quiet
/// syllables, 20 dB below, are lost in 16 bits and in the noise of most microphones.
const LOW_LEVEL: f64 = -40.0;

/// From this share of clipped samples on a recording is worth a warning: 48 samples in each
/// second at 48 kHz are several flattened peaks in each syllable.
const CLIPPED_SHARE: f64 = 0.001;

/// The lowest level that is counted, in dBFS.
const LOWEST: f64 = -150.0;

/// The levels that are counted, 1 dB apart.
const LEVELS: usize = 256;

/// A factor for all samples of a recording: a power of two.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Gain {
    doublings: i8,
}

impl Gain {
    /// Whether it changes nothing.
    pub const fn is_unity(self) -> bool {
        self.doublings == 0
    }

    /// What samples are multiplied by.
    pub fn factor(self) -> f32 {
        2.0_f32.powi(i32::from(self.doublings))
    }

    #[expect(clippy::cast_possible_truncation, reason = "a few doublings")]
    fn from_steps(steps: f64) -> Self {
        Self {
            doublings: steps.clamp(-40.0, 40.0) as i8,
        }
    }
}

/// The level of a recording before any gain, in dB of full scale; minus infinity for
/// silence.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LevelReport {
    /// The loudest sample.
    pub peak_dbfs: f64,
    /// The root mean square of all samples.
    pub rms_dbfs: f64,
    /// The level that one percent of the time exceeds, in the loudest channel: the level of
    /// the speech, however seldom there is some.
    pub loud_dbfs: f64,
    /// The level that 95 percent of the time exceeds: the noise.
    pub quiet_dbfs: f64,
    /// The share of samples that are cut off at full scale, 0 to 1.
    pub clipped_share: f64,
}

impl LevelReport {
    /// The gain with which the recording is to be decoded. It is raised where the speech is
    /// quiet, as far as the noise allows, and lowered where float samples exceed full scale.
    /// A single bump decides nothing.
    pub fn gain(&self) -> Gain {
        if self.peak_dbfs > BEYOND_FULL_SCALE {
            let excess = self.peak_dbfs.min(self.loud_dbfs - TARGET).max(0.0);
            return Gain::from_steps(-(excess / STEP).ceil());
        }
        if !self.loud_dbfs.is_finite() || self.loud_dbfs >= QUIET {
            return Gain::default();
        }
        let room = (TARGET - self.loud_dbfs).min(NOISE_LIMIT - self.quiet_dbfs);
        Gain::from_steps((room.clamp(0.0, MOST_GAIN) / STEP).floor())
    }

    /// What is wrong with the level; nothing for silence.
    pub fn warnings(&self) -> impl Iterator<Item = AudioWarningCode> {
        let is_low = self.loud_dbfs.is_finite() && self.loud_dbfs < LOW_LEVEL;
        let is_clipped = self.clipped_share >= CLIPPED_SHARE;
        let clipped = is_clipped.then_some(AudioWarningCode::Clipped);
        clipped
            .into_iter()
            .chain(is_low.then_some(AudioWarningCode::LowLevel))
    }
}

/// Measures the level of samples as they are decoded, in bounded memory.
#[derive(Debug, Default)]
pub(crate) struct LevelMeter {
    peak: f32,
    energy: f64,
    samples: u64,
    /// Samples in runs at full scale.
    at_full_scale: u64,
    /// Samples in runs of the same value at or above full scale.
    flat: u64,
    /// Frames by the level of their window.
    levels: Vec<u64>,
    /// Energy of each channel in a window.
    energies: Vec<f64>,
}

impl LevelMeter {
    /// Takes interleaved samples, 1 being full scale.
    pub(crate) fn push(&mut self, samples: &[f32], channels: usize) {
        let channels = channels.max(1);
        for window in samples.chunks(WINDOW * channels) {
            self.push_window(window, channels);
        }
    }

    /// What was measured so far.
    #[expect(clippy::cast_precision_loss, reason = "shares need no more than f64")]
    pub(crate) fn report(&self) -> LevelReport {
        let samples = self.samples.max(1) as f64;
        let peak_dbfs = 20.0 * f64::from(self.peak).log10();
        let clipped = if peak_dbfs > BEYOND_FULL_SCALE {
            self.flat
        } else {
            self.at_full_scale
        };
        LevelReport {
            peak_dbfs,
            rms_dbfs: 10.0 * (self.energy / samples).log10(),
            loud_dbfs: self.level_below(99),
            quiet_dbfs: self.level_below(5),
            clipped_share: clipped as f64 / samples,
        }
    }

    /// A window with samples that are no numbers is damaged, and passed over.
    #[expect(clippy::cast_precision_loss, reason = "a window has few samples")]
    fn push_window(&mut self, window: &[f32], channels: usize) {
        self.energies.clear();
        self.energies.extend(repeat_n(0.0, channels));
        for frame in window.chunks_exact(channels) {
            for (energy, sample) in self.energies.iter_mut().zip(frame) {
                *energy += f64::from(sample * sample);
            }
        }
        let energy: f64 = self.energies.iter().sum();
        if !energy.is_finite() {
            return;
        }
        let peak = window
            .iter()
            .fold(0.0_f32, |peak, sample| peak.max(sample.abs()));
        self.peak = self.peak.max(peak);
        self.energy += energy;
        self.samples += window.len() as u64;
        let frames = window.len() / channels;
        let loudest = self.energies.iter().copied().fold(0.0, f64::max);
        self.count(loudest / frames.max(1) as f64, frames as u64);
        if peak >= FULL_SCALE {
            self.count_clipped(window, channels);
        }
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "limited to the levels that are counted"
    )]
    fn count(&mut self, mean_square: f64, frames: u64) {
        let level = (10.0 * mean_square.log10()).max(LOWEST) - LOWEST;
        self.levels.resize(LEVELS, 0);
        self.levels[(level as usize).min(LEVELS - 1)] += frames;
    }

    fn count_clipped(&mut self, window: &[f32], channels: usize) {
        for channel in 0..channels {
            let samples = || window[channel..].iter().step_by(channels).copied();
            let same_side = |a: f32, b: f32| a.is_sign_positive() == b.is_sign_positive();
            let same_value = |a: f32, b: f32| (a - b).abs() <= FLAT * b.abs();
            self.at_full_scale += in_runs(samples(), same_side);
            self.flat += in_runs(samples(), same_value);
        }
    }

    /// The level below which `percent` of the frames lie; minus infinity for silence.
    #[expect(clippy::cast_precision_loss, reason = "there are few levels")]
    fn level_below(&self, percent: u64) -> f64 {
        let frames: u64 = self.levels.iter().sum();
        let mut seen = 0;
        let level = self.levels.iter().position(|count| {
            seen += count;
            frames > 0 && seen * 100 > frames * percent
        });
        match level {
            None | Some(0) => f64::NEG_INFINITY,
            Some(level) => LOWEST + level as f64,
        }
    }
}

/// The number of samples at or above full scale that stand in long enough runs.
fn in_runs(samples: impl Iterator<Item = f32>, joins: impl Fn(f32, f32) -> bool) -> u64 {
    let (mut total, mut run, mut before) = (0, 0, 0.0);
    // A quiet sample ends the last run.
    for sample in samples.chain([0.0]) {
        let is_loud = sample.abs() >= FULL_SCALE;
        if !is_loud || run == 0 || !joins(before, sample) {
            total += if run >= CLIPPED_RUN { run } else { 0 };
            run = 0;
        }
        run += u64::from(is_loud);
        before = sample;
    }
    total
}

/// What is done with samples on their way to 16 bits: they are measured, and a gain is
/// applied to them.
#[derive(Debug, Default)]
pub(crate) struct Levels {
    pub(crate) gain: Gain,
    pub(crate) meter: Option<Box<LevelMeter>>,
    /// Whether a codec has done it already, from samples of more than 16 bits.
    pub(crate) is_done: bool,
    /// Whether only a part of the samples is measured.
    pub(crate) sparse: bool,
    /// Blocks so far.
    blocks: u64,
    /// Room for samples.
    pub(crate) floats: Vec<f32>,
}

impl Levels {
    /// Whether nothing is to be done.
    pub(crate) const fn is_idle(&self) -> bool {
        self.gain.is_unity() && self.meter.is_none()
    }

    /// Counts a block; whether it is left as it is.
    pub(crate) fn skips_block(&mut self) -> bool {
        self.blocks += 1;
        let is_measured =
            self.blocks <= MEASURED_BLOCKS || self.blocks.is_multiple_of(MEASURED_STEP);
        self.is_sparse() && !is_measured
    }

    /// How much of a block of so many samples, which need no decoding, is measured.
    pub(crate) fn measured(&mut self, samples: usize, channels: usize) -> usize {
        self.blocks += 1;
        if self.is_sparse() && self.blocks > 1 {
            samples / channels.max(1) / MEASURED_SHARE * channels
        } else {
            samples
        }
    }

    const fn is_sparse(&self) -> bool {
        self.gain.is_unity() && self.sparse
    }

    /// Measures samples, then applies the gain.
    pub(crate) fn apply(&mut self, samples: &mut [f32], channels: usize) {
        if let Some(meter) = &mut self.meter {
            meter.push(samples, channels);
        }
        if !self.gain.is_unity() {
            let factor = self.gain.factor();
            for sample in samples {
                *sample *= factor;
            }
        }
    }
}

#[cfg(test)]
mod tests;
