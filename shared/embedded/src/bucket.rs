//! One bucket of objects.

use std::{io, ops::Range};

use async_trait::async_trait;
use domain::{
    Timestamp,
    event::{Event, StoredObject},
    ids::random_name,
    ports::{
        ByteStream, ObjectError, ObjectMeta, ObjectStore, Overwrite, Resumable, SignedUpload,
        UploadGrant,
    },
};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use rusqlite::{Connection, OptionalExtension, Transaction};

use crate::{
    Store, counters::count, error::Fault, files::WriteError, outbox, signature::Operation,
};

/// What a URL's path cannot hold as it stands.
const PATH: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'/')
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// One bucket.
#[derive(Clone)]
pub struct Bucket {
    store: Store,
    name: String,
}

/// A stored object and where its bytes lie.
pub(crate) struct Stored {
    pub(crate) meta: ObjectMeta,
    pub(crate) file: String,
}

impl Bucket {
    pub(crate) fn new(store: Store, name: &str) -> Self {
        Self {
            store,
            name: name.to_owned(),
        }
    }

    fn signed(&self, operation: Operation, grant: &UploadGrant) -> String {
        let inner = &self.store.inner;
        let query = inner.signing_key.query(operation, &self.name, grant);
        let name = utf8_percent_encode(&grant.name, PATH);
        format!("{}/storage/{}/{name}?{query}", inner.public_url, self.name)
    }

    fn find(&self, name: &str) -> Result<Option<Stored>, Fault> {
        let database = &self.store.inner.database;
        database.look_up(|connection| find(connection, &self.name, name))
    }
}

#[async_trait]
impl ObjectStore for Bucket {
    async fn write(
        &self,
        name: &str,
        content_type: &str,
        mut body: ByteStream,
        overwrite: Overwrite,
    ) -> Result<ObjectMeta, ObjectError> {
        let (inner, file) = (&self.store.inner, random_name());
        let written = inner.files.write_new(&file, u64::MAX, &mut body).await;
        let stored = match written {
            Ok(size) => {
                let new = NewObject {
                    bucket: &self.name,
                    name,
                    content_type,
                    size,
                    file: &file,
                };
                self.store.finalize(new, overwrite).await
            }
            Err(WriteError::Disk(error)) => Err(Fault::from(error).into()),
            Err(WriteError::Stream(error)) => Err(ObjectError::Interrupted(error)),
            Err(WriteError::TooMany) => {
                Err(ObjectError::Interrupted(io::ErrorKind::FileTooLarge.into()))
            }
        };
        if stored.is_err() {
            inner.files.remove(&file).await.map_err(Fault::from)?;
        }
        stored
    }

    async fn stat(&self, name: &str) -> Result<Option<ObjectMeta>, ObjectError> {
        Ok(self.find(name)?.map(|stored| stored.meta))
    }

    async fn read(
        &self,
        name: &str,
        generation: Option<i64>,
        range: Option<Range<u64>>,
    ) -> Result<(ObjectMeta, ByteStream), ObjectError> {
        let found = self.find(name)?;
        let wanted =
            found.filter(|stored| generation.is_none_or(|wanted| wanted == stored.meta.generation));
        let Some(Stored { meta, file }) = wanted else {
            return Err(ObjectError::NotFound {
                name: name.to_owned(),
            });
        };
        let range = range.unwrap_or(0..meta.size);
        if range.start > meta.size || (range.start == meta.size && !range.is_empty()) {
            return Err(ObjectError::OutOfRange {
                name: name.to_owned(),
                size: meta.size,
            });
        }
        let length = range.end.min(meta.size).saturating_sub(range.start);
        let stream = self.store.inner.files.read(&file, range.start, length);
        let stream = stream.map_err(Fault::from)?;
        Ok((meta, stream))
    }

    async fn delete(&self, name: &str) -> Result<(), ObjectError> {
        let (bucket, owned) = (self.name.clone(), name.to_owned());
        let file = self
            .store
            .inner
            .database
            .transaction(move |transaction| -> Result<Option<String>, Fault> {
                let sql = "DELETE FROM objects WHERE bucket = ?1 AND name = ?2 RETURNING file";
                let file = transaction.query_row(sql, (bucket, owned), |row| row.get(0));
                Ok(file.optional()?)
            })
            .await?;
        if let Some(file) = file {
            self.store
                .inner
                .files
                .remove(&file)
                .await
                .map_err(Fault::from)?;
        }
        Ok(())
    }

    async fn list(&self, prefix: &str) -> Result<Vec<String>, ObjectError> {
        let (bucket, prefix) = (self.name.clone(), prefix.to_owned());
        let names = self
            .store
            .inner
            .database
            .read(move |connection| -> Result<Vec<String>, Fault> {
                let sql = "SELECT name FROM objects WHERE bucket = ?1 AND substr(name, 1, ?3) = ?2
                           ORDER BY name";
                let mut statement = connection.prepare_cached(sql)?;
                let length = prefix.chars().count();
                let rows = statement.query_map((bucket, prefix, length), |row| row.get(0))?;
                Ok(rows.collect::<Result<_, _>>()?)
            })
            .await?;
        Ok(names)
    }

