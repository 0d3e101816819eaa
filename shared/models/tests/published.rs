//! The published models out of the registry's packages, where the registry can be reached:
//! their conversion has the published checksum. Counted as skipped by name elsewhere.
#![allow(
    clippy::print_stdout,
    reason = "it writes what the test harness writes"
)]

mod support;

use std::process::ExitCode;

use config::Environment;
use models::{PublishedModel, SourceError};

#[tokio::main]
async fn main() -> ExitCode {
    let (mut passed, mut failed, mut ignored) = (0, 0, 0);
    for name in ["tiny.en", "base"] {
        let outcome = convert(name).await;
        let said = match &outcome {
            Ok(()) => "ok".to_owned(),
            Err(SourceError::NoClient | SourceError::Client { .. }) => {
                "ignored, its packages cannot be had here".to_owned()
            }
            Err(error) => format!("FAILED: {error}"),
        };
        match outcome {
            Ok(()) => passed += 1,
            Err(SourceError::NoClient | SourceError::Client { .. }) => ignored += 1,
            Err(_) => failed += 1,
        }
        println!("test packages_of_{name}_have_the_published_checksum ... {said}");
    }
    let verdict = if failed == 0 { "ok" } else { "FAILED" };
    println!("test result: {verdict}. {passed} passed; {failed} failed; {ignored} ignored");
    if failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

async fn convert(name: &str) -> Result<(), SourceError> {
    let folder = tempfile::tempdir().expect("a folder");
    let mut library = support::library(folder.path(), "http://127.0.0.1:9");
    let environment = Environment::from_process();
    environment
        .text("PATH")
        .unwrap_or_default()
        .clone_into(&mut library.settings.path);
    let model = PublishedModel::named(name).expect("a known model");
    match library.obtain(model, &()).await {
        Ok(_) => Ok(()),
        Err(mut error) => Err(error.attempts.pop().expect("a source").error),
    }
}
