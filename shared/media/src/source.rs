//! Where the bytes come from.

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    sync::{Arc, Mutex, PoisonError},
};

use symphonia::core::io::MediaSource;

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
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Keeps an error aside. The decoder is given one that cannot be mistaken
    /// for the end: a source at its end reads nothing, and does not fail.
    fn note(&self, error: io::Error) -> io::Error {
        let again = io::Error::other(error.to_string());
        let mut first = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        first.get_or_insert(error);
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
        }
    }

    fn source(&mut self) -> &mut Box<dyn Source> {
        self.source
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner)
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

impl Read for PatchedReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = loop {
            match self.source().read(buffer) {
                Ok(count) => break count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(self.failures.note(error)),
            }
        };
        self.patch(&mut buffer[..count]);
        self.position += count as u64;
        Ok(count)
    }
}

impl Seek for PatchedReader {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        match self.source().seek(to) {
            Ok(position) => self.position = position,
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
