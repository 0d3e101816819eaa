//! The function as an instance of Cloud Run hosts it.

use std::process::ExitCode;

use transcribe::Transcribe;

fn main() -> ExitCode {
    google::function("transcribe", |cloud| {
        Ok(Transcribe {
            steps: cloud.steps(),
            uploads: cloud.uploads()?,
            artifacts: cloud.artifacts()?,
            public_url: cloud.environment().public_url()?,
            queue: cloud.queue()?,
            transcriber: engines::with_diarization(
                cloud.environment(),
                engines::transcriber(cloud.environment())?,
            )?,
            max_duration: cloud.environment().max_duration()?,
        })
    })
}
