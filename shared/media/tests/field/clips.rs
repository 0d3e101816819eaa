//! Parts of recordings, cut to the frame.

use std::io::{Cursor, Read as _};

use media::{Clip, Decoder, Error, Ffmpeg};

use crate::{
    TOLERANCE_MS,
    beeps::{Encoding, encoded, hear},
    mp4_edits::with_edits,
};

/// Parts by their times, in milliseconds.
const PARTS: [(u64, u64); 5] = [
    (0, 12_000),
    (0, 1),
    (2_600, 4_300),
    (3_333, 3_334),
    (7_001, 11_999),
];

/// A frame of AAC at 48 kHz, in milliseconds.
const AAC_FRAME_MS: u64 = 22;

fn open(bytes: &[u8]) -> Decoder {
    Decoder::open(Box::new(Cursor::new(bytes.to_vec()))).expect("opens")
}

fn samples(bytes: &[u8]) -> (Vec<i16>, u32, usize) {
    let mut decoder = open(bytes);
    let (mut samples, mut channels) = (Vec::new(), 0);
    while let Some(block) = decoder.next_block().expect("decodes") {
        channels = block.channels();
        samples.extend(block.samples());
    }
    (samples, decoder.facts().sample_rate_hz, channels)
}

fn index(frames: u64) -> usize {
    usize::try_from(frames).expect("a short recording")
}

/// A part as a WAV file.
fn wav(bytes: &[u8], from_ms: u64, to_ms: u64) -> Vec<u8> {
    let mut clip = Clip::open(open(bytes), from_ms, to_ms).expect("opens");
    let size = clip.wav_bytes().expect("a small part");
    let mut wav = clip.wav_header();
    while let Some(block) = clip.next_block().expect("decodes") {
        wav.extend(
            block
                .samples()
                .iter()
                .flat_map(|sample| sample.to_le_bytes()),
        );
    }
    assert_eq!(wav.len() as u64, size, "the size that was announced");
    wav
}

/// Recordings in several containers, among them with priming and with edits.
fn recordings() -> Vec<(&'static str, Vec<u8>)> {
    let folder = tempfile::tempdir().expect("a folder");
    let make = |encoding: Encoding| (encoding.0, encoded(folder.path(), encoding, "", ""));
    let mut recordings: Vec<_> = [
        ("a.wav", "-c:a pcm_s16le"),
        ("stereo.wav", "-ac 2 -ar 44100 -c:a pcm_s16le"),
        ("odd.wav", "-ar 11025 -c:a pcm_s16le"),
        ("a.m4a", "-c:a aac"),
        ("a.mp3", "-c:a libmp3lame"),
        ("a.webm", "-c:a libopus"),
        ("a.flac", "-c:a flac"),
        ("gsm.wav", "-ar 8000 -c:a gsm_ms"),
    ]
    .map(make)
    .into();
    let plain = make(("plain.m4a", "-c:a aac")).1;
    recordings.push(("trimmed", with_edits(&plain, &[(4_500, 7_500)])));
    recordings.push(("cut", with_edits(&plain, &[(0, 2_950), (7_950, 4_000)])));
    recordings
}

#[test]
fn parts_have_exactly_the_samples_of_their_time() {
    for (name, bytes) in recordings() {
        let (whole, rate, channels) = samples(&bytes);
        let length_ms = whole.len() as u64 / channels as u64 * 1_000 / u64::from(rate);
        for (from_ms, to_ms) in PARTS {
            let (from_ms, to_ms) = (from_ms.min(length_ms - 1), to_ms.min(length_ms));
            let (cut, own_rate, own_channels) = samples(&wav(&bytes, from_ms, to_ms));
            let what = format!("{name}, {from_ms} to {to_ms} ms");
            assert_eq!((own_rate, own_channels), (rate, channels), "{what}");
            let rounded = ((to_ms - from_ms) * u64::from(rate) + 500) / 1_000;
            assert_eq!(cut.len() / channels, index(rounded), "{what}");
            let start = index(from_ms * u64::from(rate) / 1_000) * channels;
            assert!(cut == whole[start..start + cut.len()], "{what}");
        }
    }
}

