//! MP4 and QuickTime: the `mvhd` box counts seconds in UTC from 1904 (ISO/IEC 14496-12,
//! section 8.2.2). Apple's phones write the local time with its offset beside it, as
//! `com.apple.quicktime.creationdate` (QuickTime File Format, "Metadata").

use std::{io, ops::Range};

use domain::RecordedAt;

use super::fields::{MAX_PARTS, MetadataFields};

/// From the epoch of QuickTime to that of Unix, in seconds.
const EPOCH: i64 = 2_082_844_800;

const CREATION_DATE: &str = "com.apple.quicktime.creationdate";

type Name = [u8; 4];

pub(super) fn read(file: &mut MetadataFields<'_>) -> io::Result<Option<RecordedAt>> {
    let all = file.all()?;
    let Some(movie) = child(file, &all, *b"moov")? else {
        return Ok(None);
    };
    if let Some(date) = creation_date(file, &movie)? {
        return Ok(Some(date));
    }
    let Some(header) = child(file, &movie, *b"mvhd")? else {
        return Ok(None);
    };
    let seconds = if file.bytes::<1>(header.start)? == [1] {
        u64::from_be_bytes(file.bytes(header.start + 4)?)
    } else {
        u64::from(u32::from_be_bytes(file.bytes(header.start + 4)?))
    };
    let seconds = i64::try_from(seconds).ok().filter(|seconds| *seconds != 0);
    Ok(seconds.and_then(|seconds| RecordedAt::from_unix_secs(seconds - EPOCH)))
}

fn creation_date(
    file: &mut MetadataFields<'_>,
    movie: &Range<u64>,
) -> io::Result<Option<RecordedAt>> {
    let Some(mut metadata) = child(file, movie, *b"meta")? else {
        return Ok(None);
    };
    // A box with a version in ISO files, without one in QuickTime's.
    if &file.bytes::<4>(metadata.start + 4)? != b"hdlr" {
        metadata.start += 4;
    }
    let Some(keys) = child(file, &metadata, *b"keys")? else {
        return Ok(None);
    };
    // Keys are numbered from 1, behind the version and their count.
    let keys = children(file, &(keys.start + 8..keys.end))?;
    let mut number = None;
    for (index, (_, key)) in (1_u32..).zip(keys) {
        if file.text(key)? == CREATION_DATE {
            number = Some(index.to_be_bytes());
        }
    }
    let (Some(number), Some(items)) = (number, child(file, &metadata, *b"ilst")?) else {
        return Ok(None);
    };
    let Some(item) = child(file, &items, number)? else {
        return Ok(None);
    };
    let Some(data) = child(file, &item, *b"data")? else {
        return Ok(None);
    };
    let text = file.text(data.start + 8..data.end)?;
    Ok(RecordedAt::parse(&text).ok())
}

fn child(
    file: &mut MetadataFields<'_>,
    within: &Range<u64>,
    name: Name,
) -> io::Result<Option<Range<u64>>> {
    let mut position = within.start;
    for _ in 0..MAX_PARTS {
        let Some((found, body)) = box_at(file, position, within.end)? else {
            return Ok(None);
        };
        if found == name {
            return Ok(Some(body));
        }
        position = body.end;
    }
    Ok(None)
}

fn children(
    file: &mut MetadataFields<'_>,
    within: &Range<u64>,
) -> io::Result<Vec<(Name, Range<u64>)>> {
    let mut found = Vec::new();
    let mut position = within.start;
    while found.len() < MAX_PARTS
        && let Some((name, body)) = box_at(file, position, within.end)?
    {
        position = body.end;
        found.push((name, body));
    }
    Ok(found)
}

/// Name and body of the box at a position; `None` where it does not fit.
fn box_at(
    file: &mut MetadataFields<'_>,
    position: u64,
    end: u64,
) -> io::Result<Option<(Name, Range<u64>)>> {
    let room = end.saturating_sub(position);
    if room < 8 {
        return Ok(None);
    }
    let [a, b, c, d, name @ ..] = file.bytes::<8>(position)?;
    let (head, length) = match u32::from_be_bytes([a, b, c, d]) {
        0 => (8, room),
        1 if room >= 16 => (16, u64::from_be_bytes(file.bytes(position + 8)?)),
        length => (8, u64::from(length)),
    };
    let fits = (head..=room).contains(&length);
    Ok(fits.then(|| (name, position + head..position + length)))
}
