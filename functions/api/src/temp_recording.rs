//! A recording in a request's body, kept in the bucket for products while it is
//! worked on: no trigger listens there, and decoders want to look back and forth.

use std::{
    error::Error,
    io, mem,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::Poll,
};

use axum::extract::Request;
use bytes::Bytes;
use domain::{
    ErrorCode, UserId,
    ids::random_name,
    ports::{ByteStream, ObjectError, Overwrite, Recording},
};
use futures::{Stream, StreamExt, TryStreamExt, stream};
use http::header;
use runtime::http::{Problem, incoming, incomplete, is_caused_by, too_slow};

use crate::Api;

/// What a body's last chunk breaks off with when it is too large.
const TOO_LARGE: io::ErrorKind = io::ErrorKind::FileTooLarge;

/// The most bytes of a form that are not its recording.
const MAX_AROUND: u64 = 1024 * 1024;

/// A recording that is deleted when this value is dropped.
pub(crate) struct TempRecording {
    pub(crate) recording: Recording,
}

impl Api {
    /// Takes the recording from a body: as it is, or the field `file` of a form.
    pub(crate) async fn spool(
        &self,
        user: &UserId,
        request: Request,
    ) -> Result<TempRecording, Problem> {
        let content_type = request.headers().get(header::CONTENT_TYPE);
        let content_type = content_type.and_then(|value| value.to_str().ok());
        let content_type = content_type.unwrap_or("").to_owned();
        let body = incoming(request.into_body());
        let (content_type, bytes) = match multer::parse_boundary(&content_type) {
            Ok(boundary) => file_field(boundary, body).await?,
            Err(_) if content_type.is_empty() => {
                let detail = "say by `content-type` what the body is";
                return Err(Problem::new(ErrorCode::ContentTypeMissing, detail));
            }
            Err(_) => (content_type, body),
        };
        self.keep(user, &content_type, bytes).await
    }

    /// Keeps a recording until the returned value is dropped.
    pub(crate) async fn keep(
        &self,
        user: &UserId,
        content_type: &str,
        bytes: ByteStream,
    ) -> Result<TempRecording, Problem> {
        let name = format!("users/{user}/streams/{}.passing", random_name());
        let limited = limit(bytes, self.limits.max_upload_bytes);
        let objects = &self.artifacts;
        let stored = objects.write(&name, content_type, limited, Overwrite::Refused);
        let meta = stored.await.map_err(|error| self.not_stored(error))?;
        Ok(TempRecording {
            recording: Recording {
                objects: Arc::clone(objects),
                object: meta.name,
                generation: meta.generation,
                size: meta.size,
                content_type: meta.content_type,
            },
        })
    }

    fn not_stored(&self, error: ObjectError) -> Problem {
        match error {
            ObjectError::Interrupted(error) if error.kind() == TOO_LARGE => {
                let most = self.limits.max_upload_bytes;
                let detail = format!("the recording has more than {most} bytes");
                Problem::new(ErrorCode::BodyTooLarge, detail)
            }
            ObjectError::Interrupted(error) if timed_out(&error) => too_slow(),
            ObjectError::Interrupted(_) => incomplete(),
            other => other.into(),
        }
    }
}

