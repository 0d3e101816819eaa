//! The recording, to be listened to.

use std::{ops::Range, sync::Arc, time::Duration};

use axum::{Extension, body::Body, extract::State, response::Response};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{
    ErrorCode, Interview, InterviewId, InterviewKey, Timestamp, UserId,
    audio::{PLAYBACK_TYPE, safe_audio_type},
    interview_store,
    ports::{ObjectError, ObjectStore},
};
use http::{HeaderMap, StatusCode, header, response::Builder};
use runtime::{
    http::Problem,
    range::{self, RangeRequest},
};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};
use subtle::ConstantTimeEq;

use crate::{
    Api,
    error::{ApiError, no_interview, not_ready},
    extract::{PathValues, QueryParameters, parameter},
    openapi::{
        errors,
        parameters::{Filename, RangeHeaders},
    },
};

/// How long a link to a recording is good for.
const LINK_TIME: Duration = Duration::from_hours(1);

/// What the signatures of links are for.
const PURPOSE: &str = "listen";

/// The parameters of a recording.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AudioQuery {
    /// The token of `audio.url`; without it the user has to be the owner.
    #[serde(default)]
    token: Option<String>,
    /// Whether the copy is requested that every browser plays; there is one where
    /// `audio.playback` says so.
    #[serde(default, deserialize_with = "flag")]
    #[schemars(with = "bool")]
    playback: bool,
}

fn flag<'de, D: Deserializer<'de>>(input: D) -> Result<bool, D::Error> {
    parameter(
        input,
        |text| text.parse().ok(),
        "`playback` takes true or false",
    )
}

/// Listen to the recording
///
/// By the link in `audio.url`, whose token is all the permission that it needs, or as the
/// interview's owner. Several ranges at a time get the whole recording.
#[utoipa::path(
    get, path = "/v1/audio/{filename}", operation_id = "listen", tag = "Results",
    params(Filename, QueryParameters<AudioQuery>, RangeHeaders),
    security(("audio_token" = []), ("bearer" = []), ("user_id" = [])),
    responses((
        status = 200,
        description = "The recording, of the type that decoding has shown, or its playable copy.",
        content(("*/*")),
        headers(
            ("ETag" = String, description = "What `If-Range` takes."),
            ("Accept-Ranges" = String, description = "`bytes`.")
        )
    ), (
        status = 206,
        description = "The requested part.",
        content(("*/*")),
        headers(
            ("ETag" = String, description = "What `If-Range` takes."),
            ("Accept-Ranges" = String, description = "`bytes`."),
            ("Content-Range" = String, description = "Which bytes these are, and of how many.")
        )
    )),
    extensions(("x-errors" = json!(errors(&[
        ErrorCode::InvalidToken, ErrorCode::InterviewNotFound, ErrorCode::NotReady,
        ErrorCode::NotFound, ErrorCode::RangeNotSatisfiable])))),
)]
pub(crate) async fn audio(
    State(api): State<Arc<Api>>,
    QueryParameters(query): QueryParameters<AudioQuery>,
    values: PathValues,
    user: Option<Extension<UserId>>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let recording = api.recording(&values, query, user).await?;
    recording.respond(Some(&headers)).await
}

/// Read the size and type of the recording
///
/// By the link in `audio.url`, whose token is all the permission that it needs, or as the
/// interview's owner.
#[utoipa::path(
    head, path = "/v1/audio/{filename}", operation_id = "look_at_recording", tag = "Results",
    params(Filename, QueryParameters<AudioQuery>),
    security(("audio_token" = []), ("bearer" = []), ("user_id" = [])),
    responses((
        status = 200,
        description = "The recording's headers.",
        headers(
            ("ETag" = String, description = "What `If-Range` takes."),
            ("Accept-Ranges" = String, description = "`bytes`.")
        )
    )),
    extensions(("x-errors" = json!(errors(&[
        ErrorCode::InvalidToken, ErrorCode::InterviewNotFound, ErrorCode::NotReady])))),
)]
pub(crate) async fn audio_head(
    State(api): State<Arc<Api>>,
    QueryParameters(query): QueryParameters<AudioQuery>,
    values: PathValues,
    user: Option<Extension<UserId>>,
) -> Result<Response, ApiError> {
    let recording = api.recording(&values, query, user).await?;
    recording.respond(None).await
}

impl Api {
    /// A link that needs no header, for an `<audio>` element.
    pub(crate) fn audio_url(&self, interview: &Interview) -> String {
        let expires = (self.clock.now() + LINK_TIME).as_secs();
        let text = format!("{}.{}.{expires}", interview.user_id, interview.id);
        let signature = self.signer.sign(PURPOSE, &text);
        let token = URL_SAFE_NO_PAD.encode(format!("{text}.{signature}"));
        format!("/v1/audio/{}?token={token}", interview.id)
    }

    /// A link to the playable copy, where there is one.
    pub(crate) fn playback_url(&self, interview: &Interview) -> Option<String> {
        let audio = interview.audio.as_ref()?;
        audio.current_playback()?;
        Some(format!("{}&playback=true", self.audio_url(interview)))
    }

