//! The binary `interviewlens`.

use std::process::ExitCode;

use clap::Parser;
use config::Environment;
use local::command::{self, Arguments};

fn main() -> ExitCode {
    allocator::limit_arenas();
    run()
}

#[tokio::main]
async fn run() -> ExitCode {
    command::run(Arguments::parse(), Environment::from_process()).await
}
