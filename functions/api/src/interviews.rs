//! Creating, showing and deleting interviews.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use domain::{
    ErrorCode, Interview, InterviewId, InterviewKey, Private, RecordedAt, UserId,
    analysis::Rubric,
    audio::Audio,
    deletion,
    interview::{ChannelUse, Kind},
    ports::{Precondition, RecordsError, Write},
    receipt::IdempotencyRecord,
    trace::TraceContext,
    versions::closed,
    webhook::MAX_URL_BYTES,
};
use http::{StatusCode, header};
use runtime::http::Problem;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    Api,
    error::{ApiError, no_interview},
    extract::{IdempotencyKey, JsonBody, Origin, OwnKey},
    openapi::{
        errors::{BODY, SPEND, STORE, USER, WRITE, errors},
        examples,
    },
    uploads::UploadBody,
    validation::{
        LANGUAGE, LINE, MAX_MEDIA_TYPE, MAX_METADATA, MAX_NAME, MAX_RETENTION_DAYS,
        MAX_SPEAKERS_EXPECTED, MEDIA_TYPE, WEB_URL, check_language, check_media_type,
        check_metadata, check_name, check_retention, check_rubric, check_speakers_expected,
        invalid, recorded_at, whole,
    },
    view::{self, InterviewBody},
};

/// The most that the JSON of an interview may have, in bytes: room for all that is accepted of
/// each field, in any script and with every character escaped.
pub(crate) const MAX_BODY: usize = 1024 * 1024;

/// A new interview.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewInterview {
    /// The title.
    #[schemars(length(min = 1, max = MAX_NAME), regex(pattern = LINE))]
    title: Private,
    /// The language that is spoken, as a BCP 47 tag; recognised where it is left out.
    #[serde(default)]
    #[schemars(regex(pattern = LANGUAGE))]
    language: Option<String>,
    /// The kind of conversation, which selects the rubric and the wording.
    #[serde(default, deserialize_with = "closed")]
    kind: Kind,
    /// Where its events go, signed as Standard Webhooks are: `https` or `http`, on the public
    /// internet. `null` if no webhooks are sent.
    #[serde(default)]
    #[schemars(url, length(max = MAX_URL_BYTES), regex(pattern = WEB_URL))]
    webhook_url: Option<String>,
    #[serde(default)]
    #[schemars(description = format!(
        "Your own data, returned as it came: at most {} KiB of JSON.",
        MAX_METADATA / 1024,
    ))]
    metadata: Map<String, Value>,
    /// What to assess, in place of the kind's own rubric.
    #[serde(default, deserialize_with = "closed")]
    rubric: Option<Rubric>,
    /// For how many days from its creation it is kept, if that is shorter than for all others;
    /// after 24 more hours it is deleted like by `DELETE`.
    #[serde(default, deserialize_with = "whole")]
    #[schemars(range(min = 1, max = MAX_RETENTION_DAYS))]
    retention_days: Option<u32>,
    /// How many people speak, where that is known: a hint for telling them apart on one
    /// channel. It can be changed before transcription begins.
    #[serde(default, deserialize_with = "whole")]
    #[schemars(range(min = 1, max = MAX_SPEAKERS_EXPECTED))]
    speakers_expected: Option<u32>,
    /// When the recording was made: RFC 3339 with the offset of its time zone. It is shown in
    /// place of what the recording's own metadata says.
    #[serde(default)]
    #[schemars(extend("format" = "date-time"))]
    recorded_at: Option<String>,
    /// What the channels of the recording carry: one speaker each (`speakers`), all the same
    /// conversation (`mixed`), or what the recording shows (`auto`). It can be changed before
    /// transcription begins.
    #[serde(default, deserialize_with = "closed")]
    channels: ChannelUse,
    /// The recording that you are about to upload.
    #[serde(default)]
    pub(crate) audio: Option<NewAudio>,
}

