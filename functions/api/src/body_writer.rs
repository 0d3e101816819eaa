//! Bodies that are written while they are read.
//!
//! A task writes, a piece ahead of the reader, so that a reader who takes nothing holds one
//! piece in memory and not the whole body. A body that fits into one piece is sent with its
//! length, and an error before that is an ordinary answer.

use std::{io, time::Duration};

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures::{StreamExt as _, stream};
use http::header::CONTENT_TYPE;
use runtime::http::Problem;
use serde::Serialize;
use tokio::{sync::mpsc, time::timeout};
use tracing::Instrument as _;

use crate::error::ApiError;

/// How much is written ahead of the reader, in bytes.
const PIECE: usize = 32 * 1024;

/// How long a reader may take for a piece: half a kilobyte a second, which is less than what
/// the oldest mobile network in use manages.
const PIECE_WITHIN: Duration = Duration::from_mins(1);

/// Why a body was not written to its end.
#[derive(Debug)]
pub(crate) enum Interrupted {
    /// What it is made of could not be read.
    Failed(ApiError),
    /// The reader has gone, or is too slow.
    Reader,
}

impl<E: Into<ApiError>> From<E> for Interrupted {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

struct Piece {
    bytes: Bytes,
    is_last: bool,
}

/// Takes what a body is made of.
pub(crate) struct BodyWriter {
    pieces: mpsc::Sender<Result<Piece, ApiError>>,
    buffer: Vec<u8>,
}

impl BodyWriter {
    /// Writes text.
    pub(crate) async fn text(&mut self, text: &str) -> Result<(), Interrupted> {
        self.buffer.extend_from_slice(text.as_bytes());
        self.send_full().await
    }

    /// Writes a value as JSON.
    pub(crate) async fn json<T: Serialize + Sync>(&mut self, value: &T) -> Result<(), Interrupted> {
        serde_json::to_writer(&mut self.buffer, value).map_err(|error| not_encoded(&error))?;
        self.send_full().await
    }

    /// Begins a JSON object with the fields of `value`, so that more can follow.
    pub(crate) async fn object<T: Serialize + Sync>(
        &mut self,
        value: &T,
    ) -> Result<(), Interrupted> {
        serde_json::to_writer(&mut self.buffer, value).map_err(|error| not_encoded(&error))?;
        self.buffer.pop();
        self.send_full().await
    }

    /// Writes the name of a field behind others.
    pub(crate) async fn field(&mut self, name: &str) -> Result<(), Interrupted> {
        self.text(",").await?;
        self.json(&name).await?;
        self.text(":").await
    }

    /// Writes an item of a JSON list behind its separator, which is `[` for the first one.
    pub(crate) async fn item<T: Serialize + Sync>(
        &mut self,
        separator: &mut &'static str,
        value: &T,
    ) -> Result<(), Interrupted> {
        self.buffer.extend_from_slice(separator.as_bytes());
        *separator = ",";
        self.json(value).await
    }

    /// Ends a JSON list, given the separator of what would come next.
    pub(crate) async fn end_list(&mut self, separator: &str) -> Result<(), Interrupted> {
        self.text(if separator == "[" { "[]" } else { "]" }).await
    }

    async fn send_full(&mut self) -> Result<(), Interrupted> {
        if self.buffer.len() < PIECE {
            return Ok(());
        }
        let mut rest = Bytes::from(std::mem::take(&mut self.buffer));
        while rest.len() >= PIECE {
            let bytes = rest.split_to(PIECE);
            self.send(bytes, false).await?;
        }
        self.buffer = rest.to_vec();
        Ok(())
    }

    async fn send(&self, bytes: Bytes, is_last: bool) -> Result<(), Interrupted> {
        let sent = self.pieces.send(Ok(Piece { bytes, is_last }));
        match timeout(PIECE_WITHIN, sent).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(Interrupted::Reader),
        }
    }

    async fn finish(mut self) -> Result<(), Interrupted> {
        let bytes = Bytes::from(std::mem::take(&mut self.buffer));
        self.send(bytes, true).await
    }
}

fn not_encoded(error: &serde_json::Error) -> Problem {
    tracing::error!(event = "response.encode_failed", %error, "a response could not be encoded");
    Problem::internal()
}

