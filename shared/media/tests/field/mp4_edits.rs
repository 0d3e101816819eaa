//! Edit lists of MP4 files as phones write them when a person trims a recording.

use std::io::Cursor;

use media::{Decoder, Error};

use crate::beeps::encoded;

/// The same file, whose only edit list plays stretches of the media, each from a time for a
/// length, in milliseconds. The index must lie behind the media data.
pub(crate) fn with_edits(bytes: &[u8], edits: &[(u32, u32)]) -> Vec<u8> {
    let place = |name: &[u8; 4]| {
        bytes
            .windows(4)
            .rposition(|found| found == name)
            .map(|at| at - 4)
    };
    let moov = place(b"moov").expect("an index");
    let trak = place(b"trak").expect("a track");
    let mdhd = place(b"mdhd").expect("a media header");
    let scale = number(bytes, mdhd + 20);
    let movie_scale = number(bytes, place(b"mvhd").expect("a movie header") + 20);
    let old = place(b"edts").filter(|at| *at > moov);
    let skipped = old.map_or(0, |at| number(bytes, at + 28));
    let mut list = Vec::new();
    for (from_ms, length_ms) in edits {
        let scaled = |ms: u32, scale: u32| {
            u32::try_from(u64::from(ms) * u64::from(scale) / 1_000).expect("short")
        };
        list.extend(scaled(*length_ms, movie_scale).to_be_bytes());
        list.extend((scaled(*from_ms, scale) + skipped).to_be_bytes());
        list.extend([0, 1, 0, 0]);
    }
    let count = u32::try_from(edits.len()).expect("few");
    let body = [&0_u32.to_be_bytes()[..], &count.to_be_bytes(), &list].concat();
    let container = boxed(*b"edts", &boxed(*b"elst", &body));
    let (at, removed) = match old {
        Some(at) => (at, number(bytes, at) as usize),
        // Right behind the track's header.
        None => (trak + 8 + number(bytes, trak + 8) as usize, 0),
    };
    let mut edited = [&bytes[..at], &container, &bytes[at + removed..]].concat();
    for holder in [moov, trak] {
        let size = number(&edited, holder) as usize + container.len() - removed;
        let size = u32::try_from(size).expect("small");
        edited[holder..holder + 4].copy_from_slice(&size.to_be_bytes());
    }
    edited
}

/// As [`with_edits`], with numbers of 64 bits: each from a time for a length, in the units of
/// the media and of the movie.
fn with_wide_edits(bytes: &[u8], edits: &[(u64, u64)]) -> Vec<u8> {
    // Two short edits have room for a long one.
    let mut edited = with_edits(bytes, &[(0, 1)].repeat(2 * edits.len()));
    let name = edited.windows(4).rposition(|found| found == b"elst");
    let version = name.expect("a list") + 4;
    edited[version] = 1;
    let count = u32::try_from(edits.len()).expect("few");
    edited[version + 4..version + 8].copy_from_slice(&count.to_be_bytes());
    for (number, (start, length)) in edits.iter().enumerate() {
        let at = version + 8 + number * 20;
        edited[at..at + 8].copy_from_slice(&length.to_be_bytes());
        edited[at + 8..at + 16].copy_from_slice(&start.to_be_bytes());
        edited[at + 16..at + 20].copy_from_slice(&[0, 1, 0, 0]);
    }
    edited
}

fn boxed(name: [u8; 4], body: &[u8]) -> Vec<u8> {
    let size = u32::try_from(body.len() + 8).expect("small");
    [&size.to_be_bytes()[..], &name, body].concat()
}

fn number(bytes: &[u8], at: usize) -> u32 {
    u32::from_be_bytes(bytes[at..at + 4].try_into().expect("four bytes"))
}

#[test]
fn edits_beyond_all_times_play_what_there_is() {
    const FAR: u64 = u64::MAX >> 1;
    let folder = tempfile::tempdir().expect("a folder");
    let bytes = encoded(folder.path(), ("a.m4a", "-c:a aac"), "", "");
    let first_block = |edits: &[(u64, u64)]| {
        let source = Cursor::new(with_wide_edits(&bytes, edits));
        let mut decoder = Decoder::open_with(Box::new(source), None)?;
        decoder.next_block().map(|block| block.is_some())
    };
    for edits in [&[(1, u64::MAX)][..], &[(0, 1), (48_000, u64::MAX)]] {
        assert!(matches!(first_block(edits), Ok(true)), "{edits:?}");
    }
    assert!(matches!(first_block(&[(FAR, u64::MAX)]), Err(Error::Empty)));
    let turned = first_block(&[(1, u64::MAX), (FAR, u64::MAX)]);
    assert!(matches!(turned, Err(Error::Unsupported { .. })));
}
