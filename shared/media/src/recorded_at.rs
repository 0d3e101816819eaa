//! When a recording was made, by the metadata in its file.
//!
//! Only complete dates count: a year is a release, not a recording. Zero is the value of
//! writers that do not know the time. The decoding library reads Vorbis comments alone.

mod fields;
mod id3;
mod matroska;
mod mp4;
mod riff;
mod vorbis;

use std::io;

use domain::RecordedAt;

use crate::{
    FileKind, Source,
    open::beginning,
    probe,
    source::{Failures, PatchedReader},
};
use fields::MetadataFields;

/// The date in the metadata of a recording, where it has a complete one. A damaged file has
/// none; an error is the source's.
pub fn recorded_at(source: Box<dyn Source>) -> io::Result<Option<RecordedAt>> {
    let failures = Failures::default();
    let mut reader = PatchedReader::new(source, failures.clone());
    let found = beginning(&mut reader).and_then(|start| match probe(&start).ok() {
        Some(FileKind::Mp4) => mp4::read(&mut MetadataFields::new(&mut reader)),
        Some(FileKind::Matroska) => matroska::read(&mut MetadataFields::new(&mut reader)),
        Some(FileKind::Wav) => riff::read(&mut MetadataFields::new(&mut reader)),
        Some(FileKind::Mpeg) => id3::read(&mut MetadataFields::new(&mut reader)),
        Some(FileKind::Flac | FileKind::Ogg) => Ok(vorbis::read(reader)),
        Some(FileKind::Aiff | FileKind::Caf | FileKind::Adts) | None => Ok(None),
    });
    if let Some(error) = failures.take() {
        return Err(error);
    }
    Ok(found?.filter(|date| date.is_after_epoch()))
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, SeekFrom};

    use proptest::prelude::*;

    use super::*;

    fn date_of(bytes: Vec<u8>) -> Option<String> {
        let found = recorded_at(Box::new(Cursor::new(bytes))).unwrap();
        found.map(|date| date.to_string())
    }

    fn mp4_box(name: [u8; 4], body: &[u8]) -> Vec<u8> {
        let size = u32::try_from(body.len() + 8).unwrap();
        [&size.to_be_bytes(), &name[..], body].concat()
    }

    fn mp4(movie: &[u8]) -> Vec<u8> {
        let media = mp4_box(*b"mdat", &[0; 100]);
        let parts = [
            mp4_box(*b"ftyp", b"M4A \0\0\0\0"),
            media,
            mp4_box(*b"moov", movie),
        ];
        parts.concat()
    }

    /// `mvhd` of version 0.
    fn movie_header(seconds: u32) -> Vec<u8> {
        let body = [&[0; 4], &seconds.to_be_bytes()[..], &[0; 92]].concat();
        mp4_box(*b"mvhd", &body)
    }

    const MAY_4: u32 = 1_777_887_000 + 2_082_844_800;

    #[test]
    fn movie_header_of_mp4_is_utc() {
        assert_eq!(
            date_of(mp4(&movie_header(MAY_4))).unwrap(),
            "2026-05-04T09:30:00Z"
        );
        let wide = [
            &[1, 0, 0, 0],
            &u64::from(MAY_4).to_be_bytes()[..],
            &[0; 100],
        ]
        .concat();
        let wide = mp4(&mp4_box(*b"mvhd", &wide));
        assert_eq!(date_of(wide).unwrap(), "2026-05-04T09:30:00Z");
    }

    #[test]
    fn epochs_of_mp4_are_no_dates() {
        // QuickTime's, a writer that counts from 1970, and 1970 itself.
        for seconds in [0, 1_777_887_000, 2_082_844_800] {
            assert_eq!(date_of(mp4(&movie_header(seconds))), None, "{seconds}");
        }
    }

    #[test]
    fn creation_date_of_phones_has_its_zone_and_wins() {
        let name = b"com.apple.quicktime.creationdate";
        let entry = mp4_box(*b"mdta", name);
        let keys = [&[0; 4], &1_u32.to_be_bytes()[..], &entry].concat();
        let value = [&[0, 0, 0, 1, 0, 0, 0, 0], &b"2026-05-04T11:30:00+0200"[..]].concat();
        let item = mp4_box(1_u32.to_be_bytes(), &mp4_box(*b"data", &value));
        let parts = [
            mp4_box(*b"hdlr", &[0; 25]),
            mp4_box(*b"keys", &keys),
            mp4_box(*b"ilst", &item),
        ]
        .concat();
        for before in [&[][..], &[0; 4]] {
            let metadata = mp4_box(*b"meta", &[before, &parts].concat());
            let movie = [movie_header(MAY_4), metadata].concat();
            assert_eq!(date_of(mp4(&movie)).unwrap(), "2026-05-04T11:30:00+02:00");
        }
    }

    fn webm(date: i64, rest: &[u8]) -> Vec<u8> {
        let date = [&[0x44, 0x61, 0x88], &date.to_be_bytes()[..]].concat();
        let info = [
            &[0x15, 0x49, 0xa9, 0x66, 0x80 + 15][..],
            &[0xec, 0x82, 0, 0],
            &date,
        ]
        .concat();
        // A live segment, whose size is not known.
        let segment = [
            0x18, 0x53, 0x80, 0x67, 0x01, 255, 255, 255, 255, 255, 255, 255,
        ];
        let header = [0x1a, 0x45, 0xdf, 0xa3, 0x84, 0x42, 0x86, 0x81, 1];
        [&header[..], &segment, rest, &info].concat()
    }

    #[test]
    fn date_of_matroska_is_utc() {
        let nanos = (1_777_887_000 - 978_307_200) * 1_000_000_000;
        assert_eq!(date_of(webm(nanos, &[])).unwrap(), "2026-05-04T09:30:00Z");
        assert_eq!(date_of(webm(0, &[])), None);
        // What follows a cluster is not looked for.
        assert_eq!(date_of(webm(nanos, &[0x1f, 0x43, 0xb6, 0x75, 0x80])), None);
    }

    fn chunk(name: [u8; 4], body: &[u8]) -> Vec<u8> {
        let size = u32::try_from(body.len()).unwrap();
        let padding = vec![0; body.len() % 2];
        [&name[..], &size.to_le_bytes(), body, &padding].concat()
    }

    fn wav(chunks: &[Vec<u8>]) -> Vec<u8> {
        let format = [1, 0, 1, 0, 0x40, 0x1f, 0, 0, 0x80, 0x3e, 0, 0, 2, 0, 16, 0];
        let body = [b"WAVE".to_vec(), chunk(*b"fmt ", &format), chunks.concat()].concat();
        chunk(*b"RIFF", &body)
    }

    fn bext(date: &[u8; 18]) -> Vec<u8> {
        chunk(*b"bext", &[&[0; 320], &date[..], &[0; 264]].concat())
    }

    #[test]
    fn origination_of_broadcast_wave_has_no_zone() {
        let data = chunk(*b"data", &[0; 101]);
        for date in [
            b"2026-05-0409:30:00",
            b"2026_05_0409.30.00",
            b"2026:05:0409-30-00",
        ] {
            let found = date_of(wav(&[bext(date), data.clone()]));
            assert_eq!(found.unwrap(), "2026-05-04T09:30:00");
        }
        let date_alone = b"2026-05-04\0\0\0\0\0\0\0\0";
        let found = date_of(wav(&[data.clone(), bext(date_alone)]));
        assert_eq!(found.unwrap(), "2026-05-04");
        for none in [b"0000-00-0000:00:00", b"\0\0\0\0\0\0\0\0\0\x0009:30:00"] {
            assert_eq!(date_of(wav(&[bext(none), data.clone()])), None);
        }
        let list = [
            &b"INFO"[..],
            &chunk(*b"ISFT", b"a b"),
            &chunk(*b"ICRD", b"2026-05-04\0"),
        ];
        let list = chunk(*b"LIST", &list.concat());
        assert_eq!(date_of(wav(&[data, list])).unwrap(), "2026-05-04");
    }

    /// An ID3 tag of version 2.`minor` before an MP3.
    fn mp3(minor: u8, frames: &[(&[u8; 4], &str)]) -> Vec<u8> {
        let encoded = frames
            .iter()
            .map(|(name, text)| (*name, format!("\u{3}{text}")));
        let encoded: Vec<_> = encoded.collect();
        let frames: Vec<_> = encoded
            .iter()
            .map(|(name, text)| (*name, text.as_str()))
            .collect();
        mp3_of(minor, &frames)
    }

    /// The same of frames that begin with the byte of their encoding.
    fn mp3_of(minor: u8, frames: &[(&[u8; 4], &str)]) -> Vec<u8> {
        let frame = |(name, text): &(&[u8; 4], &str)| {
            let size = u32::try_from(text.len()).unwrap();
            [&name[..], &size.to_be_bytes(), &[0, 0], text.as_bytes()].concat()
        };
        let frames: Vec<u8> = frames.iter().flat_map(frame).collect();
        let head = [
            b'I',
            b'D',
            b'3',
            minor,
            0,
            0,
            0,
            0,
            0,
            u8::try_from(frames.len()).unwrap(),
        ];
        let tone = include_bytes!("../tests/data/tone.mp3");
        [&head[..], &frames, tone].concat()
    }

    #[test]
    fn id3_tags_are_read() {
        let recorded = mp3(
            4,
            &[(b"TIT2", "2020-01-01"), (b"TDRC", "2026-05-04T09:30:00")],
        );
        assert_eq!(date_of(recorded).unwrap(), "2026-05-04T09:30:00Z");
        let both = mp3(4, &[(b"TDRL", "2026-05-05"), (b"TDRC", "2026-05-04")]);
        assert_eq!(date_of(both).unwrap(), "2026-05-04");
        assert_eq!(
            date_of(mp3(4, &[(b"TDRL", "2026-05-05")])).unwrap(),
            "2026-05-05"
        );
        assert_eq!(date_of(mp3(4, &[(b"TDRC", "2026")])), None);
        let utf16 = "\u{1}2026-05-04".encode_utf16().flat_map(u16::to_le_bytes);
        let utf16: Vec<u8> = utf16
            .enumerate()
            .filter_map(|(at, byte)| (at != 1).then_some(byte))
            .collect();
        let utf16 = String::from_utf8(utf16).unwrap();
        assert_eq!(
            date_of(mp3_of(4, &[(b"TDRC", &utf16)])).unwrap(),
            "2026-05-04"
        );
        let older = [(b"TYER", "2026"), (b"TDAT", "0405"), (b"TIME", "0930")];
        assert_eq!(date_of(mp3(3, &older)).unwrap(), "2026-05-04T09:30:00");
        assert_eq!(date_of(mp3(3, &older[..2])).unwrap(), "2026-05-04");
        assert_eq!(date_of(mp3(3, &older[..1])), None);
    }

    /// A FLAC with this comment.
    fn flac(comment: &str) -> Vec<u8> {
        let size = |text: &str| u32::try_from(text.len()).unwrap().to_le_bytes();
        let comments = [
            &size("")[..],
            &1_u32.to_le_bytes(),
            &size(comment),
            comment.as_bytes(),
        ];
        let comments = comments.concat();
        let block = [4, 0, 0, u8::try_from(comments.len()).unwrap()];
        let tone = include_bytes!("../tests/data/tone.flac");
        // Behind the magic number and STREAMINFO, which is not the last block any more.
        let mut start = tone[..42].to_vec();
        start[4] &= 0x7f;
        let rest = if tone[4] & 0x80 == 0 {
            &tone[42..]
        } else {
            &[0x81, 0, 0, 0][..]
        };
        [&start[..], &block, &comments, rest].concat()
    }

    #[test]
    fn complete_vorbis_comments_are_read() {
        for (comment, wanted) in [
            ("DATE=2026-05-04", Some("2026-05-04")),
            (
                "date=2026-05-04T11:30:00+02:00",
                Some("2026-05-04T11:30:00+02:00"),
            ),
            ("DATE=2026-05-04 11:30:00", Some("2026-05-04T11:30:00")),
            ("DATE=2026", None),
            ("TITLE=2026-05-04", None),
        ] {
            assert_eq!(date_of(flac(comment)).as_deref(), wanted, "{comment}");
        }
    }

    #[test]
    fn failure_of_the_source_is_an_error() {
        struct Broken(Cursor<Vec<u8>>);
        impl io::Read for Broken {
            fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
                if self.0.position() > 65_536 {
                    return Err(io::Error::other("the connection is lost"));
                }
                self.0.read(buffer)
            }
        }
        impl io::Seek for Broken {
            fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
                self.0.seek(to)
            }
        }
        impl Source for Broken {
            fn size(&self) -> Option<u64> {
                Some(self.0.get_ref().len() as u64)
            }
        }
        let long = [
            mp4_box(*b"ftyp", b"M4A "),
            mp4_box(*b"mdat", &vec![0; 100_000]),
            mp4(&[]),
        ];
        let error = recorded_at(Box::new(Broken(Cursor::new(long.concat())))).unwrap_err();
        assert_eq!(error.to_string(), "the connection is lost");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn damaged_metadata_is_read_without_panic(
            which in 0..5_usize,
            damage in proptest::collection::vec((0..700_usize, any::<u8>()), 1..20),
            length in 0..3_000_usize,
        ) {
            let mut bytes = match which {
                0 => mp4(&movie_header(MAY_4)),
                1 => webm(1, &[]),
                2 => wav(&[bext(b"2026-05-0409:30:00")]),
                3 => mp3(4, &[(b"TDRC", "2026-05-04T09:30:00")]),
                _ => flac("DATE=2026-05-04"),
            };
            for (place, value) in damage {
                let place = place % bytes.len();
                bytes[place] = value;
            }
            bytes.truncate(length.max(1));
            date_of(bytes);
        }
    }
}
