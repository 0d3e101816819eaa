//! The function as an instance of Cloud Run hosts it.

use std::{process::ExitCode, sync::Arc};

use google::Handler;
use waveform::Waveform;

fn main() -> ExitCode {
    google::run("waveform", |cloud| {
        Ok(Handler::Function(Arc::new(Waveform {
            desk: cloud.desk(),
            uploads: cloud.uploads()?,
            max_duration_ms: cloud.environment().max_duration_ms()?,
        })))
    })
}
