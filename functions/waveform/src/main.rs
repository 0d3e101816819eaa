//! The function as an instance of Cloud Run hosts it.

use std::process::ExitCode;

use waveform::Waveform;

fn main() -> ExitCode {
    google::function("waveform", |cloud| {
        Ok(Waveform {
            steps: cloud.steps(),
            uploads: cloud.uploads()?,
            max_duration_ms: cloud.environment().max_duration_ms()?,
        })
    })
}
