//! Recordings as the field makes them, by container, codec and defect: every sound must be
//! heard at the time at which a player plays it. The sources beep for 0.4 s at each full
//! second, so that it is known what must be heard when.

use std::{fs, io::Cursor};

use domain::audio_warning::AudioWarningCode;
use media::Decoder;

mod beeps;
mod clips;
mod mp4_edits;
mod playable;
#[path = "../support/mod.rs"]
mod support;

use beeps::{Encoding, Heard, SECONDS, encoded, hear, seconds};
use mp4_edits::with_edits;
use support::{ffmpeg, run};

/// How far a beep may be from its time, in milliseconds.
const TOLERANCE_MS: u64 = 50;

const TIMED: &[Encoding] = &[
    ("a.m4a", "-c:a aac"),
    ("alac.m4a", "-c:a alac"),
    ("opus.mp4", "-c:a libopus"),
    (
        "fragmented.mp4",
        "-c:a aac -movflags frag_keyframe+empty_moov -frag_duration 500000",
    ),
    (
        "fragmented_opus.mp4",
        "-c:a libopus -movflags frag_keyframe+empty_moov -frag_duration 500000",
    ),
    ("a.mov", "-c:a pcm_s16le"),
    ("be24.mov", "-c:a pcm_s24be"),
    ("a.webm", "-c:a libopus"),
    ("vorbis.webm", "-c:a libvorbis"),
    ("live.webm", "-c:a libopus -live 1 -cluster_time_limit 500"),
    ("a.mka", "-c:a flac"),
    ("aac.mka", "-c:a aac"),
    ("a.ogg", "-c:a libopus -page_duration 20000"),
];

const UNTIMED: &[Encoding] = &[
    ("a.mp3", "-c:a libmp3lame"),
    ("a.aac", "-c:a aac"),
    ("a.flac", "-c:a flac"),
    ("a.wav", "-c:a pcm_s16le"),
    ("mulaw.wav", "-ar 8000 -c:a pcm_mulaw"),
    ("vorbis.ogg", "-c:a libvorbis"),
    ("flac.ogg", "-c:a flac"),
];

/// Codecs and containers that only FFmpeg decodes.
const FFMPEG_ONLY: &[Encoding] = &[
    ("a.wma", "-c:a wmav2"),
    ("a.avi", "-c:a libmp3lame"),
    ("gsm.wav", "-ar 8000 -c:a gsm_ms"),
    ("mp3.wav", "-c:a libmp3lame"),
    ("g722.wav", "-c:a g722"),
    ("a.ts", "-c:a aac"),
    ("a.au", "-c:a pcm_s16be"),
    ("a.w64", "-c:a pcm_s16le"),
    ("a.wv", "-c:a wavpack"),
    ("six.m4a", "-ac 6 -c:a aac"),
    ("six.opus", "-ac 6 -c:a libopus"),
    ("ac3.mp4", "-c:a ac3"),
    ("speex.ogg", "-c:a libspeex"),
    ("mulaw.caf", "-c:a pcm_mulaw"),
    ("alac.mov", "-c:a alac"),
    ("high.m4a", "-ar 96000 -c:a aac"),
    ("be32.mov", "-c:a pcm_f32be"),
    ("mulaw.mka", "-ar 8000 -c:a pcm_mulaw"),
];

/// The rows of the matrix that fail, each with what was expected.
#[derive(Default)]
struct Matrix(Vec<String>);

impl Matrix {
    /// Whether the beeps are heard at these times; what was heard.
    fn expect(&mut self, cell: &str, bytes: Vec<u8>, expected_ms: &[u64]) -> Option<Heard> {
        let heard = match hear(bytes) {
            Ok(heard) => heard,
            Err(error) => {
                self.0.push(format!("{cell}: {error}"));
                return None;
            }
        };
        let near = |(found, expected): (&u64, &u64)| found.abs_diff(*expected) <= TOLERANCE_MS;
        let is_right = heard.beeps_ms.len() == expected_ms.len()
            && heard.beeps_ms.iter().zip(expected_ms).all(near);
        let way = if heard.report.used_ffmpeg {
            "FFmpeg"
        } else {
            "library"
        };
        let verdict = if is_right { "ok" } else { "WRONG" };
        eprintln!("{cell:<44} {way:<8} {:>7} ms  {verdict}", heard.duration_ms);
        if !is_right {
            let found = &heard.beeps_ms;
            self.0
                .push(format!("{cell}: expected {expected_ms:?}, heard {found:?}"));
        }
        Some(heard)
    }

    fn finish(self) {
        assert!(self.0.is_empty(), "\n{}", self.0.join("\n"));
    }
}

fn whole() -> Vec<u64> {
    seconds(0, SECONDS, 0)
}

