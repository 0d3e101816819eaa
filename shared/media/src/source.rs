//! Where the bytes come from.

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use parking_lot::Mutex;
use symphonia::core::io::MediaSource;

use crate::FileKind;

/// Bytes that can be read and sought in.
pub trait Source: Read + Seek + Send {
    /// Their number, where it is known.
    fn size(&self) -> Option<u64>;
}

impl Source for File {
    fn size(&self) -> Option<u64> {
        self.metadata().ok().map(|metadata| metadata.len())
    }
}

impl<T: AsRef<[u8]> + Send> Source for io::Cursor<T> {
    fn size(&self) -> Option<u64> {
        Some(self.get_ref().as_ref().len() as u64)
    }
}

/// A source's errors, kept aside: the decoder takes some of them for the end.
#[derive(Clone, Default)]
pub(crate) struct Failures(Arc<Mutex<Option<io::Error>>>);

impl Failures {
    /// The first error, once.
    pub(crate) fn take(&self) -> Option<io::Error> {
        self.0.lock().take()
    }

    /// Keeps an error aside. The decoder is given one that cannot be mistaken
    /// for the end: a source at its end reads nothing, and does not fail.
    pub(crate) fn note(&self, error: io::Error) -> io::Error {
        let again = io::Error::other(error.to_string());
        self.0.lock().get_or_insert(error);
        again
    }
}

/// Where bytes are to be replaced, and with what.
pub(crate) type BytePatch = (u64, Vec<u8>);

/// A source as the decoder wants it: with some bytes replaced where a header
/// lies, and with its errors noted.
pub(crate) struct PatchedReader {
    source: Mutex<Box<dyn Source>>,
    size: Option<u64>,
    position: u64,
    failures: Failures,
    /// What is replaced.
    pub(crate) patches: Vec<BytePatch>,
    /// Whether the decoder may jump about, or reads from the start to the end.
    pub(crate) seekable: bool,
    /// Ends the source where another recording begins, if one can.
    pub(crate) next_part: Option<NextPart>,
}

impl PatchedReader {
    /// The bytes of `source` as they are.
    pub(crate) fn new(source: Box<dyn Source>, failures: Failures) -> Self {
        Self {
            size: source.size(),
            source: Mutex::new(source),
            position: 0,
            failures,
            patches: Vec::new(),
            seekable: true,
            next_part: None,
        }
    }

    /// Reads until `buffer` is full or the source ends; how much was read.
    pub(crate) fn fill(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut filled = 0;
        while filled < buffer.len() {
            match self.read(&mut buffer[filled..])? {
                0 => break,
                count => filled += count,
            }
        }
        Ok(filled)
    }

    fn patch(&self, bytes: &mut [u8]) {
        for (at, values) in &self.patches {
            for (offset, value) in (*at..).zip(values) {
                let within = offset
                    .checked_sub(self.position)
                    .and_then(|index| usize::try_from(index).ok());
                if let Some(byte) = within.and_then(|index| bytes.get_mut(index)) {
                    *byte = *value;
                }
            }
        }
    }
}

/// Finds where the next of several joined recordings begins, by bytes that are nowhere else.
pub(crate) struct NextPart {
    is_start: fn(&[u8]) -> bool,
    first: u8,
    /// The last bytes before the position.
    seen: Vec<u8>,
    /// Where the next recording begins, once that is known.
    found: Arc<AtomicU64>,
}

/// How many bytes show whether a recording begins.
const START_LENGTH: usize = 64;

impl NextPart {
    /// Looks for the start of a recording of a kind that can be joined.
    pub(crate) fn of(kind: FileKind) -> Option<Self> {
        let (first, is_start): (u8, fn(&[u8]) -> bool) = match kind {
            FileKind::Matroska => (0x1a, is_matroska_start),
            FileKind::Flac => (b'f', is_flac_start),
            _ => return None,
        };
        Some(Self {
            is_start,
            first,
            seen: Vec::new(),
            found: Arc::new(AtomicU64::new(u64::MAX)),
        })
    }

    /// Where the next recording begins, once that is known: [`u64::MAX`] before.
    pub(crate) fn found(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.found)
    }

    /// How many of the bytes at a position belong to the recording.
    fn limit(&mut self, position: u64, bytes: &[u8]) -> usize {
        let found = self.found.load(Ordering::Relaxed);
        if position >= found {
            return 0;
        }
        let before = self.seen.len();
        self.seen.extend(bytes);
        let start = position - before as u64;
        // The first bytes of the file are the start of the recording itself.
        let from = usize::from(start == 0);
        let last = self.seen.len().saturating_sub(START_LENGTH);
        let candidates = (from..last).filter(|at| self.seen[*at] == self.first);
        let next = candidates
            .into_iter()
            .find(|at| (self.is_start)(&self.seen[*at..]));
        let kept = self.seen.len().min(START_LENGTH);
        if let Some(at) = next {
            self.found.store(start + at as u64, Ordering::Relaxed);
            at.saturating_sub(before)
        } else {
            self.seen.drain(..self.seen.len() - kept);
            bytes.len()
        }
    }
}

/// An EBML header with a document type of Matroska (RFC 8794, section 11.2).
fn is_matroska_start(bytes: &[u8]) -> bool {
    let header = &bytes[..bytes.len().min(START_LENGTH)];
    let has = |text: &[u8]| header.windows(text.len()).any(|found| found == text);
    header.starts_with(&[0x1a, 0x45, 0xdf, 0xa3]) && (has(b"webm") || has(b"matroska"))
}

/// The marker and the header of the first metadata block of FLAC (RFC 9639, section 6).
fn is_flac_start(bytes: &[u8]) -> bool {
    let is_first_block =
        |block: &[u8]| block.starts_with(&[0, 0, 0, 34]) || block.starts_with(&[0x80, 0, 0, 34]);
    bytes.strip_prefix(b"fLaC").is_some_and(is_first_block)
}

impl Read for PatchedReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = loop {
            match self.source.get_mut().read(buffer) {
                Ok(count) => break count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(self.failures.note(error)),
            }
        };
        let count = match &mut self.next_part {
            Some(next_part) => next_part.limit(self.position, &buffer[..count]),
            None => count,
        };
        self.patch(&mut buffer[..count]);
        self.position += count as u64;
        Ok(count)
    }
}

impl Seek for PatchedReader {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        match self.source.get_mut().seek(to) {
            Ok(position) => {
                self.position = position;
                if let Some(next_part) = &mut self.next_part {
                    next_part.seen.clear();
                }
            }
            // A header that points before the start.
            Err(error) if error.kind() == io::ErrorKind::InvalidInput => return Err(error),
            Err(error) => return Err(self.failures.note(error)),
        }
        Ok(self.position)
    }
}

impl Source for PatchedReader {
    fn size(&self) -> Option<u64> {
        self.size
    }
}

impl MediaSource for PatchedReader {
    fn is_seekable(&self) -> bool {
        self.seekable && self.size.is_some()
    }

    fn byte_len(&self) -> Option<u64> {
        self.size.filter(|_| self.seekable)
    }
}
