//! How to upload the recording.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use axum::{
    Json,
    extract::{self, State},
};
use domain::{
    ErrorCode, Interview, InterviewKey, RecordedAt, Timestamp, interview_store::Decision,
    ports::UploadGrant, steps::Code,
};
use hyper::body::Body as _;
use runtime::http::{Problem, read_json};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    Api,
    documents::change_interview,
    error::ApiError,
    extract::OwnInterview,
    openapi::{errors, examples},
    patch::Patch,
    validation::recorded_at,
};

/// The largest body of a request for an upload URL, in bytes.
const MAX_BODY: usize = 1024;

/// How long an upload URL is good for.
const UPLOAD_TIME: Duration = Duration::from_hours(1);

/// The code of a step whose recording does not have the declared size.
const INCOMPLETE: &str = Code::RecordingIncomplete.as_str();

/// How to upload the recording: send exactly these headers. Good for an hour.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Upload")]
pub(crate) struct UploadBody {
    /// The method to send.
    #[schemars(extend("const" = "PUT"))]
    method: &'static str,
    /// Where to.
    url: String,
    /// The headers to send, all of them and as they stand.
    headers: BTreeMap<String, String>,
    /// How to do it in pieces.
    resumable: ResumableUpload,
    /// Until when.
    expires_at: Timestamp,
}

/// How to begin an upload that survives a broken connection: the resumable protocol of Google
/// Cloud Storage.
#[derive(Serialize, JsonSchema)]
pub(crate) struct ResumableUpload {
    /// The method to send.
    #[schemars(extend("const" = "POST"))]
    method: &'static str,
    /// Where to; the response's `Location` takes the bytes.
    url: String,
    /// The headers to send, all of them and as they stand.
    headers: BTreeMap<String, String>,
}

/// What becomes known about the recording when it is uploaded.
#[derive(Default, Deserialize, JsonSchema)]
#[schemars(rename = "RenewUpload")]
#[serde(deny_unknown_fields)]
pub(crate) struct RenewUpload {
    /// When the recording was made: RFC 3339 with the offset of its time zone. It stays as it is
    /// where it is left out; `null`: as the recording's own metadata says.
    #[serde(default)]
    #[schemars(extend("format" = "date-time"))]
    recorded_at: Patch<String>,
}

/// Get a new upload URL while the recording is awaited
#[utoipa::path(
    post, path = "/v1/interviews/{id}/upload-url", operation_id = "renew_upload",
    tag = "Interviews", params(OwnInterview),
    request_body(content = ref("#/components/schemas/RenewUpload"), examples(
        ("dated" = (
            summary = "With the time at which the recording was made",
            value = json!({"recorded_at": "2025-12-18T14:00:00+01:00"})
        )),
        ("plain" = (summary = "The URL alone", value = json!({}))),
    )),
    responses((status = 200, description = "How to upload the recording.", body = ref("#/components/schemas/Upload"), example = examples::upload)),
    extensions(("x-optional-body" = json!(true)), ("x-errors" = json!(errors(&[
        ErrorCode::BudgetExhausted, ErrorCode::NoAudioAnnounced, ErrorCode::AlreadyUploaded,
        ErrorCode::InvalidField])))),
)]
pub(crate) async fn upload_url(
    State(api): State<Arc<Api>>,
    OwnInterview(interview): OwnInterview,
    request: extract::Request,
) -> Result<Json<Option<UploadBody>>, ApiError> {
    let renewal: RenewUpload = if request.body().is_end_stream() {
        RenewUpload::default()
    } else {
        read_json(request.into_body(), MAX_BODY).await?
    };
    let now = api.clock.now();
    let recorded_at = renewal.recorded_at.try_map(|text| recorded_at(text, now))?;
    if interview.audio.is_none() {
        let detail = "this interview was created without `audio`";
        return Err(Problem::new(ErrorCode::NoAudioAnnounced, detail).into());
    }
    api.check_budget(&interview.user_id).await?;
    if interview.has_audio() && !api.can_replace_upload(&interview).await? {
        let detail = "the recording has been uploaded already";
        return Err(Problem::new(ErrorCode::AlreadyUploaded, detail).into());
    }
    api.set_recorded_at(&interview.key(), &recorded_at).await?;
    Ok(Json(api.upload(&interview).await?))
}

impl Api {
    /// Whether the recording may be uploaded again: what came does not have the declared
    /// size. It is deleted, because an upload replaces nothing.
    async fn can_replace_upload(&self, interview: &Interview) -> Result<bool, Problem> {
        let error = interview.steps.transcription.error.as_ref();
        let is_incomplete = error.is_some_and(|error| error.code == INCOMPLETE);
        let (true, Some(audio)) = (is_incomplete, &interview.audio) else {
            return Ok(false);
        };
        if let Some(found) = self.uploads.stat(&audio.object).await? {
            if found.size == audio.size_bytes {
                return Ok(false);
            }
            let (name, generation) = (&found.name, found.generation);
            self.uploads.delete_generation(name, generation).await?;
        }
        Ok(true)
    }

    async fn set_recorded_at(
        &self,
        key: &InterviewKey,
        recorded_at: &Patch<RecordedAt>,
    ) -> Result<(), Problem> {
        if matches!(recorded_at, Patch::Keep) {
            return Ok(());
        }
        let set = |interview: &mut Interview| {
            interview.recorded_at = recorded_at.apply(interview.recorded_at);
            Ok(Decision::Write((), Vec::new()))
        };
        Ok(change_interview(&*self.records, key, self.clock.now(), set).await??)
    }

    /// The upload that an interview awaits.
    pub(crate) async fn upload(
        &self,
        interview: &Interview,
    ) -> Result<Option<UploadBody>, Problem> {
        let Some(audio) = &interview.audio else {
            return Ok(None);
        };
        let grant = UploadGrant {
            name: audio.object.clone(),
            content_type: audio.content_type.clone(),
            size: (audio.size_bytes, audio.size_bytes),
            expires_at: self.clock.now() + UPLOAD_TIME,
        };
        let signed = self.uploads.sign_upload(&grant).await?;
        Ok(Some(UploadBody {
            method: "PUT",
            url: signed.url,
            headers: signed.headers,
            resumable: ResumableUpload {
                method: "POST",
                url: signed.resumable.url,
                headers: signed.resumable.headers,
            },
            expires_at: signed.expires_at,
        }))
    }
}