#[test]
fn whole_recordings() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut matrix = Matrix::default();
    for encoding in TIMED.iter().chain(UNTIMED) {
        let bytes = encoded(folder.path(), *encoding, "", "");
        if let Some(heard) = matrix.expect(encoding.0, bytes, &whole()) {
            assert_eq!(heard.report.warnings, [], "{}", encoding.0);
            assert!(
                heard.duration_ms.abs_diff(u64::from(SECONDS) * 1_000) < 100,
                "{}",
                encoding.0
            );
        }
    }
    for encoding in FFMPEG_ONLY {
        let bytes = encoded(folder.path(), *encoding, "", "");
        // The delay of this encoder is longer, and the file does not declare it.
        let delay_ms = if encoding.0 == "a.wma" { 60 } else { 0 };
        let expected = seconds(0, SECONDS, delay_ms);
        if let Some(heard) = matrix.expect(encoding.0, bytes, &expected) {
            assert!(heard.report.used_ffmpeg, "{}", encoding.0);
        }
    }
    matrix.finish();
}

#[test]
fn recordings_of_any_length_are_decoded_to_their_end() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.m4a");
    for ms in [2_000, 2_500, 2_700, 3_000, 3_500, 4_000] {
        let source = format!("sine=sample_rate=8000:duration={ms}ms");
        let mut command = ffmpeg();
        command.args(["-f", "lavfi", "-i", &source, "-c:a", "aac"]);
        run(command.arg(&path));
        let heard = hear(fs::read(&path).expect("made")).expect("decodes");
        assert_eq!(heard.duration_ms, ms);
        assert_eq!(heard.report.warnings, []);
    }
}

#[test]
fn gaps_keep_their_time() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut matrix = Matrix::default();
    let expected = [seconds(0, 5, 0), seconds(8, SECONDS + 3, 0)].concat();
    // PCM in QuickTime has no times of packets.
    for encoding in TIMED.iter().filter(|(_, how)| !how.contains("pcm")) {
        let bytes = encoded(
            folder.path(),
            *encoding,
            "",
            r"asetpts=PTS+gte(T\,4.6)*3/TB",
        );
        matrix.expect(&format!("{}, gap", encoding.0), bytes, &expected);
    }
    matrix.finish();
}

#[test]
fn sound_begins_when_the_picture_says() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut matrix = Matrix::default();
    for (file, how) in [
        ("a.mp4", "-c:a aac"),
        ("a.mkv", "-c:a aac"),
        ("a.webm", "-c:a libopus"),
    ] {
        for late_s in [2, 30, 90] {
            let picture = format!(
                "-f lavfi -i testsrc=size=64x64:rate=5:d={}",
                late_s + SECONDS
            );
            let filter = format!("asetpts=PTS+{late_s}/TB");
            let bytes = encoded(folder.path(), (file, how), &picture, &filter);
            let expected = seconds(late_s, late_s + SECONDS, 0);
            matrix.expect(
                &format!("{file}, sound from {late_s} s on"),
                bytes,
                &expected,
            );
        }
    }
    matrix.finish();
}

#[test]
fn only_what_edit_lists_play_is_heard() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut matrix = Matrix::default();
    for encoding in [
        ("a.m4a", "-c:a aac"),
        ("alac.m4a", "-c:a alac"),
        ("a.mov", "-c:a pcm_s16le"),
    ] {
        let bytes = encoded(folder.path(), encoding, "", "");
        let mut cell = |what: &str, edits: &[(u32, u32)], expected: &[u64]| {
            let bytes = with_edits(&bytes, edits);
            matrix.expect(&format!("{}, {what}", encoding.0), bytes, expected);
        };
        cell("end trimmed", &[(0, 5_500)], &seconds(0, 6, 0));
        cell("start trimmed", &[(4_500, 7_500)], &seconds(0, 7, 500));
        cell("middle kept", &[(2_500, 4_000)], &seconds(0, 4, 500));
        let kept = [seconds(0, 3, 0), seconds(3, 7, 0)].concat();
        cell("middle cut out", &[(0, 2_950), (7_950, 4_000)], &kept);
        let turned = [seconds(0, 2, 0), seconds(2, 5, 0)].concat();
        cell("order changed", &[(7_000, 2_000), (1_000, 2_900)], &turned);
    }
    matrix.finish();
}

#[test]
fn joined_takes_are_all_heard() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut matrix = Matrix::default();
    let twice = [whole(), seconds(SECONDS, 2 * SECONDS, 0)].concat();
    let joinable = [
        "a.webm",
        "vorbis.webm",
        "a.mka",
        "a.ogg",
        "a.mp3",
        "a.aac",
        "a.flac",
        "vorbis.ogg",
        "flac.ogg",
    ];
    for encoding in TIMED.iter().chain(UNTIMED) {
        if joinable.contains(&encoding.0) {
            let bytes = encoded(folder.path(), *encoding, "", "").repeat(2);
            matrix.expect(&format!("{}, two takes", encoding.0), bytes, &twice);
        }
    }
    matrix.finish();
}

