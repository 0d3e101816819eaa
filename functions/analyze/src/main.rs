//! The function as an instance of Cloud Run hosts it.

use std::process::ExitCode;

use analyze::Analyze;

fn main() -> ExitCode {
    google::function("analyze", |cloud| {
        Ok(Analyze {
            steps: cloud.steps(),
            analyst: engines::analyst_with(cloud.environment(), Some(cloud.tokens()))?,
            queue: cloud.queue()?,
        })
    })
}
