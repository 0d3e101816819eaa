//! The function as an instance of Cloud Run hosts it.

use std::{process::ExitCode, sync::Arc};

use analyze::Analyze;
use google::Handler;

fn main() -> ExitCode {
    google::run("analyze", |cloud| {
        Ok(Handler::Function(Arc::new(Analyze {
            desk: cloud.desk(),
            analyst: cloud.analyst()?,
        })))
    })
}
