//! WAV: the `bext` chunk of Broadcast Wave names the local date and time without a zone (EBU
//! Tech 3285, section 2.3); `ICRD` in the `INFO` list names the date.

use std::{io, ops::Range};

use domain::RecordedAt;

use super::fields::{MAX_PARTS, MetadataFields};

/// Where `OriginationDate` and `OriginationTime` lie in `bext`.
const DATE: Range<u64> = 320..330;
const TIME: Range<u64> = 330..338;

pub(super) fn read(file: &mut MetadataFields<'_>) -> io::Result<Option<RecordedAt>> {
    let all = file.all()?;
    let mut of_list = None;
    for (name, body) in chunks(file, 12..all.end)? {
        match &name {
            b"bext" => {
                if let Some(date) = origination(file, body.start)? {
                    return Ok(Some(date));
                }
            }
            b"LIST" if &file.bytes::<4>(body.start)? == b"INFO" => {
                for (name, body) in chunks(file, body.start + 4..body.end)? {
                    if &name == b"ICRD" {
                        of_list = RecordedAt::parse(&file.text(body)?).ok();
                    }
                }
            }
            _ => {}
        }
    }
    Ok(of_list)
}

fn origination(file: &mut MetadataFields<'_>, start: u64) -> io::Result<Option<RecordedAt>> {
    let date = file.text(start + DATE.start..start + DATE.end)?;
    let time = file.text(start + TIME.start..start + TIME.end)?;
    let date = with_separators(&date, "-");
    let both = format!("{date}T{}", with_separators(&time, ":"));
    let found = RecordedAt::parse(&both).or_else(|_| RecordedAt::parse(&date));
    Ok(found.ok())
}

/// The numbers of a text, which may be separated by hyphens, underscores, colons, spaces or
/// stops, separated by `separator`.
fn with_separators(text: &str, separator: &str) -> String {
    let numbers: Vec<&str> = text.split(['-', '_', ':', ' ', '.', '/']).collect();
    numbers.join(separator)
}

fn chunks(
    file: &mut MetadataFields<'_>,
    within: Range<u64>,
) -> io::Result<Vec<([u8; 4], Range<u64>)>> {
    let mut found = Vec::new();
    let mut position = within.start;
    while found.len() < MAX_PARTS && position.saturating_add(8) <= within.end {
        let [name @ .., a, b, c, d] = file.bytes::<8>(position)?;
        let start = position + 8;
        let length = u64::from(u32::from_le_bytes([a, b, c, d]));
        let end = start.saturating_add(length).min(within.end);
        found.push((name, start..end));
        position = start + length + length % 2;
    }
    Ok(found)
}
