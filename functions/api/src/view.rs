//! The interview as clients see it.

use std::{collections::BTreeMap, sync::Arc};

use axum::{extract::State, response::Response};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{
    Interview, InterviewId, Private, RecordedAt, Timestamp, UserId,
    analysis::{DerivedFrom, Rubric},
    audio::PLAYBACK_TYPE,
    audio_warning::AudioWarning,
    interview::{ChannelUse, Kind, Status},
    interview_store,
    note::Note,
    paths::DocPath,
    receipt::RECEIPTS,
    report::StoredReport,
    speaker::SpeakerLabel,
    stale::Stale,
    steps::StepState,
    usable::Usable,
    versions::{Extended, StripUnknown},
    waveform::JsonData,
    webhook::PublicSteps,
};
use runtime::http::Problem;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};

use crate::{
    Api,
    body_writer::{self, BodyWriter, Interrupted},
    error::ApiError,
    extract::{OwnInterview, QueryParameters, parameter},
    openapi::examples,
    results::AnalysisBody,
    transcript_body::TranscriptBody,
};

/// The parts of an interview that `?fields=` can name.
const PARTS: [&str; 5] = ["transcript", "analysis", "waveform", "report", "notes"];

/// An interview and where it stands.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Interview")]
pub(crate) struct InterviewBody {
    /// Its id.
    pub(crate) id: InterviewId,
    /// The title.
    pub(crate) title: Private,
    /// The status of the whole: `completed` when every step is done, `partial` when the
    /// transcript is there and another step failed, `failed` when there is no transcript.
    pub(crate) status: Status,
    /// Whether its transcript can be relied on; `null` until there is one, and in lists for
    /// transcripts of an earlier release.
    pub(crate) usable: Option<Usable>,
    /// The kind of conversation, which selects the rubric and the wording.
    pub(crate) kind: Kind,
    /// The language as a BCP 47 tag, given or recognised; `multi` for several.
    pub(crate) language: Option<String>,
    /// When the recording was made, given or read from its metadata: ISO 8601, without an offset
    /// where the recorder did not name its time zone, a date alone where it gave no time.
    pub(crate) recorded_at: Option<RecordedAt>,
    /// When it was created.
    pub(crate) created_at: Timestamp,
    /// When it last changed.
    updated_at: Timestamp,
    /// Its recording; `null` until one is announced.
    pub(crate) audio: Option<AudioBody>,
    /// Where each of its steps stands.
    pub(crate) steps: PublicSteps,
    /// The collection that it is in.
    pub(crate) collection_id: Option<String>,
    /// Its tags, in their order.
    pub(crate) tags: Vec<Private>,
    /// Where its events go.
    webhook_url: Option<String>,
    /// The client's own data, as it came.
    metadata: Map<String, Value>,
    /// What its owner says about the speakers, by their ids in the transcript: a name, or an
    /// object where there is a role. The transcript and what is made of it have them so.
    speakers: BTreeMap<u32, SpeakerLabel>,
    /// The number of people who speak, where the owner gave it.
    speakers_expected: Option<u32>,
    /// What the channels of the recording carry: one speaker each (`speakers`), all the same
    /// conversation (`mixed`), or what the recording shows (`auto`).
    channels: ChannelUse,
    /// Names and terms that are likely to be said.
    key_terms: Vec<Private>,
    /// What is assessed, in place of the kind's own rubric.
    rubric: Option<Rubric>,
    /// The id of the stored rubric that this is a copy of.
    rubric_id: Option<String>,
    /// The version of the stored rubric.
    rubric_version: Option<u64>,
    /// For how many days it is kept, where that was requested.
    #[schemars(range(min = 1))]
    retention_days: Option<u32>,
}

