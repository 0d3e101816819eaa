//! What is reported while a model is being obtained.

use std::time::Duration;

/// Something that happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DownloadEvent<'a> {
    /// A source is about to be used: nothing has been sent yet.
    Source {
        /// A host, or the registry with the packages.
        name: &'a str,
        /// How much it is going to send, in bytes.
        bytes: u64,
        /// How much of it is there from an earlier attempt, in bytes.
        resumed: u64,
    },
    /// Bytes have come.
    Bytes {
        /// Bytes so far, those of earlier attempts included.
        done: u64,
        /// How many there will be.
        total: u64,
    },
    /// Everything has come and is converted or verified.
    Verifying,
    /// A source did not yield the model.
    Failed {
        /// Its name.
        name: &'a str,
        /// Why not.
        reason: &'a str,
    },
    /// Another process is obtaining the same model.
    Locked {
        /// The longest wait.
        timeout: Duration,
    },
}

/// Takes the reports.
pub trait Observer: Send + Sync {
    /// Takes one.
    fn report(&self, event: DownloadEvent<'_>);
}

/// Takes them and does nothing.
impl Observer for () {
    fn report(&self, _: DownloadEvent<'_>) {}
}

/// Writes them into the log: host and size before anything is fetched.
#[derive(Debug, Clone, Copy)]
pub struct Log;

impl Observer for Log {
    fn report(&self, event: DownloadEvent<'_>) {
        match event {
            DownloadEvent::Source {
                name,
                bytes,
                resumed,
            } => tracing::info!(
                event = "model.download_started",
                source = name,
                bytes,
                resumed,
                "downloading the speech model"
            ),
            DownloadEvent::Failed { name, reason } => {
                tracing::warn!(
                    event = "model.download_failed",
                    source = name,
                    reason,
                    "the speech model was not downloaded"
                );
            }
            DownloadEvent::Locked { .. } => {
                tracing::info!(
                    event = "model.download_locked",
                    "another process is downloading the speech model"
                );
            }
            DownloadEvent::Verifying => tracing::info!(
                event = "model.verification_started",
                "verifying the speech model"
            ),
            DownloadEvent::Bytes { .. } => {}
        }
    }
}