/// The recording that is going to be uploaded.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewAudio {
    /// The file's name; shown, never used as a path.
    #[schemars(length(min = 1, max = MAX_NAME), regex(pattern = LINE))]
    pub(crate) filename: Private,
    /// Its media type, such as `audio/mpeg`.
    #[schemars(length(max = MAX_MEDIA_TYPE), regex(pattern = MEDIA_TYPE))]
    pub(crate) content_type: String,
    /// Its size in bytes, which the upload must have.
    #[serde(deserialize_with = "whole")]
    #[schemars(range(min = 1))]
    pub(crate) size_bytes: u64,
}

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
    extensions(("x-errors" = json!(errors(
        &[&USER, &STORE, &BODY, &WRITE, &SPEND, &[ErrorCode::InvalidField, ErrorCode::InvalidIdempotencyKey,
        ErrorCode::IdempotencyKeyUsed, ErrorCode::RecordingTooLarge]])))),
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
    extensions(("x-errors" = json!(errors(
        &[&USER, &STORE, &[ErrorCode::InterviewNotFound, ErrorCode::Conflict]])))),
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
        requested: NewInterview,
        origin: Origin,
    ) -> Result<Interview, Problem> {
        self.check(&requested)?;
        self.check_budget_of_new(&origin).await?;
        let interview = self.make(origin.user, requested, origin.trace)?;
        self.store_once(interview, origin.idempotency_key.as_deref())
            .await
    }

    fn check(&self, requested: &NewInterview) -> Result<(), Problem> {
        check_name("title", &requested.title)?;
        if let Some(language) = &requested.language {
            check_language(language)?;
        }
        if let Some(url) = &requested.webhook_url {
            self.check_webhook(url)?;
        }
        check_metadata(&requested.metadata)?;
        if let Some(rubric) = &requested.rubric {
            check_rubric(rubric)?;
        }
        check_retention(requested.retention_days)?;
        check_speakers_expected(requested.speakers_expected)?;
        self.given_recorded_at(requested.recorded_at.as_deref())?;
        requested
            .audio
            .as_ref()
            .map_or(Ok(()), |audio| self.check_audio(audio))
    }

    pub(crate) fn check_webhook(&self, url: &str) -> Result<(), Problem> {
        let private = self.limits.allow_private_webhooks;
        (self.check_webhook_url)(url, private).map_err(|why| invalid("webhook_url", &why))
    }

    fn check_audio(&self, audio: &NewAudio) -> Result<(), Problem> {
        check_name("audio.filename", &audio.filename)?;
        check_media_type(&audio.content_type)?;
        let most = self.limits.max_upload_bytes;
        match audio.size_bytes {
            0 => Err(invalid(
                "audio.size_bytes",
                "the recording must not be empty",
            )),
            size if size > most => {
                let detail =
                    format!("the recording has more than the {most} bytes that are accepted");
                Err(Problem::new(ErrorCode::RecordingTooLarge, detail))
            }
            _ => Ok(()),
        }
    }

    /// When the recording was made, checked.
    pub(crate) fn given_recorded_at(
        &self,
        text: Option<&str>,
    ) -> Result<Option<RecordedAt>, Problem> {
        let now = self.clock.now();
        text.map(|text| recorded_at(text, now)).transpose()
    }

    fn make(
        &self,
        user_id: UserId,
        requested: NewInterview,
        trace: TraceContext,
    ) -> Result<Interview, Problem> {
        let key = InterviewKey {
            user_id,
            interview_id: InterviewId::generate(),
        };
        let mut interview = Interview::new(&key, requested.title, self.clock.now());
        interview.kind = requested.kind;
        interview.language = requested.language;
        interview.recorded_at = self.given_recorded_at(requested.recorded_at.as_deref())?;
        interview.webhook_url = requested.webhook_url;
        interview.metadata = requested.metadata;
        interview.rubric = requested.rubric;
        interview.speakers_expected = requested.speakers_expected;
        interview.channels = requested.channels;
        interview.keep_for(requested.retention_days);
        interview.trace = Some(trace);
        interview.audio = requested.audio.map(|audio| {
            let object = key.new_audio_object();
            Audio::new(audio.filename, audio.content_type, audio.size_bytes, object)
        });
        Ok(interview)
    }

    /// Stores the interview, or finds the one that the same idempotency key made
    /// before.
    async fn store_once(
        &self,
        interview: Interview,
        key: Option<&str>,
    ) -> Result<Interview, Problem> {
        let path = interview.key().document();
        let mut writes = vec![put(path, &interview)?];
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
        let key = InterviewKey {
            user_id: interview.user_id.clone(),
            interview_id: receipt.ok_or_else(gone)?.interview_id,
        };
        let made = domain::interview_store::interview(&*self.records, &key).await;
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
