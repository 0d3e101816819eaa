//! The function as an instance of Cloud Run hosts it.

use std::process::ExitCode;

use sweep::Sweep;

fn main() -> ExitCode {
    google::function("sweep", |cloud| {
        Ok(Sweep {
            records: cloud.records(),
            uploads: cloud.uploads()?,
            artifacts: cloud.artifacts()?,
            clock: cloud.clock(),
            retention: cloud.environment().retention()?,
        })
    })
}
