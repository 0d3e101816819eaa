//! ID3: `TDRC` and `TDRL` of version 2.4 are in UTC (ID3v2.4 structure, section 4); `TYER`,
//! `TDAT` and `TIME` of version 2.3 have no zone.

use std::io;

use domain::RecordedAt;

use super::fields::{MAX_PARTS, MetadataFields};

const HEADER: u64 = 10;

/// The longest frame that is read: a date in UTF-16 is shorter.
const MAX_FRAME: u64 = 128;

/// The frames that dates are made of.
const NAMES: [&[u8; 4]; 5] = [b"TDRC", b"TDRL", b"TYER", b"TDAT", b"TIME"];

pub(super) fn read(file: &mut MetadataFields<'_>) -> io::Result<Option<RecordedAt>> {
    let [mark @ .., version, _, flags, _, _, _, _] = file.bytes::<10>(0)?;
    if &mark != b"ID3" || !matches!(version, 3 | 4) {
        return Ok(None);
    }
    let mut position = HEADER;
    if flags & 0x40 != 0 {
        // An extended header, whose size leaves itself out in version 2.3.
        let size: [u8; 4] = file.bytes(HEADER)?;
        position += if version == 4 {
            safe(size)
        } else {
            plain(size) + 4
        };
    }
    let end = HEADER + safe(file.bytes(6)?);
    let mut found: [Option<String>; NAMES.len()] = Default::default();
    for _ in 0..MAX_PARTS {
        if position + HEADER > end {
            break;
        }
        let name: [u8; 4] = file.bytes(position)?;
        let size: [u8; 4] = file.bytes(position + 4)?;
        let [_, format] = file.bytes(position + 8)?;
        let size = if version == 4 {
            safe(size)
        } else {
            plain(size)
        };
        let known = NAMES.iter().position(|known| **known == name);
        // Compressed, encrypted and grouped frames are left out.
        let is_plain = format & !0x02 == 0 && size <= MAX_FRAME;
        if let Some(index) = known.filter(|_| is_plain) {
            let mut frame = vec![0; usize::try_from(size).unwrap_or(0)];
            file.read(position + HEADER, &mut frame)?;
            found[index] = Some(text(&frame));
        }
        position += HEADER + size;
    }
    Ok(date(found))
}

fn date([recorded, released, year, day, time]: [Option<String>; 5]) -> Option<RecordedAt> {
    let utc = |text: String| RecordedAt::parse(&text).ok().map(RecordedAt::in_utc);
    let recorded = recorded.and_then(utc).or_else(|| released.and_then(utc));
    recorded.or_else(|| of_parts(&year?, &day?, time.as_deref()))
}

/// Of a year, `DDMM` and `HHMM`.
fn of_parts(year: &str, day: &str, time: Option<&str>) -> Option<RecordedAt> {
    let (day, month) = day.split_at_checked(2)?;
    let date = format!("{year}-{month}-{day}");
    let time = time.and_then(|time| time.split_at_checked(2));
    let both = time.map(|(hours, minutes)| format!("{date}T{hours}:{minutes}"));
    let both = both.and_then(|both| RecordedAt::parse(&both).ok());
    both.or_else(|| RecordedAt::parse(&date).ok())
}

/// The first text of a frame. A date is of ASCII, so the bytes of that are the same in all
/// encodings, apart from zeros and marks of UTF-16.
fn text(frame: &[u8]) -> String {
    let Some((encoding, text)) = frame.split_first() else {
        return String::new();
    };
    let width = if matches!(encoding, 1 | 2) { 2 } else { 1 };
    let characters = text.chunks(width);
    let first = characters.take_while(|character| character.iter().any(|byte| *byte != 0));
    let ascii = first.flatten().filter(|byte| (b' '..=b'~').contains(*byte));
    let text: String = ascii.map(|byte| char::from(*byte)).collect();
    text.trim().to_owned()
}

/// A number of seven bits a byte.
fn safe(bytes: [u8; 4]) -> u64 {
    bytes
        .iter()
        .fold(0, |size, byte| size << 7 | u64::from(byte & 0x7f))
}

fn plain(bytes: [u8; 4]) -> u64 {
    u64::from(u32::from_be_bytes(bytes))
}
