//! The function as an instance of Cloud Run hosts it.

use std::{process::ExitCode, sync::Arc};

use api::{Api, Limits, Routes};
use google::Handler;

fn main() -> ExitCode {
    google::run("api", |cloud| {
        Ok(Handler::Service(Arc::new(Api {
            identity: cloud.identity(),
            records: cloud.records(),
            uploads: cloud.uploads()?,
            artifacts: cloud.artifacts()?,
            signer: cloud.signer()?,
            clock: cloud.clock(),
            limits: Limits {
                max_upload_bytes: cloud.environment().max_upload_bytes()?,
                allow_private_webhooks: cloud.allow_private_webhooks()?,
            },
            check_webhook_url: notify::target::check,
            routes: Routes::default(),
        })))
    })
}
