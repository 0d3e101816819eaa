//! Numbers and texts at places of a file.

use std::{
    io::{self, Seek as _, SeekFrom},
    ops::Range,
};

use crate::{mp4::Mp4Reader, source::PatchedReader};

/// Parts looked at inside another at most.
pub(super) const MAX_PARTS: usize = 1_000;

/// The longest text that is read, in bytes.
const MAX_TEXT: u64 = 128;

/// A file of which fields are read. What lies behind its end is zero.
pub(super) struct MetadataFields<'a> {
    reader: &'a mut PatchedReader,
}

impl<'a> MetadataFields<'a> {
    pub(super) const fn new(reader: &'a mut PatchedReader) -> Self {
        Self { reader }
    }

    /// All bytes of the file.
    pub(super) fn all(&mut self) -> io::Result<Range<u64>> {
        Ok(0..self.reader.seek(SeekFrom::End(0))?)
    }

    /// The file as boxes of MP4.
    pub(super) fn boxes(&mut self) -> Mp4Reader<'_> {
        Mp4Reader {
            source: self.reader,
        }
    }

    pub(super) fn bytes<const LENGTH: usize>(&mut self, position: u64) -> io::Result<[u8; LENGTH]> {
        let mut bytes = [0; LENGTH];
        self.read(position, &mut bytes)?;
        Ok(bytes)
    }

    /// A short text, up to the first zero.
    pub(super) fn text(&mut self, place: Range<u64>) -> io::Result<String> {
        let length = place.end.saturating_sub(place.start).min(MAX_TEXT);
        let mut bytes = vec![0; usize::try_from(length).unwrap_or(0)];
        self.read(place.start, &mut bytes)?;
        let end = bytes.iter().position(|byte| *byte == 0);
        bytes.truncate(end.unwrap_or(bytes.len()));
        Ok(String::from_utf8_lossy(&bytes).trim().to_owned())
    }

    /// Fills `bytes` from a position on.
    pub(super) fn read(&mut self, position: u64, bytes: &mut [u8]) -> io::Result<()> {
        self.reader.seek(SeekFrom::Start(position))?;
        let filled = self.reader.fill(bytes)?;
        bytes[filled..].fill(0);
        Ok(())
    }
}
