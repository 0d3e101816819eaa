//! What can go wrong below the ports.

use std::path::PathBuf;

use domain::ports::{BusError, ObjectError, QueueError, RecordsError};

/// Why a data directory could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process works on it.
    #[error("`{}` is in use by another process", .0.display())]
    InUse(PathBuf),
    /// The file system said no.
    #[error("opening `{}`", .0.display())]
    Files(PathBuf, #[source] std::io::Error),
    /// The database said no.
    #[error("opening the database")]
    Database(#[from] Fault),
}

/// `SQLite` or the file system said no.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// `SQLite` said no.
    #[error("using the database")]
    Database(#[from] rusqlite::Error),
    /// The file system said no.
    #[error("using the data directory")]
    Files(#[from] std::io::Error),
    /// A stored value is not what was stored.
    #[error("reading a stored value")]
    Value(#[from] serde_json::Error),
    /// The database's thread has ended, because the process is stopping.
    #[error("the database is closed")]
    Closed,
}

impl From<Fault> for RecordsError {
    fn from(fault: Fault) -> Self {
        Self::Unavailable(Box::new(fault))
    }
}

impl From<Fault> for BusError {
    fn from(fault: Fault) -> Self {
        Self::Unavailable(Box::new(fault))
    }
}

impl From<Fault> for QueueError {
    fn from(fault: Fault) -> Self {
        Self::Unavailable(Box::new(fault))
    }
}

impl From<Fault> for ObjectError {
    fn from(fault: Fault) -> Self {
        Self::Unavailable(Box::new(fault))
    }
}
