//! Matroska and WebM: `DateUTC` counts nanoseconds in UTC from 2001 (RFC 9559, section
//! 5.1.2.12).

use std::{io, ops::Range};

use domain::RecordedAt;

use super::fields::{MAX_PARTS, MetadataFields};

/// From the epoch of Unix to that of Matroska, in seconds.
const EPOCH: i64 = 978_307_200;

const SEGMENT: u32 = 0x1853_8067;
const INFO: u32 = 0x1549_a966;
const CLUSTER: u32 = 0x1f43_b675;
const DATE_UTC: u32 = 0x4461;

pub(super) fn read(file: &mut MetadataFields<'_>) -> io::Result<Option<RecordedAt>> {
    let mut place = file.all()?;
    for id in [SEGMENT, INFO, DATE_UTC] {
        match child(file, &place, id)? {
            Some(found) => place = found,
            None => return Ok(None),
        }
    }
    if place.end - place.start != 8 {
        return Ok(None);
    }
    let nanos = i64::from_be_bytes(file.bytes(place.start)?);
    // Zero is what writers without a clock write.
    let nanos = Some(nanos).filter(|nanos| *nanos != 0);
    Ok(nanos.and_then(|nanos| RecordedAt::from_unix_secs(nanos.div_euclid(1_000_000_000) + EPOCH)))
}

/// The body of an element, which does not follow the first cluster.
fn child(
    file: &mut MetadataFields<'_>,
    within: &Range<u64>,
    id: u32,
) -> io::Result<Option<Range<u64>>> {
    let mut position = within.start;
    for _ in 0..MAX_PARTS {
        let Some((found, body)) = element_at(file, position, within.end)? else {
            return Ok(None);
        };
        if found == id {
            return Ok(Some(body));
        }
        if found == CLUSTER {
            return Ok(None);
        }
        position = body.end;
    }
    Ok(None)
}

/// Id and body of the element at a position; `None` where there is none.
fn element_at(
    file: &mut MetadataFields<'_>,
    position: u64,
    end: u64,
) -> io::Result<Option<(u32, Range<u64>)>> {
    if position >= end {
        return Ok(None);
    }
    let head: [u8; 12] = file.bytes(position)?;
    let Some((id, id_length)) = number(&head, 4) else {
        return Ok(None);
    };
    let Some((size, size_length)) = number(&head[id_length..], 8) else {
        return Ok(None);
    };
    // Without the bit that marks the length; all ones: the size is not known.
    let mask = (1_u64 << (7 * size_length)) - 1;
    let start = position + (id_length + size_length) as u64;
    let body_end = match size & mask {
        unknown if unknown == mask => end,
        size => start.saturating_add(size).min(end),
    };
    let id = u32::try_from(id).ok();
    Ok(id.filter(|_| start <= end).map(|id| (id, start..body_end)))
}

/// A number of variable length with its marker, and its length in bytes.
fn number(bytes: &[u8], longest: usize) -> Option<(u64, usize)> {
    let length = bytes.first()?.leading_zeros() as usize + 1;
    let bytes = bytes.get(..length).filter(|_| length <= longest)?;
    let value = bytes
        .iter()
        .fold(0, |value, byte| value << 8 | u64::from(*byte));
    Some((value, length))
}
