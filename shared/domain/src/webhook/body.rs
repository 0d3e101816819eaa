//! The body of a webhook, and steps as clients see them.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::{
    Interview, InterviewId, Private, Timestamp, UserId,
    steps::{Step, StepError, StepState, Steps, WaitReason, Waiting},
    usable::Usable,
    versions::StripUnknown as _,
    webhook::EventType,
};

/// What a webhook carries.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(rename = "WebhookEvent")
)]
pub struct WebhookBody {
    /// The type of the event.
    #[serde(rename = "type")]
    pub event_type: EventType,
    /// When it happened.
    pub timestamp: Timestamp,
    /// The interview.
    pub data: WebhookData,
}

/// The interview that an event is about.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct WebhookData {
    /// The interview's id.
    pub interview_id: InterviewId,
    /// The user whose interview it is.
    pub user_id: UserId,
    /// The interview's status, or `deleted`.
    #[cfg_attr(feature = "openapi", schemars(extend("enum" = Self::statuses())))]
    pub status: &'static str,
    /// Where each of its steps stands; absent once the interview is deleted.
    #[cfg_attr(feature = "openapi", schemars(with = "PublicSteps"))]
    pub steps: Option<PublicSteps>,
    /// The client's own data, as it came; absent once the interview is deleted.
    #[cfg_attr(feature = "openapi", schemars(with = "Map<String, Value>"))]
    pub metadata: Option<Map<String, Value>>,
    /// The collection that it is in: `null` without one, absent once the interview is deleted.
    pub collection_id: Option<Option<String>>,
    /// Its tags; absent once the interview is deleted.
    #[cfg_attr(feature = "openapi", schemars(with = "Vec<Private>"))]
    pub tags: Option<Vec<Private>>,
    /// Whether its transcript can be relied on: `null` without one, absent once the interview
    /// is deleted.
    pub usable: Option<Option<Usable>>,
}

/// The status of an interview that is deleted.
const DELETED: &str = "deleted";

impl WebhookBody {
    /// What `event_type` says about `interview`; of a deleted one its ids alone.
    pub fn new(interview: &Interview, event_type: EventType) -> Self {
        let is_deleted = event_type == EventType::Deleted;
        let status = interview.visible_status().as_str();
        Self {
            event_type,
            timestamp: interview.updated_at,
            data: WebhookData {
                interview_id: interview.id.clone(),
                user_id: interview.user_id.clone(),
                status: if is_deleted { DELETED } else { status },
                steps: (!is_deleted).then(|| interview.steps.clone().into()),
                metadata: (!is_deleted).then(|| interview.metadata.clone()),
                collection_id: (!is_deleted).then(|| interview.collection_id.clone()),
                tags: (!is_deleted).then(|| interview.tags.clone()),
                usable: (!is_deleted).then(|| interview.usable.clone().known_only()),
            },
        }
    }
}

#[cfg(feature = "openapi")]
impl WebhookData {
    fn statuses() -> Vec<&'static str> {
        let statuses = crate::interview::Status::WORDS.iter().copied();
        statuses.chain([DELETED]).collect()
    }
}

/// The steps of the pipeline.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(rename = "Steps")
)]
pub struct PublicSteps {
    /// Speech to words.
    pub transcription: PublicStep,
    /// Audio to peaks.
    pub waveform: PublicStep,
    /// Words to claims with evidence.
    pub analysis: PublicStep,
    /// Everything to a document for people.
    pub report: PublicStep,
}

/// Where a step stands.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(rename = "Step")
)]
pub struct PublicStep {
    /// The state of the step.
    pub state: StepState,
    /// How often it was started since it was last requested.
    pub attempt: u32,
    /// What a pending step waits for; otherwise `null`.
    #[serialize_always]
    pub waiting: Option<PublicWaiting>,
    /// The engine that does it.
    #[cfg_attr(feature = "openapi", schemars(with = "String"))]
    pub engine: Option<String>,
    /// How much of it is done, in percent, where that is known.
    #[cfg_attr(feature = "openapi", schemars(with = "u8", range(max = 100)))]
    pub progress: Option<u8>,
    /// When it was last started.
    #[cfg_attr(feature = "openapi", schemars(with = "Timestamp"))]
    pub started_at: Option<Timestamp>,
    /// When it was done or failed.
    #[cfg_attr(feature = "openapi", schemars(with = "Timestamp"))]
    pub finished_at: Option<Timestamp>,
    /// Why it did not succeed.
    #[cfg_attr(feature = "openapi", schemars(with = "StepError"))]
    pub error: Option<StepError>,
}

/// What a pending step waits for. It costs no attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(rename = "Waiting")
)]
pub struct PublicWaiting {
    /// Why it waits.
    pub reason: WaitReason,
    /// The latest time of the next try; `null` where that is not known.
    pub until: Option<Timestamp>,
}

impl From<Steps> for PublicSteps {
    fn from(steps: Steps) -> Self {
        Self {
            transcription: steps.transcription.into(),
            waveform: steps.waveform.into(),
            analysis: steps.analysis.into(),
            report: steps.report.into(),
        }
    }
}

/// Without tokens and leases, and with nothing of a newer release.
impl From<Step> for PublicStep {
    fn from(step: Step) -> Self {
        let step = step.known_only();
        let waiting = |waiting: Waiting| PublicWaiting {
            reason: waiting.reason,
            until: waiting.until,
        };
        Self {
            state: step.state,
            attempt: step.attempt,
            waiting: step.waiting.map(waiting),
            engine: step.engine,
            progress: step.progress,
            started_at: step.started_at,
            finished_at: step.finished_at,
            error: step.error,
        }
    }
}
