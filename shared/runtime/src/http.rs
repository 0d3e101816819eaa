//! Requests and answers.

use std::{convert::Infallible, error::Error, io, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use domain::ErrorCode;
use futures::{Stream, StreamExt, TryStreamExt};
use http::{HeaderValue, Request, Response, StatusCode, header};
use http_body_util::{
    BodyDataStream, BodyExt, Full, LengthLimitError, Limited, StreamBody,
    combinators::UnsyncBoxBody,
};
use hyper::body::{Body as HttpBody, Frame, Incoming};
use serde::{Serialize, de::DeserializeOwned};
use tokio::{sync::Semaphore, task::spawn_blocking, time::timeout};

pub use crate::problem::{Problem, ProblemBody, is_caused_by};
use crate::{min_rate::paced, strict};

/// The body of an answer.
pub type Body = UnsyncBoxBody<Bytes, io::Error>;

/// Something that answers requests.
#[async_trait]
pub trait Service: Send + Sync {
    /// Answers one request; there is always an answer.
    async fn call(&self, request: Request<Incoming>) -> Response<Body>;

    /// Resolves when no work is in hand any more that was begun for a request
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
            tracing::error!("an answer could not be written: {error}");
            Problem::internal().into_response("")
        }
    }
}

/// How long a body that is read whole may take to come.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);

/// The body of a request as it comes; one that comes too slowly breaks off with
/// [`io::ErrorKind::TimedOut`].
pub fn incoming<B>(body: B) -> domain::ports::ByteStream
where
    B: HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    paced(BodyDataStream::new(body).map_err(io::Error::other).boxed())
}

/// The error for a body that came too slowly.
pub fn too_slow() -> Problem {
    Problem::new(ErrorCode::BodyTooSlow, "the body came too slowly")
}

/// The error for a body that broke off.
pub fn incomplete() -> Problem {
    Problem::new(ErrorCode::BodyIncomplete, "the body broke off")
}

/// The error for a body of more than `limit` bytes.
pub fn too_large(limit: usize) -> Problem {
    let detail = format!("the body has more than {limit} bytes");
    Problem::new(ErrorCode::BodyTooLarge, detail)
}

/// From how many bytes on a body is parsed by another thread: it takes many times its
/// size, and no other caller is to wait for that.
const LARGE: usize = 256 * 1024;

/// Large bodies are parsed one after the other.
static PARSING: Semaphore = Semaphore::const_new(1);

/// The longest explanation of what is wrong with a body, in characters: serde repeats
/// names of any length.
const MAX_WHY: usize = 300;

/// Reads a whole body of at most `limit` bytes, which may take 30 seconds to come.
pub async fn whole_body<B>(body: B, limit: usize) -> Result<Bytes, Problem>
where
    B: HttpBody<Data = Bytes>,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    match timeout(BODY_TIMEOUT, Limited::new(body, limit).collect()).await {
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(too_large(limit)),
        Ok(Err(_)) => Err(incomplete()),
        Err(_) => Err(too_slow()),
    }
}

/// Reads a JSON body of at most `limit` bytes.
pub async fn read_json<T, B>(body: B, limit: usize) -> Result<T, Problem>
where
    T: DeserializeOwned + Send + 'static,
    B: HttpBody<Data = Bytes>,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
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
        Problem::new(ErrorCode::InvalidBody, shortened(&why))
    })
}

fn shortened(why: &str) -> String {
    match why.char_indices().nth(MAX_WHY) {
        Some((end, _)) => format!("{}…", &why[..end]),
        None => why.to_owned(),
    }
}