#[test]
fn changes_of_format_are_followed() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut matrix = Matrix::default();
    for (file, how) in [
        ("a.mp3", "-c:a libmp3lame"),
        ("a.aac", "-c:a aac"),
        ("a.ogg", "-c:a libopus"),
        ("a.webm", "-c:a libopus"),
        ("a.flac", "-c:a flac"),
    ] {
        let parts = ["-ac 1", "-ac 2"].map(|channels| {
            let how: &'static str = Box::leak(format!("{channels} {how}").into_boxed_str());
            encoded(folder.path(), (file, how), "", "")
        });
        let bytes = parts.concat();
        let [first, second] = parts.map(|part| hear(part).expect("decodes"));
        let later = second.beeps_ms.iter().map(|beep| beep + first.duration_ms);
        let expected: Vec<u64> = first.beeps_ms.iter().copied().chain(later).collect();
        matrix.expect(&format!("{file}, mono and stereo"), bytes, &expected);
    }
    matrix.finish();
}

#[test]
fn further_tracks_are_heard() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut matrix = Matrix::default();
    let beeps = |at: &str| {
        format!(
            "aevalsrc=0.3*sin(2*PI*500*t)*between(mod(t\\,2)\\,{at}\\,{at}+0.4):s=48000:d={SECONDS}"
        )
    };
    for (file, codec) in [("a.mp4", "aac"), ("a.mkv", "libopus"), ("a.mka", "flac")] {
        let path = folder.path().join(file);
        let mut command = ffmpeg();
        command.args([
            "-f",
            "lavfi",
            "-i",
            &beeps("0"),
            "-f",
            "lavfi",
            "-i",
            &beeps("1"),
        ]);
        command.args(["-map", "0:a", "-map", "1:a", "-c:a", codec]);
        run(command.arg(&path));
        let bytes = fs::read(path).expect("made");
        if let Some(heard) = matrix.expect(&format!("{file}, two tracks"), bytes.clone(), &whole())
        {
            assert_eq!(heard.channels, 2, "{file}: a channel for each track");
        }
        let mut alone = Decoder::open_with(Box::new(Cursor::new(bytes)), None).expect("opens");
        while alone.next_block().expect("decodes").is_some() {}
        let codes: Vec<_> = alone.report().warnings.iter().map(|one| one.code).collect();
        assert_eq!(
            codes,
            [AudioWarningCode::OtherTrack],
            "{file} without FFmpeg"
        );
    }
    matrix.finish();
}

/// Bytes with noise from 40 to 50 % of the file.
fn damaged(bytes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    let (from, to) = (bytes.len() * 2 / 5, bytes.len() / 2);
    let mut state = 7_u32;
    for byte in &mut bytes[from..to] {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        *byte = state.to_be_bytes()[0];
    }
    bytes
}

#[test]
fn damaged_stretches_cost_nothing_else_and_are_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut faults = Vec::new();
    for encoding in TIMED.iter().chain(UNTIMED) {
        if encoding.1.contains("pcm") {
            continue; // Samples have no damage that shows.
        }
        let bytes = damaged(&encoded(folder.path(), *encoding, "", ""));
        let heard = match hear(bytes) {
            Ok(heard) => heard,
            Err(error) => {
                faults.push(format!("{}: {error}", encoding.0));
                continue;
            }
        };
        let way = if heard.report.used_ffmpeg {
            "FFmpeg"
        } else {
            "library"
        };
        let codes: Vec<_> = heard
            .report
            .warnings
            .iter()
            .map(|one| one.code.as_str())
            .collect();
        eprintln!(
            "{:<24} {way:<8} {:>6} ms {:?} {codes:?}",
            encoding.0, heard.duration_ms, heard.beeps_ms
        );
        let is_heard = |second: &u64| {
            let mut beeps = heard.beeps_ms.iter();
            beeps.any(|beep| beep.abs_diff(second * 1_000) <= TOLERANCE_MS)
        };
        // Of some containers a whole cluster, page or fragment is lost.
        if !(0..2).all(|second| is_heard(&second)) || heard.beeps_ms.len() < 5 {
            faults.push(format!("{}: too little is heard", encoding.0));
        }
        if heard.report.warnings.is_empty() {
            faults.push(format!("{}: nothing is told", encoding.0));
        }
        let ends_with = u64::from(SECONDS) - 2..u64::from(SECONDS);
        if TIMED.contains(encoding) && !ends_with.clone().all(|second| is_heard(&second)) {
            faults.push(format!("{}: times behind the damage", encoding.0));
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}
