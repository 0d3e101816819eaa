//! What can go wrong below the ports.

use std::{io, path::PathBuf};

use domain::ports::{BusError, ObjectError, QueueError, RecordsError};
use rusqlite::ErrorCode;

use crate::identity::Mismatch;

/// Why a data directory could not be opened. Each is one line that says what to do.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process works on it.
    #[error("`{}` is in use by another process; stop that one first", .0.display())]
    InUse(PathBuf),
    /// The directory has no database.
    #[error("`{}` holds no database; set `DATA_DIR` to the data directory of the service", .0.display())]
    NoDatabase(PathBuf),
    /// The database and the folder of objects do not belong together.
    #[error(
        "`{}`: {mismatch}; put the matching database or folder back, or keep both as they are \
         with `interviewlens repair --adopt`, which deletes nothing",
        .data_dir.display()
    )]
    Mismatch {
        /// The data directory.
        data_dir: PathBuf,
        /// What does not match.
        mismatch: Mismatch,
    },
    /// A newer release has written the database.
    #[error(
        "the database has version {found}, and this release knows versions up to {known}; start \
         the newer release, or restore a backup from before it with `interviewlens restore`"
    )]
    Newer {
        /// The database's version.
        found: i64,
        /// The newest version that this release knows.
        known: i64,
    },
    /// The database has to be migrated first, which only the service does.
    #[error(
        "the database has version {found} and not {known}; start the service once, which \
         migrates it after making a copy"
    )]
    Outdated {
        /// The database's version.
        found: i64,
        /// The version that this release works with.
        known: i64,
    },
    /// The database lacks a column.
    #[error(
        "the database lacks the column `{column}` of table `{table}`; restore a backup with \
         `interviewlens restore`"
    )]
    Schema {
        /// The table.
        table: String,
        /// The column.
        column: String,
    },
    /// The file system failed.
    #[error("opening `{}`", .0.display())]
    Files(PathBuf, #[source] io::Error),
    /// The database failed.
    #[error("opening the database")]
    Database(#[from] StoreError),
}

/// An error of `SQLite` or the file system.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// An error of `SQLite`.
    #[error("using the database")]
    Database(#[source] rusqlite::Error),
    /// An error of the file system.
    #[error("using the data directory")]
    Files(#[from] io::Error),
    /// A stored value is corrupt.
    #[error("reading a stored value")]
    Value(#[from] serde_json::Error),
    /// The database's thread has ended, because the process is stopping.
    #[error("the database is closed")]
    Closed,
}

impl From<rusqlite::Error> for StoreError {
    /// `SQLite` and the file system report a full disk as the same error.
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => {
                Self::Files(io::Error::new(io::ErrorKind::StorageFull, error))
            }
            _ => Self::Database(error),
        }
    }
}

macro_rules! unavailable {
    ($($error:ident)*) => {$(
        impl From<StoreError> for $error {
            fn from(error: StoreError) -> Self {
                Self::Unavailable(Box::new(error))
            }
        }
    )*};
}

unavailable! { RecordsError BusError QueueError ObjectError }

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
        let StoreError::Files(error) = StoreError::from(full) else {
            panic!("not a fault of the files");
        };
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);

        let other = database.execute("INSERT INTO nothing", ()).unwrap_err();
        assert!(matches!(StoreError::from(other), StoreError::Database(_)));
    }
}
