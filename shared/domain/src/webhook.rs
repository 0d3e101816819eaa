//! What the client application is told, and when.

mod body;
mod delivery;
mod secret;
mod user;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::{
    Interview, InterviewKey, Timestamp,
    ids::{hex, random_name},
    interview::Status,
    steps::{StepName, StepState},
    trace::TraceContext,
    versions::open_enum,
};

pub use body::{PublicStep, PublicSteps, PublicWaiting, WebhookBody, WebhookData};
pub use delivery::{DeliveryAttempt, DeliveryState, WebhookDelivery, following_id, webhook_id};
pub use secret::{OwnerSecret, ReplacedSecret, SECRET_OVERLAP};
pub use user::{MAX_USER_WEBHOOKS, TEST_TYPE, UserWebhook};

/// The longest URL of a receiver, in bytes.
pub const MAX_URL_BYTES: usize = 2_048;

/// The topic on which events for clients travel from `announce` to `notify`.
pub const TOPIC: &str = "interview-events";

/// The queue in which a webhook waits for its next attempt.
pub const QUEUE: &str = "webhooks";

/// The queue of webhooks whose receivers take long to answer.
pub const SLOW_QUEUE: &str = "webhooks-slow";

open_enum! {
    /// Something a client application is told. A delivery of a newer release's event is
    /// listed and sent again under its own type, which stands in its body as well.
    pub enum EventType, unknown as Completed {
        /// The transcript is there.
        Transcribed = "interview.transcribed",
        /// The analysis is there.
        Analyzed = "interview.analyzed",
        /// Everything is settled and the transcript is there.
        Completed = "interview.completed",
        /// Everything is settled and there is no transcript.
        Failed = "interview.failed",
        /// The interview and all that belongs to it is deleted.
        Deleted = "interview.deleted",
    }
}

/// One event on its way to a client application.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WebhookEvent {
    /// The webhook id: the same for the same cause, however often it is met.
    pub id: String,
    /// The type of the event.
    #[serde(rename = "type")]
    pub event_type: EventType,
    /// To which interview.
    pub key: InterviewKey,
    /// The id of its delivery, where that is not the webhook id: one that follows a
    /// superseded delivery.
    pub delivery: Option<String>,
    /// The id of the webhook for all interviews that it goes to; `None` where it goes to the
    /// interview's own receiver.
    pub webhook: Option<String>,
    /// When that webhook was created: the same idempotency key makes another one of the same id
    /// after its deletion, which does not get what was meant for this one.
    pub webhook_since: Option<Timestamp>,
    /// Where the client wants to hear of it; empty where the interview has no receiver.
    pub url: String,
    /// The exact body to be sent.
    pub body: String,
    /// The trace of the interview.
    pub trace: Option<TraceContext>,
}

impl WebhookEvent {
    /// As a task carries it whose delivery is stored: without the client's metadata. That
    /// is sent as it stands in the delivery, which is deleted with the interview; tasks of
    /// Cloud Tasks are not.
    #[must_use]
    pub fn without_metadata(&self) -> Self {
        let mut body: Value = serde_json::from_str(&self.body).unwrap_or_default();
        let removed = body["data"]
            .as_object_mut()
            .and_then(|data| data.remove("metadata"));
        match removed {
            Some(_) => Self {
                body: body.to_string(),
                ..self.clone()
            },
            None => self.clone(),
        }
    }
}

/// Which events the change from `old` to `new` makes due.
///
/// Works on the two documents of one write alone: a transaction that is tried again, and a
/// deletion that is delivered again, get the same answer.
pub fn due(old: Option<&Interview>, new: Option<&Interview>) -> Vec<EventType> {
    let (Some(old), Some(new)) = (old, new) else {
        return match (old, new) {
            (Some(_), None) => vec![EventType::Deleted],
            _ => Vec::new(),
        };
    };
    let became_done = |name: StepName| {
        let (before, after) = (old.steps.step(name), new.steps.step(name));
        after.state == StepState::Done
            && (before.state != StepState::Done || before.token != after.token)
    };
    let mut due = Vec::new();
    if became_done(StepName::Transcription) {
        due.push(EventType::Transcribed);
    }
    if became_done(StepName::Analysis) {
        due.push(EventType::Analyzed);
    }
    let (before, after) = (old.visible_status(), new.visible_status());
    if after.is_final() && before != after {
        due.push(match after {
            Status::Failed => EventType::Failed,
            _ => EventType::Completed,
        });
    }
    due
}

impl WebhookEvent {
    /// The webhook event of `event_type` about `interview` as it is in the write that
    /// made it due. Its URL is empty where the interview has no receiver of its own: it is for
    /// the webhooks for all interviews of its user.
    pub fn about(interview: &Interview, event_type: EventType) -> Self {
        let url = interview.webhook_url.clone();
        let url = url.filter(|_| !interview.webhook_gone);
        Self {
            id: webhook_event_id(interview, event_type),
            event_type,
            key: interview.key(),
            delivery: None,
            webhook: None,
            webhook_since: None,
            url: url.unwrap_or_default(),
            body: json!(WebhookBody::new(interview, event_type)).to_string(),
            trace: interview.trace,
        }
    }

    /// The id of its delivery.
    pub fn delivery_id(&self) -> &str {
        self.delivery.as_deref().unwrap_or(&self.id)
    }
}

/// What webhook ids begin with.
const ID_PREFIX: &str = "msg_";

