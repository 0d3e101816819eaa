//! Where things lie in a data directory.

use std::{
    fs::{DirBuilder, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use crate::error::OpenError;

/// The database's file name.
pub(crate) const DATABASE: &str = "interviewlens.db";

/// The name of the folder of objects.
pub(crate) const OBJECTS: &str = "objects";

/// The keys beside the database: what signs URLs and what signs webhooks.
pub(crate) const KEYS: [&str; 2] = ["signing-key", "webhook-secret"];

/// A data directory, open or not.
#[derive(Debug, Clone)]
pub(crate) struct DataDir(PathBuf);

impl DataDir {
    pub(crate) fn new(path: &Path) -> Self {
        Self(path.to_owned())
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.0.join(DATABASE)
    }

    pub(crate) fn objects(&self) -> PathBuf {
        self.0.join(OBJECTS)
    }

    /// Creates it and its folder of objects, for this user alone, when they are not there.
    pub(crate) fn create(&self) -> Result<(), OpenError> {
        let created = private_folder(&self.objects());
        created.map_err(|error| OpenError::Files(self.0.clone(), error))
    }
}

/// Creates a folder that only its owner can read, unless it is there.
pub(crate) fn private_folder(path: &Path) -> io::Result<()> {
    let mut private = DirBuilder::new();
    private.recursive(true).mode(0o700).create(path)
}

/// Writes a file that only its owner can read, to its end.
pub fn write_private(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(content)?;
    file.sync_all()
}
