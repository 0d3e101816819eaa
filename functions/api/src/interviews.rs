//! Creating, showing and deleting interviews.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use domain::{
    ErrorCode, Interview, InterviewId, InterviewKey, Private, UserId,
    analysis::{Criterion, Rubric},
    deletion,
    interview::{Audio, Kind},
    ports::{Precondition, RecordsError, Write},
    receipt::IdempotencyRecord,
    trace::TraceContext,
    versions::{UnknownFields, closed},
};
use http::{StatusCode, header};
use runtime::http::Problem;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::{
    Api,
    error::{ApiError, no_interview},
    extract::{JsonBody, Origin, OwnKey},
    view,
};

/// The most that the JSON of a new interview may have, in bytes.
pub(crate) const MAX_BODY: usize = 128 * 1024;

/// The most that a client's own data may have, in bytes of JSON.
const MAX_METADATA: usize = 16 * 1024;

/// The longest title and file name, in characters.
const MAX_NAME: usize = 500;

/// The most speakers that can be expected.
const MAX_SPEAKERS_EXPECTED: u32 = 20;

/// The longest time that an interview can ask to be kept for: ten years.
const MAX_RETENTION_DAYS: u32 = 3_650;

/// A new interview as a client describes it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewInterview {
    title: Private,
    #[serde(default)]
    language: Option<String>,
    #[serde(default, deserialize_with = "closed")]
    kind: Kind,
    #[serde(default)]
    webhook_url: Option<String>,
    #[serde(default)]
    metadata: Map<String, Value>,
    #[serde(default, deserialize_with = "closed")]
    rubric: Option<Rubric>,
    #[serde(default)]
    retention_days: Option<u32>,
    #[serde(default)]
    speakers_expected: Option<u32>,
    #[serde(default)]
    pub(crate) audio: Option<NewAudio>,
}

/// The recording that a client is about to upload.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewAudio {
    pub(crate) filename: Private,
    pub(crate) content_type: String,
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

pub(crate) async fn delete(
    State(api): State<Arc<Api>>,
    OwnKey(key): OwnKey,
) -> Result<StatusCode, ApiError> {
    if !deletion::mark(&*api.records, &key, api.clock.now()).await? {
        return Err(no_interview().into());
    }
    let buckets = [&*api.uploads, &*api.artifacts];
    // Should this break off, the mark stays and the sweep goes on.
    deletion::purge(&*api.records, &buckets, &key).await?;
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
        let interview = self.make(origin.user, requested, origin.trace);
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

    fn make(&self, user_id: UserId, requested: NewInterview, trace: TraceContext) -> Interview {
        let key = InterviewKey {
            user_id,
            interview_id: InterviewId::generate(),
        };
        let mut interview = Interview::new(&key, requested.title, self.clock.now());
        interview.kind = requested.kind;
        interview.language = requested.language;
        interview.webhook_url = requested.webhook_url;
        interview.metadata = requested.metadata;
        interview.rubric = requested.rubric;
        interview.speakers_expected = requested.speakers_expected;
        interview.keep_for(requested.retention_days);
        interview.trace = Some(trace);
        interview.audio = requested.audio.map(|audio| Audio {
            filename: audio.filename,
            content_type: audio.content_type,
            size_bytes: audio.size_bytes,
            object: key.mint_audio_object(),
            generation: None,
            duration_ms: None,
            channels: None,
            sample_rate_hz: None,
            unknown: UnknownFields::default(),
        });
        interview
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
                &IdempotencyRecord::of(interview.id.clone(), interview.created_at),
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
        let mut body = self.view(interview);
        if upload == Upload::Offered && interview.audio.is_some() && !interview.has_audio() {
            body["upload"] = self.upload(interview).await?;
        }
        let location = format!("/v1/interviews/{}", interview.id);
        Ok((status, [(header::LOCATION, location)], Json(body)).into_response())
    }
}

fn put<T: serde::Serialize>(path: domain::paths::DocPath, content: &T) -> Result<Write, Problem> {
    Write::put(path, content, Precondition::Absent).map_err(Problem::from)
}

