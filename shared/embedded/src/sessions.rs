//! Uploads under way: the resumable protocol of Google Cloud Storage.
//!
//! A piece that breaks off stays as far as it came, and the client asks how far
//! that is.

use std::{
    collections::HashMap,
    sync::{Arc, LazyLock, Mutex, PoisonError},
    time::Duration,
};

use domain::{
    Timestamp,
    ids::random_name,
    ports::{ByteStream, ObjectMeta, Overwrite, UploadGrant},
};
use futures::StreamExt;
use rusqlite::OptionalExtension;

use crate::{
    bucket::find_by_file,
    error::Fault,
    files::WriteError,
    part::Part,
    uploads::{UploadError, Uploads, refused},
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

struct Session {
    id: String,
    bucket: String,
    grant: UploadGrant,
    overwrite: Overwrite,
}

/// One request at a time for each upload under way.
static LOCKS: LazyLock<Mutex<HashMap<String, Arc<tokio::sync::Mutex<()>>>>> =
    LazyLock::new(Mutex::default);

impl Uploads {
    /// Begins a resumable upload; the answer is its id, which is a credential.
    pub async fn begin(
        &self,
        bucket: &str,
        grant: &UploadGrant,
        overwrite: Overwrite,
    ) -> Result<String, UploadError> {
        let id = random_name() + &random_name();
        let row = (
            id.clone(),
            bucket.to_owned(),
            grant.name.clone(),
            grant.content_type.clone(),
            grant.size.0,
            i64::try_from(grant.size.1).unwrap_or(i64::MAX),
            overwrite == Overwrite::Allowed,
            (self.store.inner.clock.now() + SESSION_LIFETIME).as_millis(),
        );
        let database = &self.store.inner.database;
        let begun = database.transaction(move |transaction| -> Result<_, Fault> {
            transaction.execute(
                "INSERT INTO sessions VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                row,
            )?;
            Ok(())
        });
        begun.await?;
        Ok(id)
    }

    /// Ends all uploads under way to names that begin with `prefix`.
    pub(crate) async fn abandon(&self, bucket: &str, prefix: &str) -> Result<(), Fault> {
        let row = (bucket.to_owned(), prefix.to_owned());
        let database = &self.store.inner.database;
        let ended = database.transaction(move |transaction| -> Result<Vec<String>, Fault> {
            let sql = "DELETE FROM sessions
                WHERE bucket = ?1 AND substr(name, 1, length(?2)) = ?2 RETURNING id";
            let mut ended = transaction.prepare_cached(sql)?;
            let ids = ended.query_map(row, |row| row.get(0))?;
            Ok(ids.collect::<Result<_, _>>()?)
        });
        for id in ended.await? {
            self.store.inner.files.remove(&id).await?;
        }
        Ok(())
    }

    /// Takes a part of a resumable upload.
    pub async fn append(
        &self,
        id: &str,
        part: Part,
        mut body: ByteStream,
    ) -> Result<Received, UploadError> {
        let lock = Lock::of(id);
        // Given back before the lock is forgotten.
        let _guard = lock.mutex.lock().await;
        self.append_locked(id, part, &mut body).await
    }

    async fn append_locked(
        &self,
        id: &str,
        part: Part,
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
        let stored = self.store.inner.files.size(id).await.map_err(Fault::from)?;
        let (start, length, total) = match part {
            Part::Nothing { total } => (stored, Some(0), total),
            Part::Bytes { start, end, total } => (start, Some(end - start + 1), total),
            Part::Whole => (0, None, None),
        };
        if start > stored {
            return Ok(Received::Partial(stored));
        }
        if total.is_some_and(|total| total > session.grant.size.1) {
            return Err(UploadError::TooLarge {
                most: session.grant.size.1,
            });
        }
        let size = self.extend(&session, stored, start, length, body).await?;
        let whole = matches!(part, Part::Whole) || total == Some(size);
        if !whole {
            return Ok(Received::Partial(size));
        }
        let complete = self
            .complete(
                &session.bucket,
                &session.grant,
                &session.id,
                size,
                session.overwrite,
            )
            .await;
        if matches!(complete, Err(UploadError::Exists)) {
            self.cancel(id).await?;
        }
        complete.map(Received::Complete)
    }

    /// Writes what is new of a part that begins at `start`; answers the size then.
    async fn extend(
        &self,
        session: &Session,
        stored: u64,
        start: u64,
        length: Option<u64>,
        body: &mut ByteStream,
    ) -> Result<u64, UploadError> {
        let files = &self.store.inner.files;
        let most = session.grant.size.1;
        let end = length
            .map_or(most, |length| start.saturating_add(length))
            .min(most);
        let mut fresh = skip(
            std::mem::replace(body, futures::stream::empty().boxed()),
            stored - start,
        );
        let limit = end.saturating_sub(stored);
        match files.write(&session.id, stored, limit, &mut fresh).await {
            Ok(written) => Ok(stored + written),
            Err(WriteError::TooMany) => {
                files
                    .truncate(&session.id, stored)
                    .await
                    .map_err(Fault::from)?;
                let beyond_part = length.is_some() && end < most;
                Err(if beyond_part {
                    UploadError::Range
                } else {
                    UploadError::TooLarge { most }
                })
            }
            Err(error) => Err(refused(error, &session.grant)),
        }
    }

    /// Ends an upload under way and forgets what came of it.
    pub async fn cancel(&self, id: &str) -> Result<(), UploadError> {
        let owned = id.to_owned();
        let removed = self
            .store
            .inner
            .database
            .transaction(move |transaction| -> Result<usize, Fault> {
                Ok(transaction.execute("DELETE FROM sessions WHERE id = ?1", [owned])?)
            })
            .await?;
        if removed == 0 {
            return Err(UploadError::NoSession);
        }
        self.store
            .inner
            .files
            .remove(id)
            .await
            .map_err(Fault::from)?;
        Ok(())
    }

    /// The upload under way, or the object it has become.
    async fn session(&self, id: &str) -> Result<Result<Session, Option<ObjectMeta>>, Fault> {
        let (id, now) = (id.to_owned(), self.store.inner.clock.now().as_millis());
        self.store
            .inner
            .database
            .transaction(move |transaction| {
                let sql =
                    "SELECT bucket, name, content_type, min_size, max_size, expires_at, overwrite
                           FROM sessions WHERE id = ?1 AND expires_at > ?2";
                let found = transaction
                    .query_row(sql, (&id, now), |row| {
                        Ok(Session {
                            id: id.clone(),
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
                        })
                    })
                    .optional()?;
                match found {
                    Some(session) => Ok(Ok(session)),
                    None => Ok(Err(
                        find_by_file(transaction, &id)?.map(|stored| stored.meta)
                    )),
                }
            })
            .await
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

/// The lock of an upload, which is forgotten when nobody has it any more.
struct Lock {
    id: String,
    mutex: Arc<tokio::sync::Mutex<()>>,
}

impl Lock {
    fn of(id: &str) -> Self {
        let mut locks = LOCKS.lock().unwrap_or_else(PoisonError::into_inner);
        Self {
            id: id.to_owned(),
            mutex: Arc::clone(locks.entry(id.to_owned()).or_default()),
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        let mut locks = LOCKS.lock().unwrap_or_else(PoisonError::into_inner);
        // One here and one in the map: nobody else waits for it.
        if Arc::strong_count(&self.mutex) <= 2 {
            locks.remove(&self.id);
        }
    }
}
