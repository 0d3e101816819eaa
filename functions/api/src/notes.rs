//! Notes and bookmarks.

use std::sync::Arc;

use axum::{Json, extract::State};
use domain::{
    ErrorCode, Interview, InterviewKey, Private,
    interview_store::Decision,
    note::{self, Note, NoteKind, NoteTotals},
    paths::DocPath,
    ports::{Precondition, Query as RecordsQuery, RecordsError, Write},
    text::NOT_BLANK,
    versions::{StripUnknown, UnknownFields, closed},
};
use http::StatusCode;
use runtime::http::Problem;
use schemars::JsonSchema;
use serde::Deserialize;
use steps::readable;

use crate::{
    Api,
    documents::change_interview,
    error::ApiError,
    extract::{IdempotencyKey, JsonBody, OwnInterview, PathValues, QueryParameters},
    openapi::{errors, examples, parameters::NoteId},
    page::{Page, PageCursor, PageQuery, sorted_page},
    patch::Patch,
    validation::{MAX_MOMENT_MS, check_moment, invalid, is_short, whole},
};

/// The longest note, in characters.
const MAX_TEXT: usize = 10_000;

/// The most that the JSON of a note may have, in bytes: room for the longest one with every
/// character escaped.
const MAX_BODY: usize = 128 * 1024;

/// The most notes of an interview.
const MAX_NOTES: u64 = 2_000;

/// The most that all of them say, in bytes: they are read together.
const MAX_ALL: u64 = 1024 * 1024;

/// A note or a bookmark.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewNote {
    /// The text.
    #[schemars(length(min = 1, max = MAX_TEXT), regex(pattern = NOT_BLANK))]
    text: Private,
    /// What moment of the recording it is about, from its start.
    #[serde(default, deserialize_with = "whole")]
    #[schemars(range(max = MAX_MOMENT_MS))]
    at_ms: Option<u64>,
    /// The kind of note.
    #[serde(default, deserialize_with = "closed")]
    kind: NoteKind,
}

/// What changes; `at_ms: null` takes the moment away.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangeNote {
    /// The text.
    #[serde(default)]
    #[schemars(length(min = 1, max = MAX_TEXT), regex(pattern = NOT_BLANK))]
    text: Option<Private>,
    /// What moment of the recording it is about, from its start.
    #[serde(default, deserialize_with = "whole")]
    #[schemars(range(max = MAX_MOMENT_MS))]
    at_ms: Patch<u64>,
    /// The kind of note.
    #[serde(default, deserialize_with = "closed")]
    kind: Option<NoteKind>,
}

/// List an interview's notes
///
/// By the moment they are about; those about none come first.
#[utoipa::path(
    get, path = "/v1/interviews/{id}/notes", operation_id = "list_notes", tag = "Notes",
    params(OwnInterview, QueryParameters<PageQuery>),
    responses((status = 200, description = "The notes.", body = ref("#/components/schemas/NotePage"), example = json!(examples::page(&examples::note())))),
)]
pub(crate) async fn notes(
    State(api): State<Arc<Api>>,
    OwnInterview(interview): OwnInterview,
    QueryParameters(query): QueryParameters<PageQuery>,
) -> Result<Json<Page<Note>>, ApiError> {
    let notes = api.all_notes(&interview.key()).await?;
    let shown = sorted_page(&query, notes, place, StripUnknown::known_only)?;
    Ok(Json(shown))
}

/// Write a note
#[utoipa::path(
    post, path = "/v1/interviews/{id}/notes", operation_id = "add_note", tag = "Notes",
    params(OwnInterview, IdempotencyKey),
    request_body(content = ref("#/components/schemas/NewNote"), examples(
        ("note" = (summary = "A note about a moment", value = json!({"text": "ask about the boat", "at_ms": 12_000}))),
        ("bookmark" = (
            summary = "A bookmark",
            value = json!({"text": "the best answer", "at_ms": 31_500, "kind": "bookmark"})
        )),
        ("plain" = (summary = "A note about the whole", value = json!({"text": "invite her again"}))),
    )),
    responses((status = 201, description = "The note.", body = ref("#/components/schemas/Note"), example = examples::note)),
    extensions(("x-errors" = json!(errors(&[
        ErrorCode::InvalidField, ErrorCode::TooManyNotes])))),
)]
pub(crate) async fn add_note(
    State(api): State<Arc<Api>>,
    OwnInterview(interview): OwnInterview,
    idempotency_key: IdempotencyKey,
    JsonBody(new): JsonBody<NewNote, MAX_BODY>,
) -> Result<(StatusCode, Json<Note>), ApiError> {
    let key = interview.key();
    check_text(&new.text)?;
    check_moment(new.at_ms)?;
    let note = Note {
        id: idempotency_key.id_in(key.interview_id.as_str()),
        text: new.text,
        at_ms: new.at_ms,
        kind: new.kind,
        created_at: api.clock.now(),
        unknown: UnknownFields::default(),
    };
    let path = path(&key, &note.id);
    if let Some(made) = api.stored::<Note>(&path).await? {
        return Ok((StatusCode::CREATED, Json(made.known_only())));
    }
    let write = Write::put(path.clone(), &note, Precondition::Absent)?;
    let count = |totals: NoteTotals| totals.with(&note);
    let written = api.write_note(&key, write, count).await?;
    // By the same key, at the same time; or by this call, unacknowledged.
    let made = api.made_once(&path, note, written).await?;
    Ok((StatusCode::CREATED, Json(made.known_only())))
}

