//! Recordings with known speakers, and how far a diarization is from them.

#![allow(dead_code, reason = "each test and the example use a part")]

pub(crate) mod error_rate;

use std::{fs::File, path::Path};

use diarization::{Diarization, DiarizationModels, Diarizer, SpeakerTurn};
use media::{Decoder, resample::Resampler};

use error_rate::Segment;

/// The folder of the bundled recordings.
pub(crate) const SAMPLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../samples");

/// A recording at 16 kHz: the mix of all channels, or one of them.
pub(crate) fn decode(path: &Path, channel: Option<usize>) -> Vec<i16> {
    let mut decoder = Decoder::open(Box::new(File::open(path).expect("valid test data")))
        .expect("valid test data");
    let mut resampler = None;
    let mut samples = Vec::new();
    let rate = decoder.facts().sample_rate_hz;
    while let Some(block) = decoder.next_block().expect("valid test data") {
        let resampler = resampler.get_or_insert_with(|| Resampler::new(rate));
        match channel {
            Some(channel) => resampler.push(&block.channel(channel), &mut samples),
            None => resampler.push(&block.mix(), &mut samples),
        }
    }
    if let Some(mut resampler) = resampler {
        resampler.finish(&mut samples);
    }
    samples
}

/// Who speaks in some samples.
pub(crate) fn diarize(
    models: &DiarizationModels,
    samples: &[i16],
    expected: Option<u32>,
) -> Diarization {
    let mut diarizer = Diarizer::new(models.clone(), expected);
    for block in samples.chunks(4_099) {
        diarizer.push(block).expect("valid test data");
    }
    diarizer.finish().expect("valid test data")
}

/// The segments of an RTTM file.
pub(crate) fn rttm(path: &Path) -> Vec<Segment> {
    let text = std::fs::read_to_string(path).expect("valid test data");
    let rows = text
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>());
    rows.filter(|row| row.first() == Some(&"SPEAKER"))
        .map(|row| {
            let start = millis(row[3]);
            Segment::new(start, start + millis(row[4]), row[7])
        })
        .collect()
}

fn millis(seconds: &str) -> u64 {
    let (whole, fraction) = seconds.split_once('.').unwrap_or((seconds, "0"));
    let thousandths = format!("{fraction:0<3}");
    whole.parse::<u64>().expect("valid test data") * 1_000
        + thousandths[..3].parse::<u64>().expect("valid test data")
}

/// The turns that were found, for comparison.
pub(crate) fn found(turns: &[SpeakerTurn]) -> Vec<Segment> {
    let segment =
        |turn: &SpeakerTurn| Segment::new(turn.start_ms, turn.end_ms, &turn.speaker.to_string());
    turns.iter().map(segment).collect()
}

/// The parts of some sound that lie within segments, with the speakers of the segments.
pub(crate) fn within(sound: &[Segment], segments: &[Segment]) -> Vec<Segment> {
    let part = |sound: &Segment, segment: &Segment| {
        let start = sound.start_ms.max(segment.start_ms);
        let end = sound.end_ms.min(segment.end_ms);
        (start < end).then(|| Segment::new(start, end, &segment.speaker))
    };
    let pairs = sound
        .iter()
        .flat_map(|sound| segments.iter().map(move |own| (sound, own)));
    pairs
        .filter_map(|(sound, segment)| part(sound, segment))
        .collect()
}

/// Where there is sound above `floor_db` of full scale: pauses under 300 ms closed, sounds
/// under 100 ms left out.
pub(crate) fn voiced(samples: &[i16], floor_db: f64, speaker: &str) -> Vec<Segment> {
    const FRAME: usize = 320;
    let floor = 32_768.0_f64.powi(2) * 10.0_f64.powf(floor_db / 10.0);
    let loud = |frame: &[i16]| {
        let power: f64 = frame.iter().map(|sample| f64::from(*sample).powi(2)).sum();
        power / 320.0 > floor
    };
    let mut segments: Vec<Segment> = Vec::new();
    for (index, frame) in samples.chunks_exact(FRAME).enumerate() {
        let start = index as u64 * 20;
        if !loud(frame) {
            continue;
        }
        match segments.last_mut() {
            Some(last) if start < last.end_ms + 300 => last.end_ms = start + 20,
            _ => segments.push(Segment::new(start, start + 20, speaker)),
        }
    }
    segments.retain(|segment| segment.end_ms - segment.start_ms >= 100);
    segments
}
