//! What can go wrong below the ports.

use std::{io, path::PathBuf};

use domain::ports::{BusError, ObjectError, QueueError, RecordsError};
use rusqlite::ErrorCode;

/// Why a data directory could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process works on it.
    #[error("`{}` is in use by another process", .0.display())]
    InUse(PathBuf),
    /// The file system said no.
    #[error("opening `{}`", .0.display())]
    Files(PathBuf, #[source] io::Error),
    /// The database said no.
    #[error("opening the database")]
    Database(#[from] Fault),
}

/// `SQLite` or the file system said no.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// `SQLite` said no.
    #[error("using the database")]
    Database(#[source] rusqlite::Error),
    /// The file system said no.
    #[error("using the data directory")]
    Files(#[from] io::Error),
    /// A stored value is not what was stored.
    #[error("reading a stored value")]
    Value(#[from] serde_json::Error),
    /// The database's thread has ended, because the process is stopping.
    #[error("the database is closed")]
    Closed,
}

impl From<rusqlite::Error> for Fault {
    /// A full disk is one whoever notices.
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => {
                Self::Files(io::Error::new(io::ErrorKind::StorageFull, error))
            }
            _ => Self::Database(error),
        }
    }
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

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::*;

    #[test]
    fn a_full_database_is_a_full_disk() {
        let database = Connection::open_in_memory().unwrap();
        database.execute("CREATE TABLE t (value BLOB)", ()).unwrap();
        database.pragma_update(None, "max_page_count", 4).unwrap();
        let full = database
            .execute("INSERT INTO t VALUES (zeroblob(100000))", ())
            .unwrap_err();
        let Fault::Files(fault) = Fault::from(full) else {
            panic!("not a fault of the files");
        };
        assert_eq!(fault.kind(), io::ErrorKind::StorageFull);

        let other = database.execute("INSERT INTO nothing", ()).unwrap_err();
        assert!(matches!(Fault::from(other), Fault::Database(_)));
    }
}
