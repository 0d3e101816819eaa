//! The function as an instance of Cloud Run hosts it.

use std::{process::ExitCode, sync::Arc};

use announce::Announce;
use google::Handler;

fn main() -> ExitCode {
    google::run("announce", |cloud| {
        Ok(Handler::Function(Arc::new(Announce { bus: cloud.bus()? })))
    })
}
