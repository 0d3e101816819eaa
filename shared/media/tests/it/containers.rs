//! Containers as recorders, browsers and calls leave them: cut off, with holes,
//! joined, with a picture that begins first.

use std::{fs, io::Cursor, path::Path};

use domain::{audio_warning::AudioWarningCode, transcript::AudioFacts};
use media::{Decoder, Error, Ffmpeg};

use crate::support::{ffmpeg, run};

const SAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../samples/interview.flac");

/// Six seconds of speech, made with these arguments.
fn made(file: &str, how: &[&str]) -> Vec<u8> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join(file);
    let mut command = ffmpeg();
    command.args(["-t", "6", "-i", SAMPLE]).args(how).arg(&path);
    run(&mut command);
    fs::read(path).expect("made")
}

fn decode(bytes: Vec<u8>) -> Result<(AudioFacts, Vec<i16>), Error> {
    let mut decoder = Decoder::open(Box::new(Cursor::new(bytes)))?;
    let mut samples = Vec::new();
    while let Some(block) = decoder.next_block()? {
        samples.extend(block.channel(0));
    }
    Ok((decoder.facts(), samples))
}

fn milliseconds(bytes: Vec<u8>) -> u64 {
    decode(bytes).expect("decodes").0.duration_ms
}

/// Whether it is silent between two times.
fn is_silent(samples: &[i16], rate: usize, from_ms: usize, to_ms: usize) -> bool {
    let span = &samples[from_ms * rate / 1_000..to_ms * rate / 1_000];
    span.iter().all(|sample| *sample == 0)
}

#[test]
fn packets_that_are_missing_are_silence() {
    let hole = ["-af", r"asetpts=PTS+gte(T\,3)*2/TB"];
    for (file, codec) in [("a.webm", "libopus"), ("a.mka", "flac"), ("a.mp4", "aac")] {
        let bytes = made(file, &[&hole[..], &["-c:a", codec]].concat());
        let (facts, samples) = decode(bytes).expect(file);
        assert!(facts.duration_ms.abs_diff(8_000) < 60, "{file}: {facts:?}");
        let rate = facts.sample_rate_hz as usize;
        assert!(is_silent(&samples, rate, 3_150, 4_900), "{file}");
        assert!(!is_silent(&samples, rate, 5_100, 8_000), "{file}");
    }
}

#[test]
fn sound_that_begins_after_the_picture_stays_where_it_is() {
    let late = [
        "-f",
        "lavfi",
        "-i",
        "testsrc=size=64x64:rate=5",
        "-t",
        "7",
        "-c:v",
        "mpeg4",
        "-af",
        "asetpts=PTS+1.5/TB",
        "-c:a",
        "aac",
    ];
    for file in ["a.mp4", "a.mkv"] {
        let (facts, samples) = decode(made(file, &late)).expect(file);
        let rate = facts.sample_rate_hz as usize;
        assert!(is_silent(&samples, rate, 0, 1_400), "{file}");
        assert!(!is_silent(&samples, rate, 1_500, 2_500), "{file}");
        assert!(facts.duration_ms.abs_diff(7_000) < 60, "{file}: {facts:?}");
    }
}

#[test]
fn truncated_recording_is_decoded_as_far_as_it_goes() {
    let fragmented = "frag_keyframe+empty_moov";
    for (file, how) in [
        ("a.m4a", &["-c:a", "aac", "-movflags", "+faststart"][..]),
        (
            "a.mp4",
            &[
                "-c:a",
                "aac",
                "-movflags",
                fragmented,
                "-frag_duration",
                "500000",
            ],
        ),
        ("a.webm", &["-c:a", "libopus"]),
        ("a.ogg", &["-c:a", "libopus"]),
        ("b.ogg", &["-c:a", "libvorbis"]),
        ("a.aac", &["-c:a", "aac"]),
        ("a.flac", &["-c:a", "flac"]),
        ("a.aiff", &["-c:a", "pcm_s16be"]),
        ("a.caf", &["-c:a", "pcm_s16be"]),
        ("a.mka", &["-c:a", "flac"]),
    ] {
        let mut bytes = made(file, how);
        bytes.truncate(bytes.len() / 2);
        let found = decode(bytes).expect(file).0.duration_ms;
        assert!((1_500..4_500).contains(&found), "{file}: {found}");
    }
}

