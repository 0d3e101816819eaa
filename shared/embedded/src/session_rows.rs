//! The rows of uploads under way.

use domain::{
    Timestamp,
    ports::{ObjectMeta, Overwrite, UploadGrant},
};
use rusqlite::{OptionalExtension, Row, Transaction};

use crate::{
    bucket::find_by_file,
    database::first_column,
    error::StoreError,
    uploads::{UploadError, Uploads},
};

/// An upload under way.
pub(crate) struct UploadSession {
    pub(crate) id: String,
    pub(crate) bucket: String,
    pub(crate) grant: UploadGrant,
    pub(crate) overwrite: Overwrite,
    /// How many bytes have been synced; nothing else counts.
    pub(crate) synced: u64,
}

impl Uploads {
    /// Changes rows by a statement that returns their ids.
    pub(crate) async fn change_rows(
        &self,
        sql: &'static str,
        key: impl rusqlite::Params + Send + 'static,
    ) -> Result<Vec<String>, StoreError> {
        let database = &self.store.inner.database;
        database
            .transaction(move |transaction| first_column(transaction, sql, key))
            .await
    }

    /// Notes how many bytes have been synced.
    pub(crate) async fn note_synced(&self, id: &str, synced: u64) -> Result<(), UploadError> {
        let key = (id.to_owned(), synced);
        let sql = "UPDATE sessions SET synced = ?2 WHERE id = ?1 RETURNING id";
        match self.change_rows(sql, key).await?.len() {
            1 => Ok(()),
            _ => Err(UploadError::NoSession),
        }
    }

    /// The upload under way, or the object it has become.
    pub(crate) async fn session(
        &self,
        id: &str,
    ) -> Result<Result<UploadSession, Option<ObjectMeta>>, StoreError> {
        let (id, now) = (id.to_owned(), self.store.inner.clock.now().as_millis());
        let read = move |transaction: &Transaction<'_>| {
            let sql = "SELECT bucket, name, content_type, min_size, max_size, expires_at,
                              overwrite, synced
                       FROM sessions WHERE id = ?1 AND expires_at > ?2";
            let found = transaction.query_row(sql, (&id, now), |row| read_session(&id, row));
            match found.optional()? {
                Some(session) => Ok(Ok(session)),
                None => Ok(Err(
                    find_by_file(transaction, &id)?.map(|stored| stored.meta)
                )),
            }
        };
        self.store.inner.database.transaction(read).await
    }
}

fn read_session(id: &str, row: &Row<'_>) -> rusqlite::Result<UploadSession> {
    Ok(UploadSession {
        id: id.to_owned(),
        overwrite: if row.get(6)? {
            Overwrite::Allowed
        } else {
            Overwrite::Refused
        },
        bucket: row.get(0)?,
        grant: UploadGrant {
            name: row.get(1)?,
            content_type: row.get(2)?,
            size: (row.get(3)?, row.get(4)?),
            expires_at: Timestamp::from_millis(row.get(5)?),
        },
        synced: row.get(7)?,
    })
}
