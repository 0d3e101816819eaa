//! What lies in a file behind the recording that was decoded.

use std::io::{self, Read as _};

use crate::{Source as _, probe, shared_source::SharedSource};

/// How much of the rest is looked at, in bytes.
const LOOK: u64 = 64 * 1024;

/// A shorter rest is no recording, in bytes.
const SHORTEST: usize = 256;

/// The rest of a file.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Rest {
    /// Nothing, padding, or tags.
    Nothing,
    /// Another recording, which begins so many bytes further on.
    Part(u64),
    /// Bytes that are neither.
    Unknown,
}

/// Looks at a file from the start of `rest` on.
pub(crate) fn find(rest: &mut SharedSource) -> io::Result<Rest> {
    let mut start = Vec::new();
    rest.take(LOOK).read_to_end(&mut start)?;
    let is_whole = rest.size().is_some_and(|size| size == start.len() as u64);
    Ok(kind(&start, is_whole))
}

/// What begins with `start`, which is all of it or the first [`LOOK`] bytes.
fn kind(start: &[u8], is_whole: bool) -> Rest {
    const TAGS: [&[u8]; 4] = [b"TAG", b"APETAGEX", b"LYRICSBEGIN", b"ID3"];
    let part = (0..start.len().min(4_096)).find(|offset| probe::is_container(&start[*offset..]));
    if let Some(offset) = part.filter(|offset| start.len() - offset >= SHORTEST) {
        return Rest::Part(offset as u64);
    }
    let is_padding = start.iter().all(|byte| *byte == start[0]);
    let is_tag = TAGS.iter().any(|tag| start.starts_with(tag));
    if is_padding || is_tag || (is_whole && start.len() < SHORTEST) {
        return Rest::Nothing;
    }
    Rest::Unknown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_and_padding_are_no_recording() {
        assert_eq!(kind(b"", true), Rest::Nothing);
        assert_eq!(kind(&[0; 5_000], true), Rest::Nothing);
        assert_eq!(
            kind(&[b"TAG".to_vec(), vec![b'x'; 125]].concat(), true),
            Rest::Nothing
        );
        assert_eq!(kind(b"some bytes", true), Rest::Nothing);
    }

    #[test]
    fn further_recordings_are_found() {
        let part = [&b"fLaC"[..], &[7; 1_000]].concat();
        assert_eq!(kind(&part, true), Rest::Part(0));
        let padded = [&[0; 100][..], &part].concat();
        assert_eq!(kind(&padded, true), Rest::Part(100));
        let noise: Vec<u8> = (0..1_000_u32).map(|n| (n * 37 % 251) as u8).collect();
        assert_eq!(kind(&noise, true), Rest::Unknown);
    }
}
