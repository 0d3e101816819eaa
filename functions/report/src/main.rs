//! The function as an instance of Cloud Run hosts it.

use std::process::ExitCode;

use report::Report;

fn main() -> ExitCode {
    google::function("report", |cloud| {
        Ok(Report {
            steps: cloud.steps(),
            artifacts: cloud.artifacts()?,
        })
    })
}
