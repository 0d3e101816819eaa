//! Which database and which folder of objects belong together.
//!
//! The database and the folder hold the id of their installation and a counter of changes
//! that only grows. The database counts in each transaction; the folder's marker follows
//! after the commit, so that it is never ahead of its own database. A marker that is ahead
//! says that the database is an older copy, and another id that the two never belonged
//! together.

use std::{fs, io, os::unix::fs::FileExt, path::Path};

use parking_lot::Mutex;
use rusqlite::{Connection, OptionalExtension};

use crate::{data_dir::write_private, error::StoreError, files::sync_folder};

/// The marker's name in the folder of objects.
pub(crate) const MARKER: &str = "installation";

/// The marker while it is written. A start that ended there leaves it; the next overwrites it.
pub(crate) const FRESH_MARKER: &str = "installation.part";

/// The counter's name in the database.
pub(crate) const CHANGE: &str = "change";

/// An installation, and how often it has changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StoreIdentity {
    /// A random name.
    pub(crate) installation: String,
    /// Grows with each transaction that changes something.
    pub(crate) change: i64,
}

/// Why a database is not opened over a folder of objects.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Mismatch {
    /// The database is a copy from before the newest changes.
    #[error("the database (change {database}) is older than its object folder (change {folder})")]
    Older {
        /// The database's counter.
        database: i64,
        /// The folder's counter.
        folder: i64,
    },
    /// The database and the folder are of different installations.
    #[error(
        "the database (installation {database}) and the object folder (installation {folder}) do not belong together"
    )]
    Unrelated {
        /// The database's installation.
        database: String,
        /// The folder's installation.
        folder: String,
    },
    /// The database is new or of an earlier release, and the folder is in use.
    #[error("the database is new, but the object folder belongs to installation {folder}")]
    NewDatabase {
        /// The folder's installation.
        folder: String,
    },
    /// The folder has no marker and lacks objects that the database names.
    #[error("the object folder lacks {missing} of the {named} objects that the database names")]
    OtherFolder {
        /// How many files are not there.
        missing: usize,
        /// How many the database names.
        named: usize,
    },
    /// The marker is damaged.
    #[error("the file `objects/installation` cannot be read")]
    Unreadable,
}

/// What the folder says about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum FolderIdentity {
    /// Nothing.
    None,
    /// The marker's content.
    Marked(StoreIdentity),
    /// The marker is damaged.
    Unreadable,
}

/// The files' side of the comparison.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Census {
    /// How many objects the database names.
    pub(crate) named: usize,
    /// How many of them have no file.
    pub(crate) missing: usize,
    /// How many files there are, quarantine included.
    pub(crate) files: usize,
}

/// Whether a database may be opened over a folder.
pub(crate) fn compare(
    database: Option<&StoreIdentity>,
    folder: &FolderIdentity,
    census: Census,
) -> Result<(), Mismatch> {
    match (database, folder) {
        (_, FolderIdentity::Unreadable) => Err(Mismatch::Unreadable),
        (None, FolderIdentity::Marked(_)) if census.files == 0 => Ok(()),
        (None, FolderIdentity::Marked(folder)) => Err(Mismatch::NewDatabase {
            folder: folder.installation.clone(),
        }),
        (Some(_), FolderIdentity::None) if census.missing > 0 => Err(Mismatch::OtherFolder {
            missing: census.missing,
            named: census.named,
        }),
        // Also a data directory of a release without identities, and a new one.
        (_, FolderIdentity::None) => Ok(()),
        (Some(database), FolderIdentity::Marked(folder)) => {
            if database.installation != folder.installation {
                return Err(Mismatch::Unrelated {
                    database: database.installation.clone(),
                    folder: folder.installation.clone(),
                });
            }
            if database.change < folder.change {
                return Err(Mismatch::Older {
                    database: database.change,
                    folder: folder.change,
                });
            }
            Ok(())
        }
    }
}

/// What a database says about itself; nothing in one of a release without identities.
pub(crate) fn read_database(connection: &Connection) -> Result<Option<StoreIdentity>, StoreError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = 'installation')";
    if !connection.query_row(sql, [], |row| row.get::<_, bool>(0))? {
        return Ok(None);
    }
    let sql = "SELECT id, coalesce((SELECT value FROM counters WHERE name = ?1), 0)
               FROM installation";
    let found = connection.query_row(sql, [CHANGE], |row| {
        Ok(StoreIdentity {
            installation: row.get(0)?,
            change: row.get(1)?,
        })
    });
    Ok(found.optional()?)
}

