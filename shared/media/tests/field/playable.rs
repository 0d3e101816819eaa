//! Copies of recordings that browsers do not play, or play at other times.

use std::{
    fs::File,
    io::{Cursor, Read as _},
};

use media::{Decoder, Ffmpeg};

use crate::{
    TOLERANCE_MS,
    beeps::{encoded, hear, seconds},
    mp4_edits::with_edits,
};

/// The copy of a recording, where one is needed.
fn copy(bytes: &[u8]) -> Option<Vec<u8>> {
    let open = || Decoder::open(Box::new(Cursor::new(bytes.to_vec()))).expect("opens");
    let mut decoder = open();
    while decoder.next_block().expect("decodes").is_some() {}
    if decoder.report().plays_in_browsers() {
        return None;
    }
    let ffmpeg = Ffmpeg::configured().expect("ffmpeg, which `scripts/setup ffmpeg` installs");
    let mut file: File = ffmpeg.encode_playable(open()).expect("encodes");
    let mut copy = Vec::new();
    file.read_to_end(&mut copy).expect("reads");
    Some(copy)
}

#[test]
fn copies_have_the_times_of_what_was_decoded() {
    let folder = tempfile::tempdir().expect("a folder");
    let make = |encoding| encoded(folder.path(), encoding, "", "");
    let (plain, wav) = (
        make(("a.m4a", "-c:a aac")),
        make(("a.wav", "-c:a pcm_s16le")),
    );
    let mut recordings = vec![
        ("trimmed", with_edits(&plain, &[(4_500, 7_500)])),
        ("cut", with_edits(&plain, &[(0, 2_950), (7_950, 4_000)])),
        ("joined", make(("a.ogg", "-c:a libopus")).repeat(2)),
        (
            "gap",
            encoded(
                folder.path(),
                ("gap.m4a", "-c:a aac"),
                "",
                r"asetpts=PTS+gte(T\,4.6)*3/TB",
            ),
        ),
    ];
    for encoding in [
        ("a.aiff", "-c:a pcm_s16be"),
        ("alac.m4a", "-c:a alac"),
        ("a.wma", "-c:a wmav2"),
        ("gsm.wav", "-ar 8000 -c:a gsm_ms"),
        ("a.caf", "-c:a pcm_s16be -ac 2"),
        ("six.m4a", "-ac 6 -c:a aac"),
        ("high.wv", "-ar 96000 -c:a wavpack"),
        ("odd.au", "-ar 14700 -c:a pcm_s16be"),
    ] {
        recordings.push((encoding.0, make(encoding)));
    }
    for (name, bytes) in recordings {
        let original = hear(bytes.clone()).expect("decodes");
        let copied = copy(&bytes).unwrap_or_else(|| panic!("{name}: no copy"));
        let size = copied.len();
        let copy = hear(copied).expect("decodes");
        eprintln!("{name:<12} {:>6} ms {size:>7} bytes", copy.duration_ms);
        assert_eq!(copy.report.codec, "aac", "{name}");
        assert_eq!(copy.report.container, "mov", "{name}");
        assert!(copy.report.plays_in_browsers(), "{name}");
        assert_eq!(copy.beeps_ms.len(), original.beeps_ms.len(), "{name}");
        let mut pairs = copy.beeps_ms.iter().zip(&original.beeps_ms);
        assert!(
            pairs.all(|(copied, original)| copied.abs_diff(*original) <= TOLERANCE_MS),
            "{name}: {:?}, {:?}",
            copy.beeps_ms,
            original.beeps_ms
        );
        let apart = copy.duration_ms.abs_diff(original.duration_ms);
        assert!(apart <= TOLERANCE_MS, "{name}: {apart} ms");
    }
    for bytes in [plain, wav] {
        assert_eq!(copy(&bytes), None, "every browser plays it");
    }
}

#[test]
fn trimmed_beeps_are_not_in_the_copy() {
    let folder = tempfile::tempdir().expect("a folder");
    let whole = encoded(folder.path(), ("a.m4a", "-c:a aac"), "", "");
    let trimmed = with_edits(&whole, &[(4_500, 3_500)]);
    let heard = hear(copy(&trimmed).expect("a copy")).expect("decodes");
    assert_eq!(heard.beeps_ms.len(), seconds(0, 3, 500).len());
    assert!(
        heard.duration_ms <= 3_500 + TOLERANCE_MS,
        "{}",
        heard.duration_ms
    );
}
