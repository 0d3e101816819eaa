//! Opening the database of a data directory over its folder of objects.

use rusqlite::Connection;

use domain::ids::random_name;

use crate::{
    data_dir::DataDir,
    database::{first_column, in_transaction, open_to_read, open_to_write},
    error::{OpenError, StoreError},
    identity::{self, FolderIdentity, Marker, StoreIdentity},
    lock::DataLock,
    migrations, passages,
    recovery::{self, FileReferences, FolderListing, QUARANTINE},
    removed,
    store::only_ours,
};

/// Which pairs of a database and a folder are opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Acceptance {
    /// Only a folder whose identity matches the database.
    Matching,
    /// Any: the folder is made the database's. Nothing is deleted.
    Any,
}

/// A data directory that this process holds.
pub(crate) struct OpenDataDir {
    pub(crate) connection: Connection,
    pub(crate) marker: Marker,
    pub(crate) lock: DataLock,
}

/// Locks, checks, migrates and recovers a data directory, in this order: nothing is changed
/// before it is certain that the database and the folder belong together.
pub(crate) fn open(data_dir: &DataDir, acceptance: Acceptance) -> Result<OpenDataDir, OpenError> {
    let files = |error| OpenError::Files(data_dir.path().to_owned(), error);
    let (path, folder) = (data_dir.database(), data_dir.objects());
    let lock = DataLock::acquire(data_dir.path(), &folder)?;
    only_ours(&path).map_err(files)?;
    let mut connection = open_to_write(&path)?;
    migrations::refuse_newer(&connection)?;
    let found = FolderListing::read(&folder).map_err(files)?;
    let own = identity::read_database(&connection)?;
    let in_folder = identity::read_folder(&folder).map_err(files)?;
    let census = found.census(&FileReferences::from_objects(&connection)?);
    let compared = identity::compare(own.as_ref(), &in_folder, census);
    let is_mismatch = compared.is_err();
    if let Err(mismatch) = compared
        && acceptance == Acceptance::Matching
    {
        return Err(OpenError::Mismatch {
            data_dir: data_dir.path().to_owned(),
            mismatch,
        });
    }
    if let Some(copy) = migrations::migrate(&mut connection, &path)? {
        tracing::info!(
            event = "store.migrated",
            version = migrations::VERSION,
            copy = %copy.display(),
            "the database was migrated; the copy from before can be removed when all is well"
        );
    }
    in_transaction(&mut connection, passages::renew)?;
    let identity = settle(&connection, own, &in_folder)?;
    identity::write_marker(&folder, &identity).map_err(files)?;
    let marker = Marker::open(&folder, identity).map_err(files)?;
    recover(&mut connection, data_dir, &found, is_mismatch)?;
    Ok(OpenDataDir {
        connection,
        marker,
        lock,
    })
}

/// Gives the database its identity, with a counter that is ahead of both.
fn settle(
    connection: &Connection,
    own: Option<StoreIdentity>,
    in_folder: &FolderIdentity,
) -> Result<StoreIdentity, StoreError> {
    let read_folder = match in_folder {
        FolderIdentity::Marked(identity) => identity.change,
        FolderIdentity::None | FolderIdentity::Unreadable => 0,
    };
    let own = own.unwrap_or_else(|| StoreIdentity {
        installation: random_name(),
        change: 0,
    });
    let identity = StoreIdentity {
        change: own.change.max(read_folder) + 1,
        installation: own.installation,
    };
    identity::set_database(connection, &identity)?;
    Ok(identity)
}

/// Sorts the files, and says in one line each what needs a person.
fn recover(
    connection: &mut Connection,
    data_dir: &DataDir,
    found: &FolderListing,
    is_mismatch: bool,
) -> Result<(), OpenError> {
    let files = |error| OpenError::Files(data_dir.path().to_owned(), error);
    let folder = data_dir.objects();
    if !is_mismatch {
        in_transaction(connection, forget_transient)?;
    }
    let named = FileReferences::read(connection)?;
    let recovered = recovery::run(&folder, &named, found, is_mismatch).map_err(files)?;
    let quarantined = recovered.quarantined + found.quarantined.len();
    if quarantined > 0 {
        tracing::warn!(
            event = "store.quarantined",
            new = recovered.quarantined,
            count = quarantined,
            folder = %folder.join(QUARANTINE).display(),
            "files that the database does not name are in quarantine; `interviewlens repair` lists them"
        );
    }
    if recovered.missing > 0 {
        tracing::warn!(
            event = "store.objects_missing",
            count = recovered.missing,
            "objects have no file; `interviewlens audit` lists them"
        );
    }
    Ok(())
}

/// Deletes recordings of streams that ended with the process: their names say so.
fn forget_transient(transaction: &Connection) -> Result<(), StoreError> {
    let sql = "DELETE FROM objects WHERE name LIKE '%.passing' RETURNING file";
    let deleted: Vec<String> = first_column(transaction, sql, [])?;
    deleted
        .iter()
        .try_for_each(|file| removed::note(transaction, file))
}

/// Refuses what cannot be opened for reading.
pub(crate) fn check_readable(data_dir: &DataDir) -> Result<(), OpenError> {
    let found = migrations::version(&open_readable(data_dir)?)?;
    if found < migrations::VERSION {
        let known = migrations::VERSION;
        return Err(OpenError::Outdated { found, known });
    }
    Ok(())
}

/// Opens the database of a data directory for reading, unless a newer release has written it.
pub(crate) fn open_readable(data_dir: &DataDir) -> Result<Connection, OpenError> {
    let path = data_dir.database();
    if !path.is_file() {
        return Err(OpenError::NoDatabase(data_dir.path().to_owned()));
    }
    let connection = open_to_read(&path)?;
    migrations::refuse_newer(&connection)?;
    Ok(connection)
}