#[test]
fn a_recording_without_its_index_says_so() {
    let mut bytes = made("a.m4a", &["-c:a", "aac"]);
    let length = bytes.len() / 2;
    bytes.truncate(length);
    let outcome = decode(bytes);
    assert!(
        matches!(&outcome, Err(Error::Damaged { what }) if what.contains("moov")),
        "{outcome:?}"
    );
}

#[test]
fn joined_recordings_are_heard_to_the_end() {
    for (file, how) in [
        ("a.ogg", &["-c:a", "libopus"][..]),
        ("b.ogg", &["-c:a", "libvorbis"]),
        ("a.aac", &["-c:a", "aac"]),
    ] {
        let found = milliseconds(made(file, how).repeat(3));
        assert!(found.abs_diff(18_000) < 300, "{file}: {found}");
    }
}

#[test]
fn an_edit_that_ends_with_the_index_does_not_cut_later_packets() {
    // The lengths of the media and of the edit are those of an earlier state of the file.
    let bytes = made("a.m4a", &["-c:a", "aac"]);
    let place = |name: &[u8; 4]| {
        bytes
            .windows(4)
            .position(|found| found == name)
            .expect("a box")
    };
    let mut stale = bytes.clone();
    let edit = place(b"elst") + 12;
    stale[edit..edit + 4].copy_from_slice(&1_000_u32.to_be_bytes());
    let media = place(b"mdhd") + 20;
    stale[media..media + 4].copy_from_slice(&16_000_u32.to_be_bytes());
    let (whole, stale) = (milliseconds(bytes.clone()), milliseconds(stale));
    assert!(stale.abs_diff(whole) < 100, "{stale}");
}

#[test]
fn the_first_track_that_can_be_decoded_is_taken() {
    let both = [
        "-map", "0:a", "-map", "0:a", "-c:a:0", "ac3", "-c:a:1", "libopus",
    ];
    let bytes = made("a.mkv", &both);
    assert!(milliseconds(bytes).abs_diff(6_000) < 60);
}

#[test]
fn the_library_decodes_a_track_where_ffmpeg_finds_none() {
    use std::os::unix::fs::PermissionsExt as _;

    let folder = tempfile::tempdir().expect("a folder");
    for name in ["ffmpeg", "ffprobe"] {
        let path = folder.path().join(name);
        fs::write(&path, "#!/bin/sh\nexit 1\n").expect("written");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("executable");
    }
    let broken = folder.path().join("ffmpeg");
    let broken = Ffmpeg::find(broken.to_str()).flatten().expect("found");
    let broken: &'static Ffmpeg = Box::leak(Box::new(broken));
    let bytes = made("a.mka", &["-map", "0:a", "-map", "0:a", "-c:a", "flac"]);
    let opened = Decoder::open_with(Box::new(Cursor::new(bytes)), Some(broken));
    let mut decoder = opened.expect("the first track");
    while decoder.next_block().expect("decodes").is_some() {}
    assert_eq!(decoder.facts().duration_ms, 6_000);
    let codes: Vec<_> = decoder
        .report()
        .warnings
        .iter()
        .map(|one| one.code)
        .collect();
    assert_eq!(codes, [AudioWarningCode::OtherTrack]);
}

#[test]
fn a_picture_without_sound_is_no_recording() {
    let folder = tempfile::tempdir().expect("a folder");
    for file in ["a.mp4", "a.webm"] {
        let path = folder.path().join(file);
        silent_film(&path);
        let outcome = decode(fs::read(&path).expect("made"));
        assert!(
            matches!(outcome, Err(Error::NotAudio)),
            "{file}: {outcome:?}"
        );
    }
}

fn silent_film(path: &Path) {
    let mut command = ffmpeg();
    command.args(["-f", "lavfi", "-i", "testsrc=size=64x64:rate=5", "-t", "2"]);
    run(command.arg(path));
}