/// The recording of an interview.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Audio")]
pub(crate) struct AudioBody {
    /// The client's name for the file.
    filename: Private,
    /// Its media type: as it was announced, and as decoded once it is decoded.
    content_type: String,
    /// Its size in bytes.
    size_bytes: u64,
    /// Its length by decoded frames; `null` until it is decoded.
    pub(crate) duration_ms: Option<u64>,
    /// Its channels as decoded; `null` until it is decoded.
    channels: Option<u16>,
    /// Frames per second as decoded; `null` until it is decoded.
    sample_rate_hz: Option<u32>,
    /// The container as decoded, by FFmpeg's name; `null` until it is decoded.
    container: Option<String>,
    /// The codec as decoded, by FFmpeg's name; `null` until it is decoded.
    codec: Option<String>,
    /// What could not be decoded as it should, or makes the recording hard to understand.
    warnings: Vec<AudioWarning>,
    /// When it was made, by the metadata in the file: as `recorded_at` of the interview.
    recorded_at: Option<RecordedAt>,
    /// Where to listen, for an hour; `null` until it has arrived.
    url: Option<String>,
    /// A copy to listen to, where not every browser plays the recording at the times of the
    /// transcript: its codec is a rare one, or it was cut or joined.
    playback: Option<PlaybackBody>,
}

/// A copy of a recording that every browser plays.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Playback")]
pub(crate) struct PlaybackBody {
    /// Where to listen, for an hour.
    url: String,
    /// Its media type.
    content_type: &'static str,
}

/// An interview with the requested parts of it; one that is not there yet is `null`. It is
/// written part by part, for they can be long.
#[derive(JsonSchema)]
#[schemars(rename = "WholeInterview")]
#[expect(dead_code, reason = "it describes what `show` writes")]
pub(crate) struct WholeInterview {
    #[serde(flatten)]
    interview: InterviewBody,
    /// The transcript: words and turns with their speakers and times.
    #[serde(skip_serializing_if = "Option::is_none")]
    transcript: Option<TranscriptBody<'static>>,
    /// Its analysis.
    #[serde(skip_serializing_if = "Option::is_none")]
    analysis: Option<AnalysisBody>,
    /// Its waveform.
    #[serde(skip_serializing_if = "Option::is_none")]
    waveform: Option<JsonData>,
    /// The address of its report.
    #[serde(skip_serializing_if = "Option::is_none")]
    report: Option<ReportBody>,
    /// Its notes and bookmarks.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Vec<Note>")]
    notes: Option<Vec<Note>>,
}

/// Where the report is.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Report")]
pub(crate) struct ReportBody {
    /// The path of the Word document.
    url: String,
    /// The size of the Word document in bytes.
    size_bytes: u64,
    /// The path of the same report as a page; `null` where an earlier release made it.
    html_url: Option<String>,
    /// The inputs it was made from.
    derived_from: Extended<DerivedFrom>,
    /// When it was made.
    created_at: Timestamp,
    /// Since when the transcript or what is known of the speakers is another than it was made
    /// from; `null` where both are the same.
    stale: Option<Stale>,
}

/// The parameters of an interview.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FieldsQuery {
    /// The parts to show, separated by commas, of `transcript`, `analysis`, `waveform`, `report`
    /// and `notes`; all of them where it is left out, none where it is empty.
    #[serde(default = "all_parts", deserialize_with = "parts")]
    #[schemars(extend(
        "items" = {"type": "string", "enum": [PARTS[0], PARTS[1], PARTS[2], PARTS[3], PARTS[4], ""]},
        "default" = null,
        "example" = ["transcript", "notes"],
    ))]
    fields: Vec<&'static str>,
}

/// Read an interview with its parts
#[utoipa::path(
    get, path = "/v1/interviews/{id}", operation_id = "get_interview", tag = "Interviews",
    params(OwnInterview, QueryParameters<FieldsQuery>),
    responses((status = 200, description = "The interview.", body = ref("#/components/schemas/WholeInterview"), example = examples::whole)),
)]
pub(crate) async fn show(
    State(api): State<Arc<Api>>,
    QueryParameters(query): QueryParameters<FieldsQuery>,
    OwnInterview(mut interview): OwnInterview,
) -> Result<Response, ApiError> {
    api.judge(&mut interview).await?;
    let body = api.view(&interview);
    body_writer::respond("application/json", async move |mut out: BodyWriter| {
        out.object(&body).await?;
        for part in PARTS.into_iter().filter(|part| query.fields.contains(part)) {
            out.field(part).await?;
            api.write_part(&mut out, &interview, part).await?;
        }
        out.text("}").await?;
        Ok(out)
    })
    .await
}

