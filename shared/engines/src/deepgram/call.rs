//! One request and its answer.

use std::{error::Error, io, time::Duration};

use anyhow::Chain;
use domain::{
    audio::safe_audio_type,
    ports::{Clock, ObjectError, Recording},
    steps::{Code, StepError},
};
use futures::TryStreamExt;
use reqwest::{
    Body, Client, RequestBuilder, Response,
    header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap},
};

use crate::provider::http::{self, SetupError};

use super::{
    error::DeepgramError,
    query::ListenQuery,
    settings::{DeepgramOptions, SendAs},
};

/// How long the provider may fetch the recording: it may queue the request.
const URL_LIFETIME: Duration = Duration::from_hours(2);

/// How fast bytes are sent at least, per second.
const SLOWEST: u64 = 512 * 1024;

/// The most that is read of a refusal, in bytes.
const MAX_REFUSAL: usize = 64 * 1024;

/// The longest wait that the provider can ask for.
const LONGEST_WAIT: Duration = Duration::from_hours(1);

/// A client of HTTP/1 alone, which live speech needs.
pub(crate) fn client(options: &DeepgramOptions) -> Result<Client, SetupError> {
    let client = http::client(options.connect_timeout).no_proxy();
    client.http1_only().build().map_err(SetupError::Tls)
}

/// Sends a recording; what is answered with success is for [`read`].
pub(crate) async fn ask(
    client: &Client,
    options: &DeepgramOptions,
    clock: &dyn Clock,
    recording: &Recording,
    query: &ListenQuery,
) -> Result<Response, StepError> {
    let request = client
        .post(query.on(options.listen_url()))
        .header(AUTHORIZATION, options.key.header());
    let request = match url_for(options.send, clock, recording).await? {
        Some(url) => by_url(request, &url).timeout(options.timeout),
        None => by_bytes(request, recording)
            .await?
            .timeout(options.timeout + Duration::from_secs(recording.size / SLOWEST)),
    };
    accepted(request).await
}

/// Sends bytes that are at hand; what is answered with success is for [`read`].
pub(crate) async fn send_bytes(
    client: &Client,
    options: &DeepgramOptions,
    query: &ListenQuery,
    content_type: &'static str,
    bytes: Vec<u8>,
) -> Result<Response, StepError> {
    let request = client
        .post(query.on(options.listen_url()))
        .header(AUTHORIZATION, options.key.header())
        .header(CONTENT_TYPE, content_type)
        .timeout(options.timeout)
        .body(bytes);
    accepted(request).await
}

async fn accepted(request: RequestBuilder) -> Result<Response, StepError> {
    let answer = request.send().await.map_err(|error| broken(&error))?;
    if answer.status().is_success() {
        Ok(answer)
    } else {
        Err(refused(answer).await)
    }
}

/// The URL under which the provider can fetch the recording. One that is not
/// HTTPS is of a bucket on this machine or in an emulator.
async fn url_for(
    send: Option<SendAs>,
    clock: &dyn Clock,
    recording: &Recording,
) -> Result<Option<String>, StepError> {
    if send == Some(SendAs::Bytes) {
        return Ok(None);
    }
    let expires_at = clock.now() + URL_LIFETIME;
    let url = recording
        .objects
        .sign_read(&recording.object, expires_at)
        .await
        .map_err(|error| unread(&error))?;
    Ok((send == Some(SendAs::Url) || url.starts_with("https://")).then_some(url))
}

fn by_url(request: RequestBuilder, url: &str) -> RequestBuilder {
    request
        .header(CONTENT_TYPE, "application/json")
        .body(serde_json::json!({ "url": url }).to_string())
}

async fn by_bytes(
    request: RequestBuilder,
    recording: &Recording,
) -> Result<RequestBuilder, StepError> {
    let (meta, bytes) = recording
        .objects
        .read(&recording.object, Some(recording.generation), None)
        .await
        .map_err(|error| unread(&error))?;
    // A body declared as JSON would be read as a request with a URL to fetch.
    let content_type = safe_audio_type(&recording.content_type);
    Ok(request
        .header(CONTENT_TYPE, content_type)
        .header(CONTENT_LENGTH, meta.size)
        .body(Body::wrap_stream(bytes.map_err(Unread))))
}

/// The bucket's side of a request broke.
#[derive(Debug, thiserror::Error)]
#[error("reading the recording")]
struct Unread(#[source] io::Error);

fn unread(error: &ObjectError) -> StepError {
    tracing::warn!(
        event = "recording.sign_failed",
        "the recording could not be made available to the speech engine: {error}"
    );
    unavailable_recording()
}

fn unavailable_recording() -> StepError {
    StepError::transient(
        Code::RecordingUnavailable,
        "the recording could not be read",
    )
}

/// Reads an answer, if it is not too large.
pub(crate) async fn read(
    answer: Response,
    options: &DeepgramOptions,
) -> Result<Vec<u8>, StepError> {
    let limit = options.max_answer;
    let body = http::read(answer, limit).await;
    body.map_err(|error| broken(&error))?.ok_or_else(|| {
        tracing::warn!(
            event = "transcription.response_too_large",
            limit,
            "the response of the speech engine is too large"
        );
        DeepgramError::UnexpectedResponse.to_step_error()
    })
}

/// The error of an unsuccessful response. A truncated body does not change the status.
pub(crate) async fn refused(mut answer: Response) -> StepError {
    let status = answer.status().as_u16();
    let wait = http::retry_after(answer.headers()).map(|wait| wait.min(LONGEST_WAIT));
    let request_id = request_id(answer.headers());
    let mut body = Vec::new();
    while body.len() < MAX_REFUSAL
        && let Ok(Some(chunk)) = answer.chunk().await
    {
        body.extend_from_slice(&chunk);
    }
    let refusal = DeepgramError::from_status(status, &body);
    tracing::warn!(
        event = "transcription.rejected",
        status,
        ?refusal,
        request_id,
        "the speech engine rejected the request"
    );
    let error = refusal.to_step_error();
    if error.retryable {
        error.after(wait)
    } else {
        error
    }
}

/// By which the provider finds the request in its own records.
fn request_id(headers: &HeaderMap) -> Option<String> {
    let id = headers.get("dg-request-id")?.to_str().ok()?;
    let plain = id
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    (plain && id.len() <= 64).then(|| id.to_owned())
}

/// What is meant by no answer. The error itself is left out of what is logged: it
/// holds the address, and that what the interview is about.
pub(crate) fn broken(error: &reqwest::Error) -> StepError {
    if Chain::new(error).any(<dyn Error>::is::<Unread>) {
        tracing::warn!(
            event = "recording.read_failed",
            "reading the recording failed while it was sent to the speech engine"
        );
        return unavailable_recording();
    }
    let refusal = if http::is_timeout(error) {
        DeepgramError::TooSlow
    } else {
        DeepgramError::Unavailable
    };
    let cause = Chain::new(error).skip(1).last().map(ToString::to_string);
    tracing::warn!(
        event = "transcription.unreachable",
        ?refusal,
        cause,
        "the speech engine did not respond"
    );
    refusal.to_step_error()
}
