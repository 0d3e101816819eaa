//! Writes: an upload loop of our own over the JSON API
//! (<https://cloud.google.com/storage/docs/resumable-uploads>).
//!
//! The official client loses or repeats bytes when a connection breaks inside a chunk,
//! and leaves the wrong object (googleapis/google-cloud-rust#6683, #6685). Here, after
//! every failure, the client asks the service how many bytes it has persisted; a chunk
//! stays in memory until all of it is. The stored object is compared with the bytes
//! that were sent.

mod chunks;
mod source;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use bytes::Bytes;
use domain::{
    ids::random_name,
    ports::{ByteStream, ObjectError, ObjectMeta, Overwrite},
};
use http::{HeaderValue, header};
use reqwest::{RequestBuilder, Response, StatusCode};
use serde_json::json;
use source::BufferedUpload;

use super::{
    GcsBucket,
    json_api::{JsonApi, Resource, may_pass, unavailable},
};
use crate::retry::Attempts;

/// Objects up to this size are sent in one request, larger ones in chunks of it, in
/// bytes: a multiple of 256 KiB. A write holds two chunks in memory.
const CHUNK: usize = 2 * 1024 * 1024;

/// One object to be written.
struct Upload<'a> {
    api: &'a JsonApi,
    bucket: &'a str,
    name: &'a str,
    content_type: &'a str,
    overwrite: Overwrite,
}

/// Why a request did not succeed.
enum Failure {
    /// Another attempt may succeed. The service may have done what was requested.
    Transient(anyhow::Error),
    /// Another attempt would fail as well.
    Permanent(ObjectError),
}

impl Failure {
    fn transient(error: impl Into<anyhow::Error>) -> Self {
        Self::Transient(error.into())
    }
}

pub(super) async fn write(
    bucket: &GcsBucket,
    name: &str,
    content_type: &str,
    body: ByteStream,
    overwrite: Overwrite,
) -> Result<ObjectMeta, ObjectError> {
    let upload = Upload {
        api: &bucket.gcs.json_api,
        bucket: &bucket.name,
        name,
        content_type,
        overwrite,
    };
    let mut source = BufferedUpload::new(body);
    source.fill(CHUNK).await?;
    let stored = if source.fits(CHUNK) {
        upload.send_at_once(&source).await?
    } else {
        upload.send_in_chunks(&mut source).await?
    };
    upload.check(stored, &source).await
}

