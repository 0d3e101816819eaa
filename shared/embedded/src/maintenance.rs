//! What an operator does with a data directory: inspect, repair, back up, restore.
//!
//! None of it deletes anything that was an object, a database or a key: what is replaced is
//! moved aside.

mod backup;
mod repair;
mod restore;

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

pub use backup::backup;
pub use repair::{Inspection, MissingFile, QuarantinedFile, Repair, inspect, repair};
pub use restore::{RestoreReport, restore};

use crate::error::{OpenError, StoreError};

/// The file that makes a folder a backup; it is written last.
const MANIFEST: &str = "backup.json";

/// The layout that this release writes and reads.
const FORMAT: u32 = 1;

/// What a backup holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The layout of the folder.
    pub format: u32,
    /// The version of the database.
    pub database_version: i64,
    /// When the backup was completed, in RFC 3339.
    pub created_at: domain::Timestamp,
    /// The installation that was backed up.
    pub installation: String,
    /// How often it had changed by then.
    pub change: i64,
    /// How many objects there are.
    pub objects: u64,
    /// Their size in bytes.
    pub bytes: u64,
    /// Files that the database names and that were missing before the backup.
    pub missing: Vec<String>,
}

/// Why a backup or a restore failed. Each is one line that says what to do.
#[derive(Debug, thiserror::Error)]
pub enum MaintenanceError {
    /// The data directory cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The folder for a backup is in use.
    #[error("`{}` is not empty; name a new folder for the backup", .0.display())]
    TargetInUse(PathBuf),
    /// The data directory is in use.
    #[error(
        "`{}` is not empty; `--replace` moves what is there into a folder `replaced-…` inside it",
        .0.display()
    )]
    WouldReplace(PathBuf),
    /// The folder holds no complete backup.
    #[error("`{}` is no complete backup: {reason}", .folder.display())]
    NoBackup {
        /// The folder.
        folder: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// Objects are deleted faster than they can be copied.
    #[error("the service deleted objects in each of {0} rounds of the backup; try again later")]
    Unstable(usize),
    /// The file system failed.
    #[error("using `{}`", .0.display())]
    Files(PathBuf, #[source] io::Error),
}

impl From<StoreError> for MaintenanceError {
    fn from(error: StoreError) -> Self {
        Self::Open(error.into())
    }
}

impl MaintenanceError {
    fn files(path: &Path) -> impl Fn(io::Error) -> Self + '_ {
        |error| Self::Files(path.to_owned(), error)
    }
}

/// Copies a file into a new one, durable once its folder is synced; answers the size.
fn copy_file(mut from: fs::File, to: &Path) -> io::Result<u64> {
    let mut out = private_file(to)?;
    let bytes = io::copy(&mut from, &mut out)?;
    out.sync_all()?;
    Ok(bytes)
}

/// A new file that only its owner can read.
fn private_file(path: &Path) -> io::Result<fs::File> {
    use std::os::unix::fs::OpenOptionsExt;
    fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
}
