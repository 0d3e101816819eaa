//! Diarization of recordings with known speakers, measured.

mod support;

use std::{
    path::{Path, PathBuf},
    sync::LazyLock,
};

use diarization::{Diarization, DiarizationModels, Diarizer, ProcessedWindows, SpeakerTurn};
use support::{
    SAMPLES, decode, diarize,
    error_rate::{Segment, percent},
    found, rttm, voiced, within,
};

const COLLAR_MS: u64 = 250;

fn sample(name: &str) -> PathBuf {
    Path::new(SAMPLES).join(name)
}

fn models() -> DiarizationModels {
    DiarizationModels::shared().expect("the models")
}

/// Whether the error rate is at most `most` and with a collar `most_with_collar` percent.
fn assert_rates(
    diarization: &Diarization,
    reference: &[Segment],
    [most, most_with_collar]: [f64; 2],
) {
    let found = found(&diarization.turns);
    let rates = [0, COLLAR_MS].map(|collar_ms| percent(reference, &found, collar_ms));
    assert!(
        rates[0] <= most && rates[1] <= most_with_collar,
        "{rates:?}"
    );
}

/// The bundled interview on one channel, and who speaks when by its two.
fn interview() -> (Vec<i16>, Vec<Segment>) {
    let path = sample("interview.flac");
    let channels = [0, 1].map(|channel| decode(&path, Some(channel)));
    let mut segments = voiced(&channels[0], -55.0, "interviewer");
    segments.extend(voiced(&channels[1], -55.0, "candidate"));
    (decode(&path, None), segments)
}

/// A real telephone conversation, labelled by people.
fn telephone() -> (Vec<i16>, Vec<Segment>) {
    let samples = decode(&sample("speech/telephone.flac"), None);
    (samples, rttm(&sample("speech/telephone.rttm")))
}

/// Of the interview that several tests take: 50 s.
const BEGINNING_MS: u64 = 50_000;
const BEGINNING: usize = 50 * 16_000;

/// What a diarizer that is given everything at once makes of the beginning.
static BEGINNING_AT_ONCE: LazyLock<Diarization> =
    LazyLock::new(|| diarize(&models(), &interview().0[..BEGINNING], None));

/// What it makes of the telephone conversation.
static TELEPHONE_AT_ONCE: LazyLock<Diarization> =
    LazyLock::new(|| diarize(&models(), &telephone().0, None));

#[test]
fn interview_on_one_channel() {
    let (samples, reference) = interview();
    let diarization = diarize(&models(), &samples, None);
    assert_eq!(diarization.speakers, 2);
    assert_rates(&diarization, &reference, [6.0, 2.0]);
    assert_eq!(diarization.turns[0].speaker, 0);
    assert!(diarization.turns.is_sorted_by_key(|turn| turn.start_ms));
}

#[test]
fn interrupted_diarization_continues_and_ends_as_if_it_had_not_been() {
    let samples = &interview().0[..BEGINNING];
    let mut first = Diarizer::new(models(), None);
    let mut parts = Vec::new();
    for block in samples[..45 * 16_000].chunks(16_000) {
        first.push(block).expect("valid samples");
        let part = first.take_processed();
        parts.extend(part.map(|part| serde_json::to_vec(&part).expect("JSON")));
    }
    let stored = |part: &Vec<u8>| serde_json::from_slice(part).expect("a part");
    let mut second = Diarizer::new(models(), None);
    assert!(parts.len() > 1);
    assert!(parts.iter().all(|part| second.resume(stored(part))));
    assert_eq!(second.processed_ms(), first.processed_ms());
    assert!(!second.resume(stored(&parts[0])), "not the next windows");
    for block in samples.chunks(1_234) {
        second.push(block).expect("valid samples");
    }
    assert!(second.processed_ms() > first.processed_ms());
    assert_eq!(second.finish().expect("a result"), *BEGINNING_AT_ONCE);
}

