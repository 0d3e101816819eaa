//! Creating, showing and deleting interviews.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use domain::{
    ErrorCode, Interview, deletion,
    ports::{Precondition, RecordsError, Write},
    receipt::IdempotencyRecord,
    search,
};
use http::{StatusCode, header};
use runtime::http::Problem;
use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    Api,
    error::{ApiError, no_interview},
    extract::{IdempotencyKey, JsonBody, Origin, OwnKey},
    new_interview::{MAX_BODY, NewInterview},
    openapi::{errors, examples},
    uploads::UploadBody,
    view::{self, InterviewBody},
};

/// Whether the response to a creation says how to upload the recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Upload {
    /// It does.
    Offered,
    /// The recording has come already.
    Done,
}

/// An interview and, while it awaits an announced recording, how to upload it.
#[derive(Serialize, JsonSchema)]
pub(crate) struct CreatedInterview {
    #[serde(flatten)]
    interview: InterviewBody,
    /// How to upload the recording.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "UploadBody")]
    upload: Option<UploadBody>,
}

/// Create an interview
///
/// With `audio`, the response says how to upload the recording. Without, a transcript can be
/// imported.
#[utoipa::path(
    post, path = "/v1/interviews", operation_id = "create_interview", tag = "Interviews",
    params(IdempotencyKey),
    request_body(content = ref("#/components/schemas/NewInterview"), examples(
        ("with_audio" = (summary = "A recording is going to be uploaded", value = json!(examples::new_interview()))),
        ("plain" = (summary = "A title alone", value = json!({"title": "A summer"}))),
        ("everything" = (
            summary = "With a webhook URL, a rubric and a retention period",
            value = json!({
                "title": "Ada, second round",
                "kind": "job_interview",
                "webhook_url": "https://example.com/hooks/interviews",
                "rubric": examples::rubric(),
                "key_terms": ["Kubernetes", "Łukasz Żak"],
                "tags": ["first round"],
                "retention_days": 90,
                "recorded_at": "2025-12-18T14:00:00+01:00",
            })
        )),
    )),
    responses((
        status = 201,
        description = "The interview.",
        body = ref("#/components/schemas/CreatedInterview"),
        headers(("Location" = String)),
        example = examples::created
    )),
    extensions(("x-errors" = json!(errors(&[
        ErrorCode::BudgetExhausted, ErrorCode::InvalidField, ErrorCode::IdempotencyKeyUsed,
        ErrorCode::RecordingTooLarge])))),
)]
pub(crate) async fn create(
    State(api): State<Arc<Api>>,
    origin: Origin,
    JsonBody(requested): JsonBody<NewInterview, MAX_BODY>,
) -> Result<Response, ApiError> {
    let interview = api.store_new(requested, origin).await?;
    Ok(api
        .created(StatusCode::CREATED, &interview, Upload::Offered)
        .await?)
}

/// Delete an interview and everything that belongs to it
#[utoipa::path(
    delete, path = "/v1/interviews/{id}", operation_id = "delete_interview", tag = "Interviews",
    params(OwnKey),
    responses((status = 204, description = "The interview is deleted.")),
    extensions(("x-errors" = json!(errors(&[ErrorCode::Conflict])))),
)]
pub(crate) async fn delete(
    State(api): State<Arc<Api>>,
    OwnKey(key): OwnKey,
) -> Result<StatusCode, ApiError> {
    if !deletion::mark(&*api.records, &key, api.clock.now()).await? {
        return Err(no_interview().into());
    }
    let buckets = [&*api.uploads, &*api.artifacts];
    // Should this break off, the mark stays and the sweep goes on.
    deletion::purge(&*api.records, &buckets, &key, api.clock.now()).await?;
    Ok(StatusCode::NO_CONTENT)
}

impl Api {
    /// Checks and stores a new interview, or finds what the same idempotency key
    /// made before.
    pub(crate) async fn store_new(
        &self,
        mut requested: NewInterview,
        origin: Origin,
    ) -> Result<Interview, Problem> {
        let source = self.assign(&origin.user, &mut requested).await?;
        self.check_budget_of_new(&origin).await?;
        let mut interview = self.make(origin.user, requested, origin.trace)?;
        interview.rubric_source = source;
        self.store_once(interview, origin.idempotency_key.as_deref())
            .await
    }

    /// Stores the interview, or finds the one that the same idempotency key made
    /// before.
    async fn store_once(
        &self,
        interview: Interview,
        key: Option<&str>,
    ) -> Result<Interview, Problem> {
        let path = interview.key().document();
        let mut writes = vec![put(path, &interview)?, search::index::title(&interview)?];
        let receipt = key.map(|key| view::receipt_path(&interview.user_id, key));
        if let Some(path) = &receipt {
            writes.push(put(
                path.clone(),
                &IdempotencyRecord::new(interview.id.clone(), interview.created_at),
            )?);
        }
        match (self.records.commit(writes).await, receipt) {
            (Ok(()), _) => Ok(interview),
            (Err(RecordsError::Stale { .. }), Some(receipt)) => {
                self.made_before(&interview, &receipt).await
            }
            (Err(error), _) => Err(error.into()),
        }
    }

    async fn made_before(
        &self,
        interview: &Interview,
        receipt: &domain::paths::DocPath,
    ) -> Result<Interview, Problem> {
        let found = self.records.read(receipt).await?;
        let receipt = found.and_then(|document| document.decode::<IdempotencyRecord>().ok());
        let gone = || {
            Problem::new(
                ErrorCode::IdempotencyKeyUsed,
                "what this key made is deleted",
            )
        };
        let id = receipt.ok_or_else(gone)?.interview_id;
        let made = self.interview(&interview.user_id, id).await;
        made?.ok_or_else(gone)
    }

    pub(crate) async fn created(
        &self,
        status: StatusCode,
        interview: &Interview,
        upload: Upload,
    ) -> Result<Response, Problem> {
        let upload = if upload == Upload::Done || interview.has_audio() {
            None
        } else {
            self.upload(interview).await?
        };
        let body = CreatedInterview {
            interview: self.view(interview),
            upload,
        };
        let location = format!("/v1/interviews/{}", interview.id);
        Ok((status, [(header::LOCATION, location)], Json(body)).into_response())
    }
}

fn put<T: serde::Serialize>(path: domain::paths::DocPath, content: &T) -> Result<Write, Problem> {
    Write::put(path, content, Precondition::Absent).map_err(Problem::from)
}
