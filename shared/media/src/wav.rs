//! WAV headers that lie about lengths.
//!
//! Recorders that were cut off, and programs that write into a pipe, leave a
//! length of 0, of 0xFFFFFFFF, or one that has nothing to do with the file.

use std::io::{self, SeekFrom};

use crate::{Source, source::Patch};

/// How many chunks are looked at before the samples.
const MAX_CHUNKS: usize = 64;

/// Whether a file that starts so is WAV.
pub(crate) fn is_wav(start: &[u8]) -> bool {
    let known = [&b"RIFF"[..], b"RF64", b"BW64"];
    known.iter().any(|id| start.starts_with(id)) && start.get(8..12) == Some(b"WAVE")
}

/// The name of the codec in a WAV file that is not decoded here, by its format tag
/// (RFC 2361).
pub(crate) fn codec(start: &[u8]) -> Option<&'static str> {
    let format = start.windows(4).position(|id| id == b"fmt ")? + 8;
    let tag = start.get(format..format + 2)?;
    match u16::from_le_bytes(tag.try_into().ok()?) {
        0x0031 => Some("GSM 6.10"),
        0x0042 => Some("G.723.1"),
        0x0045 => Some("G.726"),
        0x0055 => Some("MP3 inside WAV"),
        0x0160..=0x0163 => Some("WMA"),
        0x028f => Some("G.722"),
        _ => None,
    }
}

/// What to replace in the headers of a WAV file so that they tell the truth;
/// nothing in any other file. Leaves the source at its start.
pub(crate) fn corrections(source: &mut dyn Source) -> io::Result<Vec<Patch>> {
    let found = match source.size() {
        Some(size) => examine(source, size)?,
        None => Vec::new(),
    };
    source.seek(SeekFrom::Start(0))?;
    Ok(found)
}

fn examine(source: &mut dyn Source, size: u64) -> io::Result<Vec<Patch>> {
    let mut riff = [0; 12];
    let complete = fill(source, &mut riff)?;
    if !complete || !is_wav(&riff) {
        return Ok(Vec::new());
    }
    // RF64 differs only in a chunk of lengths above 4 GB, and the length of the
    // whole is of no use: the file has one.
    let mut patches = vec![(0, b"RIFF".to_vec()), (4, u32::MAX.to_le_bytes().to_vec())];
    let mut position = 12;
    for _ in 0..MAX_CHUNKS {
        let Some((id, length)) = chunk(source, position)? else {
            break;
        };
        if &id == b"data" {
            patches.extend(samples(source, position, length, size)?);
            break;
        }
        position += 8 + u64::from(length) + u64::from(length % 2);
    }
    Ok(patches)
}

fn samples(
    source: &mut dyn Source,
    position: u64,
    length: u32,
    size: u64,
) -> io::Result<Option<Patch>> {
    let start = position + 8;
    let rest = size.saturating_sub(start);
    let end = start + u64::from(length) + u64::from(length % 2);
    let honest = end <= size && (end == size || followed(source, end, size)?);
    // A length in 32 bits is all the format has.
    let actual = u32::try_from(rest).unwrap_or(u32::MAX);
    Ok((!honest && actual != length).then_some((position + 4, actual.to_le_bytes().to_vec())))
}

/// Whether another chunk, or mere padding, stands at `position`.
fn followed(source: &mut dyn Source, position: u64, size: u64) -> io::Result<bool> {
    if size - position < 8 {
        return Ok(true);
    }
    let next = chunk(source, position)?;
    Ok(next.is_some_and(|(id, length)| {
        id.iter()
            .all(|byte| byte.is_ascii_graphic() || *byte == b' ')
            && position + 8 + u64::from(length) <= size + 1
    }))
}

fn chunk(source: &mut dyn Source, position: u64) -> io::Result<Option<([u8; 4], u32)>> {
    source.seek(SeekFrom::Start(position))?;
    let mut head = [0; 8];
    if !fill(source, &mut head)? {
        return Ok(None);
    }
    let (id, length) = head.split_at(4);
    let fours = id.try_into().ok().zip(length.try_into().ok());
    Ok(fours.map(|(id, length)| (id, u32::from_le_bytes(length))))
}

/// Reads as much as there is room for; whether there was as much.
fn fill(source: &mut dyn Source, buffer: &mut [u8]) -> io::Result<bool> {
    match source.read_exact(buffer) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}
