//! Versions of the database: `PRAGMA user_version` and numbered migrations.
//!
//! The migrations that are missing run in one transaction, after a copy of the database
//! has been made beside it. A database of a newer release is refused, because this one
//! would not understand what it changes.

use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
};

use rusqlite::{Connection, TransactionBehavior};

use crate::{
    error::{OpenError, StoreError},
    files::sync_folder,
};

/// In order; the first one makes version 1. A release adds, and never edits.
const MIGRATIONS: [&str; 5] = [
    include_str!("migrations/0001_baseline.sql"),
    include_str!("migrations/0002_nothing_is_lost.sql"),
    include_str!("migrations/0003_fair_shares.sql"),
    include_str!("migrations/0004_groups.sql"),
    include_str!("migrations/0005_search.sql"),
];

/// The version that this release works with.
pub(crate) const VERSION: i64 = 5;

/// The version of a database; 0 for an empty one and for those without versions.
pub(crate) fn version(connection: &Connection) -> Result<i64, StoreError> {
    Ok(connection.query_row("PRAGMA user_version", [], |row| row.get(0))?)
}

/// Refuses a database that a newer release has written.
pub(crate) fn refuse_newer(connection: &Connection) -> Result<(), OpenError> {
    let found = version(connection)?;
    if found > VERSION {
        return Err(OpenError::Newer {
            found,
            known: VERSION,
        });
    }
    Ok(())
}

/// Brings the database at `path` to [`VERSION`]; answers the copy that was made before.
pub(crate) fn migrate(
    connection: &mut Connection,
    path: &Path,
) -> Result<Option<PathBuf>, OpenError> {
    let found = version(connection)?;
    if found == VERSION {
        check(connection)?;
        return Ok(None);
    }
    let copy = if is_empty(connection)? {
        None
    } else {
        Some(copy_before(connection, path)?)
    };
    apply(connection, found)?;
    check(connection)?;
    Ok(copy)
}

fn is_empty(connection: &Connection) -> Result<bool, StoreError> {
    let sql = "SELECT NOT EXISTS (SELECT 1 FROM sqlite_schema)";
    Ok(connection.query_row(sql, [], |row| row.get(0))?)
}

/// Runs the migrations behind version `found`.
fn apply(connection: &mut Connection, found: i64) -> Result<(), StoreError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let done = usize::try_from(found).unwrap_or(0);
    for migration in MIGRATIONS.iter().skip(done) {
        transaction.execute_batch(migration)?;
    }
    transaction.pragma_update(None, "user_version", VERSION)?;
    Ok(transaction.commit()?)
}

/// Copies the database to a name beside it that is free.
fn copy_before(connection: &Connection, path: &Path) -> Result<PathBuf, OpenError> {
    let io = |error| OpenError::Files(path.to_owned(), error);
    let names = (0..).map(|number: u32| match number {
        0 => path.with_extension(format!("before-v{VERSION}.db")),
        _ => path.with_extension(format!("before-v{VERSION}-{number}.db")),
    });
    let mut free = names.filter(|name| !name.exists());
    let copy = free
        .next()
        .ok_or_else(|| io(io::ErrorKind::AlreadyExists.into()))?;
    copy_database(connection, &copy)?;
    Ok(copy)
}

/// Writes a consistent copy of a database into a new file that only its owner can read.
pub(crate) fn copy_database(connection: &Connection, to: &Path) -> Result<(), OpenError> {
    let io = |error| OpenError::Files(to.to_owned(), error);
    // `VACUUM INTO` takes an empty file as it is, with its permissions.
    crate::store::only_ours(to).map_err(io)?;
    let name = to.to_str().ok_or_else(|| {
        io(io::Error::new(
            io::ErrorKind::InvalidFilename,
            "the path is not UTF-8",
        ))
    })?;
    let copied = connection.execute("VACUUM INTO ?1", [name]);
    if let Err(error) = copied {
        fs::remove_file(to).map_err(io)?;
        return Err(StoreError::from(error).into());
    }
    let file = fs::File::open(to).map_err(io)?;
    file.sync_all().map_err(io)?;
    sync_folder(to.parent().unwrap_or(Path::new("."))).map_err(io)
}

/// Compares the columns with those of a new database, so that a database that was
/// created or damaged by other means is rejected here and not by the first request.
fn check(connection: &Connection) -> Result<(), OpenError> {
    let mut fresh = Connection::open_in_memory().map_err(StoreError::from)?;
    apply(&mut fresh, 0)?;
    let actual = columns(connection)?;
    match columns(&fresh)?.difference(&actual).next() {
        None => Ok(()),
        Some((table, column)) => Err(OpenError::Schema {
            table: table.clone(),
            column: column.clone(),
        }),
    }
}

fn columns(connection: &Connection) -> Result<BTreeSet<(String, String)>, StoreError> {
    let sql = "SELECT tables.name, columns.name
               FROM sqlite_schema AS tables, pragma_table_info(tables.name) AS columns
               WHERE tables.type = 'table'";
    let mut statement = connection.prepare(sql)?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_is_the_number_of_migrations() {
        assert_eq!(i64::try_from(MIGRATIONS.len()), Ok(VERSION));
    }
}
