//! Putting a backup in place.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use domain::Timestamp;

use super::{FORMAT, MANIFEST, MaintenanceError, Manifest, copy_file};
use crate::{
    data_dir::{DATABASE, DataDir, KEYS, OBJECTS, private_folder},
    database::open_to_read,
    error::{OpenError, StoreError},
    files::sync_folder,
    identity::MARKER,
    lock::DataLock,
    migrations,
    recovery::FileReferences,
};

/// What a restore did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestoreReport {
    /// What the backup holds.
    pub manifest: Manifest,
    /// Where the previous contents are now.
    pub replaced: Option<PathBuf>,
}

/// Copies the backup `from` into a data directory that no service uses. Existing
/// contents are an error, or with `replace` are moved aside; the backup is checked
/// before.
pub fn restore(
    from: &Path,
    data_dir: &Path,
    replace: bool,
    now: Timestamp,
) -> Result<RestoreReport, MaintenanceError> {
    let (from, to) = (DataDir::new(from), DataDir::new(data_dir));
    let (manifest, named) = check(&from)?;
    to.create()?;
    let files = MaintenanceError::files(to.path());
    let _lock = DataLock::acquire(to.path(), &to.objects())?;
    let old = contents(&to).map_err(&files)?;
    if !old.is_empty() && !replace {
        return Err(MaintenanceError::WouldReplace(to.path().to_owned()));
    }
    let stamp = now.as_secs();
    let fresh = DataDir::new(&to.path().join(format!("restoring-{stamp}")));
    private_folder(&fresh.objects()).map_err(&files)?;
    copy(&from, &fresh, &named).map_err(&files)?;
    let replaced = if old.is_empty() {
        None
    } else {
        let aside = to.path().join(format!("replaced-{stamp}"));
        private_folder(&aside).map_err(&files)?;
        move_all(to.path(), &aside, &old).map_err(&files)?;
        Some(aside)
    };
    put_in_place(&fresh, &to).map_err(&files)?;
    Ok(RestoreReport { manifest, replaced })
}

/// Reads a backup and refuses one that is not whole.
fn check(from: &DataDir) -> Result<(Manifest, FileReferences), MaintenanceError> {
    let refuse = |reason: String| MaintenanceError::NoBackup {
        folder: from.path().to_owned(),
        reason,
    };
    let manifest = fs::read(from.path().join(MANIFEST))
        .map_err(|_| refuse(format!("it has no `{MANIFEST}`, which is written last")))?;
    let manifest: Manifest = serde_json::from_slice(&manifest)
        .map_err(|error| refuse(format!("`{MANIFEST}` cannot be read: {error}")))?;
    if manifest.format != FORMAT {
        let reason = format!(
            "its format is {}, and this release reads {FORMAT}",
            manifest.format
        );
        return Err(refuse(reason));
    }
    if !from.database().is_file() {
        return Err(refuse(format!("it has no `{DATABASE}`")));
    }
    let connection = open_to_read(&from.database())?;
    migrations::refuse_newer(&connection)?;
    let checked: String = connection
        .query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
        .map_err(StoreError::from)?;
    if checked != "ok" {
        return Err(refuse(format!("its database is damaged: {checked}")));
    }
    let mut named = FileReferences::from_objects(&connection)?;
    named
        .objects
        .retain(|file, _| !manifest.missing.contains(file));
    for (file, size) in &named.objects {
        let path = from.objects().join(file);
        let found = fs::metadata(&path).map_or(0, |metadata| metadata.len());
        if !path.is_file() || found < *size {
            let reason = format!("`{OBJECTS}/{file}` has {found} of {size} bytes");
            return Err(refuse(reason));
        }
    }
    Ok((manifest, named))
}

/// The names of what a restore would replace.
fn contents(data_dir: &DataDir) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(data_dir.path())? {
        let Ok(name) = entry?.file_name().into_string() else {
            continue;
        };
        let is_ours =
            name == "lock" || name.starts_with("replaced-") || name.starts_with("restoring-");
        let is_empty_folder = name == OBJECTS && fs::read_dir(data_dir.objects())?.next().is_none();
        if !is_ours && !is_empty_folder {
            names.push(name);
        }
    }
    Ok(names)
}

fn copy(from: &DataDir, to: &DataDir, named: &FileReferences) -> io::Result<()> {
    for file in named.objects.keys().map(String::as_str).chain([MARKER]) {
        let open = fs::File::open(from.objects().join(file))?;
        copy_file(open, &to.objects().join(file))?;
    }
    sync_folder(&to.objects())?;
    copy_file(fs::File::open(from.database())?, &to.database())?;
    for key in KEYS {
        let path = from.path().join(key);
        if path.is_file() {
            copy_file(fs::File::open(path)?, &to.path().join(key))?;
        }
    }
    sync_folder(to.path())
}

fn move_all(from: &Path, to: &Path, names: &[String]) -> io::Result<()> {
    for name in names {
        fs::rename(from.join(name), to.join(name))?;
    }
    sync_folder(to)?;
    sync_folder(from)
}

/// The database comes last: a start before that meets objects without their database, and
/// is refused.
fn put_in_place(fresh: &DataDir, to: &DataDir) -> io::Result<()> {
    if to.objects().exists() {
        fs::remove_dir(to.objects())?;
    }
    for name in [OBJECTS].into_iter().chain(KEYS).chain([DATABASE]) {
        if fresh.path().join(name).exists() {
            fs::rename(fresh.path().join(name), to.path().join(name))?;
            sync_folder(to.path())?;
        }
    }
    fs::remove_dir(fresh.path())
}

impl From<rusqlite::Error> for MaintenanceError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Open(OpenError::Database(StoreError::from(error)))
    }
}
