//! Receivers of webhooks.

use std::time::Duration;

use async_trait::async_trait;
use notify::{client::WebhookTransport, outcome::SendOutcome};

use super::Failed;
use crate::{
    delivery::Received,
    gate::{Call, Port},
    world::{ACTOR, World},
};

/// All receivers, which fail now and then.
pub(crate) struct Receivers(pub(crate) World);

#[async_trait]
impl WebhookTransport for Receivers {
    async fn send_within(
        &self,
        timeout: Duration,
        url: &str,
        headers: &[(&'static str, String)],
        body: String,
    ) -> SendOutcome {
        let id = headers.iter().find(|(name, _)| *name == "webhook-id");
        let received = Received {
            url: url.to_owned(),
            id: id.map(|(_, id)| id.clone()).unwrap_or_default(),
            body: serde_json::from_str(&body).unwrap_or_default(),
        };
        let what = format!("send {} to {url}", received.body["type"]);
        let call = Call::new(Port::Receiver, what);
        let actor = ACTOR.try_with(|actor| *actor).unwrap_or(0);
        let receive = move |world: &World| {
            world.receive(actor, received);
            Ok::<_, Failed>(())
        };
        match self.0.change(call, receive, || Failed, || None).await {
            Ok(()) => SendOutcome::Delivered { status: 200 },
            Err(Failed) => self.failure(timeout).await,
        }
    }
}

impl Receivers {
    /// What is known of a request that failed, which may have arrived.
    async fn failure(&self, timeout: Duration) -> SendOutcome {
        let kind = self.0.state().rng.u32(..3);
        match kind {
            0 => SendOutcome::Refused {
                status: 503,
                retry_after: None,
            },
            1 => {
                tokio::time::sleep(timeout).await;
                SendOutcome::TimedOut {
                    reason: "simulated".to_owned(),
                }
            }
            _ => SendOutcome::Unreachable {
                reason: "simulated".to_owned(),
            },
        }
    }
}
