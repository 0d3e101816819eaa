//! `POST /v1/analyze-async`: an interview and its recording in one call, by JSON
//! that announces the upload or by a form that brings it.

use std::{io, sync::Arc};

use axum::{
    extract::{Request, State},
    response::Response,
};
use domain::{ErrorCode, ports::ByteStream};
use futures::{StreamExt, TryStreamExt};
use http::{StatusCode, header};
use multer::Field;
use runtime::http::{Problem, incoming, read_json};
use serde_json::{Map, Value, json};

use crate::{
    Api,
    error::ApiError,
    extract::{IdempotencyKey, Origin},
    form_filename::{self, shown_name},
    interviews::Upload,
    new_interview::{MAX_BODY, NewAudio, NewInterview},
    openapi::{errors, examples},
    temp_recording::{FormOverheadLimit, TempRecording, broken},
    validation::invalid,
};

/// A form that has been read: its texts, and the recording, kept in passing.
#[derive(Default)]
struct Form {
    fields: Map<String, Value>,
    file: Option<(String, TempRecording)>,
}

/// Create an interview with its recording in one request
///
/// As JSON: as creating an interview with `audio`, and the response says how to upload. As a form:
/// the recording is in the field `file`; `metadata` and `rubric` are JSON, and each key term has a
/// field `key_terms` of its own, or one has a JSON list of them; so have `tags`.
#[utoipa::path(
    post, path = "/v1/analyze-async", operation_id = "analyze_async", tag = "Direct calls",
    params(IdempotencyKey),
    request_body(content(
        (ref("#/components/schemas/NewInterviewWithAudio") = "application/json", examples(("announced" = (
            summary = "The recording is uploaded afterwards",
            value = json!(examples::new_interview())
        )))),
        (ref("#/components/schemas/NewInterviewForm") = "multipart/form-data", examples(("form" = (
            summary = "The recording is in the form",
            value = json!({"file": "@interview.flac", "title": "Ada, first round", "kind": "job_interview"})
        )))),
    )),
    responses((
        status = 202,
        description = "The interview.",
        body = ref("#/components/schemas/CreatedInterview"),
        headers(("Location" = String)),
        example = examples::created
    )),
    extensions(("x-errors" = json!(errors(&[
        ErrorCode::BudgetExhausted, ErrorCode::InvalidField, ErrorCode::InvalidForm,
        ErrorCode::IdempotencyKeyUsed, ErrorCode::RecordingTooLarge, ErrorCode::TooManyStreams])))),
)]
pub(crate) async fn analyze_async(
    State(api): State<Arc<Api>>,
    origin: Origin,
    request: Request,
) -> Result<Response, ApiError> {
    let content_type = request.headers().get(header::CONTENT_TYPE);
    let content_type = content_type.and_then(|value| value.to_str().ok());
    if let Ok(boundary) = multer::parse_boundary(content_type.unwrap_or("")) {
        // Before the recording is read.
        api.check_budget_of_new(&origin).await?;
        let body = incoming(request.into_body());
        return Ok(Box::pin(api.take_form(origin, boundary, body)).await?);
    }
    let requested: NewInterview = read_json(request.into_body(), MAX_BODY).await?;
    if requested.audio.is_none() {
        return Err(invalid("audio", "say what is going to be uploaded").into());
    }
    let interview = api.store_new(requested, origin).await?;
    let created = api.created(StatusCode::ACCEPTED, &interview, Upload::Offered);
    Ok(created.await?)
}

impl Api {
    async fn take_form(
        &self,
        origin: Origin,
        boundary: String,
        body: ByteStream,
    ) -> Result<Response, Problem> {
        let form = self.read_form(&origin, boundary, body).await?;
        let Some((filename, recording)) = form.file else {
            return Err(invalid("file", "the form needs a recording"));
        };
        let mut fields = form.fields;
        // The recording has been uploaded: a title is shortened, not refused.
        let title = fields.get("title").and_then(Value::as_str);
        let title = title.and_then(shown_name);
        let title = title.unwrap_or_else(|| filename.clone());
        fields.insert("title".into(), json!(title));
        let requested = serde_json::from_value(Value::Object(fields));
        let mut requested: NewInterview =
            requested.map_err(|error| Problem::new(ErrorCode::InvalidForm, error.to_string()))?;
        requested.audio = Some(NewAudio {
            filename: filename.into(),
            content_type: recording.recording.content_type.clone(),
            size_bytes: recording.recording.size,
        });
        let interview = self.store_new(requested, origin).await?;
        self.hand_over(&interview, &recording).await?;
        self.created(StatusCode::ACCEPTED, &interview, Upload::Done)
            .await
    }

    async fn read_form(
        &self,
        origin: &Origin,
        boundary: String,
        body: ByteStream,
    ) -> Result<Form, Problem> {
        let (mut multipart, around) = FormOverheadLimit::form(boundary, body);
        let mut form = Form::default();
        while let Some(field) = multipart
            .next_field()
            .await
            .map_err(|error| broken(&error))?
        {
            let name = field.name().unwrap_or("").to_owned();
            if name == "file" && form.file.is_none() {
                let filename = filename(&field).unwrap_or_else(|| "recording".to_owned());
                let content_type = field.content_type().map(ToString::to_string);
                let content_type =
                    content_type.unwrap_or_else(|| "application/octet-stream".to_owned());
                let bytes = field.map_err(io::Error::other).boxed();
                around.pause();
                let spooled = self.keep(&origin.user, &content_type, bytes).await?;
                around.resume();
                form.file = Some((filename, spooled));
            } else {
                let text = text(field).await?;
                let value = match name.as_str() {
                    "key_terms" | "tags" => {
                        let mut terms = form.fields.remove(&name).unwrap_or_else(|| json!([]));
                        if let Some(terms) = terms.as_array_mut() {
                            terms.extend(listed(&text));
                        }
                        terms
                    }
                    "metadata" | "rubric" | "retention_days" | "speakers_expected" => {
                        serde_json::from_str(&text)
                            .map_err(|error| invalid(&name, &error.to_string()))?
                    }
                    _ => json!(text),
                };
                if form.fields.insert(name.clone(), value).is_some() {
                    return Err(invalid(&name, "given twice"));
                }
            }
        }
        Ok(form)
    }
}

/// A field of a form with a key term or tag, or with a list of them as JSON.
fn listed(text: &str) -> Vec<Value> {
    let listed = serde_json::from_str::<Vec<String>>(text);
    let items = listed.unwrap_or_else(|_| vec![text.to_owned()]);
    items.into_iter().map(Value::from).collect()
}

/// The name of the uploaded file, if there is a usable one.
fn filename(field: &Field<'_>) -> Option<String> {
    let disposition = field.headers().get(header::CONTENT_DISPOSITION)?;
    form_filename::from_disposition(disposition.as_bytes())
}

/// A short field.
async fn text(mut field: Field<'_>) -> Result<String, Problem> {
    let mut bytes = Vec::new();
    while let Some(chunk) = field.chunk().await.map_err(|error| broken(&error))? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > MAX_BODY {
            let detail = format!("a field has more than {MAX_BODY} bytes");
            return Err(Problem::new(ErrorCode::BodyTooLarge, detail));
        }
    }
    let not_text = |_| Problem::new(ErrorCode::InvalidForm, "a field is not UTF-8");
    String::from_utf8(bytes).map_err(not_text)
}
