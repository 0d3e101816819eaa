//! The function as an instance of Cloud Run hosts it.

use std::process::ExitCode;

use analyze::Direct;
use api::{Api, ApiService, Console, Limits};

fn main() -> ExitCode {
    google::service("api", |cloud| {
        Ok(ApiService::new(Api {
            identity: cloud.identity()?,
            records: cloud.records(),
            uploads: cloud.uploads()?,
            artifacts: cloud.artifacts()?,
            queue: cloud.queue()?,
            live: engines::speech(cloud.environment())?.live,
            direct: Direct::by(cloud.analyst()?, cloud.clock()),
            signer: cloud.signer()?,
            clock: cloud.clock(),
            limits: Limits::read(cloud.environment(), cloud.allow_private_webhooks()?)?,
            console: Console::read(cloud.environment())?,
            check_webhook_url: notify::target::check,
        }))
    })
}
