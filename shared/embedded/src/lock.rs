//! One process at a time for a data directory.
//!
//! The lock lies on the directories themselves: a file can be removed while it is locked,
//! and a second process would then lock a new one. The file `lock` is locked as well,
//! because earlier releases lock nothing else.

use std::{
    fs::{File, TryLockError},
    path::Path,
};

use crate::error::OpenError;

/// Holds a data directory for this process until it is dropped.
#[derive(Debug)]
pub(crate) struct DataLock {
    _held: Vec<File>,
}

impl DataLock {
    /// Locks a data directory, which is there, and its folder of objects.
    pub(crate) fn acquire(data_dir: &Path, objects: &Path) -> Result<Self, OpenError> {
        let files = |error| OpenError::Files(data_dir.to_owned(), error);
        let file = File::create(data_dir.join("lock")).map_err(files)?;
        let mut held = Vec::new();
        for (file, is_needed) in [
            (file, true),
            (File::open(data_dir).map_err(files)?, false),
            (File::open(objects).map_err(files)?, false),
        ] {
            match file.try_lock() {
                Ok(()) => held.push(file),
                Err(TryLockError::WouldBlock) => {
                    return Err(OpenError::InUse(data_dir.to_owned()));
                }
                // Some network file systems lock files and no directories.
                Err(TryLockError::Error(_)) if !is_needed => {}
                Err(TryLockError::Error(error)) => return Err(files(error)),
            }
        }
        Ok(Self { _held: held })
    }
}