impl Api {
    /// Says whether the transcript is usable, where a release that did not stored it.
    pub(crate) async fn judge(&self, interview: &mut Interview) -> Result<(), Problem> {
        let is_transcribed = interview.steps.transcription.state == StepState::Done;
        if interview.usable.is_none() && is_transcribed {
            let found = interview_store::transcript(&*self.records, &interview.key()).await?;
            interview.usable = found.map(|own| own.usable(interview.least_speakers()));
        }
        Ok(())
    }

    async fn write_part(
        &self,
        out: &mut BodyWriter,
        interview: &Interview,
        part: &str,
    ) -> Result<(), Interrupted> {
        match part {
            "transcript" => match self.stored_transcript(interview, None).await? {
                Some(transcript) => transcript.write_json(out).await,
                None => out.text("null").await,
            },
            "analysis" => {
                let analysis = self.analysis_part(interview).await?;
                out.json(&analysis).await
            }
            "report" => out.json(&self.report_part(interview).await?).await,
            "waveform" => out.json(&self.waveform_part(interview).await?).await,
            _ => {
                let notes = self.all_notes(&interview.key()).await?;
                out.json(&notes.known_only()).await
            }
        }
    }

    async fn report_part(&self, interview: &Interview) -> Result<Option<ReportBody>, Problem> {
        let Some(report) = self.data::<StoredReport>(interview, "report").await? else {
            return Ok(None);
        };
        let path = |format| format!("/v1/interviews/{}/report.{format}", interview.id);
        let newest = self.newest_transcript(interview).await?;
        let derived_from = report.derived_from.known;
        Ok(Some(ReportBody {
            url: path("docx"),
            size_bytes: report.size_bytes,
            html_url: report.html.map(|_| path("html")),
            stale: newest.and_then(|newest| {
                let assessment = interview.assessment.as_ref();
                newest.stale(&derived_from, &interview.speakers, None, assessment)
            }),
            derived_from: derived_from.shown(interview).into(),
            created_at: report.created_at,
        }))
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
    pub(crate) fn view(&self, interview: &Interview) -> InterviewBody {
        let audio_url = || self.audio_url(interview);
        let playback = self.playback_url(interview).map(|url| PlaybackBody {
            url,
            content_type: PLAYBACK_TYPE,
        });
        let interview = interview.clone().known_only();
        let recorded_at = interview.effective_recorded_at();
        let audio = interview.audio.map(|audio| AudioBody {
            filename: audio.filename,
            content_type: audio.content_type,
            size_bytes: audio.size_bytes,
            duration_ms: audio.duration_ms,
            channels: audio.channels,
            sample_rate_hz: audio.sample_rate_hz,
            container: audio.container,
            codec: audio.codec,
            warnings: audio.warnings,
            recorded_at: audio.recorded_at,
            url: audio.generation.map(|_| audio_url()),
            playback,
        });
        InterviewBody {
            id: interview.id,
            title: interview.title,
            status: interview.status,
            usable: interview.usable,
            kind: interview.kind,
            language: interview.language,
            recorded_at,
            created_at: interview.created_at,
            updated_at: interview.updated_at,
            audio,
            steps: interview.steps.into(),
            collection_id: interview.collection_id,
            tags: interview.tags,
            webhook_url: interview.webhook_url,
            metadata: interview.metadata,
            speakers: interview.speakers,
            speakers_expected: interview.speakers_expected,
            channels: interview.channels,
            key_terms: interview.key_terms,
            rubric: interview.rubric,
            rubric_version: interview.rubric_source.as_ref().map(|own| own.version),
            rubric_id: interview.rubric_source.map(|own| own.id),
            retention_days: interview.retention_days,
        }
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
