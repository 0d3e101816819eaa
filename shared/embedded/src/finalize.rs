//! How written bytes become an object.

use domain::{
    event::{Event, StoredObject},
    ports::{ObjectMeta, Overwrite},
};
use rusqlite::Transaction;

use crate::{
    Store, bucket::find, counters::count, database::first_column, error::StoreError,
    files::PartFile, outbox, removed, uploads::UploadError,
};

/// Bytes that lie in the folder, to be made an object.
#[derive(Debug, Clone)]
pub(crate) struct NewObject {
    pub(crate) bucket: String,
    pub(crate) name: String,
    pub(crate) content_type: String,
    pub(crate) size: u64,
    pub(crate) file: String,
}

/// Where the bytes come from.
#[derive(Debug)]
pub(crate) enum ObjectContent {
    /// One request, which has written all of them.
    New(PartFile),
    /// An upload under way, whose id is the file's name and whose row must still be there.
    Session,
}

/// What one transaction has changed.
struct FinalizeOutcome {
    meta: ObjectMeta,
    /// The file of the object that was replaced.
    replaced: Option<String>,
    /// Uploads under way to the same name, which can never succeed now.
    ended: Vec<String>,
}

impl Store {
    /// Makes an object of a file, ends the uploads of that name, and writes the events,
    /// in one transaction. It continues when the caller is dropped.
    pub(crate) async fn finalize(
        &self,
        new: NewObject,
        overwrite: Overwrite,
        source: ObjectContent,
    ) -> Result<ObjectMeta, UploadError> {
        let store = self.clone();
        let finalizing = async move { store.finalize_whole(new, overwrite, source).await };
        let finalized = tokio::spawn(finalizing).await;
        finalized.unwrap_or(Err(UploadError::Store(StoreError::Closed)))
    }

    async fn finalize_whole(
        &self,
        new: NewObject,
        overwrite: Overwrite,
        source: ObjectContent,
    ) -> Result<ObjectMeta, UploadError> {
        let (store, file) = (self.clone(), new.file.clone());
        let is_session = matches!(source, ObjectContent::Session);
        let stored = self
            .inner
            .database
            .transaction(move |transaction| store.insert(transaction, new, overwrite, is_session))
            .await?;
        if let ObjectContent::New(unfinished) = source {
            unfinished.keep();
        }
        self.inner.files.publish(&file).await;
        if let Some(file) = stored.replaced
            && let Err(error) = self.inner.files.remove(&file).await
        {
            // It is noted, and tried again within the hour.
            tracing::warn!(event = "store.unlink_failed", %error, "a replaced file is still there");
        }
        self.inner.work.notify_one();
        self.uploads().end(stored.ended).await?;
        Ok(stored.meta)
    }

    fn insert(
        &self,
        transaction: &Transaction<'_>,
        new: NewObject,
        overwrite: Overwrite,
        is_session: bool,
    ) -> Result<FinalizeOutcome, UploadError> {
        let now = self.inner.clock.now();
        if is_session && end_session(transaction, &new.file)? != 1 {
            return Err(UploadError::NoSession);
        }
        let old = find(transaction, &new.bucket, &new.name)?;
        if old.is_some() && overwrite == Overwrite::Refused {
            return Err(UploadError::Exists);
        }
        let meta = ObjectMeta {
            generation: count(transaction, "generation", now.as_millis() * 1_000)?,
            name: new.name,
            size: new.size,
            content_type: new.content_type,
        };
        insert_row(transaction, &new.bucket, &meta, &new.file)?;
        let replaced = old.map(|old| old.file);
        if let Some(file) = &replaced {
            removed::note(transaction, file)?;
        }
        let ended = end_others(transaction, &new.bucket, &meta.name)?;
        let event = Event::ObjectFinalized(StoredObject {
            bucket: new.bucket,
            name: meta.name.clone(),
            generation: meta.generation,
            size: meta.size,
            content_type: meta.content_type.clone(),
        });
        outbox::emit(transaction, &self.inner.pipeline, &event, now)?;
        Ok(FinalizeOutcome {
            meta,
            replaced,
            ended,
        })
    }
}

fn end_session(transaction: &Transaction<'_>, id: &str) -> Result<usize, StoreError> {
    Ok(transaction.execute("DELETE FROM sessions WHERE id = ?1", [id])?)
}

/// Uploads of the same name that must not overwrite.
pub(crate) fn end_others(
    transaction: &Transaction<'_>,
    bucket: &str,
    name: &str,
) -> Result<Vec<String>, StoreError> {
    let sql = "DELETE FROM sessions WHERE bucket = ?1 AND name = ?2 AND overwrite = 0 RETURNING id";
    first_column(transaction, sql, (bucket, name))
}

fn insert_row(
    transaction: &Transaction<'_>,
    bucket: &str,
    meta: &ObjectMeta,
    file: &str,
) -> Result<(), StoreError> {
    transaction.execute(
        "INSERT OR REPLACE INTO objects (bucket, name, generation, size, content_type, file)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        (
            bucket,
            &meta.name,
            meta.generation,
            meta.size,
            &meta.content_type,
            file,
        ),
    )?;
    Ok(())
}
