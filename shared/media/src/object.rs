//! A stored object as something that blocking code can read and seek in.

use std::{
    io::{self, Read, Seek, SeekFrom},
    sync::Arc,
};

use bytes::{Buf, Bytes};
use domain::ports::{ByteStream, ObjectError, ObjectStore, Recording};
use futures::{StreamExt, executor::block_on};

use crate::Source;

/// Up to this distance ahead, in bytes, a seek reads on in the current stream rather
/// than requesting another range.
const SKIP_LIMIT: u64 = 1024 * 1024;

/// Reads an object by ranges, as a stream where it is read in order.
///
/// To be used on a thread that may block, inside a Tokio runtime
/// (`spawn_blocking`), never on one that runs other tasks.
pub struct ObjectReader {
    objects: Arc<dyn ObjectStore>,
    name: String,
    generation: i64,
    size: u64,
    position: u64,
    stream: Option<ByteStream>,
    chunk: Bytes,
}

impl ObjectReader {
    /// A reader of a stored recording.
    pub fn open(recording: &Recording) -> Self {
        Self {
            objects: Arc::clone(&recording.objects),
            name: recording.object.clone(),
            generation: recording.generation,
            size: recording.size,
            position: 0,
            stream: None,
            chunk: Bytes::new(),
        }
    }

    /// Makes `chunk` hold what comes next; leaves it empty at the end.
    fn fill(&mut self) -> io::Result<()> {
        while self.chunk.is_empty() && self.position < self.size {
            if self.stream.is_none() {
                let range = Some(self.position..self.size);
                let read = self.objects.read(&self.name, Some(self.generation), range);
                self.stream = Some(block_on(read).map_err(io_error)?.1);
            }
            let next = self.stream.as_mut().map(|stream| block_on(stream.next()));
            let Some(chunk) = next.flatten() else {
                self.stream = None;
                return Err(io::Error::other("the bytes stopped too early"));
            };
            self.chunk = chunk?;
        }
        Ok(())
    }

    fn skip(&mut self, mut distance: u64) -> io::Result<()> {
        while distance > 0 {
            self.fill()?;
            let step = distance.min(self.chunk.len() as u64);
            if step == 0 {
                break;
            }
            self.advance(usize::try_from(step).unwrap_or(usize::MAX));
            distance -= step;
        }
        Ok(())
    }

    fn advance(&mut self, count: usize) {
        self.chunk.advance(count);
        self.position += count as u64;
    }
}

fn io_error(error: ObjectError) -> io::Error {
    let kind = match error {
        ObjectError::NotFound { .. } => io::ErrorKind::NotFound,
        _ => io::ErrorKind::Other,
    };
    io::Error::new(kind, error)
}

impl Read for ObjectReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        self.fill()?;
        let count = buffer.len().min(self.chunk.len());
        buffer[..count].copy_from_slice(&self.chunk[..count]);
        self.advance(count);
        Ok(count)
    }
}

impl Seek for ObjectReader {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let target = match to {
            SeekFrom::Start(offset) => Some(offset),
            SeekFrom::End(offset) => self.size.checked_add_signed(offset),
            SeekFrom::Current(offset) => self.position.checked_add_signed(offset),
        };
        let target = target.ok_or(io::ErrorKind::InvalidInput)?;
        let ahead = target.checked_sub(self.position);
        match ahead {
            Some(distance) if distance <= SKIP_LIMIT && self.stream.is_some() => {
                self.skip(distance.min(self.size.saturating_sub(self.position)))?;
            }
            _ => {
                self.stream = None;
                self.chunk = Bytes::new();
            }
        }
        self.position = target;
        Ok(target)
    }
}

impl Source for ObjectReader {
    fn size(&self) -> Option<u64> {
        Some(self.size)
    }
}