    async fn recording(
        &self,
        values: &PathValues,
        query: AudioQuery,
        user: Option<Extension<UserId>>,
    ) -> Result<Recording<'_>, ApiError> {
        let key = self.may_listen(values.get("filename"), query.token, user)?;
        let interview = interview_store::interview(&*self.records, &key).await?;
        let interview = interview.ok_or_else(no_interview)?;
        Ok(self.recording_of(interview, query.playback)?)
    }

    /// The recording of an interview, or its playable copy.
    pub(crate) fn recording_of(
        &self,
        interview: Interview,
        is_playback: bool,
    ) -> Result<Recording<'_>, Problem> {
        let audio = interview.audio.ok_or_else(|| not_ready("recording"))?;
        if is_playback {
            let playback = audio.current_playback().cloned();
            let playback = playback.ok_or_else(|| not_ready("playable copy"))?;
            return Ok(Recording {
                bucket: &*self.artifacts,
                generation: None,
                etag: format!(
                    "\"{}\"",
                    playback.object.rsplit('/').next().unwrap_or_default()
                ),
                content_type: PLAYBACK_TYPE.to_owned(),
                size: playback.size_bytes,
                object: playback.object,
            });
        }
        let generation = audio.generation.ok_or_else(|| not_ready("recording"))?;
        Ok(Recording {
            bucket: &*self.uploads,
            generation: Some(generation),
            etag: format!("\"{generation}\""),
            content_type: safe_audio_type(&audio.content_type).to_owned(),
            size: audio.size_bytes,
            object: audio.object,
        })
    }

    /// Admits a client with a valid link, or the interview's owner.
    fn may_listen(
        &self,
        filename: &str,
        token: Option<String>,
        user: Option<Extension<UserId>>,
    ) -> Result<InterviewKey, Problem> {
        let interview_id = filename.split('.').next().unwrap_or("");
        let interview_id = InterviewId::parse(interview_id).map_err(|_| no_interview())?;
        let user_id = match (token, user) {
            (Some(token), _) => self.listener(&token, &interview_id),
            (None, user) => user.map(|Extension(user)| user),
        };
        let invalid = || {
            let detail = "the link has expired or is invalid";
            Problem::new(ErrorCode::InvalidToken, detail)
        };
        Ok(InterviewKey {
            user_id: user_id.ok_or_else(invalid)?,
            interview_id,
        })
    }

    /// Whose interview a link lets listen to.
    fn listener(&self, token: &str, requested: &InterviewId) -> Option<UserId> {
        let text = String::from_utf8(URL_SAFE_NO_PAD.decode(token).ok()?).ok()?;
        let (text, signature) = text.rsplit_once('.')?;
        let expected = self.signer.sign(PURPOSE, text);
        if !bool::from(expected.as_bytes().ct_eq(signature.as_bytes())) {
            return None;
        }
        let mut parts = text.split('.');
        let (user, interview, expires) = (parts.next()?, parts.next()?, parts.next()?);
        let until = Timestamp::from_millis(expires.parse::<i64>().ok()?.checked_mul(1_000)?);
        let good = interview == requested.as_str() && until > self.clock.now();
        good.then(|| UserId::parse(user).ok()).flatten()
    }
}

/// A recording that is there, or its copy.
pub(crate) struct Recording<'a> {
    bucket: &'a dyn ObjectStore,
    object: String,
    /// The generation to be read; whichever is there where the name is used once.
    generation: Option<i64>,
    etag: String,
    content_type: String,
    size: u64,
}

impl Recording<'_> {
    /// The bytes that a request with these headers asks for; without any, no bytes.
    pub(crate) async fn respond(&self, headers: Option<&HeaderMap>) -> Result<Response, ApiError> {
        let parts = InParts {
            content_type: &self.content_type,
            size: self.size,
            etag: &self.etag,
        };
        let (response, part) = parts.respond(headers)?;
        let body = match headers {
            Some(_) => self.read(part).await?,
            None => Body::empty(),
        };
        Ok(response.body(body).map_err(|_| Problem::internal())?)
    }

    async fn read(&self, part: Range<u64>) -> Result<Body, ObjectError> {
        let read = self.bucket.read(&self.object, self.generation, Some(part));
        Ok(Body::from_stream(read.await?.1))
    }
}

/// Audio that can be read in parts.
pub(crate) struct InParts<'a> {
    pub(crate) content_type: &'a str,
    /// In bytes.
    pub(crate) size: u64,
    pub(crate) etag: &'a str,
}

impl InParts<'_> {
    /// The response without its body to a request with these headers, and which bytes that has.
    pub(crate) fn respond(
        &self,
        headers: Option<&HeaderMap>,
    ) -> Result<(Builder, Range<u64>), Problem> {
        let (size, etag) = (self.size, self.etag);
        let range = headers.map_or(RangeRequest::Full, |headers| {
            range::requested(headers, size, etag)
        });
        let (status, part) = match range {
            RangeRequest::Unsatisfiable => return Err(not_satisfiable(size)),
            RangeRequest::Full => (StatusCode::OK, 0..size),
            RangeRequest::Partial(part) => (StatusCode::PARTIAL_CONTENT, part),
        };
        let mut response = Response::builder()
            .status(status)
            .header(header::CONTENT_TYPE, self.content_type)
            .header(header::CONTENT_LENGTH, part.end - part.start)
            .header(header::ACCEPT_RANGES, "bytes")
            .header(header::ETAG, etag)
            .header(header::CACHE_CONTROL, "private, max-age=3600")
            // A recording is never a page, whatever its uploader called it.
            .header(header::CONTENT_SECURITY_POLICY, "sandbox");
        if status == StatusCode::PARTIAL_CONTENT {
            let (first, last) = (part.start, part.end.saturating_sub(1));
            let range = format!("bytes {first}-{last}/{size}");
            response = response.header(header::CONTENT_RANGE, range);
        }
        Ok((response, part))
    }
}

fn not_satisfiable(size: u64) -> Problem {
    let detail = "no range that can be understood begins before the end of the recording";
    Problem::new(ErrorCode::RangeNotSatisfiable, detail)
        .with_header(header::ACCEPT_RANGES, "bytes")
        .with_header(header::CONTENT_RANGE, &format!("bytes */{size}"))
}
