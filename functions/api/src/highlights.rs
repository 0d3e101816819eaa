//! Highlights: words of a transcript that a person has marked.
//!
//! `request` checks what is sent, `store` keeps highlights with their interview, `shown` looks
//! their words up in the transcript as it is corrected, `across` lists those of a collection.

pub(crate) mod across;
mod request;
mod shown;
mod store;

use std::sync::Arc;

use axum::{Json, extract::State};
use domain::{
    ErrorCode,
    highlights::{Highlight, HighlightTotals},
    ports::{Precondition, RecordsError},
    tags,
    versions::UnknownFields,
};
use http::StatusCode;
use runtime::http::Problem;

use self::request::{MAX_BODY, Wanted};
pub(crate) use self::{
    request::{ChangeHighlight, NewHighlight},
    shown::HighlightBody,
    store::known,
};
use crate::{
    Api,
    error::ApiError,
    extract::{IdempotencyKey, JsonBody, OwnInterview, PathValues, QueryParameters},
    openapi::{errors, examples, parameters::HighlightId},
    page::{Page, PageCursor, PageQuery, page},
    validation::check_tags,
};

/// How often the deletion of a highlight is tried that is changed at the same time.
const DELETIONS: u32 = 3;

/// List an interview's highlights
///
/// By when their words began when they were marked.
#[utoipa::path(
    get, path = "/v1/interviews/{id}/highlights", operation_id = "list_highlights",
    tag = "Highlights", params(OwnInterview, QueryParameters<PageQuery>),
    responses((status = 200, description = "The highlights.", body = ref("#/components/schemas/HighlightPage"), example = json!(examples::page(&examples::highlight())))),
)]
pub(crate) async fn list(
    State(api): State<Arc<Api>>,
    OwnInterview(interview): OwnInterview,
    QueryParameters(query): QueryParameters<PageQuery>,
) -> Result<Json<Page<HighlightBody>>, ApiError> {
    let highlights = api.all_highlights(&interview.key()).await?;
    let places: Vec<PageCursor> = highlights.iter().map(place).collect();
    let wanted = page(&query, &places, highlights)?;
    Ok(Json(Page {
        items: api.shown_highlights(&interview, wanted.items).await?,
        next_page_token: wanted.next_page_token,
    }))
}

/// Mark words of the transcript
///
/// From one word to another, which the transcript names by their ids. The highlight keeps what
/// the words said; what is shown of it follows the corrections of their run.
#[utoipa::path(
    post, path = "/v1/interviews/{id}/highlights", operation_id = "add_highlight",
    tag = "Highlights", params(OwnInterview, IdempotencyKey),
    request_body(content = ref("#/components/schemas/NewHighlight"), examples(
        ("words" = (summary = "Words with a tag", value = json!(
            {"from": "w0", "to": "w2", "tags": ["boats"]}
        ))),
        ("text" = (summary = "Words whose text the client has seen", value = json!(
            {"from": "w0", "to": "w2", "text": "what did you"}
        ))),
    )),
    responses((status = 201, description = "The highlight.", body = ref("#/components/schemas/Highlight"), example = examples::highlight)),
    extensions(("x-errors" = json!(errors(&[
        ErrorCode::NotReady, ErrorCode::InvalidField, ErrorCode::StaleRevision,
        ErrorCode::TooManyHighlights])))),
)]
pub(crate) async fn add(
    State(api): State<Arc<Api>>,
    OwnInterview(interview): OwnInterview,
    idempotency_key: IdempotencyKey,
    JsonBody(new): JsonBody<NewHighlight, MAX_BODY>,
) -> Result<(StatusCode, Json<HighlightBody>), ApiError> {
    let key = interview.key();
    let id = idempotency_key.id_in(&format!("{}/highlights", key.interview_id));
    let wanted = Wanted::new(new.run_id, &new.from, &new.to, new.text)?;
    check_tags(&new.tags)?;
    let path = key.highlight(&id);
    if let Some(made) = api.stored(&path).await? {
        let shown = api.shown_highlight(&interview, made).await?;
        return Ok((StatusCode::CREATED, Json(shown)));
    }
    let (run, marked) = api.marked(&interview, wanted).await?;
    let now = api.clock.now();
    let highlight = Highlight {
        id,
        run,
        revision: marked.revision,
        words: marked.words,
        text: marked.text,
        speaker: marked.speaker,
        start_ms: marked.start_ms,
        end_ms: marked.end_ms,
        tags: tags::distinct(&new.tags),
        created_at: now,
        updated_at: now,
        unknown: UnknownFields::default(),
    };
    let count = |totals: HighlightTotals| totals.with(&highlight);
    let written = api.put_highlight(&interview, &highlight, Precondition::Absent, count);
    let written = written.await?;
    // By the same key, at the same time; or by this call, unacknowledged.
    let stored = api.made_once(&path, highlight, written).await?;
    let shown = api.shown_highlight(&interview, stored).await?;
    Ok((StatusCode::CREATED, Json(shown)))
}

