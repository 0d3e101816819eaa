//! Webhooks for all interviews of a user.

use serde::{Deserialize, Serialize};

use crate::{
    Timestamp,
    versions::{UnknownFields, strip_unknown},
    webhook::{EventType, WebhookDelivery, WebhookEvent},
};

/// The most webhooks of a user.
pub const MAX_USER_WEBHOOKS: usize = 5;

/// The type of the webhook that tries a receiver out. No event has it.
pub const TEST_TYPE: &str = "webhook.test";

/// `webhooks/{id}` below the user: where the events of all of the user's interviews go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserWebhook {
    /// Its id.
    pub id: String,
    /// Where they go.
    pub url: String,
    /// Which events go there; all of them where there are none.
    pub types: Vec<EventType>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When its receiver answered 410: nothing is sent there any more.
    pub gone_at: Option<Timestamp>,
    /// Fields of a newer release.
    #[serde(flatten)]
    pub unknown: UnknownFields,
}
strip_unknown!(UserWebhook, types);

impl UserWebhook {
    /// Whether an event is sent there.
    pub fn wants(&self, event_type: EventType) -> bool {
        self.gone_at.is_none() && (self.types.is_empty() || self.types.contains(&event_type))
    }

    /// The event on its way there, as a delivery of its own under the same webhook id.
    pub fn event(&self, event: &WebhookEvent) -> WebhookEvent {
        WebhookEvent {
            delivery: Some(format!("{}_{}", event.id, self.id)),
            webhook: Some(self.id.clone()),
            webhook_since: Some(self.created_at),
            url: self.url.clone(),
            ..event.clone()
        }
    }
}

impl WebhookDelivery {
    /// Whether nothing has been done about it yet.
    pub fn is_untouched(&self) -> bool {
        self.state == crate::webhook::DeliveryState::Pending
            && self.attempts.is_empty()
            && self.next_attempt_at.is_none()
    }
}
