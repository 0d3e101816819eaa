use proptest::prelude::*;

use super::*;

/// Four seconds at 16 kHz: a second of speech, as a tone that swells, and one of noise,
/// by turns.
fn report(speech: f32, noise: f32) -> LevelReport {
    let mut meter = LevelMeter::default();
    let samples: Vec<f32> = (0..64_000_u16)
        .map(|n| {
            let tone = (f32::from(n % 160) / 160.0 * std::f32::consts::TAU).sin();
            let noise = (f32::from(n.wrapping_mul(40_503) >> 4) / 2_048.0 - 1.0) * noise;
            if n / 16_000 % 2 == 0 {
                tone * speech + noise
            } else {
                noise
            }
        })
        .collect();
    meter.push(&samples, 1);
    meter.report()
}

fn warnings(report: &LevelReport) -> Vec<&'static str> {
    report.warnings().map(AudioWarningCode::as_str).collect()
}

#[test]
fn ordinary_levels_have_no_gain_and_no_warning() {
    for speech in [0.05, 0.2, 0.9, 1.2] {
        let report = report(speech, 0.001);
        assert!(report.gain().is_unity(), "{speech}: {report:?}");
    }
    assert_eq!(warnings(&report(0.3, 0.001)), [""; 0]);
}

#[test]
fn quiet_and_loud_recordings_are_brought_to_an_ordinary_level() {
    for speech in [0.000_3, 0.003, 3.0, 10.0] {
        let report = report(speech, speech / 1_000.0);
        let peak = speech * report.gain().factor();
        assert!((0.05..=1.0).contains(&peak), "{speech}: {peak} {report:?}");
    }
    assert_eq!(warnings(&report(0.003, 0.0)), ["low_level"]);
    assert_eq!(warnings(&report(10.0, 0.0)), [""; 0]);
}

#[test]
fn noise_is_not_raised_to_the_level_of_speech() {
    for (speech, noise) in [(0.0, 0.001), (0.003, 0.001), (0.0, 0.0)] {
        let report = report(speech, noise);
        assert!(report.gain().factor() * noise < 0.003, "{report:?}");
    }
    assert_eq!(warnings(&report(0.0, 0.0)), [""; 0]);
}

#[test]
fn flattened_peaks_are_clipped_and_single_ones_are_not() {
    let mut meter = LevelMeter::default();
    let clipped: Vec<f32> = (0..16_000_u16)
        .map(|n| (f32::from(n % 160) / 160.0 * std::f32::consts::TAU).sin() * 1.5)
        .map(|sample| sample.clamp(-1.0, 32_767.0 / 32_768.0))
        .collect();
    meter.push(&clipped, 1);
    assert_eq!(warnings(&meter.report()), ["clipped"]);
    assert!((0.4..0.7).contains(&meter.report().clipped_share));
    let mut meter = LevelMeter::default();
    meter.push(&[0.5, 1.0, 0.5, 0.2, 0.1, -1.0, -1.0, 0.0].repeat(100), 1);
    assert!(meter.report().clipped_share.abs() < f64::EPSILON);
}

proptest! {
    #[test]
    fn any_samples_have_a_report(
        samples in prop::collection::vec(any::<f32>(), 0..5_000),
        channels in 1_usize..5,
    ) {
        let mut meter = LevelMeter::default();
        meter.push(&samples, channels);
        let report = meter.report();
        prop_assert!((0.0..=1.0).contains(&report.clipped_share));
        prop_assert!(report.gain().factor().is_finite());
    }
}
