//! A copy of everything, made while the service runs.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use domain::Timestamp;

use super::{FORMAT, MANIFEST, MaintenanceError, Manifest, copy_file, private_file};
use crate::{
    data_dir::{DataDir, KEYS, private_folder},
    database::open_to_read,
    files::{if_there, open_object, sync_folder},
    identity, migrations,
    open::check_readable,
    recovery::FileReferences,
};

/// How often the database is copied until every object that it names has been copied.
const ROUNDS: usize = 20;

/// Copies the database, the objects and the keys of a data directory into `to`, which
/// is new or empty. The copy is consistent: the objects are copied first, then the
/// database, and again the objects that were added by then.
pub fn backup(data_dir: &Path, to: &Path, now: Timestamp) -> Result<Manifest, MaintenanceError> {
    let (from, to) = (DataDir::new(data_dir), DataDir::new(to));
    check_readable(&from)?;
    let files = MaintenanceError::files(to.path());
    if to.path().exists() && fs::read_dir(to.path()).map_err(&files)?.next().is_some() {
        return Err(MaintenanceError::TargetInUse(to.path().to_owned()));
    }
    private_folder(&to.objects()).map_err(&files)?;
    let mut copying = Copying {
        from: from.clone(),
        to: to.clone(),
        copied: BTreeMap::new(),
    };
    // Most objects, before the database is copied for the first time.
    copying.copy(&named(&from)?)?;
    let (named, missing) = copying.copy_database()?;
    copying.remove_unnamed(&named)?;
    for key in KEYS {
        let path = from.path().join(key);
        let there = if_there(fs::File::open(&path)).map_err(MaintenanceError::files(&path))?;
        if let Some(file) = there {
            copy_file(file, &to.path().join(key)).map_err(&files)?;
        }
    }
    let manifest = copying.manifest(missing, now)?;
    write_manifest(&to, &manifest).map_err(&files)?;
    Ok(manifest)
}

fn named(data_dir: &DataDir) -> Result<FileReferences, MaintenanceError> {
    Ok(FileReferences::from_objects(&open_to_read(
        &data_dir.database(),
    )?)?)
}

struct Copying {
    from: DataDir,
    to: DataDir,
    /// The sizes of the copied files, in bytes.
    copied: BTreeMap<String, u64>,
}

impl Copying {
    /// Copies the files that are not yet copied; returns the missing ones.
    fn copy(&mut self, named: &FileReferences) -> Result<BTreeSet<String>, MaintenanceError> {
        let mut absent = BTreeSet::new();
        for file in named.objects.keys() {
            if self.copied.contains_key(file) {
                continue;
            }
            let from = self.from.objects();
            let opened = if_there(open_object(&from, file));
            if let Some(open) = opened.map_err(MaintenanceError::files(&from.join(file)))? {
                let to = self.to.objects().join(file);
                let size = copy_file(open, &to).map_err(MaintenanceError::files(&to))?;
                self.copied.insert(file.clone(), size);
            } else {
                absent.insert(file.clone());
            }
        }
        Ok(absent)
    }

    /// Copies the database until all files that the copy names have been copied as
    /// well, except those that are missing for good; returns the named and the missing
    /// files.
    fn copy_database(&mut self) -> Result<(FileReferences, BTreeSet<String>), MaintenanceError> {
        for _ in 0..ROUNDS {
            let path = self.to.database();
            remove_if_there(&path).map_err(MaintenanceError::files(&path))?;
            let source = open_to_read(&self.from.database())?;
            migrations::copy_database(&source, &path)?;
            let copy = named(&self.to)?;
            let absent = self.copy(&copy)?;
            // A file that the live database no longer names was deleted since.
            let live = named(&self.from)?;
            if absent.iter().all(|file| live.objects.contains_key(file)) {
                return Ok((copy, absent));
            }
        }
        Err(MaintenanceError::Unstable(ROUNDS))
    }

    /// Removes copies of objects that were deleted while the backup was made.
    fn remove_unnamed(&mut self, named: &FileReferences) -> Result<(), MaintenanceError> {
        let unnamed = |file: &String| !named.objects.contains_key(file);
        let gone: Vec<String> = self
            .copied
            .keys()
            .filter(|file| unnamed(file))
            .cloned()
            .collect();
        for file in gone {
            let path = self.to.objects().join(&file);
            fs::remove_file(&path).map_err(MaintenanceError::files(&path))?;
            self.copied.remove(&file);
        }
        Ok(())
    }

    /// Marks the folder as the copied database's, and describes both.
    fn manifest(
        &self,
        missing: BTreeSet<String>,
        now: Timestamp,
    ) -> Result<Manifest, MaintenanceError> {
        let folder = self.to.objects();
        let connection = open_to_read(&self.to.database())?;
        let Some(identity) = identity::read_database(&connection)? else {
            return Err(MaintenanceError::NoBackup {
                folder: self.to.path().to_owned(),
                reason: "the database has no installation id; start the service once".to_owned(),
            });
        };
        identity::write_marker(&folder, &identity).map_err(MaintenanceError::files(&folder))?;
        Ok(Manifest {
            format: FORMAT,
            database_version: migrations::version(&connection)?,
            created_at: now,
            installation: identity.installation,
            change: identity.change,
            objects: self.copied.len() as u64,
            bytes: self.copied.values().sum(),
            missing: missing.into_iter().collect(),
        })
    }
}

fn remove_if_there(database: &Path) -> io::Result<()> {
    let beside = |suffix: &str| PathBuf::from(format!("{}{suffix}", database.display()));
    for path in [database.to_owned(), beside("-wal"), beside("-shm")] {
        if_there(fs::remove_file(path))?;
    }
    Ok(())
}

fn write_manifest(to: &DataDir, manifest: &Manifest) -> io::Result<()> {
    sync_folder(&to.objects())?;
    let mut file = private_file(&to.path().join(MANIFEST))?;
    file.write_all(&serde_json::to_vec_pretty(manifest)?)?;
    file.sync_all()?;
    sync_folder(to.path())
}
