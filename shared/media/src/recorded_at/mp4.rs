//! MP4 and QuickTime: the `mvhd` box counts seconds in UTC from 1904 (ISO/IEC 14496-12,
//! section 8.2.2). Apple's phones write the local time with its offset beside it, as
//! `com.apple.quicktime.creationdate` (QuickTime File Format, "Metadata").

use std::{io, ops::Range};

use domain::RecordedAt;

use super::fields::MetadataFields;

/// From the epoch of QuickTime to that of Unix, in seconds.
const EPOCH: i64 = 2_082_844_800;

const CREATION_DATE: &str = "com.apple.quicktime.creationdate";

pub(super) fn read(file: &mut MetadataFields<'_>) -> io::Result<Option<RecordedAt>> {
    let all = file.all()?;
    let Some(movie) = file.boxes().child(&all, *b"moov")? else {
        return Ok(None);
    };
    if let Some(date) = creation_date(file, &movie)? {
        return Ok(Some(date));
    }
    let Some(header) = file.boxes().child(&movie, *b"mvhd")? else {
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
    let Some(mut metadata) = file.boxes().child(movie, *b"meta")? else {
        return Ok(None);
    };
    // A box with a version in ISO files, without one in QuickTime's.
    if &file.bytes::<4>(metadata.start + 4)? != b"hdlr" {
        metadata.start += 4;
    }
    let Some(keys) = file.boxes().child(&metadata, *b"keys")? else {
        return Ok(None);
    };
    // Keys are numbered from 1, behind the version and their count.
    let keys = file.boxes().children(&(keys.start + 8..keys.end))?;
    let mut number = None;
    for (index, key) in (1_u32..).zip(keys) {
        if file.text(key.body)? == CREATION_DATE {
            number = Some(index.to_be_bytes());
        }
    }
    let Some(number) = number else {
        return Ok(None);
    };
    let item = [*b"ilst", number, *b"data"];
    let Some(data) = file.boxes().path(&metadata, &item)? else {
        return Ok(None);
    };
    let text = file.text(data.start + 8..data.end)?;
    Ok(RecordedAt::parse(&text).ok())
}
