//! Reading files block by block.
//!
//! What lies in the system's page cache is copied on the spot, which takes less time
//! than waking another thread; for the rest a thread of its own waits.

use std::{fs, io, mem, os::unix::fs::FileExt, sync::Arc};

use bytes::Bytes;
use parking_lot::Mutex;
use tokio::task::spawn_blocking;

/// How much is read from disk at once, in bytes.
const BLOCK: usize = 64 * 1024;

/// How many blocks are kept for the next reads.
const SPARE: usize = 64;

/// The blocks of memory that files are read into, used over and over: fresh ones are
/// cleared by the system page by page, which takes as long as the reading.
#[derive(Debug, Clone, Default)]
pub(crate) struct Blocks(Arc<Mutex<Vec<Box<[u8]>>>>);

/// A block of memory with something in it.
struct Filled {
    memory: Box<[u8]>,
    length: usize,
    blocks: Blocks,
}

impl Blocks {
    /// The bytes of a file from `start` on, at most `length` and at most a block of them.
    pub(crate) async fn read(
        &self,
        file: &Arc<fs::File>,
        start: u64,
        length: u64,
    ) -> io::Result<Bytes> {
        let length = usize::try_from(length).unwrap_or(BLOCK).min(BLOCK);
        let mut memory = self.take();
        if let Some(found) = read_cached(file, &mut memory[..length], start) {
            return Ok(self.filled(memory, found));
        }
        let file = Arc::clone(file);
        let reading = spawn_blocking(move || {
            file.read_exact_at(&mut memory[..length], start)?;
            Ok::<_, io::Error>(memory)
        });
        Ok(self.filled(reading.await??, length))
    }

    fn take(&self) -> Box<[u8]> {
        let spare = self.0.lock().pop();
        spare.unwrap_or_else(|| vec![0; BLOCK].into())
    }

    fn filled(&self, memory: Box<[u8]>, length: usize) -> Bytes {
        Bytes::from_owner(Filled {
            memory,
            length,
            blocks: self.clone(),
        })
    }
}

impl AsRef<[u8]> for Filled {
    fn as_ref(&self) -> &[u8] {
        &self.memory[..self.length]
    }
}

impl Drop for Filled {
    fn drop(&mut self) {
        let mut spare = self.blocks.0.lock();
        if spare.len() < SPARE {
            spare.push(mem::take(&mut self.memory));
        }
    }
}

/// Reads as much as the page cache has from `start` on; none when that is nothing, or
/// cannot be said.
#[cfg(target_os = "linux")]
fn read_cached(file: &fs::File, into: &mut [u8], start: u64) -> Option<usize> {
    use rustix::io::{ReadWriteFlags, preadv2};
    let mut into = [io::IoSliceMut::new(into)];
    let read = preadv2(file, &mut into, start, ReadWriteFlags::NOWAIT);
    read.ok().filter(|read| *read > 0)
}

#[cfg(not(target_os = "linux"))]
fn read_cached(_: &fs::File, _: &mut [u8], _: u64) -> Option<usize> {
    None
}
