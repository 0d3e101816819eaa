//! WAV headers that lie about lengths.
//!
//! Recorders that were cut off, and programs that write into a pipe, leave a
//! length of 0, of 0xFFFFFFFF, or one that has nothing to do with the file.

use std::io::{self, SeekFrom};

use crate::{
    Source,
    pcm::{Layout, MAX_CHANNELS, SAMPLE_RATES},
    source::BytePatch,
};

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

/// What the headers of a WAV file say, and where they lie.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct WavHeaders {
    /// What to replace in them so that they tell the truth.
    pub(crate) patches: Vec<BytePatch>,
    /// Where the samples lie, when they are of 16 bits.
    pub(crate) layout: Option<Layout>,
}

/// Looks through the headers; finds nothing in a source that has no end. Leaves
/// the source at its start.
pub(crate) fn read_headers(source: &mut dyn Source) -> io::Result<WavHeaders> {
    let found = match source.size() {
        Some(size) => scan_headers(source, size)?,
        None => WavHeaders::default(),
    };
    source.seek(SeekFrom::Start(0))?;
    Ok(found)
}

fn scan_headers(source: &mut dyn Source, size: u64) -> io::Result<WavHeaders> {
    // RF64 differs only in a chunk of lengths above 4 GB, and the length of the
    // whole is of no use: the file has one.
    let mut patches = vec![(0, b"RIFF".to_vec()), (4, u32::MAX.to_le_bytes().to_vec())];
    let mut layout = None;
    let mut wide_length = None;
    let mut position = 12;
    for _ in 0..MAX_CHUNKS {
        let Some((id, length)) = chunk(source, position)? else {
            break;
        };
        match &id {
            b"ds64" => wide_length = wide_data_length(source)?,
            b"fmt " => layout = format(source, length)?,
            b"data" => {
                let said = match (length, wide_length) {
                    (u32::MAX, Some(wide)) => wide,
                    _ => u64::from(length),
                };
                let actual = samples(source, position + 8, said, size)?;
                // A length in 32 bits is all that the library reads.
                let narrow = u32::try_from(actual).unwrap_or(u32::MAX);
                if narrow != length {
                    patches.push((position + 4, narrow.to_le_bytes().to_vec()));
                }
                let layout = layout.map(|layout| Layout {
                    start: position + 8,
                    length: actual,
                    ..layout
                });
                return Ok(WavHeaders { patches, layout });
            }
            _ => {}
        }
        position += 8 + u64::from(length) + u64::from(length % 2);
    }
    Ok(WavHeaders {
        patches,
        layout: None,
    })
}

/// The length of the samples as RF64 says it (EBU Tech 3306, section 3.3).
fn wide_data_length(source: &mut dyn Source) -> io::Result<Option<u64>> {
    let mut lengths = [0; 16];
    let whole = fill(source, &mut lengths)?;
    let bytes = lengths[8..].try_into().ok().filter(|_| whole);
    Ok(bytes.map(u64::from_le_bytes))
}

/// The format of samples that can be read as they are: whole numbers of 16 bits
/// (`WAVEFORMATEX`, `WAVEFORMATEXTENSIBLE`).
fn format(source: &mut dyn Source, length: u32) -> io::Result<Option<Layout>> {
    const PCM: [u8; 2] = [1, 0];
    const EXTENSIBLE: [u8; 2] = [0xfe, 0xff];
    /// `KSDATAFORMAT_SUBTYPE_PCM`.
    const PCM_ID: [u8; 16] = [
        1, 0, 0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xaa, 0, 0x38, 0x9b, 0x71,
    ];
    let mut fields = [0; 40];
    let present = fields.len().min(length as usize);
    if present < 16 || !fill(source, &mut fields[..present])? {
        return Ok(None);
    }
    let number = |at: usize| usize::from(u16::from_le_bytes([fields[at], fields[at + 1]]));
    let (channels, frame, bits) = (number(2), number(12), number(14));
    let rate = [fields[4], fields[5], fields[6], fields[7]];
    let sample_rate_hz = u32::from_le_bytes(rate);
    let is_pcm = fields[..2] == PCM
        || (fields[..2] == EXTENSIBLE && present == 40 && fields[24..] == PCM_ID);
    let makes_sense = (1..=MAX_CHANNELS).contains(&channels)
        && SAMPLE_RATES.contains(&sample_rate_hz)
        && (frame, bits) == (2 * channels, 16);
    Ok((is_pcm && makes_sense).then_some(Layout {
        channels,
        sample_rate_hz,
        start: 0,
        length: 0,
    }))
}

/// How many bytes of samples follow `start`: the declared size where it is plausible,
/// else the rest of the file.
fn samples(source: &mut dyn Source, start: u64, said: u64, size: u64) -> io::Result<u64> {
    let rest = size.saturating_sub(start);
    let Some(end) = start
        .checked_add(said)
        .and_then(|end| end.checked_add(said % 2))
    else {
        return Ok(rest);
    };
    let honest = end <= size && (end == size || followed(source, end, size)?);
    Ok(if honest { said } else { rest })
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
