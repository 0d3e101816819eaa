//! What a start does with the files that it finds.
//!
//! Files are sorted by their own names first: only an unfinished one that no row names is
//! removed. Anything else that the database does not name moves to `objects/quarantine`,
//! where it stays until a person decides.

use std::{
    collections::{HashMap, HashSet},
    fs, io,
    path::{Path, PathBuf},
};

use rusqlite::Connection;

use crate::{
    data_dir::private_folder,
    database::first_column,
    error::StoreError,
    files::{UNFINISHED, if_there, sync_folder},
    identity::{Census, FRESH_MARKER, MARKER},
};

/// The folder of unknown files, inside the folder of objects.
pub(crate) const QUARANTINE: &str = "quarantine";

/// What the database names.
#[derive(Debug, Default)]
pub(crate) struct FileReferences {
    /// Files of objects, with their sizes in bytes.
    pub(crate) objects: HashMap<String, u64>,
    /// Uploads under way.
    pub(crate) sessions: HashSet<String>,
    /// Files to be unlinked.
    pub(crate) removed: HashSet<String>,
}

impl FileReferences {
    /// Reads what a migrated database names.
    pub(crate) fn read(connection: &Connection) -> Result<Self, StoreError> {
        let mut named = Self::from_objects(connection)?;
        named.sessions = first_column(connection, "SELECT id FROM sessions", [])?;
        named.removed = first_column(connection, "SELECT file FROM removed_files", [])?;
        Ok(named)
    }

    /// Reads the objects alone, which a database of every version has, unless it is empty.
    pub(crate) fn from_objects(connection: &Connection) -> Result<Self, StoreError> {
        let mut named = Self::default();
        let sql = "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = 'objects')";
        if connection.query_row(sql, [], |row| row.get(0))? {
            let mut statement = connection.prepare("SELECT file, size FROM objects")?;
            let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
            named.objects = rows.collect::<Result<_, _>>()?;
        }
        Ok(named)
    }
}

/// The files of the folder, and those in quarantine.
#[derive(Debug, Default)]
pub(crate) struct FolderListing {
    /// In the folder.
    pub(crate) files: HashSet<String>,
    /// In quarantine.
    pub(crate) quarantined: HashSet<String>,
}

impl FolderListing {
    pub(crate) fn read(folder: &Path) -> io::Result<Self> {
        let mut files = list(folder)?;
        files.remove(MARKER);
        files.remove(FRESH_MARKER);
        Ok(Self {
            files,
            quarantined: list(&folder.join(QUARANTINE))?,
        })
    }

    /// Whether a file is there, renamed or not.
    fn has(&self, file: &str) -> bool {
        self.files.contains(file) || self.files.contains(&format!("{file}{UNFINISHED}"))
    }

    pub(crate) fn census(&self, named: &FileReferences) -> Census {
        Census {
            named: named.objects.len(),
            missing: named.objects.keys().filter(|file| !self.has(file)).count(),
            files: self.files.len() + self.quarantined.len(),
        }
    }
}

/// The names of the plain files in a folder; none when it is not there.
fn list(folder: &Path) -> io::Result<HashSet<String>> {
    let Some(entries) = if_there(fs::read_dir(folder))? else {
        return Ok(HashSet::new());
    };
    let mut names = HashSet::new();
    for entry in entries {
        let entry = entry?;
        if entry.file_type()?.is_file()
            && let Ok(name) = entry.file_name().into_string()
        {
            names.insert(name);
        }
    }
    Ok(names)
}

/// What becomes of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum FileAction {
    Stay,
    /// An object whose process died before the rename.
    Publish,
    /// An upload under way of a release that did not mark unfinished files.
    Unpublish,
    Remove,
    Quarantine,
}

fn file_action(name: &str, named: &FileReferences, keep_unfinished: bool) -> FileAction {
    if let Some(file) = name.strip_suffix(UNFINISHED) {
        if named.objects.contains_key(file) {
            FileAction::Publish
        } else if named.sessions.contains(file) {
            FileAction::Stay
        } else if keep_unfinished {
            FileAction::Quarantine
        } else {
            FileAction::Remove
        }
    } else if named.objects.contains_key(name) {
        FileAction::Stay
    } else if named.removed.contains(name) {
        FileAction::Remove
    } else if named.sessions.contains(name) {
        FileAction::Unpublish
    } else {
        FileAction::Quarantine
    }
}

