//! Logs.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

/// Writes logs to standard error for people to read, at the level that
/// `RUST_LOG` asks for, or `default`.
pub fn for_people(default: &str) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(default));
    // A second call, in a test, changes nothing.
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false)
        .try_init();
}
