//! Requests and answers.

use std::{convert::Infallible, io, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use futures::{Stream, StreamExt, TryStreamExt};
use http::{HeaderValue, Request, Response, StatusCode, header};
use http_body_util::{
    BodyDataStream, BodyExt, Full, LengthLimitError, Limited, StreamBody,
    combinators::UnsyncBoxBody,
};
use hyper::body::{Body as HttpBody, Frame, Incoming};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::json;
use tokio::{sync::Semaphore, task::spawn_blocking, time::timeout};

use crate::{min_rate::paced, strict};

/// The body of an answer.
pub type Body = UnsyncBoxBody<Bytes, io::Error>;

/// Something that answers requests.
#[async_trait]
pub trait Service: Send + Sync {
    /// Answers one request; there is always an answer.
    async fn call(&self, request: Request<Incoming>) -> Response<Body>;

    /// Resolves when all work is done that was begun for a request
    /// whose caller has gone. Requested when the server stops.
    async fn settled(&self) {}
}

/// A whole body.
pub fn full(bytes: impl Into<Bytes>) -> Body {
    Full::new(bytes.into())
        .map_err(|never: Infallible| match never {})
        .boxed_unsync()
}

/// A body that is sent as it comes.
pub fn stream(bytes: impl Stream<Item = io::Result<Bytes>> + Send + 'static) -> Body {
    StreamBody::new(bytes.map_ok(Frame::data)).boxed_unsync()
}

/// An answer of that status, type and body.
pub fn answer(status: StatusCode, content_type: &'static str, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let content_type = HeaderValue::from_static(content_type);
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, content_type);
    response
}

/// An answer without a body.
pub fn empty(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(full(Bytes::new()));
    *response.status_mut() = status;
    response
}

/// A JSON answer.
pub fn json<T: Serialize>(status: StatusCode, content: &T) -> Response<Body> {
    match serde_json::to_vec(content) {
        Ok(bytes) => answer(status, "application/json", full(bytes)),
        Err(error) => {
            tracing::error!(event = "response.encode_failed", %error, "a response could not be encoded");
            Problem::internal().into_response("")
        }
    }
}

/// How long a body that is read as a whole may take to come.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);

/// The body of a request as it comes; one that comes too slowly breaks off with
/// [`io::ErrorKind::TimedOut`].
pub fn incoming(body: Incoming) -> domain::ports::ByteStream {
    paced(BodyDataStream::new(body).map_err(io::Error::other).boxed())
}

/// The answer to a body that came too slowly.
pub fn too_slow() -> Problem {
    let detail = "the body came too slowly";
    Problem::new(StatusCode::REQUEST_TIMEOUT, "body_too_slow", detail)
}

/// A whole body of at most `limit` bytes.
pub(crate) async fn whole_body<B>(body: B, limit: usize) -> Result<Bytes, Problem>
where
    B: HttpBody<Data = Bytes>,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let collecting = timeout(BODY_TIMEOUT, Limited::new(body, limit).collect()).await;
    let collected = collecting.map_err(|_| too_slow())?.map_err(|error| {
        if error.is::<LengthLimitError>() {
            let detail = format!("the body has more than {limit} bytes");
            Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", detail)
        } else {
            Problem::bad_request("body_incomplete", "the body broke off")
        }
    })?;
    Ok(collected.to_bytes())
}

/// From how many bytes on a body is parsed by another thread: it takes many times its
/// size, and no other caller is to wait for that.
const LARGE: usize = 256 * 1024;

/// Large bodies are parsed one after the other.
static PARSING: Semaphore = Semaphore::const_new(1);

/// The longest explanation of what is wrong with a body, in characters: serde repeats
/// names of any length.
const MAX_WHY: usize = 300;

