//! Files that are to be unlinked.
//!
//! A file is named here in the transaction that deletes its object, so that a crash before
//! the file is unlinked leaves a request to do it and not an unknown file. Names are random
//! and never used again: a name that was noted once may be unlinked at any time.

use rusqlite::Connection;

use crate::{Store, database::first_column, error::StoreError};

/// Notes a file whose object is deleted in the same transaction.
pub(crate) fn note(transaction: &Connection, file: &str) -> Result<(), StoreError> {
    transaction
        .prepare_cached("INSERT OR IGNORE INTO removed_files (file) VALUES (?1)")?
        .execute([file])?;
    Ok(())
}

impl Store {
    /// Unlinks what is noted, and forgets it.
    pub(crate) async fn clear_removed(&self) -> Result<(), StoreError> {
        let database = &self.inner.database;
        let sql = "SELECT file FROM removed_files";
        let noted = database.read(move |connection| first_column(connection, sql, []));
        let noted: Vec<String> = noted.await?;
        for file in &noted {
            self.inner.files.remove(file).await?;
        }
        database
            .transaction(move |transaction| {
                let sql = "DELETE FROM removed_files WHERE file = ?1";
                let mut statement = transaction.prepare_cached(sql)?;
                for file in &noted {
                    statement.execute([file])?;
                }
                Ok(())
            })
            .await
    }
}
