//! How to upload the recording.

use std::time::Duration;

use domain::{Interview, ports::UploadGrant};
use http::{Response, StatusCode};
use runtime::http::{Body, Problem, json};
use serde_json::{Value, json};

use crate::{Api, error::IntoProblem, request::Asked};

/// How long an upload URL is good for.
const UPLOAD_TIME: Duration = Duration::from_hours(1);

impl Api {
    pub(crate) async fn upload_url(&self, asked: &Asked) -> Result<Response<Body>, Problem> {
        let interview = self.interview(asked).await?;
        if interview.audio.is_none() {
            let detail = "this interview was created without `audio`";
            return Err(Problem::new(
                StatusCode::CONFLICT,
                "no_audio_announced",
                detail,
            ));
        }
        if interview.has_audio() {
            let detail = "the recording has been uploaded already";
            return Err(Problem::new(
                StatusCode::CONFLICT,
                "already_uploaded",
                detail,
            ));
        }
        Ok(json(StatusCode::OK, &self.upload(&interview).await?))
    }

    /// The upload that an interview awaits.
    pub(crate) async fn upload(&self, interview: &Interview) -> Result<Value, Problem> {
        let Some(audio) = &interview.audio else {
            return Ok(Value::Null);
        };
        let grant = UploadGrant {
            name: audio.object.clone(),
            content_type: audio.content_type.clone(),
            size: (audio.size_bytes, audio.size_bytes),
            expires_at: self.clock.now() + UPLOAD_TIME,
        };
        let signed = self
            .uploads
            .sign_upload(&grant)
            .await
            .map_err(IntoProblem::into_problem)?;
        Ok(json!({
            "method": "PUT",
            "url": signed.url,
            "headers": signed.headers,
            "resumable": {
                "method": "POST",
                "url": signed.resumable.url,
                "headers": signed.resumable.headers,
            },
            "expires_at": signed.expires_at,
        }))
    }
}
