//! WAV headers that lie about the length of the samples.
//!
//! Recorders that were cut off, and programs that write into a pipe, leave a
//! length of 0, of 0xFFFFFFFF, or one that has nothing to do with the file.

use std::io::{self, SeekFrom};

use crate::Source;

/// How many chunks are looked at before the samples.
const MAX_CHUNKS: usize = 64;

/// Where the length of the samples stands and what it should be, when what
/// stands there is a lie. Leaves the source at its start.
pub(crate) fn true_length(source: &mut dyn Source) -> io::Result<Option<(u64, [u8; 4])>> {
    let found = match source.size() {
        Some(size) => examine(source, size)?,
        None => None,
    };
    source.seek(SeekFrom::Start(0))?;
    Ok(found)
}

fn examine(source: &mut dyn Source, size: u64) -> io::Result<Option<(u64, [u8; 4])>> {
    let mut riff = [0; 12];
    let complete = fill(source, &mut riff)?;
    if !complete || &riff[..4] != b"RIFF" || &riff[8..] != b"WAVE" {
        return Ok(None);
    }
    let mut position = 12;
    for _ in 0..MAX_CHUNKS {
        let Some((id, length)) = chunk(source, position)? else {
            return Ok(None);
        };
        if &id == b"data" {
            return samples(source, position, length, size);
        }
        position += 8 + u64::from(length) + u64::from(length % 2);
    }
    Ok(None)
}

fn samples(
    source: &mut dyn Source,
    position: u64,
    length: u32,
    size: u64,
) -> io::Result<Option<(u64, [u8; 4])>> {
    let start = position + 8;
    let rest = size.saturating_sub(start);
    let end = start + u64::from(length) + u64::from(length % 2);
    let honest = length > 0 && end <= size && (end == size || followed(source, end, size)?);
    // A length in 32 bits is all the format has.
    let actual = u32::try_from(rest).unwrap_or(u32::MAX);
    Ok((!honest && actual != length).then_some((position + 4, actual.to_le_bytes())))
}

/// Whether another chunk, or mere padding, stands at `position`.
fn followed(source: &mut dyn Source, position: u64, size: u64) -> io::Result<bool> {
    if size - position < 8 {
        return Ok(true);
    }
    let next = chunk(source, position)?;
    Ok(next.is_some_and(|(id, length)| {
        id.iter().all(|byte| byte.is_ascii_graphic() || *byte == b' ')
            && position + 8 + u64::from(length) <= size + 1
    }))
}

fn chunk(source: &mut dyn Source, position: u64) -> io::Result<Option<([u8; 4], u32)>> {
    source.seek(SeekFrom::Start(position))?;
    let mut head = [0; 8];
    if !fill(source, &mut head)? {
        return Ok(None);
    }
    let [a, b, c, d, e, f, g, h] = head;
    Ok(Some(([a, b, c, d], u32::from_le_bytes([e, f, g, h]))))
}

/// Reads as much as there is room for; whether there was as much.
fn fill(source: &mut dyn Source, buffer: &mut [u8]) -> io::Result<bool> {
    match source.read_exact(buffer) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}