/// Change a note
#[utoipa::path(
    patch, path = "/v1/interviews/{id}/notes/{note_id}", operation_id = "change_note",
    tag = "Notes", params(OwnInterview, NoteId),
    request_body(content = ref("#/components/schemas/ChangeNote"), examples(
        ("text" = (summary = "Another text", value = json!({"text": "ask about the island"}))),
        ("moment" = (summary = "About no moment any more", value = json!({"at_ms": null}))),
        ("bookmark" = (summary = "A bookmark from now on", value = json!({"kind": "bookmark", "at_ms": 15_000}))),
    )),
    responses((status = 200, description = "The note as it is now.", body = ref("#/components/schemas/Note"), example = examples::note)),
    extensions(("x-errors" = json!(errors(&[ErrorCode::InvalidField])))),
)]
pub(crate) async fn change_note(
    State(api): State<Arc<Api>>,
    OwnInterview(interview): OwnInterview,
    values: PathValues,
    JsonBody(change): JsonBody<ChangeNote, MAX_BODY>,
) -> Result<Json<Note>, ApiError> {
    let key = interview.key();
    let path = known(&key, values.get("note_id"))?;
    let (mut note, version) = api
        .stored_version::<Note>(&path)
        .await?
        .ok_or_else(no_note)?;
    let before = note.clone();
    if let Some(text) = change.text {
        check_text(&text)?;
        note.text = text;
    }
    note.at_ms = change.at_ms.apply(note.at_ms);
    check_moment(note.at_ms)?;
    note.kind = change.kind.unwrap_or(note.kind);
    let write = Write::put(path, &note, Precondition::Version(version))?;
    let count = |totals: NoteTotals| totals.without(&before).with(&note);
    api.write_note(&key, write, count).await??;
    Ok(Json(note.known_only()))
}

/// Delete a note
#[utoipa::path(
    delete, path = "/v1/interviews/{id}/notes/{note_id}", operation_id = "delete_note",
    tag = "Notes", params(OwnInterview, NoteId),
    responses((status = 204, description = "The note is deleted.")),
    extensions(("x-errors" = json!(errors(&[ErrorCode::Conflict])))),
)]
pub(crate) async fn delete_note(
    State(api): State<Arc<Api>>,
    OwnInterview(interview): OwnInterview,
    values: PathValues,
) -> Result<StatusCode, ApiError> {
    let key = interview.key();
    let path = known(&key, values.get("note_id"))?;
    let document = api.records.read(&path).await?.ok_or_else(no_note)?;
    let delete = Write::Delete {
        path: path.clone(),
        // What is subtracted is the size of just this version.
        precondition: Precondition::Version(document.version),
    };
    // One that cannot be read is not counted either.
    let note = document.decode::<Note>().ok();
    let count = |totals: NoteTotals| match &note {
        Some(note) => totals.without(note),
        None => totals,
    };
    match api.write_note(&key, delete, count).await? {
        // Another request has deleted it meanwhile.
        Err(RecordsError::Stale { .. }) if api.records.read(&path).await?.is_none() => {}
        written => written?,
    }
    Ok(StatusCode::NO_CONTENT)
}

impl Api {
    /// All notes of an interview, in the order in which they are shown.
    pub(crate) async fn all_notes(&self, key: &InterviewKey) -> Result<Vec<Note>, RecordsError> {
        let found = self
            .records
            .list(&RecordsQuery::collection(key.notes()))
            .await?;
        let mut notes: Vec<Note> = readable(&found);
        note::order(&mut notes);
        Ok(notes)
    }

    /// Commits a write of a note in one transaction with its interview, which counts the
    /// notes. Refuses what makes them more than fit; stale where another request was faster.
    async fn write_note(
        &self,
        key: &InterviewKey,
        write: Write,
        count: impl Fn(NoteTotals) -> NoteTotals + Send + Sync,
    ) -> Result<Result<(), RecordsError>, Problem> {
        // For an interview that no release has counted yet.
        let counted = NoteTotals::new(&self.all_notes(key).await?);
        let now = self.clock.now();
        let decide = |interview: &mut Interview| {
            let before = interview.note_totals.clone();
            let before = before.unwrap_or_else(|| counted.clone());
            let after = count(before.clone());
            let grows = after.count > before.count || after.bytes > before.bytes;
            if grows && (after.count > MAX_NOTES || after.bytes > MAX_ALL) {
                return Err(too_many());
            }
            interview.note_totals = Some(after);
            Ok(Decision::Write((), vec![write.clone()]))
        };
        change_interview(&*self.records, key, now, decide).await
    }
}

/// In the order of [`note::order`].
fn place(note: &Note) -> PageCursor {
    let moment = note
        .at_ms
        .map_or(-1, |at| i64::try_from(at).unwrap_or(i64::MAX));
    (moment, note.created_at.as_millis(), note.id.clone())
}

fn path(key: &InterviewKey, id: &str) -> DocPath {
    key.document().child("notes", id)
}

/// Only ids that we mint: no path is made of anything else.
fn known(key: &InterviewKey, id: &str) -> Result<DocPath, Problem> {
    let ours = id.len() == 24 && id.bytes().all(|byte| byte.is_ascii_alphanumeric());
    ours.then(|| path(key, id)).ok_or_else(no_note)
}

fn no_note() -> Problem {
    Problem::new(ErrorCode::NoSuchNote, "there is no such note")
}

fn check_text(text: &Private) -> Result<(), Problem> {
    let is_valid = !text.reveal().trim().is_empty() && is_short(text.reveal(), MAX_TEXT);
    let why = format!("1 to {MAX_TEXT} characters");
    is_valid.then_some(()).ok_or_else(|| invalid("text", &why))
}

fn too_many() -> Problem {
    let detail = format!("an interview has at most {MAX_NOTES} notes, of {MAX_ALL} bytes in all");
    Problem::new(ErrorCode::TooManyNotes, detail)
}