impl Upload<'_> {
    async fn send_at_once(&self, source: &BufferedUpload) -> Result<Resource, ObjectError> {
        let (mut attempts, mut is_unsure) = (Attempts::default(), false);
        let boundary = random_name();
        let body = self.multipart(&boundary, source);
        loop {
            match self.send_multipart(&boundary, body.clone()).await {
                Ok(stored) => return Ok(stored),
                Err(Failure::Permanent(error @ ObjectError::Exists { .. })) if is_unsure => {
                    // An attempt whose answer was lost may have stored it.
                    let found = self.api.find(self.bucket, self.name, None).await?;
                    return found.filter(|found| is_of(found, source)).ok_or(error);
                }
                Err(Failure::Permanent(error)) => return Err(error),
                Err(Failure::Transient(error)) => wait(&mut attempts, error).await?,
            }
            is_unsure = true;
        }
    }

    fn multipart(&self, boundary: &str, source: &BufferedUpload) -> Bytes {
        let metadata = json!({
            "name": self.name,
            "contentType": self.content_type,
            "crc32c": encode(source.crc32c()),
        });
        // That of the metadata counts; other servers want both to be the same.
        let media_type = HeaderValue::from_str(self.content_type);
        let media_type = media_type.map_or("application/octet-stream", |_| self.content_type);
        let head = format!(
            "--{boundary}\r\ncontent-type: application/json; charset=utf-8\r\n\r\n{metadata}\r\n\
             --{boundary}\r\ncontent-type: {media_type}\r\n\r\n"
        );
        let tail = format!("\r\n--{boundary}--\r\n");
        [head.as_bytes(), source.pending(), tail.as_bytes()]
            .concat()
            .into()
    }

    async fn send_multipart(&self, boundary: &str, body: Bytes) -> Result<Resource, Failure> {
        let content_type = format!("multipart/related; boundary={boundary}");
        let request = self.begin("multipart").await?;
        let request = request.header(header::CONTENT_TYPE, content_type);
        match self.send(request.body(body)).await? {
            Answer::Done(answer) => decode_json(answer).await,
            Answer::Incomplete(_) => Err(Failure::Permanent(unexpected("308"))),
        }
    }

    async fn begin(&self, kind: &str) -> Result<RequestBuilder, Failure> {
        let mut query = vec![("uploadType", kind), ("name", self.name)];
        if self.overwrite == Overwrite::Refused {
            query.push(("ifGenerationMatch", "0"));
        }
        let path = format!("upload/storage/v1/b/{}/o", self.bucket);
        let request = self.api.request(&http::Method::POST, &path, &query).await;
        request.map_err(Failure::Transient)
    }

    async fn send(&self, request: RequestBuilder) -> Result<Answer, Failure> {
        let request = request.timeout(self.api.attempt_timeout());
        let answer = request.send().await;
        // The URL of a session is a credential.
        let answer = answer.map_err(|error| Failure::transient(error.without_url()))?;
        let status = answer.status();
        match status {
            status if status.is_success() => Ok(Answer::Done(answer)),
            StatusCode::PERMANENT_REDIRECT => Ok(Answer::Incomplete(answer)),
            StatusCode::PRECONDITION_FAILED => Err(Failure::Permanent(ObjectError::Exists {
                name: self.name.to_owned(),
            })),
            _ => {
                let error = anyhow::anyhow!("Cloud Storage answered {status}");
                Err(if may_pass(status) {
                    Failure::Transient(error)
                } else {
                    Failure::Permanent(ObjectError::Unavailable(error.into()))
                })
            }
        }
    }

    /// Compares the stored object with the bytes that were sent; deletes a wrong
    /// generation.
    async fn check(
        &self,
        stored: Resource,
        source: &BufferedUpload,
    ) -> Result<ObjectMeta, ObjectError> {
        let is_right = is_of(&stored, source);
        let meta = stored.into_meta()?;
        if is_right {
            return Ok(meta);
        }
        self.api
            .delete(self.bucket, self.name, Some(meta.generation))
            .await?;
        let (found, sent) = (meta.size, source.total().unwrap_or(0));
        let error = anyhow::anyhow!(
            "Cloud Storage stored {found} bytes that are not the {sent} bytes sent; deleted"
        );
        Err(ObjectError::Unavailable(error.into()))
    }
}

/// A successful response.
enum Answer {
    Done(Response),
    Incomplete(Response),
}

/// Whether an object has the bytes that were sent, by size and checksum.
fn is_of(stored: &Resource, source: &BufferedUpload) -> bool {
    let size = stored.size.parse().ok();
    size == source.total() && stored.crc32c == encode(source.crc32c())
}

/// A checksum as Cloud Storage writes it.
fn encode(crc32c: u32) -> String {
    BASE64_STANDARD.encode(crc32c.to_be_bytes())
}

/// A checksum as Cloud Storage writes it.
pub(super) fn decode(crc32c: &str) -> Result<u32, ObjectError> {
    let bytes = BASE64_STANDARD.decode(crc32c).map_err(unavailable)?;
    let bytes = bytes.as_slice().try_into().map_err(unavailable)?;
    Ok(u32::from_be_bytes(bytes))
}

async fn decode_json(answer: Response) -> Result<Resource, Failure> {
    let decoded = answer.json().await;
    decoded.map_err(|error| Failure::transient(error.without_url()))
}

fn unexpected(what: &str) -> ObjectError {
    let error =
        anyhow::anyhow!("Cloud Storage answered an upload with {what}, which has no meaning");
    ObjectError::Unavailable(error.into())
}

async fn wait(attempts: &mut Attempts, error: anyhow::Error) -> Result<(), ObjectError> {
    if attempts.wait().await {
        return Ok(());
    }
    Err(ObjectError::Unavailable(error.into()))
}
