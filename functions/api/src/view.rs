//! The interview as clients see it.

use std::{collections::BTreeMap, sync::Arc};

use axum::{Json, extract::State};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{
    Interview, UserId, analysis::Analysis, interview_store, paths::DocPath, receipt::RECEIPTS,
    report::StoredReport, steps::StepState, versions::StripUnknown, webhook,
};
use runtime::http::Problem;
use serde::{Deserialize, Deserializer, Serialize, de::DeserializeOwned};
use serde_json::{
    Value, json,
    value::{RawValue, to_raw_value},
};

use crate::{
    Api,
    error::ApiError,
    extract::{OwnInterview, Query, parameter},
    transcript::{self, shown},
};

/// The parts of an interview that `?fields=` can name.
const PARTS: [&str; 5] = ["transcript", "analysis", "waveform", "report", "notes"];

/// An interview and the requested parts of it.
#[derive(Serialize)]
pub(crate) struct InterviewBody {
    #[serde(flatten)]
    interview: Value,
    /// Written as they are read, for they can be long.
    #[serde(flatten)]
    parts: BTreeMap<&'static str, Box<RawValue>>,
}

/// The parameters of an interview.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FieldsQuery {
    /// The parts to show.
    #[serde(default = "all_parts", deserialize_with = "parts")]
    fields: Vec<&'static str>,
}

pub(crate) async fn show(
    State(api): State<Arc<Api>>,
    Query(query): Query<FieldsQuery>,
    OwnInterview(mut interview): OwnInterview,
) -> Result<Json<InterviewBody>, ApiError> {
    api.judge(&mut interview).await?;
    let mut body = InterviewBody {
        interview: api.view(&interview),
        parts: BTreeMap::new(),
    };
    for part in query.fields {
        let shown = api.part(&interview, part).await?;
        body.parts.insert(part, shown);
    }
    Ok(Json(body))
}

impl Api {
    /// Says whether the transcript is usable, where a release that did not stored it.
    async fn judge(&self, interview: &mut Interview) -> Result<(), Problem> {
        let is_transcribed = interview.steps.transcription.state == StepState::Done;
        if interview.usable.is_none() && is_transcribed {
            let found = interview_store::transcript(&*self.records, &interview.key()).await?;
            interview.usable = found.map(|own| own.usable(interview.least_speakers()));
        }
        Ok(())
    }

    async fn part(&self, interview: &Interview, part: &str) -> Result<Box<RawValue>, Problem> {
        let key = interview.key();
        let written = match part {
            "transcript" => {
                let found = interview_store::transcript(&*self.records, &key).await?;
                let shown = found.map(|found| shown(found, interview));
                to_raw_value(&shown.as_ref().map(transcript::TranscriptBody::from))
            }
            "analysis" => to_raw_value(&self.data::<Analysis>(interview, "analysis").await?),
            "report" => {
                let report = self.data::<StoredReport>(interview, "report").await?;
                to_raw_value(&report.map(|report| {
                    json!({
                        "url": format!("/v1/interviews/{}/report.docx", interview.id),
                        "size_bytes": report.size_bytes,
                        "derived_from": report.derived_from,
                        "created_at": report.created_at,
                    })
                }))
            }
            "waveform" => to_raw_value(&self.waveform_part(interview).await?),
            _ => to_raw_value(&self.all_notes(&key).await?.known_only()),
        };
        written.map_err(|error| {
            tracing::error!("the {part} could not be written: {error}");
            Problem::internal()
        })
    }

    /// A product's document as clients may see it, if it is there.
    pub(crate) async fn data<T: DeserializeOwned + StripUnknown>(
        &self,
        interview: &Interview,
        name: &str,
    ) -> Result<Option<T>, Problem> {
        let path = interview.key().data(name);
        let found = self.records.read(&path).await?;
        let decoded = found.map(|document| document.decode::<T>()).transpose()?;
        Ok(decoded.map(StripUnknown::known_only))
    }

    /// Metadata and steps.
    pub(crate) fn view(&self, interview: &Interview) -> Value {
        let interview = &interview.clone().known_only();
        json!({
            "id": interview.id,
            "title": interview.title,
            "status": interview.status,
            "usable": interview.usable,
            "kind": interview.kind,
            "language": interview.language,
            "created_at": interview.created_at,
            "updated_at": interview.updated_at,
            "audio": self.audio_view(interview),
            "steps": webhook::public_steps(&interview.steps),
            "webhook_url": interview.webhook_url,
            "metadata": interview.metadata,
            "speakers": interview.speakers,
            "speakers_expected": interview.speakers_expected,
            "rubric": interview.rubric,
            "retention_days": interview.retention_days,
        })
    }

    fn audio_view(&self, interview: &Interview) -> Value {
        let Some(audio) = &interview.audio else {
            return Value::Null;
        };
        json!({
            "filename": audio.filename,
            "content_type": audio.content_type,
            "size_bytes": audio.size_bytes,
            "duration_ms": audio.duration_ms,
            "channels": audio.channels,
            "sample_rate_hz": audio.sample_rate_hz,
            "url": audio.generation.map(|_| self.audio_url(interview)),
        })
    }
}

fn all_parts() -> Vec<&'static str> {
    PARTS.to_vec()
}

fn parts<'de, D: Deserializer<'de>>(input: D) -> Result<Vec<&'static str>, D::Error> {
    let known = |name: &str| PARTS.into_iter().find(|part| *part == name);
    let parse = |text: &str| {
        let names = text.split(',').filter(|name| !name.is_empty());
        names.map(known).collect()
    };
    parameter(
        input,
        parse,
        &format!("`fields` takes {}", PARTS.join(", ")),
    )
}

/// Where it is kept what an idempotency key made.
pub(crate) fn receipt_path(user: &UserId, key: &str) -> DocPath {
    let name = URL_SAFE_NO_PAD.encode(key);
    DocPath::parse(&format!("users/{user}/{RECEIPTS}/{name}"))
        .unwrap_or_else(|| unreachable!("base64 has no slash"))
}
