//! Recordings as programs in the field write them, whole, cut and joined.

use std::io::Cursor;

use domain::{audio_warning::AudioWarningCode, transcript::AudioFacts};
use media::{Decoder, Error};
use proptest::prelude::*;

const SECOND: usize = 16_000;

fn data(name: &str) -> Vec<u8> {
    let path = format!("{}/tests/data/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(path).expect("a file of the tests")
}

fn decode(bytes: Vec<u8>) -> Result<(AudioFacts, Vec<i16>), Error> {
    let mut decoder = Decoder::open_with(Box::new(Cursor::new(bytes)), None)?;
    let mut samples = Vec::new();
    while let Some(block) = decoder.next_block()? {
        samples.extend(block.channel(0));
    }
    Ok((decoder.facts(), samples))
}

/// Cycles of a tone, by its crossings of zero.
fn cycles(samples: &[i16]) -> usize {
    let rises = |pair: &[i16]| pair[0] < 0 && pair[1] >= 0;
    samples.windows(2).filter(|pair| rises(pair)).count()
}

/// The tag of an MP3 with the number of its frames replaced.
fn mp3_that_says(frames: u32) -> Vec<u8> {
    let mut bytes = data("tone.mp3");
    let tag = bytes
        .windows(4)
        .position(|id| id == b"Info" || id == b"Xing");
    let at = tag.expect("a tag") + 8;
    bytes[at..at + 4].copy_from_slice(&frames.to_be_bytes());
    bytes
}

#[test]
fn every_kind_of_recording_gives_the_tone() {
    for name in ["tone.flac", "tone.mp3", "tone_mulaw.wav", "tone_alaw.wav"] {
        let (facts, samples) = decode(data(name)).expect(name);
        let expected = AudioFacts {
            duration_ms: 1_000,
            channels: 1,
            sample_rate_hz: 16_000,
        };
        assert_eq!((facts, samples.len()), (expected, SECOND), "{name}");
        assert!(
            cycles(&samples).abs_diff(440) <= 1,
            "{name}: {}",
            cycles(&samples)
        );
    }
}

#[test]
fn adpcm_ends_with_its_last_whole_block() {
    for name in ["tone_ima.wav", "tone_ms.wav"] {
        let (_, samples) = decode(data(name)).expect(name);
        assert!(
            (SECOND..SECOND + 2_100).contains(&samples.len()),
            "{name}: {}",
            samples.len()
        );
        assert!(cycles(&samples[..SECOND]).abs_diff(440) <= 1, "{name}");
    }
}

#[test]
fn the_encoders_delay_is_not_heard() {
    let (_, mp3) = decode(data("tone.mp3")).expect("decodes");
    let (_, flac) = decode(data("tone.flac")).expect("decodes");
    let apart = |shift: usize| -> u64 {
        let pairs = mp3[4_000 + shift..8_000].iter().zip(&flac[4_000..]);
        pairs.map(|(a, b)| u64::from(a.abs_diff(*b))).sum::<u64>() / 4_000
    };
    assert!(
        apart(0) < apart(3) && apart(0) < 200,
        "{} {}",
        apart(0),
        apart(3)
    );
}

#[test]
fn a_tag_that_lies_about_the_length_loses_nothing() {
    for lie in [0, 1, 10, 1_000_000] {
        let (_, samples) = decode(mp3_that_says(lie)).expect("decodes");
        assert!(
            samples.len() >= SECOND,
            "said {lie} frames: {}",
            samples.len()
        );
        assert!(
            samples.len() < SECOND + 2_304,
            "said {lie} frames: {}",
            samples.len()
        );
    }
}

#[test]
fn joined_recordings_are_heard_to_the_end() {
    let joined = data("tone.mp3").repeat(3);
    let (facts, _) = decode(joined).expect("decodes");
    assert!((3_000..3_400).contains(&facts.duration_ms), "{facts:?}");
}

#[test]
fn without_ffmpeg_what_has_another_format_is_silent_and_told() {
    let joined = [data("tone.mp3"), data("tone_22050.mp3").repeat(8)].concat();
    let mut decoder = Decoder::open_with(Box::new(Cursor::new(joined)), None).expect("opens");
    while decoder.next_block().expect("decodes").is_some() {}
    let facts = decoder.facts();
    assert!((1_000..10_000).contains(&facts.duration_ms), "{facts:?}");
    let codes: Vec<_> = decoder
        .report()
        .warnings
        .iter()
        .map(|warning| warning.code)
        .collect();
    let expected = [
        AudioWarningCode::SkippedPackets,
        AudioWarningCode::UnreadBytes,
    ];
    assert_eq!(codes, expected);
    let stray = [data("tone.mp3"), data("tone_22050.mp3")[..400].to_vec()].concat();
    let (_, samples) = decode(stray).expect("a stray frame");
    assert!(samples.len() >= SECOND);
}

#[test]
fn damaged_recording_is_decoded_around_the_damage() {
    for name in ["tone.flac", "tone.mp3", "tone_ima.wav"] {
        let whole = data(name);
        let (_, half) = decode(whole[..whole.len() / 2].to_vec()).expect(name);
        assert!(
            (SECOND / 4..SECOND * 3 / 4).contains(&half.len()),
            "{name}: {}",
            half.len()
        );
        let mut holed = whole.clone();
        let middle = whole.len() / 2;
        holed[middle..middle + 200].fill(0x55);
        let (_, rest) = decode(holed).expect(name);
        assert!(rest.len() >= SECOND / 2, "{name}: {}", rest.len());
    }
}

#[test]
fn file_size_overrides_the_riff_header() {
    let honest = data("tone_mulaw.wav");
    for length in [0, 4, 36, 1_000, u32::MAX] {
        let mut bytes = honest.clone();
        bytes[4..8].copy_from_slice(&u32::to_le_bytes(length));
        let (_, samples) = decode(bytes).expect("decodes");
        assert_eq!(samples.len(), SECOND, "said {length} bytes");
    }
    let (_, samples) = decode([b"RF64", &honest[4..]].concat()).expect("decodes");
    assert_eq!(samples.len(), SECOND);
}

#[test]
fn unsupported_formats_are_named() {
    for bytes in [
        b"RIFF\x24\0\0\0WAVEfmt ".to_vec(),
        data("tone.flac")[..30].to_vec(),
    ] {
        let outcome = decode(bytes);
        assert!(matches!(outcome, Err(Error::NotAudio)), "{outcome:?}");
    }
    let outcome = decode([&b"#!AMR\n\x3c"[..], &[0x21; 1_000]].concat());
    assert!(
        matches!(&outcome, Err(Error::Unsupported { what }) if what == "AMR"),
        "{outcome:?}"
    );
    let outcome = decode(
        [
            b"ID3\x04\0\0\0\0\0\0",
            "only a text\n".repeat(900).as_bytes(),
        ]
        .concat(),
    );
    assert!(matches!(outcome, Err(Error::NotAudio)), "{outcome:?}");
}

const NAMES: [&str; 5] = [
    "tone.flac",
    "tone.mp3",
    "tone_mulaw.wav",
    "tone_ima.wav",
    "tone_ms.wav",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn damage_anywhere_never_panics_and_invents_no_hours(
        name in prop::sample::select(NAMES.to_vec()),
        early in prop::collection::vec((0_usize..120, any::<u8>()), 0..6),
        late in prop::collection::vec((120_usize..2_000, any::<u8>()), 0..6),
    ) {
        let mut bytes = data(name);
        for (offset, value) in early.into_iter().chain(late) {
            bytes[offset] = value;
        }
        if let Ok((_, samples)) = decode(bytes) {
            prop_assert!(samples.len() < 40 * SECOND, "{} samples", samples.len());
        }
    }
}
