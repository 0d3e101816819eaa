//! The binary `interviewlens`.

use std::process::ExitCode;

use clap::Parser;
use local::command::{self, Arguments};
use runtime::settings::Environment;

#[tokio::main]
async fn main() -> ExitCode {
    command::run(Arguments::parse(), Environment::of_process()).await
}
