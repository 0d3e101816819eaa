//! The folder of models.
//!
//! A file is verified once: its size, modification time and checksum are recorded
//! beside it, and while the first two are unchanged, the third is trusted. Reading 150
//! MB at every start would take longer than anything else.

use std::{
    fs::{self, File, Metadata, TryLockError},
    io::{self, Write as _},
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use crate::{PublishedModel, Sums};

/// What the cache holds of a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CacheLookup {
    /// The file with the published checksum.
    Verified(PathBuf),
    /// A file of that name with other bytes.
    Damaged(PathBuf),
    /// Nothing, or a part.
    Absent,
}

/// What a file was when it was verified.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Identity {
    bytes: u64,
    modified_s: i64,
    modified_ns: i64,
    sha256: String,
}

/// The folder, and one from which files are taken as well.
#[derive(Debug, Clone)]
pub struct Cache {
    folder: PathBuf,
    also: Option<PathBuf>,
}

impl Cache {
    /// A cache in `folder`.
    pub const fn new(folder: PathBuf) -> Self {
        Self { folder, also: None }
    }

    /// The same, which takes files from `folder` too but writes none there.
    #[must_use]
    pub fn with_also(self, folder: Option<PathBuf>) -> Self {
        Self {
            also: folder,
            ..self
        }
    }

    /// The folder that it writes to.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where the model's file belongs.
    pub fn path(&self, model: &PublishedModel) -> PathBuf {
        self.folder.join(model.file)
    }

    /// Where it is while it is incomplete.
    pub(crate) fn part(&self, model: &PublishedModel) -> PathBuf {
        self.folder.join(format!("{}.part", model.file))
    }

    /// How much of the model is there from an attempt that broke off, in bytes.
    pub fn partial_bytes(&self, model: &PublishedModel) -> u64 {
        fs::metadata(self.part(model)).map_or(0, |facts| facts.len())
    }

    /// Looks for the model. Reads the whole file unless it was verified before.
    pub fn find(&self, model: &PublishedModel) -> io::Result<CacheLookup> {
        self.look(model, |path| {
            let known = is_verified(path, model, &self.folder);
            Ok(known || verify_anew(path, model, &self.folder)?)
        })
    }

    /// Looks for the model without reading it: one that was never verified is absent.
    pub fn find_verified(&self, model: &PublishedModel) -> Option<PathBuf> {
        let known = |path: &Path| Ok(is_verified(path, model, &self.folder));
        match self.look(model, known) {
            Ok(CacheLookup::Verified(path)) => Some(path),
            _ => None,
        }
    }

    /// Looks for the model and reads the whole file, ignoring the recorded checksum.
    pub fn find_anew(&self, model: &PublishedModel) -> io::Result<CacheLookup> {
        self.look(model, |path| verify_anew(path, model, &self.folder))
    }

    fn look(
        &self,
        model: &PublishedModel,
        is_right: impl Fn(&Path) -> io::Result<bool>,
    ) -> io::Result<CacheLookup> {
        let mut found = CacheLookup::Absent;
        for folder in std::iter::once(&self.folder).chain(&self.also) {
            let path = folder.join(model.file);
            match is_right(&path) {
                Ok(true) => return Ok(CacheLookup::Verified(path)),
                Ok(false) if found == CacheLookup::Absent => found = CacheLookup::Damaged(path),
                Ok(false) => {}
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        Ok(found)
    }

    /// Makes a complete and verified part the model's file, durably.
    pub(crate) fn take_in(&self, model: &PublishedModel, sums: &Sums) -> io::Result<PathBuf> {
        let (part, path) = (self.part(model), self.path(model));
        File::open(&part)?.sync_all()?;
        fs::rename(&part, &path)?;
        File::open(&self.folder)?.sync_all()?;
        note(&path, sums, &self.folder);
        Ok(path)
    }

    /// Tries to become the one process that obtains the model; the lock ends with the file.
    pub(crate) fn try_lock(&self, model: &PublishedModel) -> io::Result<Option<File>> {
        fs::create_dir_all(&self.folder)?;
        let path = self.folder.join(format!("{}.lock", model.file));
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(path)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(file)),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }
}

/// The note about a file, which lies in the cache even where the file does not.
fn note_path(path: &Path, folder: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let place = if path.parent() == Some(folder) {
        ""
    } else {
        ".elsewhere"
    };
    folder.join(format!("{name}{place}.verified"))
}

fn identity(facts: &Metadata, sha256: String) -> Identity {
    Identity {
        bytes: facts.len(),
        modified_s: facts.mtime(),
        modified_ns: facts.mtime_nsec(),
        sha256,
    }
}

fn is_verified(path: &Path, model: &PublishedModel, folder: &Path) -> bool {
    let known = fs::read(note_path(path, folder)).ok();
    let known = known.and_then(|json| serde_json::from_slice::<Identity>(&json).ok());
    let (Some(known), Ok(facts)) = (known, fs::metadata(path)) else {
        return false;
    };
    let sums_match = model.sha256.is_none_or(|sha256| sha256 == known.sha256);
    sums_match && facts.len() == model.bytes && identity(&facts, known.sha256.clone()) == known
}

fn verify_anew(path: &Path, model: &PublishedModel, folder: &Path) -> io::Result<bool> {
    if fs::metadata(path)?.len() != model.bytes {
        return Ok(false);
    }
    let sums = Sums::from_file(path)?;
    let right = sums.match_model(model);
    if right {
        note(path, &sums, folder);
    } else {
        let _ = fs::remove_file(note_path(path, folder));
    }
    Ok(right)
}

/// Notes that a file was verified. Without the note it is verified again: not an error.
fn note(path: &Path, sums: &Sums, folder: &Path) {
    let noted = fs::metadata(path).and_then(|facts| {
        fs::create_dir_all(folder)?;
        let json = serde_json::to_vec(&identity(&facts, sums.sha256.clone()))?;
        let (target, fresh) = (note_path(path, folder), note_path(path, folder));
        let fresh = fresh.with_extension(format!("verified.{}", std::process::id()));
        let mut file = File::create(&fresh)?;
        file.write_all(&json)?;
        fs::rename(fresh, target)
    });
    if let Err(error) = noted {
        tracing::debug!(event = "model.checksum_not_cached", %error, "the checksum of a model was not cached");
    }
}
