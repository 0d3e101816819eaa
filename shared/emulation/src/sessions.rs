//! Uploads under way, as Cloud Storage takes them
//! (<https://cloud.google.com/storage/docs/performing-resumable-uploads>): pieces are
//! multiples of 256 KiB except for the last one, and of a piece that broke off a
//! multiple of 256 KiB is kept.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use domain::{
    ErrorCode,
    ports::{ObjectMeta, ObjectStore as _, Overwrite, UploadGrant},
};
use embedded::uploads::{ContentRange, Received, UploadError};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};
use hyper::body::Incoming;
use runtime::http::{Body, Problem, empty, incoming};

use crate::storage::{Storage, method_not_allowed, no_such_path, problem};

/// What the paths of uploads under way begin with.
pub const SESSIONS: &str = "/storage-sessions/";

/// Pieces other than the last one are multiples of this, in bytes.
const QUANTUM: u64 = 256 * 1024;

impl Storage {
    /// Begins an upload that can be resumed.
    pub async fn begin(
        &self,
        bucket: &str,
        grant: &UploadGrant,
        overwrite: Overwrite,
    ) -> Result<Response<Body>, Problem> {
        let begun = self.uploads.begin(bucket, grant, overwrite).await;
        let id = begun.map_err(problem)?;
        let mut response = empty(StatusCode::CREATED);
        let location = format!("{}{SESSIONS}{bucket}/{id}", self.public_url);
        let location = HeaderValue::from_str(&location).map_err(|_| Problem::internal())?;
        response.headers_mut().insert(header::LOCATION, location);
        Ok(response)
    }

    /// `path` is a bucket, a slash, and the id of an upload under way.
    pub(crate) async fn session(
        &self,
        path: &str,
        request: Request<Incoming>,
    ) -> Result<Response<Body>, Problem> {
        let (bucket, id) = path.split_once('/').ok_or_else(no_such_path)?;
        match *request.method() {
            Method::PUT => {}
            Method::DELETE => {
                self.uploads.cancel(id).await.map_err(problem)?;
                return cancelled();
            }
            _ => return Err(method_not_allowed("PUT and DELETE")),
        }
        let (parts, body) = request.into_parts();
        let range = parts.headers.get(header::CONTENT_RANGE);
        let range = range.map(|value| value.to_str().unwrap_or(""));
        let part = ContentRange::parse(range).ok_or_else(|| problem(UploadError::Range))?;
        if is_short(part) {
            return Err(too_short());
        }
        let received = self.uploads.append(id, part, incoming(body)).await;
        match received.map_err(problem)? {
            Received::Complete(meta) => {
                self.check_hash(bucket, &meta, &parts.headers).await?;
                self.completed(bucket, &meta).await
            }
            Received::Partial(size) => partial(size - size % QUANTUM),
        }
    }

    /// Rejects bytes that do not match the checksum in `x-goog-hash`.
    async fn check_hash(
        &self,
        bucket: &str,
        meta: &ObjectMeta,
        headers: &HeaderMap,
    ) -> Result<(), Problem> {
        let hash = headers.get("x-goog-hash");
        let hash = hash.and_then(|value| value.to_str().ok());
        let Some(expected) = hash.and_then(|hash| hash.strip_prefix("crc32c=")) else {
            return Ok(());
        };
        let objects = self.store.bucket(bucket);
        let found = objects.crc32c(&meta.name, meta.generation).await;
        let found = found.map_err(|_| Problem::internal())?;
        if encode_crc32c(found) == expected {
            return Ok(());
        }
        let deleted = objects.delete_generation(&meta.name, meta.generation);
        deleted.await.map_err(|_| Problem::internal())?;
        Err(wrong_crc32c(expected))
    }
}

/// A checksum as the JSON API and `x-goog-hash` write it.
pub fn encode_crc32c(sum: u32) -> String {
    BASE64_STANDARD.encode(sum.to_be_bytes())
}

/// The answer to an upload whose bytes do not have the checksum that it names.
pub fn wrong_crc32c(expected: &str) -> Problem {
    let detail = format!("the bytes do not have the CRC-32C `{expected}`; send them again");
    Problem::new(ErrorCode::ChecksumMismatch, detail)
}

fn is_short(part: ContentRange) -> bool {
    match part {
        ContentRange::Bytes { start, end, total } => {
            total != Some(end + 1) && !(end + 1 - start).is_multiple_of(QUANTUM)
        }
        ContentRange::Nothing { .. } | ContentRange::Whole => false,
    }
}

fn too_short() -> Problem {
    let detail = "every piece except for the last one must have a multiple of 262144 bytes";
    Problem::new(ErrorCode::InvalidContentRange, detail)
}

/// Cloud Storage confirms by an error of its own.
fn cancelled() -> Result<Response<Body>, Problem> {
    let status = StatusCode::from_u16(499).map_err(|_| Problem::internal())?;
    Ok(empty(status))
}

/// `308` with how far it is; without `Range` when nothing is there.
fn partial(size: u64) -> Result<Response<Body>, Problem> {
    let mut response = empty(StatusCode::PERMANENT_REDIRECT);
    if let Some(last) = size.checked_sub(1) {
        let range =
            HeaderValue::from_str(&format!("bytes=0-{last}")).map_err(|_| Problem::internal())?;
        response.headers_mut().insert(header::RANGE, range);
    }
    Ok(response)
}