/// Whether a body broke off because it came too slowly, whichever code read it.
fn timed_out(error: &(dyn Error + 'static)) -> bool {
    is_caused_by(error, &[io::ErrorKind::TimedOut])
}

/// The answer to a form that cannot be read to its end.
pub(crate) fn broken(error: &multer::Error) -> Problem {
    if timed_out(error) {
        return too_slow();
    }
    if is_caused_by(error, &[TOO_LARGE]) {
        let detail = format!("a form has at most {MAX_AROUND} bytes around its recording");
        return Problem::new(ErrorCode::BodyTooLarge, detail);
    }
    Problem::new(ErrorCode::InvalidForm, "the form cannot be read")
}

/// The bytes of the field `file`, which is to be the last.
async fn file_field(boundary: String, body: ByteStream) -> Result<(String, ByteStream), Problem> {
    let (mut form, around) = FormOverheadLimit::form(boundary, body);
    while let Some(field) = form.next_field().await.map_err(|error| broken(&error))? {
        if field.name() == Some("file") {
            let content_type = field.content_type().map(ToString::to_string);
            let content_type = content_type.unwrap_or_else(|| "application/octet-stream".into());
            around.pause();
            return Ok((content_type, field.map_err(io::Error::other).boxed()));
        }
    }
    Err(Problem::new(
        ErrorCode::InvalidForm,
        "the form has no field `file`",
    ))
}

/// The part of a form around its recording, which is what a parser of forms may hold
/// in memory: its texts, headers, and whatever comes before the first boundary.
pub(crate) struct FormOverheadLimit(Arc<AtomicBool>);

impl FormOverheadLimit {
    /// Parses a form, of which at most [`MAX_AROUND`] bytes are not the recording.
    pub(crate) fn form(boundary: String, body: ByteStream) -> (multer::Multipart<'static>, Self) {
        let counting = Arc::new(AtomicBool::new(true));
        let counted = Arc::clone(&counting);
        let counts = move || counted.load(Ordering::Relaxed);
        let checked = limit_where(one_at_a_time(body), MAX_AROUND, counts);
        let form = multer::Multipart::new(checked, boundary);
        (form, Self(counting))
    }

    /// What follows is the recording.
    pub(crate) fn pause(&self) {
        self.0.store(false, Ordering::Relaxed);
    }

    /// What follows is not.
    pub(crate) fn resume(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Comes to a rest after each chunk: a parser of forms would otherwise take in, before
/// it looks, whatever has arrived by then.
fn one_at_a_time(mut body: ByteStream) -> impl Stream<Item = io::Result<Bytes>> + Send {
    let mut rests = false;
    stream::poll_fn(move |context| {
        if mem::take(&mut rests) {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        let polled = body.poll_next_unpin(context);
        rests = polled.is_ready();
        polled
    })
}

/// Breaks off behind `most` bytes.
pub(crate) fn limit(body: ByteStream, most: u64) -> ByteStream {
    limit_where(body, most, || true).boxed()
}

/// Breaks off behind `most` bytes, of which only those are counted that come while `counts`.
fn limit_where(
    body: impl Stream<Item = io::Result<Bytes>> + Send,
    most: u64,
    counts: impl Fn() -> bool + Send,
) -> impl Stream<Item = io::Result<Bytes>> + Send {
    let mut size = 0;
    body.map(move |chunk| {
        let bytes = chunk?;
        size += if counts() { bytes.len() as u64 } else { 0 };
        (size <= most)
            .then_some(bytes)
            .ok_or_else(|| TOO_LARGE.into())
    })
}

impl Drop for TempRecording {
    fn drop(&mut self) {
        let Recording {
            objects, object, ..
        } = self.recording.clone();
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                if let Err(error) = objects.delete(&object).await {
                    tracing::warn!(event = "temp_recording.delete_failed", %error, "a temporary recording was not deleted");
                }
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_large_recording_that_is_there_at_once_is_not_around_itself() {
        let head = "--x\r\ncontent-disposition: form-data; name=\"file\"\r\n\r\n";
        let chunks = std::iter::once(Bytes::from(head))
            .chain((0..64).map(|_| Bytes::from(vec![b'a'; 128 * 1024])))
            .chain([Bytes::from("\r\n--x--\r\n")]);
        let body = stream::iter(chunks.map(Ok).collect::<Vec<_>>()).boxed();
        let (_, bytes) = file_field("x".into(), body).await.unwrap();
        let read: Vec<Bytes> = bytes.try_collect().await.unwrap();
        assert_eq!(read.iter().map(Bytes::len).sum::<usize>(), 8 * 1024 * 1024);
    }

    #[test]
    fn a_body_that_came_too_slowly_is_known_through_its_readers() {
        let slow = || io::Error::from(io::ErrorKind::TimedOut);
        let form = || multer::Error::StreamReadFailed(Box::new(slow()));
        assert!(timed_out(&slow()));
        assert!(timed_out(&form()));
        assert!(timed_out(&io::Error::other(form())));
        assert!(!timed_out(&io::Error::other(
            multer::Error::IncompleteHeaders
        )));
    }
}
