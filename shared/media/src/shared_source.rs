//! One source for several readers.

use std::{
    io::{self, Read, Seek, SeekFrom},
    sync::Arc,
};

use parking_lot::Mutex;

use crate::Source;

/// A reader of a source that others read as well, each at a position of its own. A reader
/// may begin behind the start of the source: for it, the bytes before do not exist.
pub(crate) struct SharedSource {
    source: Arc<Mutex<Shared>>,
    size: Option<u64>,
    start: u64,
    position: u64,
}

struct Shared {
    source: Box<dyn Source>,
    position: u64,
}

impl SharedSource {
    /// The first reader, from the start of the source, where it must stand.
    pub(crate) fn new(source: Box<dyn Source>) -> Self {
        Self {
            size: source.size(),
            source: Arc::new(Mutex::new(Shared {
                source,
                position: 0,
            })),
            start: 0,
            position: 0,
        }
    }

    /// Another reader whose start is `offset` bytes behind the start of this one.
    pub(crate) fn reader_at(&self, offset: u64) -> Self {
        Self {
            source: Arc::clone(&self.source),
            size: self.size.map(|size| size.saturating_sub(offset)),
            start: self.start + offset,
            position: 0,
        }
    }
}

impl Read for SharedSource {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut shared = self.source.lock();
        let position = self.start + self.position;
        if shared.position != position {
            shared.source.seek(SeekFrom::Start(position))?;
            shared.position = position;
        }
        let count = shared.source.read(buffer)?;
        shared.position += count as u64;
        self.position += count as u64;
        Ok(count)
    }
}

impl Seek for SharedSource {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let target = match to {
            SeekFrom::Start(offset) => Some(offset),
            SeekFrom::Current(offset) => self.position.checked_add_signed(offset),
            SeekFrom::End(offset) => {
                if let Some(size) = self.size {
                    size.checked_add_signed(offset)
                } else {
                    let mut shared = self.source.lock();
                    let position = shared.source.seek(SeekFrom::End(offset))?;
                    shared.position = position;
                    position.checked_sub(self.start)
                }
            }
        };
        self.position = target.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.position)
    }
}

impl Source for SharedSource {
    fn size(&self) -> Option<u64> {
        self.size
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readers_have_positions_of_their_own() {
        let mut first = SharedSource::new(Box::new(io::Cursor::new(b"0123456789".to_vec())));
        let mut second = first.reader_at(4);
        let mut bytes = [0; 3];
        first.read_exact(&mut bytes).unwrap();
        assert_eq!(&bytes, b"012");
        second.read_exact(&mut bytes).unwrap();
        assert_eq!(&bytes, b"456");
        first.read_exact(&mut bytes).unwrap();
        assert_eq!(&bytes, b"345");
        assert_eq!((first.size(), second.size()), (Some(10), Some(6)));
        assert_eq!(second.seek(SeekFrom::End(-1)).unwrap(), 5);
        assert_eq!(second.read(&mut bytes).unwrap(), 1);
        assert!(second.seek(SeekFrom::Current(-9)).is_err());
    }
}
