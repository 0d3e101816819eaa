//! The function as an instance of Cloud Run hosts it.

use std::{process::ExitCode, sync::Arc};

use google::Handler;
use report::Report;

fn main() -> ExitCode {
    google::run("report", |cloud| {
        Ok(Handler::Function(Arc::new(Report {
            desk: cloud.desk(),
            artifacts: cloud.artifacts()?,
        })))
    })
}
