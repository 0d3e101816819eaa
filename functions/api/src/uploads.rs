//! How to upload the recording.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use axum::{Json, extract::State};
use domain::{ErrorCode, Interview, Timestamp, ports::UploadGrant, steps::Code};
use runtime::http::Problem;
use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    Api,
    error::ApiError,
    extract::OwnInterview,
    openapi::{
        errors::{SPEND, STORE, USER, errors},
        examples,
    },
};

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

/// Get a new upload URL while the recording is awaited
#[utoipa::path(
    post, path = "/v1/interviews/{id}/upload-url", operation_id = "renew_upload",
    tag = "Interviews", params(OwnInterview),
    responses((status = 200, description = "How to upload the recording.", body = ref("#/components/schemas/Upload"), example = examples::upload)),
    extensions(("x-errors" = json!(errors(
        &[&USER, &STORE, &SPEND, &[ErrorCode::InterviewNotFound, ErrorCode::NoAudioAnnounced,
        ErrorCode::AlreadyUploaded]])))),
)]
pub(crate) async fn upload_url(
    State(api): State<Arc<Api>>,
    OwnInterview(interview): OwnInterview,
) -> Result<Json<Option<UploadBody>>, ApiError> {
    if interview.audio.is_none() {
        let detail = "this interview was created without `audio`";
        return Err(Problem::new(ErrorCode::NoAudioAnnounced, detail).into());
    }
    api.check_budget(&interview.user_id).await?;
    if interview.has_audio() && !api.can_replace_upload(&interview).await? {
        let detail = "the recording has been uploaded already";
        return Err(Problem::new(ErrorCode::AlreadyUploaded, detail).into());
    }
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
