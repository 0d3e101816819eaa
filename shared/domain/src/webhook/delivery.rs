//! The log of a webhook: what was sent where, how often, and what is to follow.

use serde::{Deserialize, Serialize};

use crate::{
    Timestamp,
    versions::{UnknownFields, open_enum, strip_unknown},
    webhook::{EventType, ID_PREFIX, WebhookEvent},
};

/// One attempt to deliver a webhook.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct DeliveryAttempt {
    /// When it was sent.
    pub at: Timestamp,
    /// The receiver's status code; absent when it gave none.
    #[cfg_attr(feature = "openapi", schemars(with = "u16"))]
    pub status: Option<u16>,
    /// Why it failed, in words for the receiver's developer.
    #[cfg_attr(feature = "openapi", schemars(with = "String"))]
    pub error: Option<String>,
    /// Fields of a newer release.
    #[serde(flatten)]
    pub unknown: UnknownFields,
}
strip_unknown!(DeliveryAttempt);

open_enum! {
    /// The state of a delivery.
    pub enum DeliveryState, unknown as Pending {
        /// To be tried, for the first time or again.
        Pending = "pending",
        /// Answered with 2xx.
        Delivered = "delivered",
        /// Failed for good.
        Failed = "failed",
        /// Ended before it was delivered: the interview has another receiver, or none.
        Superseded = "superseded",
    }
}

/// `deliveries/{webhook id}` below the interview: the log of one webhook event.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookDelivery {
    /// The type of the event.
    #[serde(rename = "type")]
    pub event_type: EventType,
    /// Where it stands.
    pub state: DeliveryState,
    /// Where it goes; absent in documents of an earlier release.
    pub url: Option<String>,
    /// The id of the webhook for all interviews that it goes to; absent where it goes to the
    /// interview's own receiver.
    pub webhook: Option<String>,
    /// Every try, oldest first.
    pub attempts: Vec<DeliveryAttempt>,
    /// How many tries count towards the last one: those since it became due or was
    /// replayed, without the ones that the fast lane cut short. Absent: all attempts.
    pub tries: Option<usize>,
    /// When it is tried next.
    pub next_attempt_at: Option<Timestamp>,
    /// The exact body, for replay.
    pub body: String,
    /// When it became due.
    pub created_at: Timestamp,
    /// When its owner had it sent again.
    pub replayed_at: Option<Timestamp>,
    /// The delivery that follows a superseded one.
    pub followed_by: Option<String>,
    /// Fields of a newer release.
    #[serde(flatten)]
    pub unknown: UnknownFields,
}
strip_unknown!(WebhookDelivery, state, attempts);

impl WebhookDelivery {
    /// A delivery that has not been tried.
    pub fn new(event: &WebhookEvent, now: Timestamp) -> Self {
        Self {
            event_type: event.event_type,
            state: DeliveryState::Pending,
            url: Some(event.url.clone()),
            webhook: event.webhook.clone(),
            attempts: Vec::new(),
            tries: Some(0),
            next_attempt_at: None,
            body: event.body.clone(),
            created_at: now,
            replayed_at: None,
            followed_by: None,
            unknown: UnknownFields::default(),
        }
    }

    /// How many tries count towards the last one.
    pub fn tries(&self) -> usize {
        self.tries.unwrap_or(self.attempts.len())
    }

    /// Since when it is to be delivered.
    pub fn since(&self) -> Timestamp {
        self.replayed_at.unwrap_or(self.created_at)
    }

    /// Makes it due now, at `url`, with all of its tries.
    pub fn replay(&mut self, url: &str, now: Timestamp) {
        self.state = DeliveryState::Pending;
        self.url = Some(url.to_owned());
        self.tries = Some(0);
        self.next_attempt_at = None;
        self.replayed_at = Some(now);
    }
}

/// The webhook id of the delivery with this id.
pub fn webhook_id(delivery_id: &str) -> &str {
    let digest = delivery_id.strip_prefix(ID_PREFIX).unwrap_or_default();
    let number = digest.find('_').map(|at| ID_PREFIX.len() + at);
    &delivery_id[..number.unwrap_or(delivery_id.len())]
}

/// The id of the delivery to the `number`th receiver of a webhook, from 2.
pub fn following_id(delivery_id: &str, number: usize) -> String {
    format!("{}_{number}", webhook_id(delivery_id))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{InterviewId, InterviewKey, UserId};

    fn event() -> WebhookEvent {
        let key = InterviewKey {
            user_id: UserId::parse("u").unwrap(),
            interview_id: InterviewId::parse("i").unwrap(),
        };
        WebhookEvent {
            id: format!("{ID_PREFIX}0f"),
            event_type: EventType::Transcribed,
            key,
            delivery: None,
            webhook: None,
            webhook_since: None,
            url: "https://example.com/hook".into(),
            body: "{}".into(),
            trace: None,
        }
    }

    #[test]
    fn a_following_delivery_has_the_same_webhook_id() {
        let event = event();
        let second = following_id(event.delivery_id(), 2);
        let third = following_id(&second, 3);
        for id in [&event.id, &second, &third] {
            assert_eq!(webhook_id(id), event.id);
        }
        assert_ne!(second, third);
        assert_eq!(webhook_id("msg_"), "msg_");
    }

    #[test]
    fn tries_are_counted_since_the_replay() {
        let event = event();
        let (due, replayed) = (Timestamp::from_millis(0), Timestamp::from_millis(9));
        let mut delivery = WebhookDelivery::new(&event, due);
        let attempt = DeliveryAttempt {
            at: due,
            status: Some(500),
            error: None,
            unknown: UnknownFields::default(),
        };
        delivery.attempts = vec![attempt; 10];
        delivery.tries = None;
        assert_eq!((delivery.tries(), delivery.since()), (10, due));
        delivery.state = DeliveryState::Failed;
        delivery.replay("https://example.com/", replayed);
        assert_eq!((delivery.tries(), delivery.since()), (0, replayed));
        assert_eq!(delivery.state, DeliveryState::Pending);
        assert_eq!(delivery.attempts.len(), 10, "the log stays");
    }
}