/// A response of that type whose body `write` writes, and hands the writer back at its end.
pub(crate) async fn respond<F>(
    content_type: &'static str,
    write: impl FnOnce(BodyWriter) -> F,
) -> Result<Response, ApiError>
where
    F: Future<Output = Result<BodyWriter, Interrupted>> + Send + 'static,
{
    let (pieces, mut written) = mpsc::channel(1);
    let buffer = Vec::new();
    let writing = write(BodyWriter {
        pieces: pieces.clone(),
        buffer,
    });
    tokio::spawn(produce(writing, pieces).in_current_span());
    let first = written.recv().await.ok_or_else(Problem::internal)??;
    let headers = [(CONTENT_TYPE, content_type)];
    if first.is_last {
        return Ok((headers, first.bytes).into_response());
    }
    let rest = stream::unfold(Some(written), |written| async {
        let mut written = written?;
        match written.recv().await {
            Some(Ok(piece)) if piece.is_last => Some((Ok(piece.bytes), None)),
            Some(Ok(piece)) => Some((Ok(piece.bytes), Some(written))),
            // The connection is closed, so that the reader sees that it is not whole.
            Some(Err(_)) | None => Some((Err(io::ErrorKind::ConnectionAborted.into()), None)),
        }
    });
    let pieces = stream::iter([Ok::<_, io::Error>(first.bytes)]).chain(rest);
    Ok((headers, Body::from_stream(pieces)).into_response())
}

async fn produce<F>(writing: F, pieces: mpsc::Sender<Result<Piece, ApiError>>)
where
    F: Future<Output = Result<BodyWriter, Interrupted>>,
{
    let ended = match writing.await {
        Ok(writer) => writer.finish().await,
        Err(interrupted) => Err(interrupted),
    };
    match ended {
        Ok(()) => {}
        Err(Interrupted::Reader) => {
            tracing::info!(
                event = "response.reader_gone",
                "a response was broken off: its reader took none of it for a minute, or has gone"
            );
        }
        Err(Interrupted::Failed(error)) => {
            tracing::warn!(
                event = "response.broken_off",
                code = error.0.code.as_str(),
                "a response could not be written to its end"
            );
            // Nothing waits where the reader has gone as well.
            let _ = timeout(PIECE_WITHIN, pieces.send(Err(error))).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt as _;
    use tokio::time::Instant;

    use super::*;

    async fn written(bytes: usize) -> Response {
        let text = "x".repeat(1_000);
        let respond = respond("text/plain", async move |mut body: BodyWriter| {
            for _ in 0..bytes / 1_000 {
                body.text(&text).await?;
            }
            Ok(body)
        });
        respond.await.unwrap()
    }

    #[tokio::test]
    async fn bodies_of_any_size_are_whole() {
        for bytes in [0, 1_000, 32_000, 33_000, 500_000] {
            let response = written(bytes).await;
            let body = response.into_body().collect().await.unwrap().to_bytes();
            assert_eq!(body.len(), bytes);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn reader_that_takes_nothing_is_cut_off() {
        let mut body = written(500_000).await.into_body();
        let begun = Instant::now();
        assert!(body.frame().await.unwrap().is_ok());
        tokio::time::sleep(PIECE_WITHIN * 2).await;
        // One piece was waiting; the rest was never written.
        let mut read = 0;
        let ended = loop {
            match body.frame().await {
                Some(Ok(frame)) => read += frame.into_data().unwrap().len(),
                ended => break ended,
            }
        };
        assert!(matches!(ended, Some(Err(_))), "{ended:?}");
        assert!(read <= 2 * PIECE, "{read}");
        assert_eq!(begun.elapsed(), PIECE_WITHIN * 2);
    }

    #[tokio::test]
    async fn early_error_is_an_answer_and_a_late_one_breaks_off() {
        let failed = respond("text/plain", async |_: BodyWriter| {
            Err(Problem::internal().into())
        });
        assert!(failed.await.is_err());
        let late = respond("text/plain", async |mut body: BodyWriter| {
            body.text(&"x".repeat(3 * PIECE)).await?;
            Err(Problem::internal().into())
        });
        let body = late.await.unwrap().into_body();
        assert!(body.collect().await.is_err());
    }
}
