//! Bringing files back from quarantine, and keeping a pair that does not match.

use std::{fs, path::Path};

use rusqlite::Connection;
use serde::Serialize;

use crate::{
    data_dir::DataDir,
    database::in_transaction,
    error::{OpenError, StoreError},
    files::{UNFINISHED, places},
    identity::{self, Mismatch},
    open::{self, Acceptance},
    passages,
    recovery::{self, FileReferences, FolderListing, QUARANTINE},
};

/// What a repair may change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repair {
    /// Files in quarantine that the database names are linked again.
    Relink,
    /// The same, and a database and a folder that do not match are kept as they are: the
    /// folder becomes the database's, and files that it does not name go to quarantine.
    Adopt,
}

/// An object whose file is not there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct MissingFile {
    /// The bucket's role.
    pub bucket: String,
    /// The object's name.
    pub object: String,
    /// The file's name.
    pub file: String,
    /// Whether a file in quarantine can take its place.
    pub can_be_linked: bool,
}

/// A file that the database does not name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct QuarantinedFile {
    /// Its name in the folder `objects/quarantine`.
    pub file: String,
    /// Its size in bytes.
    pub size_bytes: u64,
}

/// How the files of a data directory compare with its database.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Inspection {
    /// Why the service would not start, if it would not.
    pub mismatch: Option<String>,
    /// Objects whose files are not there.
    pub missing: Vec<MissingFile>,
    /// Files in quarantine that no object needs.
    pub quarantined: Vec<QuarantinedFile>,
}

impl Inspection {
    /// Whether nothing is wrong.
    pub const fn is_clean(&self) -> bool {
        self.mismatch.is_none() && self.missing.is_empty() && self.quarantined.is_empty()
    }
}

/// Compares the files of a data directory with its database, and changes nothing. A service
/// may be running on it.
pub fn inspect(data_dir: &Path) -> Result<Inspection, OpenError> {
    let data_dir = DataDir::new(data_dir);
    inspect_with(&open::open_readable(&data_dir)?, &data_dir)
}

fn inspect_with(connection: &Connection, data_dir: &DataDir) -> Result<Inspection, OpenError> {
    let files = |error| OpenError::Files(data_dir.path().to_owned(), error);
    let folder = data_dir.objects();
    // The marker is read before the database, which counts on.
    let marked = identity::read_folder(&folder).map_err(files)?;
    let own = identity::read_database(connection)?;
    // The files are listed before the rows, so a file that is deleted in between is in
    // neither.
    let found = FolderListing::read(&folder).map_err(files)?;
    let named = FileReferences::from_objects(connection)?;
    let compared = identity::compare(own.as_ref(), &marked, found.census(&named));
    let mut missing = missing_files(connection, &folder)?;
    missing.sort();
    let needed: Vec<&str> = missing
        .iter()
        .map(|missing| missing.file.as_str())
        .collect();
    let mut quarantined = Vec::new();
    for file in &found.quarantined {
        if !needed.contains(&plain(file)) {
            let path = folder.join(QUARANTINE).join(file);
            quarantined.push(QuarantinedFile {
                file: file.clone(),
                size_bytes: fs::metadata(path).map_err(files)?.len(),
            });
        }
    }
    quarantined.sort();
    Ok(Inspection {
        mismatch: compared
            .err()
            .map(|mismatch: Mismatch| mismatch.to_string()),
        missing,
        quarantined,
    })
}

/// A file's name without the suffix of an unfinished one.
fn plain(file: &str) -> &str {
    file.strip_suffix(UNFINISHED).unwrap_or(file)
}

fn missing_files(connection: &Connection, folder: &Path) -> Result<Vec<MissingFile>, StoreError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = 'objects')";
    if !connection.query_row(sql, [], |row| row.get(0))? {
        return Ok(Vec::new());
    }
    let mut suspects = Vec::new();
    {
        let mut statement = connection.prepare("SELECT bucket, name, file, size FROM objects")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let (file, size): (String, u64) = (row.get(2)?, row.get(3)?);
            let in_folder = |folder: &Path| {
                let mut places = places(folder, &file).into_iter();
                places.any(|path| is_whole(&path, size))
            };
            if !in_folder(folder) {
                suspects.push(MissingFile {
                    bucket: row.get(0)?,
                    object: row.get(1)?,
                    can_be_linked: in_folder(&folder.join(QUARANTINE)),
                    file,
                });
            }
        }
    }
    let mut missing = Vec::new();
    for suspect in suspects {
        // A running service may have deleted it in between.
        if is_named(connection, &suspect.file)? {
            missing.push(suspect);
        }
    }
    Ok(missing)
}

fn is_named(connection: &Connection, file: &str) -> Result<bool, StoreError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM objects WHERE file = ?1)";
    Ok(connection.query_row(sql, [file], |row| row.get(0))?)
}

fn is_whole(path: &Path, size: u64) -> bool {
    fs::metadata(path).is_ok_and(|metadata| metadata.len() >= size)
}

/// Repairs a data directory that no service uses; returns the state before and after.
pub fn repair(data_dir: &Path, repair: Repair) -> Result<(Inspection, Inspection), OpenError> {
    let before = inspect(data_dir)?;
    let data_dir = DataDir::new(data_dir);
    data_dir.create()?;
    let acceptance = match repair {
        Repair::Relink => Acceptance::Matching,
        Repair::Adopt => Acceptance::Any,
    };
    let mut opened = open::open(&data_dir, acceptance)?;
    // Makes the index of passages anew from the documents.
    in_transaction(&mut opened.connection, passages::rebuild)?;
    let folder = data_dir.objects();
    let files = |error| OpenError::Files(folder.clone(), error);
    for missing in missing_files(&opened.connection, &folder)? {
        if !missing.can_be_linked {
            continue;
        }
        let unfinished = format!("{}{UNFINISHED}", missing.file);
        let quarantine = folder.join(QUARANTINE);
        // A damaged file of the same name makes room, and is kept.
        if folder.join(&missing.file).exists() {
            recovery::quarantine(&folder, &missing.file).map_err(files)?;
        }
        let name = if quarantine.join(&unfinished).exists() {
            unfinished
        } else {
            missing.file
        };
        recovery::release(&folder, &name).map_err(files)?;
    }
    let after = inspect_with(&opened.connection, &data_dir)?;
    Ok((before, after))
}
