//! The function as an instance of Cloud Run hosts it.

use std::{process::ExitCode, sync::Arc};

use google::Handler;
use sweep::Sweep;

fn main() -> ExitCode {
    google::run("sweep", |cloud| {
        Ok(Handler::Function(Arc::new(Sweep {
            records: cloud.records(),
            uploads: cloud.uploads()?,
            artifacts: cloud.artifacts()?,
            clock: cloud.clock(),
            retention: cloud.environment().retention()?,
        })))
    })
}
