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

    fn note<T>(&self, result: io::Result<T>) -> io::Result<T> {
        result.map_err(|error| {
            // An end, or a header that points before the start.
            let of_content = [io::ErrorKind::UnexpectedEof, io::ErrorKind::InvalidInput];
            if of_content.contains(&error.kind()) {
                return error;
            }
            let again = io::Error::new(error.kind(), error.to_string());
            let mut first = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            first.get_or_insert(error);
            again
        })
    }
}

/// A source as the decoder wants it: with some bytes replaced where a header
/// lies, and with its errors noted.
pub(crate) struct Feed {
    pub(crate) source: Mutex<Box<dyn Source>>,
    pub(crate) size: Option<u64>,
    pub(crate) position: u64,
    pub(crate) patch: Option<(u64, [u8; 4])>,
    pub(crate) failures: Failures,
}

impl Feed {
    fn source(&mut self) -> &mut Box<dyn Source> {
        self.source.get_mut().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Read for Feed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.source().read(buffer);
        let count = self.failures.note(read)?;
        if let Some((at, bytes)) = self.patch {
            for (offset, byte) in (at..).zip(bytes) {
                let within = offset.checked_sub(self.position).and_then(|o| usize::try_from(o).ok());
                if let Some(slot) = within.and_then(|index| buffer[..count].get_mut(index)) {
                    *slot = byte;
                }
            }
        }
        self.position += count as u64;
        Ok(count)
    }
}

impl Seek for Feed {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let sought = self.source().seek(to);
        self.position = self.failures.note(sought)?;
        Ok(self.position)
    }
}

impl MediaSource for Feed {
    fn is_seekable(&self) -> bool {
        self.size.is_some()
    }

    fn byte_len(&self) -> Option<u64> {
        self.size
    }
}