#[test]
fn beep_begins_at_its_sample() {
    let folder = tempfile::tempdir().expect("a folder");
    let bytes = encoded(folder.path(), ("a.wav", "-c:a pcm_s16le"), "", "");
    let (cut, rate, _) = samples(&wav(&bytes, 2_600, 4_300));
    let first = cut.iter().position(|sample| *sample != 0).expect("a beep");
    // The beep of the third second; its first sample is the zero of a sine.
    let expected = rate as usize * 400 / 1_000;
    assert!(first.abs_diff(expected) <= 1, "{first}, {expected}");
}

#[test]
fn encoded_parts_have_the_times_of_the_part() {
    let ffmpeg = Ffmpeg::configured().expect("ffmpeg, which `scripts/setup ffmpeg` installs");
    for (name, bytes) in recordings() {
        let (from_ms, to_ms) = (2_600, 4_300);
        let clip = Clip::open(open(&bytes), from_ms, to_ms).expect("opens");
        let mut encoded = Vec::new();
        let mut file = ffmpeg.encode_clip(clip).expect("encodes");
        file.read_to_end(&mut encoded).expect("reads");
        let part = hear(wav(&bytes, from_ms, to_ms)).expect("decodes");
        let heard = hear(encoded).expect("decodes");
        assert_eq!(heard.report.codec, "aac", "{name}");
        let apart = heard.duration_ms.abs_diff(to_ms - from_ms);
        assert!(apart <= AAC_FRAME_MS, "{name}: {apart} ms");
        assert_eq!(heard.beeps_ms.len(), part.beeps_ms.len(), "{name}");
        let mut pairs = heard.beeps_ms.iter().zip(&part.beeps_ms);
        assert!(
            pairs.all(|(one, other)| one.abs_diff(*other) <= TOLERANCE_MS),
            "{name}: {:?}, {:?}",
            heard.beeps_ms,
            part.beeps_ms
        );
    }
}

#[test]
fn part_behind_the_end_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    for encoding in [("a.wav", "-c:a pcm_s16le"), ("a.flac", "-c:a flac")] {
        let bytes = encoded(folder.path(), encoding, "", "");
        let opened = Clip::open(open(&bytes), 13_000, 13_001);
        assert!(
            matches!(opened, Err(Error::Damaged { .. })),
            "{}",
            encoding.0
        );
        let mut clip = Clip::open(open(&bytes), 11_500, 13_500).expect("opens");
        let ended = loop {
            match clip.next_block() {
                Ok(Some(_)) => {}
                ended => break ended.map(|_| ()),
            }
        };
        assert!(
            matches!(ended, Err(Error::Damaged { .. })),
            "{}",
            encoding.0
        );
    }
}

#[test]
fn short_rest_behind_the_end_is_silence() {
    let folder = tempfile::tempdir().expect("a folder");
    for encoding in [("a.wav", "-c:a pcm_s16le"), ("a.flac", "-c:a flac")] {
        let bytes = encoded(folder.path(), encoding, "", "");
        let (whole, rate, _) = samples(&bytes);
        for (from_ms, to_ms) in [(11_000, 12_030), (12_010, 12_030)] {
            let (cut, _, _) = samples(&wav(&bytes, from_ms, to_ms));
            assert_eq!(
                cut.len() as u64,
                (to_ms - from_ms) * u64::from(rate) / 1_000
            );
            let start = index(from_ms * u64::from(rate) / 1_000).min(whole.len());
            let heard = whole.len() - start;
            assert!(cut[..heard] == whole[start..], "{}", encoding.0);
            assert!(
                cut[heard..].iter().all(|sample| *sample == 0),
                "{}",
                encoding.0
            );
        }
    }
}
