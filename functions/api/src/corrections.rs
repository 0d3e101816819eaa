//! Correcting a transcript: operations on its words, their history, and taking them back.

mod log;

use std::sync::Arc;

use axum::{Json, extract::State};
use domain::{
    ErrorCode, RunId, Timestamp, UserId,
    corrections::{self, Operation, Revision},
};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};
use serde_json::{Map, Value};

use self::log::{Log, nothing_to_undo, refused};
use crate::{
    Api,
    error::ApiError,
    extract::{IdempotencyKey, JsonBody, OwnInterview, QueryParameters},
    openapi::{errors, examples},
    page::{Page, PageCursor, PageQuery, sorted_page},
    validation::whole,
};

/// The most that the JSON of corrections may have, in bytes: room for the longest texts with
/// every character escaped, and for the ids.
const MAX_BODY: usize = 2 * 1024 * 1024;

/// Corrections of a transcript.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CorrectTranscript {
    /// The recognition that is corrected, as the transcript names it. Where it is left out, the
    /// one that is shown.
    #[serde(default)]
    run_id: Option<RunId>,
    /// The revision that the corrections are based on: the newest one, or the response is 409
    /// `stale_revision`.
    #[serde(deserialize_with = "whole")]
    base_revision: u64,
    /// What is corrected, one after the other. All of it is stored, or nothing.
    #[serde(deserialize_with = "operations")]
    #[schemars(with = "Vec<Operation<String>>", length(min = 1, max = corrections::MAX_OPERATIONS))]
    operations: Vec<Operation<String>>,
}

/// Which correction is taken back.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UndoCorrection {
    /// The recognition that is corrected, as the transcript names it. Where it is left out, the
    /// one that is shown.
    #[serde(default)]
    run_id: Option<RunId>,
    /// The newest revision, or the response is 409 `stale_revision`.
    #[serde(deserialize_with = "whole")]
    base_revision: u64,
}

/// Objects alone: serde would read a tagged enumeration from a list too, and no whole number
/// that is written with a fraction.
fn operations<'de, D: Deserializer<'de>>(input: D) -> Result<Vec<Operation<String>>, D::Error> {
    let given = Vec::<Map<String, Value>>::deserialize(input)?;
    let read = given.into_iter().enumerate().map(|(index, mut fields)| {
        for value in fields.values_mut() {
            if let Ok(number) = whole::<_, u64>(&*value) {
                *value = number.into();
            }
        }
        serde_json::from_value(Value::Object(fields))
            .map_err(|error| D::Error::custom(format_args!("`operations[{index}]`: {error}")))
    });
    read.collect()
}

/// A revision of a transcript.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "TranscriptRevision")]
pub(crate) struct RevisionId {
    /// The run that recognised the transcript.
    run_id: RunId,
    /// The revision, which is the newest one.
    revision: u64,
}

/// What was corrected in a revision.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Correction")]
pub(crate) struct RevisionBody {
    /// The revision, from 1.
    revision: u64,
    /// When it was made.
    created_at: Timestamp,
    /// The user who made it.
    author: UserId,
    /// What was corrected; empty where it takes an earlier revision back.
    operations: Vec<Operation>,
    /// The revision that it takes back.
    undoes: Option<u64>,
}