    async fn abandon_uploads(&self, prefix: &str) -> Result<(), ObjectError> {
        let uploads = self.store.uploads();
        Ok(uploads.abandon(&self.name, prefix).await?)
    }

    async fn sign_upload(&self, grant: &UploadGrant) -> Result<SignedUpload, ObjectError> {
        let headers = [
            ("content-type".to_owned(), grant.content_type.clone()),
            (
                "x-goog-content-length-range".to_owned(),
                format!("{},{}", grant.size.0, grant.size.1),
            ),
        ];
        let start = ("x-goog-resumable".to_owned(), "start".to_owned());
        Ok(SignedUpload {
            url: self.signed(Operation::Put, grant),
            headers: headers.clone().into(),
            resumable: Resumable {
                url: self.signed(Operation::Resumable, grant),
                headers: headers.into_iter().chain([start]).collect(),
            },
            expires_at: grant.expires_at,
        })
    }

    async fn sign_read(&self, name: &str, expires_at: Timestamp) -> Result<String, ObjectError> {
        let grant = UploadGrant {
            name: name.to_owned(),
            content_type: String::new(),
            size: (0, 0),
            expires_at,
        };
        Ok(self.signed(Operation::Get, &grant))
    }
}

/// Bytes that lie in the folder, to be made an object.
#[derive(Clone, Copy)]
pub(crate) struct NewObject<'a> {
    pub(crate) bucket: &'a str,
    pub(crate) name: &'a str,
    pub(crate) content_type: &'a str,
    pub(crate) size: u64,
    pub(crate) file: &'a str,
}

impl Store {
    /// Makes an object of a file, ends the upload of that name, and tells those
    /// who listen, in one transaction.
    pub(crate) async fn finalize(
        &self,
        new: NewObject<'_>,
        overwrite: Overwrite,
    ) -> Result<ObjectMeta, ObjectError> {
        let now = self.inner.clock.now();
        let pipeline = self.inner.pipeline.clone();
        let (bucket, file) = (new.bucket.to_owned(), new.file.to_owned());
        let mut meta = ObjectMeta {
            name: new.name.to_owned(),
            generation: 0,
            size: new.size,
            content_type: new.content_type.to_owned(),
        };
        let (meta, replaced) = self
            .inner
            .database
            .transaction(move |transaction| {
                let old = find(transaction, &bucket, &meta.name)?;
                if old.is_some() && overwrite == Overwrite::Refused {
                    return Err(ObjectError::Exists { name: meta.name });
                }
                meta.generation = count(transaction, "generation", now.as_millis() * 1_000)?;
                insert(transaction, &bucket, &meta, &file)?;
                let event = Event::ObjectFinalized(StoredObject {
                    bucket,
                    name: meta.name.clone(),
                    generation: meta.generation,
                    size: meta.size,
                    content_type: meta.content_type.clone(),
                });
                outbox::emit(transaction, &pipeline, &event, now)?;
                Ok((meta, old.map(|old| old.file)))
            })
            .await?;
        if let Some(file) = replaced
            && let Err(error) = self.inner.files.remove(&file).await
        {
            // The new one is stored all the same; the next start removes the old one.
            tracing::warn!("a file that was replaced is still there: {error}");
        }
        self.inner.work.notify_one();
        Ok(meta)
    }
}

fn insert(
    transaction: &Transaction<'_>,
    bucket: &str,
    meta: &ObjectMeta,
    file: &str,
) -> Result<(), Fault> {
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
    transaction.execute("DELETE FROM sessions WHERE id = ?1", [file])?;
    Ok(())
}

pub(crate) fn find(
    connection: &Connection,
    bucket: &str,
    name: &str,
) -> Result<Option<Stored>, Fault> {
    let sql = "SELECT generation, size, content_type, file, name
               FROM objects WHERE bucket = ?1 AND name = ?2";
    stored(connection, sql, (bucket, name))
}

/// The object whose bytes lie in `file`.
pub(crate) fn find_by_file(connection: &Connection, file: &str) -> Result<Option<Stored>, Fault> {
    let sql = "SELECT generation, size, content_type, file, name
               FROM objects WHERE file = ?1";
    stored(connection, sql, [file])
}

fn stored(
    connection: &Connection,
    sql: &str,
    key: impl rusqlite::Params,
) -> Result<Option<Stored>, Fault> {
    let row = connection.prepare_cached(sql)?.query_row(key, |row| {
        Ok(Stored {
            meta: ObjectMeta {
                generation: row.get(0)?,
                size: row.get(1)?,
                content_type: row.get(2)?,
                name: row.get(4)?,
            },
            file: row.get(3)?,
        })
    });
    Ok(row.optional()?)
}
