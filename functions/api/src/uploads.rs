//! How to upload the recording.

use std::{collections::BTreeMap, time::Duration};

use domain::{Interview, Timestamp, ports::UploadGrant, steps::Code};
use http::{Response, StatusCode};
use runtime::http::{Body, Problem, json};
use schemars::JsonSchema;
use serde::Serialize;

use crate::{Api, request::ApiRequest};

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

impl Api {
    pub(crate) async fn upload_url(&self, request: &ApiRequest) -> Result<Response<Body>, Problem> {
        let interview = self.interview(request).await?;
        if interview.audio.is_none() {
            let detail = "this interview was created without `audio`";
            return Err(Problem::new(
                StatusCode::CONFLICT,
                "no_audio_announced",
                detail,
            ));
        }
        if interview.has_audio() && !self.can_replace_upload(&interview).await? {
            let detail = "the recording has been uploaded already";
            return Err(Problem::new(
                StatusCode::CONFLICT,
                "already_uploaded",
                detail,
            ));
        }
        Ok(json(StatusCode::OK, &self.upload(&interview).await?))
    }

    /// Whether the recording may be uploaded again: what came does not have the declared
    /// size. It is deleted, because an upload replaces nothing.
    async fn can_replace_upload(&self, interview: &Interview) -> Result<bool, Problem> {
        let error = interview.steps.transcription.error.as_ref();
        let is_incomplete = error.is_some_and(|error| error.code == INCOMPLETE);
        let (true, Some(audio)) = (is_incomplete, &interview.audio) else {
            return Ok(false);
        };
        let found = self.uploads.stat(&audio.object).await;
        if let Some(found) = found? {
            if found.size == audio.size_bytes {
                return Ok(false);
            }
            let deleted = self
                .uploads
                .delete_generation(&found.name, found.generation);
            deleted.await?;
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
