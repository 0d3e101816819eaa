//! Trying receivers out: one webhook of the type `webhook.test`, sent at once.

use std::sync::Arc;

use async_trait::async_trait;
use domain::{
    UserId,
    ids::random_name,
    ports::{Clock, Records, RecordsError, TriedWebhook, WebhookProbe},
    webhook::TEST_TYPE,
};
use serde_json::json;

use crate::{
    client::WebhookTransport, lanes::LaneLimits, outcome::SendOutcome, owner, sign::Secrets,
};

/// Sends tests with what webhooks are sent with.
pub struct Probe {
    /// Where the users' secrets are kept.
    pub records: Arc<dyn Records>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The service's signing secrets.
    pub secrets: Secrets,
    /// What delivers them.
    pub client: Arc<dyn WebhookTransport>,
    /// How long receivers may take.
    pub limits: LaneLimits,
}

#[async_trait]
impl WebhookProbe for Probe {
    async fn send_test(&self, user: &UserId, url: &str) -> Result<TriedWebhook, RecordsError> {
        let now = self.clock.now();
        let secrets = owner::secrets(&*self.records, &self.secrets, user, now).await?;
        let webhook_id = format!("msg_{}", random_name());
        let body = json!({"type": TEST_TYPE, "timestamp": now, "data": {"user_id": user}});
        let body = body.to_string();
        let headers = secrets.headers(&webhook_id, now.as_secs(), body.as_bytes());
        let outcome = self
            .client
            .send_within(self.limits.slow, url, &headers, body)
            .await;
        let status = outcome.status();
        tracing::info!(event = "webhook.tested", status, "a webhook was tried out");
        Ok(TriedWebhook {
            webhook_id,
            status,
            error: reason(&outcome),
        })
    }
}

/// Why it was not accepted.
fn reason(outcome: &SendOutcome) -> Option<String> {
    match outcome {
        SendOutcome::Delivered { .. } => None,
        SendOutcome::Gone => {
            Some("the receiver answered 410: an event would end this webhook".to_owned())
        }
        SendOutcome::Refused { status, .. } => Some(format!(
            "the receiver answered {status}; 2xx accepts a webhook, and redirects are not followed"
        )),
        other => other.reason().map(str::to_owned),
    }
}