/// Reads a JSON body of at most `limit` bytes.
pub async fn read_json<T: DeserializeOwned + Send + 'static>(
    body: Incoming,
    limit: usize,
) -> Result<T, Problem> {
    let bytes = whole_body(body, limit).await?;
    let parsed = if bytes.len() < LARGE {
        strict::from_slice(&bytes)
    } else {
        let turn = PARSING.acquire().await;
        let parsing = spawn_blocking(move || strict::from_slice(&bytes)).await;
        drop(turn);
        parsing.map_err(|_| Problem::internal())?
    };
    parsed.map_err(|error| {
        let why = error.to_string();
        Problem::bad_request("invalid_body", shortened(&why))
    })
}

/// Whether there is no room on a disk, or what one may have of it is used up.
fn is_full(error: &(dyn std::error::Error + 'static)) -> bool {
    anyhow::Chain::new(error).any(|cause| {
        let kind = cause.downcast_ref::<io::Error>().map(io::Error::kind);
        matches!(
            kind,
            Some(io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
        )
    })
}

fn shortened(why: &str) -> String {
    match why.char_indices().nth(MAX_WHY) {
        Some((end, _)) => format!("{}…", &why[..end]),
        None => why.to_owned(),
    }
}

/// Why a request was not answered as asked: RFC 9457.
///
/// `detail` is for the caller; what the caller must not see goes to the log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {detail}")]
pub struct Problem {
    /// The status of the answer.
    pub status: StatusCode,
    /// A stable `snake_case` word.
    pub code: &'static str,
    /// What is wrong and, where something can be done, what to do.
    pub detail: String,
    /// How long the caller is to wait, for `Retry-After`.
    pub retry_after: Option<Duration>,
}

impl Problem {
    /// A problem.
    pub fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self {
            status,
            code,
            detail: detail.into(),
            retry_after: None,
        }
    }

    /// 400.
    pub fn bad_request(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, detail)
    }

    /// 404.
    pub fn not_found(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, code, detail)
    }

    /// 500, about which the caller is told nothing.
    pub fn internal() -> Self {
        let detail = "something went wrong here; it has been noted";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", detail)
    }

    /// 503 for a store that cannot be used, which is logged; or is full, which the
    /// caller is told too.
    pub fn unavailable(error: &(dyn std::error::Error + 'static)) -> Self {
        tracing::error!(event = "store.unavailable", error, "a request failed");
        let (code, detail) = if is_full(error) {
            let detail = "the service has no room left: nothing can be stored until some is made";
            ("storage_full", detail)
        } else {
            let detail = "the service cannot answer just now; try again";
            ("unavailable", detail)
        };
        Self::new(StatusCode::SERVICE_UNAVAILABLE, code, detail)
    }

    /// The problem as it is written.
    pub fn to_json(&self, request_id: &str) -> serde_json::Value {
        json!({
            "type": format!("urn:interviewlens:problem:{}", self.code),
            "title": self.status.canonical_reason().unwrap_or("Problem"),
            "status": self.status.as_u16(),
            "detail": self.detail,
            "code": self.code,
            "request_id": request_id,
        })
    }

    /// The problem as an answer.
    pub fn into_response(self, request_id: &str) -> Response<Body> {
        let body = full(self.to_json(request_id).to_string());
        let mut response = answer(self.status, "application/problem+json", body);
        if let Some(wait) = self.retry_after {
            // Whole seconds, and never too early.
            let seconds = HeaderValue::from(wait.as_secs() + 1);
            response.headers_mut().insert(header::RETRY_AFTER, seconds);
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_full_disk_is_reported_to_the_caller() {
        for (kind, code) in [
            (io::ErrorKind::StorageFull, "storage_full"),
            (io::ErrorKind::QuotaExceeded, "storage_full"),
            (io::ErrorKind::PermissionDenied, "unavailable"),
        ] {
            let error = anyhow::Error::new(io::Error::from(kind)).context("using the store");
            let problem = Problem::unavailable(error.as_ref());
            assert_eq!((problem.status.as_u16(), problem.code), (503, code));
        }
    }
}
