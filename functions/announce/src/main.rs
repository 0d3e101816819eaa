//! The function as an instance of Cloud Run hosts it.

use std::process::ExitCode;

use announce::Announce;

fn main() -> ExitCode {
    google::function("announce", |cloud| Ok(Announce { bus: cloud.bus()? }))
}