/// Writes an identity into a database; its counter never goes back.
pub(crate) fn set_database(
    connection: &Connection,
    identity: &StoreIdentity,
) -> Result<(), StoreError> {
    connection.execute(
        "INSERT OR REPLACE INTO installation (only_row, id) VALUES (1, ?1)",
        [&identity.installation],
    )?;
    connection.execute(
        "INSERT INTO counters (name, value) VALUES (?1, ?2)
         ON CONFLICT (name) DO UPDATE SET value = max(value, excluded.value)",
        (CHANGE, identity.change),
    )?;
    Ok(())
}

/// What the folder of objects says about itself.
pub(crate) fn read_folder(folder: &Path) -> io::Result<FolderIdentity> {
    match fs::read_to_string(folder.join(MARKER)) {
        Ok(text) => Ok(parse(&text).map_or(FolderIdentity::Unreadable, FolderIdentity::Marked)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(FolderIdentity::None),
        Err(error) if error.kind() == io::ErrorKind::InvalidData => Ok(FolderIdentity::Unreadable),
        Err(error) => Err(error),
    }
}

fn parse(text: &str) -> Option<StoreIdentity> {
    let mut words = text.split_ascii_whitespace();
    let identity = match (words.next()?, words.next()?, words.next()?, words.next()?) {
        ("installation", id, "change", change) => StoreIdentity {
            installation: id.to_owned(),
            change: change.parse().ok()?,
        },
        _ => return None,
    };
    words.next().is_none().then_some(identity)
}

/// The counter has a fixed width, so that a rewrite changes digits and nothing else.
fn text(identity: &StoreIdentity) -> String {
    format!(
        "installation {}\nchange {:020}\n",
        identity.installation, identity.change
    )
}

/// Writes the marker of a folder, whole or not at all.
pub(crate) fn write_marker(folder: &Path, identity: &StoreIdentity) -> io::Result<()> {
    let (path, fresh) = (folder.join(MARKER), folder.join(FRESH_MARKER));
    write_private(&fresh, text(identity).as_bytes())?;
    fs::rename(&fresh, &path)?;
    sync_folder(folder)
}

/// The marker of the folder of an open store.
#[derive(Debug)]
pub(crate) struct Marker {
    file: fs::File,
    identity: Mutex<StoreIdentity>,
}

impl Marker {
    /// Opens the marker, which holds `identity`.
    pub(crate) fn open(folder: &Path, identity: StoreIdentity) -> io::Result<Self> {
        let file = fs::OpenOptions::new()
            .write(true)
            .open(folder.join(MARKER))?;
        Ok(Self {
            file,
            identity: Mutex::new(identity),
        })
    }

    /// Notes a change that has been committed. It is not synced: after a power failure the
    /// marker is behind the database, and never ahead.
    pub(crate) fn advance(&self, change: i64) -> io::Result<()> {
        let mut identity = self.identity.lock();
        if identity.change < change {
            identity.change = change;
            self.file.write_all_at(text(&identity).as_bytes(), 0)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity(installation: &str, change: i64) -> StoreIdentity {
        StoreIdentity {
            installation: installation.to_owned(),
            change,
        }
    }

    #[test]
    fn only_matching_pairs_are_opened() {
        let marked = |id, change| FolderIdentity::Marked(identity(id, change));
        let full = Census {
            named: 2,
            missing: 0,
            files: 2,
        };
        let lacking = Census { missing: 1, ..full };
        let (a, empty) = (identity("a", 5), Census::default());
        for (database, folder, census, opens) in [
            (None, FolderIdentity::None, full, true),
            (None, marked("a", 5), full, false),
            (None, marked("a", 5), empty, true),
            (Some(&a), FolderIdentity::None, full, true),
            (Some(&a), FolderIdentity::None, lacking, false),
            (Some(&a), marked("a", 5), lacking, true),
            (Some(&a), marked("a", 4), full, true),
            (Some(&a), marked("a", 6), full, false),
            (Some(&a), marked("b", 5), full, false),
            (Some(&a), FolderIdentity::Unreadable, full, false),
        ] {
            let compared = compare(database, &folder, census);
            assert_eq!(
                compared.is_ok(),
                opens,
                "{database:?} {folder:?} {census:?}"
            );
        }
    }

    #[test]
    fn marker_reads_back_and_never_goes_back() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(read_folder(folder.path()).unwrap(), FolderIdentity::None);
        write_marker(folder.path(), &identity("a", 1)).unwrap();
        let marker = Marker::open(folder.path(), identity("a", 1)).unwrap();
        for change in [7, 1_000_000, 8] {
            marker.advance(change).unwrap();
        }
        let expected = FolderIdentity::Marked(identity("a", 1_000_000));
        assert_eq!(read_folder(folder.path()).unwrap(), expected);
        for damaged in [&b"installation a"[..], b"", b"\xff", b"a b c d"] {
            fs::write(folder.path().join(MARKER), damaged).unwrap();
            let found = read_folder(folder.path()).unwrap();
            assert_eq!(found, FolderIdentity::Unreadable);
        }
    }
}