/// Derived from the cause: the same write gives the same id, a second run of a
/// step another one. It has no `.`, which would end it early in the signed text.
fn webhook_event_id(interview: &Interview, event_type: EventType) -> String {
    let tokens: Vec<u64> = match event_type {
        EventType::Transcribed => vec![interview.steps.transcription.token],
        EventType::Analyzed => vec![interview.steps.analysis.token],
        EventType::Completed | EventType::Failed => {
            interview.steps.iter().map(|(_, step)| step.token).collect()
        }
        EventType::Deleted | EventType::Unknown(_) => Vec::new(),
    };
    let cause = json!([interview.user_id, interview.id, event_type, tokens]);
    let digest = Sha256::digest(cause.to_string());
    format!("{ID_PREFIX}{}", hex(&digest[..16]))
}

/// A new secret in the form of Standard Webhooks: `whsec_` and base64 of 24 bytes.
pub fn new_secret() -> String {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    format!("whsec_{}", STANDARD.encode(random_name()))
}

#[cfg(test)]
mod tests {

    use super::*;
    use crate::{
        InterviewId, Timestamp, UserId,
        lease::Acquire,
        steps::{Code, StepError},
        usable::{UnusableReason, Usable},
    };

    fn interview() -> Interview {
        let key = InterviewKey {
            user_id: UserId::parse("u").unwrap(),
            interview_id: InterviewId::parse("i").unwrap(),
        };
        let mut interview = Interview::new(&key, "t".into(), Timestamp::from_millis(0));
        interview.webhook_url = Some("https://example.com/hook".into());
        interview
    }

    fn done(mut interview: Interview, name: StepName) -> Interview {
        let now = Timestamp::from_millis(1_000);
        let Acquire::Start(lease) = interview.acquire(name, "1", None, now) else {
            panic!("expected to start {name}");
        };
        interview.finish(&lease, now).unwrap();
        interview.touch(now);
        interview
    }

    #[test]
    fn a_write_that_changes_no_state_is_silent() {
        let old = interview();
        let mut new = old.clone();
        new.title = "other".into();
        assert_eq!(due(Some(&old), Some(&new)), []);
        assert_eq!(due(None, Some(&new)), []);
    }

    #[test]
    fn each_step_and_the_end_emit_one_event() {
        let start = interview();
        let transcribed = done(start.clone(), StepName::Transcription);
        assert_eq!(
            due(Some(&start), Some(&transcribed)),
            [EventType::Transcribed]
        );
        let waveform = done(transcribed.clone(), StepName::Waveform);
        assert_eq!(due(Some(&transcribed), Some(&waveform)), []);
        let analyzed = done(waveform.clone(), StepName::Analysis);
        assert_eq!(due(Some(&waveform), Some(&analyzed)), [EventType::Analyzed]);
        let complete = done(analyzed.clone(), StepName::Report);
        assert_eq!(
            due(Some(&analyzed), Some(&complete)),
            [EventType::Completed]
        );
        assert_eq!(due(Some(&complete), None), [EventType::Deleted]);
    }

    #[test]
    fn failed_event_follows_once_all_steps_are_settled() {
        let start = interview();
        let mut failed = start.clone();
        let error = StepError::permanent(Code::NotAudio, "no");
        failed.give_up(StepName::Waveform, error.clone(), Timestamp::from_millis(1));
        failed.give_up(StepName::Transcription, error, Timestamp::from_millis(1));
        failed.touch(Timestamp::from_millis(1));
        assert_eq!(due(Some(&start), Some(&failed)), [EventType::Failed]);
    }

    #[test]
    fn the_same_cause_has_the_same_id_and_another_run_another() {
        let first = done(interview(), StepName::Transcription);
        let event = |interview: &Interview| WebhookEvent::about(interview, EventType::Transcribed);
        assert_eq!(event(&first), event(&first.clone()));
        let mut again = first.clone();
        again.steps.transcription = crate::steps::Step::default();
        let again = done(again, StepName::Transcription);
        assert_ne!(event(&first).id, event(&again).id);
        assert!(!event(&first).id.contains('.'));
    }

    #[test]
    fn every_body_but_that_of_a_deletion_says_whether_the_transcript_is_usable() {
        let mut interview = done(interview(), StepName::Transcription);
        let data = |interview: &Interview, event_type| {
            let body = WebhookEvent::about(interview, event_type).body;
            serde_json::from_str::<Value>(&body).unwrap()["data"].clone()
        };
        let failed = data(&interview, EventType::Failed);
        assert_eq!(failed.get("usable"), Some(&Value::Null));
        interview.usable = Some(Usable::from_reasons([UnusableReason::LowConfidence]));
        let completed = data(&interview, EventType::Completed);
        let expected = json!({"ok": false, "reasons": ["low_confidence"]});
        assert_eq!(completed["usable"], expected);
        assert_eq!(data(&interview, EventType::Deleted).get("usable"), None);
    }

    #[test]
    fn the_body_of_a_deletion_has_ids_and_status_alone() {
        let mut interview = done(interview(), StepName::Transcription);
        interview.metadata = serde_json::from_str(r#"{"candidate": "Ada"}"#).unwrap();
        let event = WebhookEvent::about(&interview, EventType::Deleted);
        let body: Value = serde_json::from_str(&event.body).unwrap();
        let expected = json!({"interview_id": "i", "user_id": "u", "status": "deleted"});
        assert_eq!(body["data"], expected);
    }

    #[test]
    fn the_body_shows_neither_tokens_nor_words() {
        let mut interview = done(interview(), StepName::Transcription);
        interview.title = "the candidate's name".into();
        let body = WebhookEvent::about(&interview, EventType::Transcribed).body;
        assert!(!body.contains("token") && !body.contains("candidate"));
        assert!(body.contains(r#""status":"processing""#), "{body}");
    }
}
