//! One function as an instance of Cloud Run hosts it: `interviewlens-cloud NAME`.

mod functions;

use std::{
    io::{self, Write as _},
    process::ExitCode,
};

fn main() -> ExitCode {
    let name = std::env::args().nth(1).unwrap_or_default();
    if name == "--version" {
        let version = concat!("interviewlens-cloud ", env!("CARGO_PKG_VERSION"));
        let printed = writeln!(io::stdout(), "{version}");
        return printed.map_or(ExitCode::FAILURE, |()| ExitCode::SUCCESS);
    }
    functions::run(&name).unwrap_or_else(|| {
        let usage = "usage: interviewlens-cloud FUNCTION [--settings]";
        let _ = writeln!(io::stderr(), "{usage}; there is no function `{name}`");
        ExitCode::from(2)
    })
}