#[test]
fn damaged_parts_are_no_windows() {
    for damaged in [
        r#"{"first":0,"activities":["0"],"speakers":[]}"#.to_owned(),
        format!(r#"{{"first":0,"activities":["{}"],"speakers":[]}}"#, "7".repeat(589)),
        r#"{"first":0,"activities":[],"speakers":[{"window":0,"number":0,"identity":{"Voice":{"voice":[1.0],"frames":9}}}]}"#.to_owned(),
    ] {
        assert!(serde_json::from_str::<ProcessedWindows>(&damaged).is_err(), "{damaged}");
    }
    let silent = "0".repeat(589);
    for wrong in [
        format!(r#"{{"first":1,"activities":["{silent}"],"speakers":[]}}"#),
        format!(
            r#"{{"first":{},"activities":["{silent}"],"speakers":[]}}"#,
            usize::MAX
        ),
        format!(
            r#"{{"first":0,"activities":["{silent}"],"speakers":[{{"window":0,"number":0,"identity":{{"SameAs":0}}}}]}}"#
        ),
        format!(
            r#"{{"first":0,"activities":["{silent}"],"speakers":[{{"window":0,"number":6,"identity":{{"SameAs":0}}}}]}}"#
        ),
    ] {
        let windows = serde_json::from_str(&wrong).expect("windows");
        assert!(!Diarizer::new(models(), None).resume(windows), "{wrong}");
    }
}

#[test]
fn telephone_conversation() {
    let (_, reference) = telephone();
    assert_eq!(TELEPHONE_AT_ONCE.speakers, 2);
    assert_rates(&TELEPHONE_AT_ONCE, &reference, [9.0, 2.0]);
}

#[test]
fn call_at_8_khz() {
    let samples = decode(&sample("call.flac"), None);
    let mut diarization = diarize(&models(), &samples, None);
    assert_eq!(diarization.speakers, 2);
    // The turns are labelled with the pauses in them, and not all of the call is labelled:
    // what counts is where there is sound within the labels.
    let labelled = rttm(&sample("call.rttm"));
    let reference = within(&voiced(&samples, -42.0, ""), &labelled);
    diarization.turns = clipped(&diarization.turns, &labelled);
    assert_rates(&diarization, &reference, [11.0, 2.0]);
}

/// The parts of turns that lie within segments of any speaker.
fn clipped(turns: &[SpeakerTurn], segments: &[Segment]) -> Vec<SpeakerTurn> {
    let part = |turn: &SpeakerTurn, segment: &Segment| SpeakerTurn {
        start_ms: turn.start_ms.max(segment.start_ms),
        end_ms: turn.end_ms.min(segment.end_ms),
        ..*turn
    };
    let parts = turns
        .iter()
        .flat_map(|turn| segments.iter().map(move |segment| part(turn, segment)));
    parts.filter(|turn| turn.start_ms < turn.end_ms).collect()
}

#[test]
fn four_voices_of_two_recordings() {
    let (mut interview, spoken) = interview();
    let (mut telephone, said) = telephone();
    level(&mut interview);
    level(&mut telephone);
    let mut mix = Mix::default();
    // Cut where there is no speech.
    mix.add(&interview, &spoken, 0, 50_386);
    mix.add(&telephone, &said, 6_400, 14_300);
    mix.add(&interview, &spoken, 50_386, 98_388);
    mix.add(&telephone, &said, 14_300, 30_000);
    mix.add(&interview, &spoken, 98_388, 123_005);
    let diarization = diarize(&models(), &mix.samples, None);
    assert_eq!(diarization.speakers, 4);
    assert_rates(&diarization, &mix.segments, [8.0, 3.0]);
}

/// A single sentence of another person is told apart although, within ten seconds, the
/// segmentation takes its speaker for the one before.
#[test]
fn single_sentences_of_a_third_voice() {
    let (mut interview, spoken) = interview();
    let mut reading = decode(&sample("speech/read-speech.flac"), None);
    level(&mut interview);
    level(&mut reading);
    let spoken_by_reader = voiced(&reading, -42.0, "reader");
    let mut mix = Mix::default();
    // Both cut where there is no speech.
    let cuts = [0, 17_991, 50_386, 67_102, 98_388, 110_782];
    let sentences = [0, 7_300, 10_880, 16_660, 23_200, 26_720];
    for (cut, sentence) in cuts.windows(2).zip(sentences.windows(2)) {
        mix.add(&interview, &spoken, cut[0], cut[1]);
        mix.add(&reading, &spoken_by_reader, sentence[0], sentence[1]);
    }
    let diarization = diarize(&models(), &mix.samples, None);
    assert_eq!(diarization.speakers, 3);
    assert_rates(&diarization, &mix.segments, [3.0, 1.5]);
}

#[test]
fn expected_number_of_speakers_is_kept_to() {
    let (samples, reference) = interview();
    let samples = &samples[..BEGINNING];
    let clipped = reference.into_iter().map(|segment| Segment {
        end_ms: segment.end_ms.min(BEGINNING_MS),
        ..segment
    });
    let reference: Vec<Segment> = clipped
        .filter(|segment| segment.start_ms < segment.end_ms)
        .collect();
    let one = diarize(&models(), samples, Some(1));
    assert_eq!(one.speakers, 1);
    let two = diarize(&models(), samples, Some(2));
    assert_eq!(two, *BEGINNING_AT_ONCE);
    assert_rates(&two, &reference, [6.0, 2.0]);
}

#[test]
fn silence_and_noise_have_no_speakers() {
    let mut state = 1_u32;
    let mut noise = |loudness: i32| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let value = i32::try_from(state >> 16).unwrap() - 32_768;
        i16::try_from(value * loudness / 32_768).unwrap()
    };
    for loudness in [0, 30, 3_000] {
        let samples: Vec<i16> = (0..15 * 16_000).map(|_| noise(loudness)).collect();
        assert_eq!(diarize(&models(), &samples, None), Diarization::default());
    }
    for length in [0, 1, 399, 16_000] {
        let silence = vec![0; length];
        assert_eq!(
            diarize(&models(), &silence, Some(3)),
            Diarization::default()
        );
    }
}

#[test]
fn blocks_of_any_size_give_the_same() {
    let (samples, _) = telephone();
    let mut diarizer = diarization::Diarizer::new(models(), None);
    diarizer.push(&samples[..1]).unwrap();
    diarizer.push(&samples[1..400_000]).unwrap();
    diarizer.push(&[]).unwrap();
    diarizer.push(&samples[400_000..]).unwrap();
    assert_eq!(diarizer.finish().unwrap(), *TELEPHONE_AT_ONCE);
}

/// Pieces of recordings one after the other, with half a second of silence between.
#[derive(Default)]
struct Mix {
    samples: Vec<i16>,
    segments: Vec<Segment>,
}

impl Mix {
    fn add(&mut self, samples: &[i16], segments: &[Segment], start_ms: u64, end_ms: u64) {
        let index = |ms: u64| {
            usize::try_from(ms * 16)
                .expect("a short recording")
                .min(samples.len())
        };
        let now_ms = self.samples.len() as u64 / 16;
        let within = |segment: &&Segment| {
            (start_ms..end_ms).contains(&segment.start_ms.midpoint(segment.end_ms))
        };
        for segment in segments.iter().filter(within) {
            let start = segment.start_ms.max(start_ms) - start_ms + now_ms;
            let end = segment.end_ms.min(end_ms) - start_ms + now_ms;
            self.segments
                .push(Segment::new(start, end, &segment.speaker));
        }
        self.samples
            .extend(&samples[index(start_ms)..index(end_ms)]);
        self.samples.extend([0; 8_000]);
    }
}

/// Brings speech to a loudness of -26 dB, so that recordings are told apart by voices.
fn level(samples: &mut [i16]) {
    let loud = samples.iter().filter(|sample| sample.unsigned_abs() > 100);
    let (mut power, mut count) = (0.0, 0.0);
    for sample in loud {
        power += f64::from(*sample).powi(2);
        count += 1.0;
    }
    let gain = 1_642.0 / (power / f64::max(count, 1.0)).sqrt();
    for sample in samples {
        *sample = scaled(*sample, gain);
    }
}

#[expect(clippy::cast_possible_truncation, reason = "clamped to 16 bits")]
fn scaled(sample: i16, gain: f64) -> i16 {
    (f64::from(sample) * gain).clamp(-32_768.0, 32_767.0) as i16
}
