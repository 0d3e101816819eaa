//! Trying a receiver of webhooks out.

use async_trait::async_trait;

use crate::{UserId, ports::RecordsError};

/// What came of one webhook that was sent to try its receiver out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TriedWebhook {
    /// The `webhook-id` that it had.
    pub webhook_id: String,
    /// The receiver's status code, if it gave one.
    pub status: Option<u16>,
    /// Why it was not accepted, in words for the receiver's developer.
    pub error: Option<String>,
}

/// Sends webhooks to try receivers out.
#[async_trait]
pub trait WebhookProbe: Send + Sync {
    /// Sends one to `url`, signed as the user's webhooks are and under the same restrictions,
    /// and waits for the response. Nothing of it is kept or repeated.
    async fn send_test(&self, user: &UserId, url: &str) -> Result<TriedWebhook, RecordsError>;
}
