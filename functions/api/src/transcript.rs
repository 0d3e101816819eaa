//! The transcript, for programs and for people.

use std::sync::Arc;

use axum::{extract::FromRequestParts, response::Response};
use domain::{ErrorCode, Interview};
use http::request::Parts;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};

use crate::{
    Api,
    body_writer::{self, BodyWriter},
    captions::{SubRip, WebVtt},
    error::{ApiError, not_ready},
    extract::{OwnInterview, QueryParameters, parameter},
    openapi::{errors, examples},
    stored_transcript::StoredTranscript,
    transcript_forms::{Markdown, PlainText},
};

/// The parameters of transcripts.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TranscriptQuery {
    /// A revision of the transcript: 0 as it was recognised; the newest one where it is left
    /// out.
    #[serde(default, deserialize_with = "revision")]
    #[schemars(extend("minimum" = 0, "maximum" = u32::MAX))]
    revision: Option<u64>,
}

fn revision<'de, D: Deserializer<'de>>(input: D) -> Result<Option<u64>, D::Error> {
    let parse = |text: &str| text.parse().ok().map(Some);
    parameter(input, parse, "`revision` takes a whole number")
}

/// The user's interview that the path names, and its transcript as the query requests it.
pub(crate) struct RequestedTranscript {
    interview: Interview,
    transcript: StoredTranscript,
}

impl FromRequestParts<Arc<Api>> for RequestedTranscript {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, api: &Arc<Api>) -> Result<Self, ApiError> {
        let query = QueryParameters::<TranscriptQuery>::from_request_parts(parts, api).await?;
        let OwnInterview(interview) = OwnInterview::from_request_parts(parts, api).await?;
        let found = api.stored_transcript(&interview, query.0.revision).await?;
        let transcript = found.ok_or_else(|| not_ready("transcript"))?;
        Ok(Self {
            interview,
            transcript,
        })
    }
}

/// Read the transcript
///
/// With its corrections, and the ids of its words by which it is corrected.
#[utoipa::path(
    get, path = "/v1/interviews/{id}/transcript", operation_id = "get_transcript", tag = "Results",
    params(OwnInterview, QueryParameters<TranscriptQuery>),
    responses((status = 200, description = "The transcript.", body = ref("#/components/schemas/Transcript"), example = examples::transcript)),
    extensions(("x-errors" = json!(errors(&[ErrorCode::NotReady, ErrorCode::NoSuchRevision])))),
)]
pub(crate) async fn json(requested: RequestedTranscript) -> Result<Response, ApiError> {
    body_writer::respond("application/json", async move |mut body: BodyWriter| {
        requested.transcript.write_json(&mut body).await?;
        Ok(body)
    })
    .await
}

/// Read the transcript as SubRip captions
///
/// The cues are sorted by their start, also where people speak at once. A cue ends with a
/// sentence, at a pause, and before it has more than two lines of 42 columns or lasts longer
/// than 7 seconds; a wide character takes two columns.
#[utoipa::path(
    get, path = "/v1/interviews/{id}/transcript.srt", operation_id = "get_transcript_srt",
    tag = "Results", params(OwnInterview, QueryParameters<TranscriptQuery>),
    responses((
        status = 200,
        description = "The transcript.",
        body = String,
        content_type = "application/x-subrip",
        example = "1\n00:00:02,500 --> 00:00:04,100\nI built a boat.\n"
    )),
    extensions(("x-errors" = json!(errors(&[ErrorCode::NotReady, ErrorCode::NoSuchRevision])))),
)]
pub(crate) async fn srt(requested: RequestedTranscript) -> Result<Response, ApiError> {
    let transcript = requested.transcript;
    transcript
        .respond("application/x-subrip; charset=utf-8", SubRip::default())
        .await
}

/// Read the transcript as WebVTT captions with voices
///
/// The cues are sorted by their start, also where people speak at once. A cue ends with a
/// sentence, at a pause, and before it has more than two lines of 42 columns or lasts longer
/// than 7 seconds; a wide character takes two columns.
#[utoipa::path(
    get, path = "/v1/interviews/{id}/transcript.vtt", operation_id = "get_transcript_vtt",
    tag = "Results", params(OwnInterview, QueryParameters<TranscriptQuery>),
    responses((
        status = 200,
        description = "The transcript.",
        body = String,
        content_type = "text/vtt",
        example = "WEBVTT\n\n00:00:02.500 --> 00:00:04.100\n<v Speaker 2>I built a boat.\n"
    )),
    extensions(("x-errors" = json!(errors(&[ErrorCode::NotReady, ErrorCode::NoSuchRevision])))),
)]
pub(crate) async fn vtt(requested: RequestedTranscript) -> Result<Response, ApiError> {
    let transcript = requested.transcript;
    transcript
        .respond("text/vtt; charset=utf-8", WebVtt::default())
        .await
}

/// Read the transcript as plain text, a turn to a line
#[utoipa::path(
    get, path = "/v1/interviews/{id}/transcript.txt", operation_id = "get_transcript_txt",
    tag = "Results", params(OwnInterview, QueryParameters<TranscriptQuery>),
    responses((
        status = 200,
        description = "The transcript.",
        body = String,
        content_type = "text/plain",
        example = "[0:00:02] Speaker 2: I built a boat.\n"
    )),
    extensions(("x-errors" = json!(errors(&[ErrorCode::NotReady, ErrorCode::NoSuchRevision])))),
)]
pub(crate) async fn txt(requested: RequestedTranscript) -> Result<Response, ApiError> {
    let transcript = requested.transcript;
    transcript
        .respond("text/plain; charset=utf-8", PlainText)
        .await
}

/// Read the transcript as Markdown
#[utoipa::path(
    get, path = "/v1/interviews/{id}/transcript.md", operation_id = "get_transcript_md",
    tag = "Results", params(OwnInterview, QueryParameters<TranscriptQuery>),
    responses((
        status = 200,
        description = "The transcript.",
        body = String,
        content_type = "text/markdown",
        example = "# Ada, first round\n\n**Speaker 2** (0:00:02)\n\nI built a boat.\n"
    )),
    extensions(("x-errors" = json!(errors(&[ErrorCode::NotReady, ErrorCode::NoSuchRevision])))),
)]
pub(crate) async fn md(requested: RequestedTranscript) -> Result<Response, ApiError> {
    let title = requested.interview.title.reveal().to_owned();
    let form = Markdown { title };
    requested
        .transcript
        .respond("text/markdown; charset=utf-8", form)
        .await
}