pub(crate) fn invalid(field: &str, why: &str) -> Problem {
    Problem::new(ErrorCode::InvalidField, format!("`{field}`: {why}"))
}

pub(crate) fn check_metadata(metadata: &Map<String, Value>) -> Result<(), Problem> {
    if Value::Object(metadata.clone()).to_string().len() > MAX_METADATA {
        let why = format!("at most {MAX_METADATA} bytes of JSON");
        return Err(invalid("metadata", &why));
    }
    Ok(())
}

pub(crate) fn check_retention(days: Option<u32>) -> Result<(), Problem> {
    let sensible = days.is_none_or(|days| (1..=MAX_RETENTION_DAYS).contains(&days));
    let why = || invalid("retention_days", &format!("1 to {MAX_RETENTION_DAYS}"));
    sensible.then_some(()).ok_or_else(why)
}

pub(crate) fn check_speakers_expected(count: Option<u32>) -> Result<(), Problem> {
    let sensible = count.is_none_or(|count| (1..=MAX_SPEAKERS_EXPECTED).contains(&count));
    let why = || {
        invalid(
            "speakers_expected",
            &format!("1 to {MAX_SPEAKERS_EXPECTED}"),
        )
    };
    sensible.then_some(()).ok_or_else(why)
}

pub(crate) fn check_name(field: &str, name: &Private) -> Result<(), Problem> {
    let why = format!("1 to {MAX_NAME} characters, without line ends and the like");
    is_name(name, MAX_NAME)
        .then_some(())
        .ok_or_else(|| invalid(field, &why))
}

/// Whether it is one line of text, which can stand inside a line of other text.
pub(crate) fn is_name(name: &Private, most: usize) -> bool {
    let text = name.reveal();
    let short = text.chars().count() <= most;
    !text.trim().is_empty() && short && !text.contains(char::is_control)
}

/// A BCP 47 tag by its shape: letters, then subtags.
pub(crate) fn check_language(tag: &str) -> Result<(), Problem> {
    let mut subtags = tag.split('-');
    let primary = subtags.next().unwrap_or("");
    let sensible = (2..=3).contains(&primary.len())
        && primary.bytes().all(|byte| byte.is_ascii_alphabetic())
        && subtags.all(|part| {
            (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric())
        });
    sensible
        .then_some(())
        .ok_or_else(|| invalid("language", "a BCP 47 tag such as `en` or `pt-BR`"))
}

/// `type/subtype` with optional parameters, of characters that a header may have.
fn check_media_type(text: &str) -> Result<(), Problem> {
    let essence = text.split(';').next().unwrap_or("").trim();
    let (kind, subtype) = essence.split_once('/').unwrap_or(("", ""));
    let token = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"!#$&^_.+-".contains(&b))
    };
    let printable = text.len() <= 200 && text.bytes().all(|byte| (0x20..0x7f).contains(&byte));
    let sensible = printable && token(kind) && token(subtype);
    sensible
        .then_some(())
        .ok_or_else(|| invalid("audio.content_type", "a media type such as `audio/mpeg`"))
}

pub(crate) fn check_rubric(rubric: &Rubric) -> Result<(), Problem> {
    let sensible = (1..=20).contains(&rubric.competencies.len())
        && rubric.competencies.iter().all(is_sensible);
    let why = "1 to 20 competencies, each with a name of 1 to 100 characters, \
               a description of at most 2,000 bytes and anchors of at most 500";
    sensible.then_some(()).ok_or_else(|| invalid("rubric", why))
}

fn is_sensible(criterion: &Criterion) -> bool {
    let anchors = criterion.anchors.iter();
    let mut anchors = anchors.flat_map(|own| [&own.low, &own.mid, &own.high]);
    (1..=100).contains(&criterion.name.trim().chars().count())
        && criterion.description.len() <= 2_000
        && anchors.all(|anchor| anchor.len() <= 500)
}
