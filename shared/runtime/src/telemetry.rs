//! Logs.

use std::{
    io::{self, IsTerminal},
    panic::{self, PanicHookInfo},
};

use tracing::Subscriber;
use tracing_subscriber::{EnvFilter, fmt::MakeWriter, util::SubscriberInitExt as _};

use crate::cloud_log;

/// Writes logs to standard error for people to read, at the level that
/// `RUST_LOG` asks for, or `default`.
pub fn for_people(default: &str) {
    // A second call, in a test, changes nothing.
    let _ = tracing_subscriber::fmt()
        .with_env_filter(level(default))
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .with_target(false)
        .try_init();
}

/// Writes logs to standard output for Cloud Logging to read, in `project` on
/// behalf of `function`, at the level that `RUST_LOG` asks for, or `info`,
/// less of what Firestore's client says of itself.
/// Panics are logged too, in one line each.
pub fn for_cloud(project: &str, function: &'static str) {
    let subscriber =
        cloud_log::subscriber(project, function, level("info,firestore=warn"), io::stdout);
    if subscriber.try_init().is_ok() {
        panic::set_hook(Box::new(log_panic));
    }
}

/// What [`for_cloud`] writes, to a writer of one's own and at a level of one's own.
pub fn cloud_lines<W>(
    project: &str,
    function: &'static str,
    level: &str,
    writer: W,
) -> impl Subscriber + Send + Sync + use<W>
where
    W: for<'writer> MakeWriter<'writer> + Send + Sync + 'static,
{
    cloud_log::subscriber(project, function, EnvFilter::new(level), writer)
}

fn level(default: &str) -> EnvFilter {
    EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(default))
}

/// A panic's words are told only where they stand in the code as they are: made
/// up ones may quote what people said.
fn log_panic(panic: &PanicHookInfo<'_>) {
    let words = panic.payload().downcast_ref::<&'static str>();
    let words = words.copied().unwrap_or("panic");
    let location = panic.location().map(ToString::to_string);
    tracing::error!(event = "process.panicked", location, "panicked: {words}");
}
