//! The function as an instance of Cloud Run hosts it.

use std::process::ExitCode;

use notify::{Notify, address::Policy, client::WebhookClient, sign::Secrets};

fn main() -> ExitCode {
    google::function("notify", |cloud| {
        Ok(Notify {
            records: cloud.records(),
            queue: cloud.queue()?,
            clock: cloud.clock(),
            secrets: Secrets::required(cloud.environment())?,
            client: WebhookClient::new(Policy::from_allow_private(
                cloud.allow_private_webhooks()?,
            ))?,
        })
    })
}
