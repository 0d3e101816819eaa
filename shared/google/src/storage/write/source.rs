//! The bytes of an upload that the service does not have yet.

use bytes::{Buf as _, Bytes, BytesMut};
use domain::ports::{ByteStream, ObjectError};
use futures::StreamExt as _;
use tokio::sync::Mutex;

/// Non-final chunks are multiples of this, in bytes.
const QUANTUM: usize = 256 * 1024;

/// A stream of bytes, of which those are kept that have not been persisted.
pub(super) struct BufferedUpload {
    /// In a mutex for being `Sync`; it is never locked.
    body: Mutex<ByteStream>,
    has_ended: bool,
    pending: BytesMut,
    /// The offset of the first pending byte in the object.
    offset: u64,
    /// Of everything that the stream has given.
    crc32c: u32,
}

impl BufferedUpload {
    pub(super) fn new(body: ByteStream) -> Self {
        Self {
            body: Mutex::new(body),
            has_ended: false,
            pending: BytesMut::new(),
            offset: 0,
            crc32c: 0,
        }
    }

    /// Takes bytes from the stream until more than `size` are pending, or it ends:
    /// whether a chunk is the last one is known before it is sent.
    pub(super) async fn fill(&mut self, size: usize) -> Result<(), ObjectError> {
        // A stream must not be polled behind its end.
        while !self.has_ended && self.pending.len() <= size {
            match self.body.get_mut().next().await {
                Some(Ok(bytes)) => {
                    self.crc32c = crc32c::crc32c_append(self.crc32c, &bytes);
                    self.pending.extend_from_slice(&bytes);
                }
                Some(Err(error)) => {
                    self.has_ended = true;
                    return Err(ObjectError::Interrupted(error));
                }
                None => self.has_ended = true,
            }
        }
        Ok(())
    }

    /// Whether all that is left has at most `size` bytes.
    pub(super) fn fits(&self, size: usize) -> bool {
        self.has_ended && self.pending.len() <= size
    }

    /// The next chunk of at most `size` bytes, and whether it is the last one.
    pub(super) fn chunk(&self, size: usize) -> (Bytes, bool) {
        let is_last = self.fits(size);
        let length = if is_last {
            self.pending.len()
        } else {
            size - size % QUANTUM
        };
        (Bytes::copy_from_slice(&self.pending[..length]), is_last)
    }

    /// Forgets what the service has: so many bytes from the start. Answers whether
    /// these are more than before.
    pub(super) fn advance_to(&mut self, persisted: u64) -> Result<bool, ObjectError> {
        let fresh = persisted.checked_sub(self.offset);
        let fresh = fresh.and_then(|fresh| usize::try_from(fresh).ok());
        let Some(fresh) = fresh.filter(|fresh| *fresh <= self.pending.len()) else {
            let (first, last) = (self.offset, self.offset + self.pending.len() as u64);
            let error = anyhow::anyhow!(
                "Cloud Storage has {persisted} bytes; {first} to {last} can be sent"
            );
            return Err(ObjectError::Unavailable(error.into()));
        };
        self.pending.advance(fresh);
        self.offset = persisted;
        Ok(fresh > 0)
    }

    pub(super) fn pending(&self) -> &[u8] {
        &self.pending
    }

    pub(super) const fn offset(&self) -> u64 {
        self.offset
    }

    /// The size of the object, in bytes, once the stream has ended.
    pub(super) fn total(&self) -> Option<u64> {
        let size = self.offset + self.pending.len() as u64;
        self.has_ended.then_some(size)
    }

    pub(super) const fn crc32c(&self) -> u32 {
        self.crc32c
    }
}