/// Change a highlight
///
/// Its tags, or which words it marks: then it keeps what those say now.
#[utoipa::path(
    patch, path = "/v1/interviews/{id}/highlights/{highlight_id}",
    operation_id = "change_highlight", tag = "Highlights", params(OwnInterview, HighlightId),
    request_body(content = ref("#/components/schemas/ChangeHighlight"), examples(
        ("tags" = (summary = "Other tags", value = json!({"tags": ["boats", "family"]}))),
        ("words" = (summary = "Other words", value = json!({"from": "w1", "to": "w3"}))),
    )),
    responses((status = 200, description = "The highlight as it is now.", body = ref("#/components/schemas/Highlight"), example = examples::highlight)),
    extensions(("x-errors" = json!(errors(&[
        ErrorCode::NotReady, ErrorCode::InvalidField, ErrorCode::StaleRevision,
        ErrorCode::TooManyHighlights])))),
)]
pub(crate) async fn change(
    State(api): State<Arc<Api>>,
    OwnInterview(interview): OwnInterview,
    values: PathValues,
    JsonBody(change): JsonBody<ChangeHighlight, MAX_BODY>,
) -> Result<Json<HighlightBody>, ApiError> {
    let key = interview.key();
    let path = store::known(&key, values.get("highlight_id"))?;
    let found = api.stored_version::<Highlight>(&path).await?;
    let (before, version) = found.ok_or_else(no_highlight)?;
    let mut after = before.clone();
    if let Some(tags) = &change.tags {
        check_tags(tags)?;
        after.tags = tags::distinct(tags);
    }
    if let Some(wanted) = change.wanted()? {
        let (run, marked) = api.marked(&interview, wanted).await?;
        after = Highlight {
            run,
            revision: marked.revision,
            words: marked.words,
            text: marked.text,
            speaker: marked.speaker,
            start_ms: marked.start_ms,
            end_ms: marked.end_ms,
            ..after
        };
    }
    if after != before {
        after.updated_at = api.clock.now();
        let version = Precondition::Version(version);
        let count = |totals: HighlightTotals| totals.without(&before).with(&after);
        let written = api.put_highlight(&interview, &after, version, count);
        written.await??;
    }
    Ok(Json(api.shown_highlight(&interview, after).await?))
}

/// Delete a highlight
///
/// Its shares end with it.
#[utoipa::path(
    delete, path = "/v1/interviews/{id}/highlights/{highlight_id}",
    operation_id = "delete_highlight", tag = "Highlights", params(OwnInterview, HighlightId),
    responses((status = 204, description = "The highlight is deleted.")),
    extensions(("x-errors" = json!(errors(&[ErrorCode::Conflict])))),
)]
pub(crate) async fn delete(
    State(api): State<Arc<Api>>,
    OwnInterview(interview): OwnInterview,
    values: PathValues,
) -> Result<StatusCode, ApiError> {
    let key = interview.key();
    let path = store::known(&key, values.get("highlight_id"))?;
    let document = api.records.read(&path).await?;
    let mut document = document.ok_or_else(no_highlight)?;
    let mut last = None;
    // A share that is made meanwhile touches the highlight, and goes with it then.
    for _ in 0..DELETIONS {
        match api.delete_highlight(&key, document).await? {
            Err(stale @ RecordsError::Stale { .. }) => match api.records.read(&path).await? {
                Some(changed) => (document, last) = (changed, Some(stale)),
                // Another request has deleted it meanwhile.
                None => return Ok(StatusCode::NO_CONTENT),
            },
            written => return Ok(written.map(|()| StatusCode::NO_CONTENT)?),
        }
    }
    Err(last.map_or_else(Problem::internal, Problem::from).into())
}

/// In the order of [`domain::highlights::order`].
fn place(highlight: &Highlight) -> PageCursor {
    let start_ms = i64::try_from(highlight.start_ms).unwrap_or(i64::MAX);
    (
        start_ms,
        highlight.created_at.as_millis(),
        highlight.id.clone(),
    )
}

pub(crate) fn no_highlight() -> Problem {
    Problem::new(ErrorCode::NoSuchHighlight, "there is no such highlight")
}
