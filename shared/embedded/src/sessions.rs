//! Uploads in progress: the resumable protocol of Google Cloud Storage.
//!
//! An interrupted request keeps the bytes that arrived, and the client asks for the
//! offset.

use std::time::Duration;

use domain::{
    ids::random_name,
    ports::{ByteStream, ObjectMeta, Overwrite, UploadGrant},
};
use futures::StreamExt;

use crate::{
    error::StoreError,
    files::EarlyEnd,
    finalize::{ObjectContent, end_others},
    part::ContentRange,
    session_lock::SessionLock,
    session_rows::UploadSession,
    uploads::{UploadError, Uploads, new_object, refused},
};

/// How long an upload under way is kept, as GCS keeps it.
const SESSION_LIFETIME: Duration = Duration::from_hours(168);

/// How far an upload is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Received {
    /// So many bytes from the start are there.
    Partial(u64),
    /// All of it: it is an object now.
    Complete(ObjectMeta),
}

impl Uploads {
    /// Begins a resumable upload; the answer is its id, which is a credential. A permission
    /// to store a new object is good for one upload at a time: the newest ends the others.
    pub async fn begin(
        &self,
        bucket: &str,
        grant: &UploadGrant,
        overwrite: Overwrite,
    ) -> Result<String, UploadError> {
        let id = random_name() + &random_name();
        let (row_id, bucket, grant) = (id.clone(), bucket.to_owned(), grant.clone());
        let expires_at = (self.store.inner.clock.now() + SESSION_LIFETIME).as_millis();
        let database = &self.store.inner.database;
        let begun = database.transaction(move |transaction| -> Result<_, StoreError> {
            let ended = match overwrite {
                Overwrite::Refused => end_others(transaction, &bucket, &grant.name)?,
                Overwrite::Allowed => Vec::new(),
            };
            transaction.execute(
                "INSERT INTO sessions (id, bucket, name, content_type, min_size, max_size,
                                       overwrite, expires_at, synced)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 0)",
                (
                    row_id,
                    bucket,
                    grant.name,
                    grant.content_type,
                    grant.size.0,
                    i64::try_from(grant.size.1).unwrap_or(i64::MAX),
                    overwrite == Overwrite::Allowed,
                    expires_at,
                ),
            )?;
            Ok(ended)
        });
        self.end(begun.await?).await?;
        Ok(id)
    }

    /// Ends all uploads under way to names that begin with `prefix`.
    pub(crate) async fn abandon(&self, bucket: &str, prefix: &str) -> Result<(), StoreError> {
        let key = (bucket.to_owned(), prefix.to_owned());
        let sql = "DELETE FROM sessions
                   WHERE bucket = ?1 AND substr(name, 1, length(?2)) = ?2 RETURNING id";
        self.end(self.change_rows(sql, key).await?).await
    }

    /// Ends the uploads that were not completed in time.
    pub(crate) async fn clear_expired(&self) -> Result<(), StoreError> {
        let now = self.store.inner.clock.now().as_millis();
        let sql = "DELETE FROM sessions WHERE expires_at <= ?1 RETURNING id";
        self.end(self.change_rows(sql, [now]).await?).await
    }

    /// Ends an upload under way and removes its bytes.
    pub async fn cancel(&self, id: &str) -> Result<(), UploadError> {
        let sql = "DELETE FROM sessions WHERE id = ?1 RETURNING id";
        let ended = self.change_rows(sql, [id.to_owned()]).await?;
        if ended.is_empty() {
            return Err(UploadError::NoSession);
        }
        Ok(self.end(ended).await?)
    }

    /// Stops the requests of uploads whose rows are gone, and removes their bytes. Without
    /// its row no upload becomes an object any more.
    pub(crate) async fn end(&self, ids: Vec<String>) -> Result<(), StoreError> {
        for id in ids {
            let lock = SessionLock::new(&id);
            lock.end();
            let _guard = lock.acquire().await;
            self.store.inner.files.remove(&id).await?;
        }
        Ok(())
    }

    /// Takes a part of a resumable upload.
    pub async fn append(
        &self,
        id: &str,
        part: ContentRange,
        mut body: ByteStream,
    ) -> Result<Received, UploadError> {
        let lock = SessionLock::new(id);
        // Given back before the lock is forgotten.
        let _guard = lock.acquire().await;
        tokio::select! {
            biased;
            received = self.append_locked(id, part, &mut body) => received,
            () = lock.ended() => Err(UploadError::NoSession),
        }
    }

    async fn append_locked(
        &self,
        id: &str,
        part: ContentRange,
        body: &mut ByteStream,
    ) -> Result<Received, UploadError> {
        let session = match self.session(id).await? {
            Ok(session) => session,
            Err(completed) => {
                return completed
                    .map(Received::Complete)
                    .ok_or(UploadError::NoSession);
            }
        };
        self.cut_to_synced(&session).await?;
        let (start, length, total) = match part {
            ContentRange::Nothing { total } => (session.synced, Some(0), total),
            ContentRange::Bytes { start, end, total } => (start, Some(end - start + 1), total),
            ContentRange::Whole => (0, None, None),
        };
        if start > session.synced {
            return Ok(Received::Partial(session.synced));
        }
        if total.is_some_and(|total| total > session.grant.size.1) {
            return Err(UploadError::TooLarge {
                most: session.grant.size.1,
            });
        }
        let size = self.extend(&session, start, length, body).await?;
        let whole = matches!(part, ContentRange::Whole) || total == Some(size);
        if !whole {
            return Ok(Received::Partial(size));
        }
        self.complete(session, size).await.map(Received::Complete)
    }

    /// Unsynced bytes do not count: they are cut off, and the client sends them again.
    /// An upload whose synced bytes are missing cannot be completed.
    async fn cut_to_synced(&self, session: &UploadSession) -> Result<(), UploadError> {
        let files = &self.store.inner.files;
        let size = files.unfinished_size(&session.id).await;
        let size = size.map_err(StoreError::from)?;
        if size > session.synced {
            let cut = files.truncate(&session.id, session.synced).await;
            cut.map_err(StoreError::from)?;
        }
        if size < session.synced {
            self.forget(&session.id).await?;
            return Err(UploadError::NoSession);
        }
        Ok(())
    }

    /// Removes an upload whose lock is held.
    async fn forget(&self, id: &str) -> Result<(), StoreError> {
        let sql = "DELETE FROM sessions WHERE id = ?1 RETURNING id";
        self.change_rows(sql, [id.to_owned()]).await?;
        Ok(self.store.inner.files.remove(id).await?)
    }

    async fn complete(&self, session: UploadSession, size: u64) -> Result<ObjectMeta, UploadError> {
        let id = session.id.clone();
        let new = new_object(&session.bucket, &session.grant, session.id, size)?;
        let store = &self.store;
        let complete = store
            .finalize(new, session.overwrite, ObjectContent::Session)
            .await;
        if matches!(complete, Err(UploadError::Exists)) {
            self.forget(&id).await?;
        }
        complete
    }

    /// Writes what is new of a part that begins at `start`; answers the size then.
    async fn extend(
        &self,
        session: &UploadSession,
        start: u64,
        length: Option<u64>,
        body: &mut ByteStream,
    ) -> Result<u64, UploadError> {
        let files = &self.store.inner.files;
        let (synced, most) = (session.synced, session.grant.size.1);
        let end = length
            .map_or(most, |length| start.saturating_add(length))
            .min(most);
        let body = std::mem::replace(body, futures::stream::empty().boxed());
        let mut fresh = skip(body, synced - start);
        let limit = end.saturating_sub(synced);
        let written = files.write(&session.id, synced, limit, &mut fresh).await;
        let written = written.map_err(StoreError::from)?;
        if let Some(EarlyEnd::TooMany) = written.early {
            let cut = files.truncate(&session.id, synced).await;
            cut.map_err(StoreError::from)?;
            let beyond_part = length.is_some() && end < most;
            return Err(if beyond_part {
                UploadError::Range
            } else {
                UploadError::TooLarge { most }
            });
        }
        let size = synced + written.bytes;
        self.note_synced(&session.id, size).await?;
        match written.early {
            Some(early) => Err(refused(&early, &session.grant)),
            None => Ok(size),
        }
    }
}

/// The stream without its first `count` bytes.
fn skip(body: ByteStream, count: u64) -> ByteStream {
    body.scan(count, |left, chunk| {
        let chunk = chunk.map(|mut bytes| {
            let cut = usize::try_from(*left)
                .unwrap_or(usize::MAX)
                .min(bytes.len());
            *left -= cut as u64;
            bytes.split_off(cut)
        });
        std::future::ready(Some(chunk))
    })
    .boxed()
}