/// Correct the transcript
///
/// Operations name words by their ids. What was recognised stays as it is, every revision can
/// be read again, and the last correction can be taken back. The quotes of the analysis are
/// looked up in the corrected words at once; the analysis and the report are `stale` until they
/// are run again. Times of words that a person wrote are interpolated.
///
/// No correction is lost where two clients correct at once: the second request gets 409
/// `stale_revision` with the newest revision.
#[utoipa::path(
    patch, path = "/v1/interviews/{id}/transcript", operation_id = "correct_transcript",
    tag = "Corrections", params(OwnInterview, IdempotencyKey),
    request_body(content = ref("#/components/schemas/CorrectTranscript"), examples(
        ("words" = (summary = "Words are replaced, added and removed", value = json!({
            "base_revision": 0,
            "operations": [
                {"op": "replace_words", "from": "w0", "to": "w1", "text": "How did"},
                {"op": "insert_words", "after": "w1", "text": "all of"},
                {"op": "delete_words", "from": "w3", "to": "w3"},
            ],
        }))),
        ("speakers" = (summary = "Words get their speaker, and a turn is divided", value = json!({
            "base_revision": 1,
            "operations": [
                {"op": "assign_speaker", "from": "w0", "to": "w1", "speaker": 0},
                {"op": "split_turn", "at": "w1"},
                {"op": "join_turns", "at": "w1"},
            ],
        }))),
        ("merge" = (summary = "Two speakers are one", value = json!({
            "base_revision": 2,
            "operations": [{"op": "merge_speakers", "from": 1, "into": 0}],
        }))),
    )),
    responses((status = 200, description = "The revision that this has made.", body = ref("#/components/schemas/TranscriptRevision"), example = examples::revision)),
    extensions(("x-errors" = json!(errors(&[
        ErrorCode::NotReady, ErrorCode::InvalidField, ErrorCode::StaleRevision,
        ErrorCode::TooManyCorrections])))),
)]
pub(crate) async fn correct(
    State(api): State<Arc<Api>>,
    OwnInterview(interview): OwnInterview,
    idempotency_key: IdempotencyKey,
    JsonBody(request): JsonBody<CorrectTranscript, MAX_BODY>,
) -> Result<Json<RevisionId>, ApiError> {
    let operations = corrections::parse(request.operations).map_err(|error| refused(&error))?;
    let log = Log::read(&api, interview, &idempotency_key).await?;
    if let Some(made) = log.made_before(&api).await? {
        return Ok(Json(made));
    }
    log.check_base(request.run_id, request.base_revision)?;
    let revision = log.next(api.clock.now(), operations, None);
    Ok(Json(Box::pin(log.store(&api, revision)).await?))
}

/// Take the last correction back
///
/// That is a revision as well. Repeated, it leads to the transcript as it was recognised.
#[utoipa::path(
    post, path = "/v1/interviews/{id}/transcript/undo", operation_id = "undo_correction",
    tag = "Corrections", params(OwnInterview, IdempotencyKey),
    request_body(content = ref("#/components/schemas/UndoCorrection"), examples(
        ("undo" = (summary = "The last one", value = json!({"base_revision": 3}))),
    )),
    responses((status = 200, description = "The revision that this has made.", body = ref("#/components/schemas/TranscriptRevision"), example = examples::revision)),
    extensions(("x-errors" = json!(errors(&[
        ErrorCode::NotReady, ErrorCode::StaleRevision, ErrorCode::NothingToUndo,
        ErrorCode::TooManyCorrections])))),
)]
pub(crate) async fn undo(
    State(api): State<Arc<Api>>,
    OwnInterview(interview): OwnInterview,
    idempotency_key: IdempotencyKey,
    JsonBody(request): JsonBody<UndoCorrection, 1024>,
) -> Result<Json<RevisionId>, ApiError> {
    let log = Log::read(&api, interview, &idempotency_key).await?;
    if let Some(made) = log.made_before(&api).await? {
        return Ok(Json(made));
    }
    log.check_base(request.run_id, request.base_revision)?;
    let holding = corrections::holding(&log.revisions, log.state.revision);
    let last = holding.last().map(|last| last.revision);
    let last = last.ok_or_else(nothing_to_undo)?;
    let revision = log.next(api.clock.now(), Vec::new(), Some(last));
    Ok(Json(Box::pin(log.store(&api, revision)).await?))
}

/// List the corrections of the transcript
///
/// The newest first.
#[utoipa::path(
    get, path = "/v1/interviews/{id}/transcript/history", operation_id = "list_corrections",
    tag = "Corrections", params(OwnInterview, QueryParameters<PageQuery>),
    responses((status = 200, description = "The corrections.", body = ref("#/components/schemas/CorrectionPage"), example = json!(examples::page(&examples::correction())))),
    extensions(("x-errors" = json!(errors(&[ErrorCode::NotReady])))),
)]
pub(crate) async fn history(
    State(api): State<Arc<Api>>,
    OwnInterview(interview): OwnInterview,
    QueryParameters(query): QueryParameters<PageQuery>,
) -> Result<Json<Page<RevisionBody>>, ApiError> {
    let log = Log::read(&api, interview, &IdempotencyKey(None)).await?;
    let place = |entry: &Revision| -> PageCursor {
        let number = i64::try_from(entry.revision).unwrap_or(i64::MAX);
        (-number, 0, String::new())
    };
    let body = |entry: Revision| RevisionBody {
        revision: entry.revision,
        created_at: entry.created_at,
        author: entry.author,
        operations: entry.operations,
        undoes: entry.undoes,
    };
    Ok(Json(sorted_page(&query, log.revisions, place, body)?))
}
