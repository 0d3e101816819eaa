//! Several parts of a file in one answer: `multipart/byteranges`, RFC 9110,
//! section 14.6.

use std::{io, ops::Range};

use bytes::Bytes;
use domain::{ids::random_name, ports::ByteStream};
use futures::{Stream, StreamExt, TryStreamExt, stream};

/// The parts of a file of `size` bytes, between lines that tell them apart.
pub(crate) struct Byteranges {
    boundary: String,
    content_type: String,
    size: u64,
    parts: Vec<Range<u64>>,
}

impl Byteranges {
    pub(crate) fn new(content_type: &str, size: u64, parts: Vec<Range<u64>>) -> Self {
        Self {
            boundary: random_name(),
            content_type: content_type.to_owned(),
            size,
            parts,
        }
    }

    /// The media type of the whole.
    pub(crate) fn content_type(&self) -> String {
        format!("multipart/byteranges; boundary={}", self.boundary)
    }

    /// The bytes of the whole.
    pub(crate) fn length(&self) -> u64 {
        let part = |part: &Range<u64>| self.head(part).len() as u64 + part.end - part.start;
        self.parts.iter().map(part).sum::<u64>() + self.tail().len() as u64
    }

    /// The whole, of parts that are read when it is their turn.
    pub(crate) fn body<F>(
        self,
        read: impl Fn(Range<u64>) -> F + Send + 'static,
    ) -> impl Stream<Item = io::Result<Bytes>> + Send
    where
        F: Future<Output = io::Result<ByteStream>> + Send + 'static,
    {
        let tail = Bytes::from(self.tail());
        let parts = self.parts.clone().into_iter();
        let parts = parts.map(move |part| {
            let head = stream::iter([Ok(Bytes::from(self.head(&part)))]);
            head.chain(stream::once(read(part)).try_flatten())
        });
        stream::iter(parts)
            .flatten()
            .chain(stream::iter([Ok(tail)]))
    }

    fn head(&self, part: &Range<u64>) -> String {
        format!(
            "\r\n--{}\r\nContent-Type: {}\r\nContent-Range: {}\r\n\r\n",
            self.boundary,
            self.content_type,
            content_range(part, self.size)
        )
    }

    fn tail(&self) -> String {
        format!("\r\n--{}--\r\n", self.boundary)
    }
}

/// Which bytes these are, and of how many.
pub(crate) fn content_range(part: &Range<u64>, size: u64) -> String {
    format!("bytes {}-{}/{size}", part.start, part.end.saturating_sub(1))
}