/// What a start did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct RecoverySummary {
    /// How many files moved to quarantine.
    pub(crate) quarantined: usize,
    /// How many objects have no file.
    pub(crate) missing: usize,
}

/// Sorts the files of a folder that is locked. `keep_unfinished` is for a database that
/// did not belong to the folder until now: then nothing is removed at all.
pub(crate) fn run(
    folder: &Path,
    named: &FileReferences,
    found: &FolderListing,
    keep_unfinished: bool,
) -> io::Result<RecoverySummary> {
    let mut recovered = RecoverySummary {
        missing: found.census(named).missing,
        ..RecoverySummary::default()
    };
    for name in &found.files {
        let path = folder.join(name);
        let renamed = match file_action(name, named, keep_unfinished) {
            FileAction::Stay => continue,
            FileAction::Remove => {
                fs::remove_file(&path)?;
                continue;
            }
            FileAction::Publish => name.strip_suffix(UNFINISHED).map(str::to_owned),
            FileAction::Unpublish => Some(format!("{name}{UNFINISHED}")),
            FileAction::Quarantine => None,
        };
        let free = renamed.filter(|renamed| !found.files.contains(renamed));
        if let Some(renamed) = free {
            fs::rename(&path, folder.join(renamed))?;
        } else {
            quarantine(folder, name)?;
            recovered.quarantined += 1;
        }
    }
    sync_folder(folder)?;
    Ok(recovered)
}

/// Moves a file to quarantine, under its name.
pub(crate) fn quarantine(folder: &Path, name: &str) -> io::Result<()> {
    let place = folder.join(QUARANTINE);
    private_folder(&place)?;
    let to = free_name(&place, name);
    fs::rename(folder.join(name), &to)?;
    sync_folder(&place)
}

/// The name, or the first free one after it: nothing in quarantine is overwritten.
fn free_name(place: &Path, name: &str) -> PathBuf {
    let plain = place.join(name);
    if !plain.exists() {
        return plain;
    }
    let mut numbered = (1..).map(|number: u32| place.join(format!("{name}.{number}")));
    numbered.find(|path| !path.exists()).unwrap_or(plain)
}

/// Moves a file back from quarantine.
pub(crate) fn release(folder: &Path, name: &str) -> io::Result<()> {
    fs::rename(folder.join(QUARANTINE).join(name), folder.join(name))?;
    sync_folder(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_unfinished_files_without_a_row_are_removed() {
        let named = FileReferences {
            objects: [("object".to_owned(), 1)].into(),
            sessions: ["session".to_owned()].into(),
            removed: ["removed".to_owned()].into(),
        };
        for (name, expected, over_other_database) in [
            ("object", FileAction::Stay, FileAction::Stay),
            ("object.part", FileAction::Publish, FileAction::Publish),
            ("session", FileAction::Unpublish, FileAction::Unpublish),
            ("session.part", FileAction::Stay, FileAction::Stay),
            ("removed", FileAction::Remove, FileAction::Remove),
            ("unknown", FileAction::Quarantine, FileAction::Quarantine),
            ("unknown.part", FileAction::Remove, FileAction::Quarantine),
        ] {
            assert_eq!(file_action(name, &named, false), expected, "{name}");
            assert_eq!(
                file_action(name, &named, true),
                over_other_database,
                "{name}"
            );
        }
    }

    #[test]
    fn quarantine_overwrites_nothing() {
        let folder = tempfile::tempdir().unwrap();
        for content in ["one", "two", "three"] {
            fs::write(folder.path().join("a"), content).unwrap();
            quarantine(folder.path(), "a").unwrap();
        }
        let found = FolderListing::read(folder.path()).unwrap();
        let expected = ["a", "a.1", "a.2"].map(str::to_owned);
        assert_eq!(found.quarantined, expected.into());
        assert!(found.files.is_empty());
    }
}
