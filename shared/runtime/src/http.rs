//! Requests and answers.

use std::{convert::Infallible, error::Error, io, pin::pin, time::Duration};

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use domain::ErrorCode;
use futures::{Stream, StreamExt, TryStreamExt};
use http::{HeaderValue, Request, Response, StatusCode, header};
use http_body_util::{
    BodyDataStream, BodyExt, Full, LengthLimitError, Limited, StreamBody,
    combinators::UnsyncBoxBody,
};
use hyper::body::{Body as HttpBody, Frame, Incoming};
use serde::{Serialize, de::DeserializeOwned};
use tokio::{
    sync::{Semaphore, SemaphorePermit},
    task::spawn_blocking,
    time::timeout,
};

pub use crate::problem::{Problem, ProblemBody, is_caused_by};
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

/// By how much the memory of a body grows, in bytes.
const HELD_STEP: usize = 64 * 1024;

/// The memory for bodies that are being read, in steps: 96 MiB.
static HELD_BODIES: Semaphore = Semaphore::const_new(96 * 1024 * 1024 / HELD_STEP);

/// The longest explanation of what is wrong with a body, in characters: serde repeats
/// names of any length.
const MAX_WHY: usize = 300;

/// Reads a whole body of at most `limit` bytes, which may take 30 seconds to come.
pub async fn whole_body<B>(body: B, limit: usize) -> Result<Bytes, Problem>
where
    B: HttpBody<Data = Bytes>,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let held = timeout(BODY_TIMEOUT, held_body(body, limit)).await;
    Ok(held.map_err(|_| too_slow())??.bytes)
}

/// A body in memory, counted among all of them.
struct HeldBody {
    bytes: Bytes,
    _held: SemaphorePermit<'static>,
}

/// Reads a body, counting its bytes as they come.
async fn held_body<B>(body: B, limit: usize) -> Result<HeldBody, Problem>
where
    B: HttpBody<Data = Bytes>,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let mut body = pin!(Limited::new(body, limit));
    let mut bytes = BytesMut::new();
    let mut held = hold(1)?;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| {
            if error.is::<LengthLimitError>() {
                too_large(limit)
            } else {
                incomplete()
            }
        })?;
        let Ok(data) = frame.into_data() else {
            continue;
        };
        bytes.extend_from_slice(&data);
        let missing = (bytes.len() / HELD_STEP + 1).saturating_sub(held.num_permits());
        if missing > 0 {
            held.merge(hold(missing)?);
        }
    }
    Ok(HeldBody {
        bytes: bytes.freeze(),
        _held: held,
    })
}

/// Takes steps of the memory for bodies.
fn hold(steps: usize) -> Result<SemaphorePermit<'static>, Problem> {
    let steps = u32::try_from(steps).unwrap_or(u32::MAX);
    HELD_BODIES.try_acquire_many(steps).map_err(|_| {
        let detail = "as many bodies are being read as there is memory for";
        Problem {
            retry_after: Some(Duration::from_secs(5)),
            ..Problem::new(ErrorCode::Unavailable, detail)
        }
    })
}

/// Reads a JSON body of at most `limit` bytes.
pub async fn read_json<T, B>(body: B, limit: usize) -> Result<T, Problem>
where
    T: DeserializeOwned + Send + 'static,
    B: HttpBody<Data = Bytes>,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let held = timeout(BODY_TIMEOUT, held_body(body, limit)).await;
    let held = held.map_err(|_| too_slow())??;
    let parsed = if held.bytes.len() < LARGE {
        strict::from_slice(&held.bytes)
    } else {
        let turn = PARSING.acquire().await;
        let parsing = spawn_blocking(move || strict::from_slice(&held.bytes)).await;
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
