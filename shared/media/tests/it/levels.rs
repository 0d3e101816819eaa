//! Recordings far from an ordinary level, and channels that cancel, on their way to an
//! engine.

use std::{f32::consts::PI, io::Cursor};

use domain::audio_warning::AudioWarningCode;
use hound::{SampleFormat, WavSpec, WavWriter};
use media::{Overview, level::LevelReport, mono::mix_at_16_khz};

const RATE: u16 = 16_000;

/// Four seconds of syllables, four in a second, each followed by silence; 0.5 at most.
fn voice() -> impl Iterator<Item = f32> {
    (0..4 * RATE).map(|n| {
        let phase = f32::from(n % (RATE / 4)) / 2_000.0;
        let tone = (f32::from(n) / 25.0).sin();
        let loudness = if phase < 1.0 { (phase * PI).sin() } else { 0.0 };
        tone * loudness * 0.5
    })
}

fn wav(bits: u16, channels: &[f32]) -> Vec<u8> {
    let spec = WavSpec {
        channels: u16::try_from(channels.len()).expect("few"),
        sample_rate: u32::from(RATE),
        bits_per_sample: bits,
        sample_format: if bits == 32 {
            SampleFormat::Float
        } else {
            SampleFormat::Int
        },
    };
    let mut bytes = Cursor::new(Vec::new());
    let mut writer = WavWriter::new(&mut bytes, spec).expect("a WAV");
    for (sample, gain) in
        voice().flat_map(|sample| channels.iter().map(move |gain| (sample, *gain)))
    {
        let sample = sample * gain;
        if bits == 32 {
            writer.write_sample(sample).expect("written");
        } else {
            #[expect(clippy::cast_possible_truncation, reason = "below full scale")]
            let whole = (f64::from(sample) * f64::from(1_u32 << (bits - 1))) as i32;
            writer.write_sample(whole).expect("written");
        }
    }
    writer.finalize().expect("written");
    bytes.into_inner()
}

/// What a live engine is given.
fn at_the_engine(recording: &[u8]) -> Vec<i16> {
    let mut samples = Vec::new();
    let emit = |new: Vec<i16>| {
        samples.extend(new);
        true
    };
    let open = || Box::new(Cursor::new(recording.to_vec())) as _;
    mix_at_16_khz(open, 60_000, emit).expect("decodes");
    samples
}

fn level(recording: &[u8]) -> LevelReport {
    let source = Box::new(Cursor::new(recording.to_vec()));
    Overview::of_all(source, 60_000).expect("decodes").level
}

fn peak(samples: &[i16]) -> u32 {
    samples
        .iter()
        .map(|sample| u32::from(sample.unsigned_abs()))
        .max()
        .unwrap_or(0)
}

/// How far the samples are from the voice at its best gain: the root mean square of the
/// difference as a share of the voice's.
fn distortion(samples: &[i16]) -> f64 {
    let products = || {
        voice()
            .map(f64::from)
            .zip(samples.iter().copied().map(f64::from))
    };
    let energy: f64 = products().map(|(voice, _)| voice * voice).sum();
    let gain = products()
        .map(|(voice, sample)| voice * sample)
        .sum::<f64>()
        / energy;
    let error: f64 = products()
        .map(|(voice, sample)| (sample / gain - voice).powi(2))
        .sum();
    (error / energy).sqrt()
}

#[test]
fn float_and_24_bit_recordings_are_heard_at_any_level() {
    for (bits, gain) in [
        (32, 10.0),
        (32, 100.0),
        (32, 0.003),
        (24, 0.003),
        (24, 0.000_5),
    ] {
        let samples = at_the_engine(&wav(bits, &[gain]));
        assert!(
            (2_000..32_767).contains(&peak(&samples)),
            "{bits} {gain}: {}",
            peak(&samples)
        );
        assert!(
            distortion(&samples) < 0.01,
            "{bits} {gain}: {}",
            distortion(&samples)
        );
    }
}

#[test]
fn ordinary_recordings_have_no_gain() {
    for (bits, gain) in [(16, 1.0), (16, 0.1), (24, 1.0), (32, 1.0), (32, 0.2)] {
        let level = level(&wav(bits, &[gain]));
        assert!(level.gain().is_unity(), "{bits} {gain}: {level:?}");
    }
}

#[test]
fn sixteen_bits_are_raised_too() {
    let samples = at_the_engine(&wav(16, &[0.003]));
    assert!(peak(&samples) > 2_000, "{}", peak(&samples));
    assert!(distortion(&samples) < 0.05, "{}", distortion(&samples));
}

#[test]
fn level_is_that_of_the_recording() {
    let quiet = level(&wav(24, &[0.003]));
    assert!((quiet.peak_dbfs + 56.5).abs() < 1.0, "{quiet:?}");
    assert!(
        quiet.warnings().eq([AudioWarningCode::LowLevel]),
        "{quiet:?}"
    );
    let loud = level(&wav(32, &[10.0]));
    assert!((loud.peak_dbfs - 14.0).abs() < 1.0, "{loud:?}");
    assert_eq!(
        loud.warnings().count(),
        0,
        "floats above full scale are complete"
    );
    assert_eq!(level(&wav(16, &[1.0])).warnings().count(), 0);
}

#[test]
fn opposite_channels_do_not_cancel_and_silent_ones_do_not_weaken() {
    let alone = peak(&at_the_engine(&wav(16, &[1.0])));
    for channels in [
        &[1.0, -1.0][..],
        &[1.0, -0.9],
        &[0.0, 1.0],
        &[0.0, 0.0, 0.0, 1.0, 0.0, 0.0],
    ] {
        let samples = at_the_engine(&wav(16, channels));
        assert!(
            peak(&samples) * 10 > alone * 9,
            "{channels:?}: {}",
            peak(&samples)
        );
        assert!(distortion(&samples) < 0.01, "{channels:?}");
    }
}
