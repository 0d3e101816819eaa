//! One bucket of objects.

use std::{io, ops::Range};

use async_trait::async_trait;
use domain::{
    Timestamp,
    ids::random_name,
    ports::{
        ByteStream, ObjectError, ObjectMeta, ObjectStore, Overwrite, Resumable, SignedUpload,
        UploadGrant,
    },
};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use rusqlite::{Connection, OptionalExtension};

use crate::{
    Store,
    database::first_column,
    error::StoreError,
    files::{EarlyEnd, WriteError},
    finalize::{NewObject, ObjectContent},
    removed,
    signature::SignedOperation,
    uploads::UploadError,
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
    pub(crate) store: Store,
    pub(crate) name: String,
}

/// A stored object and where its bytes lie.
pub(crate) struct Stored {
    pub(crate) meta: ObjectMeta,
    pub(crate) file: String,
}

impl Bucket {
    fn signed(&self, operation: SignedOperation, grant: &UploadGrant) -> String {
        let inner = &self.store.inner;
        let query = inner.signing_key.query(operation, &self.name, grant);
        let name = utf8_percent_encode(&grant.name, PATH);
        format!("{}/storage/{}/{name}?{query}", inner.public_url, self.name)
    }

    /// The object of that name. An object without its file is reported as missing, so
    /// that callers fail at once and do not retry.
    fn find(&self, name: &str) -> Result<Option<Stored>, StoreError> {
        let inner = &self.store.inner;
        let found = inner
            .database
            .look_up(|connection| find(connection, &self.name, name))?;
        match found {
            Some(stored) if !inner.files.is_whole(&stored.file, stored.meta.size)? => {
                tracing::error!(
                    event = "store.object_missing",
                    file = stored.file,
                    "an object has no file; `interviewlens audit` lists such objects"
                );
                Ok(None)
            }
            found => Ok(found),
        }
    }

    /// Deletes an object, of `generation` alone if one is given.
    async fn remove(&self, name: &str, generation: Option<i64>) -> Result<(), ObjectError> {
        let (bucket, owned) = (self.name.clone(), name.to_owned());
        let file = self
            .store
            .inner
            .database
            .transaction(move |transaction| -> Result<Option<String>, StoreError> {
                let sql = "DELETE FROM objects WHERE bucket = ?1 AND name = ?2
                           AND generation = coalesce(?3, generation) RETURNING file";
                let row = (bucket, owned, generation);
                let file = transaction.query_row(sql, row, |row| row.get(0));
                let file: Option<String> = file.optional()?;
                if let Some(file) = &file {
                    removed::note(transaction, file)?;
                }
                Ok(file)
            })
            .await?;
        if let Some(file) = file {
            self.store
                .inner
                .files
                .remove(&file)
                .await
                .map_err(StoreError::from)?;
        }
        Ok(())
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
        let file = random_name();
        let files = &self.store.inner.files;
        let (size, unfinished) = match files.write_new(&file, u64::MAX, &mut body).await {
            Ok(written) => written,
            Err(WriteError::Disk(error)) => return Err(StoreError::from(error).into()),
            Err(WriteError::Early(EarlyEnd::Stream(error))) => {
                return Err(ObjectError::Interrupted(error));
            }
            Err(WriteError::Early(EarlyEnd::TooMany)) => {
                let error = io::ErrorKind::FileTooLarge.into();
                return Err(ObjectError::Interrupted(error));
            }
        };
        let new = NewObject {
            bucket: self.name.clone(),
            name: name.to_owned(),
            content_type: content_type.to_owned(),
            size,
            file,
        };
        let stored = self
            .store
            .finalize(new, overwrite, ObjectContent::New(unfinished))
            .await;
        stored.map_err(|error| match error {
            UploadError::Exists => ObjectError::Exists {
                name: name.to_owned(),
            },
            UploadError::Store(error) => error.into(),
            other => ObjectError::Unavailable(Box::new(other)),
        })
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
        let stream = stream.map_err(StoreError::from)?;
        Ok((meta, stream))
    }

    async fn delete(&self, name: &str) -> Result<(), ObjectError> {
        self.remove(name, None).await
    }

    async fn delete_generation(&self, name: &str, generation: i64) -> Result<(), ObjectError> {
        self.remove(name, Some(generation)).await
    }

    async fn list(&self, prefix: &str) -> Result<Vec<String>, ObjectError> {
        let (bucket, prefix) = (self.name.clone(), prefix.to_owned());
        let names = self
            .store
            .inner
            .database
            .read(move |connection| {
                let sql = "SELECT name FROM objects WHERE bucket = ?1 AND substr(name, 1, ?3) = ?2
                           ORDER BY name";
                let length = prefix.chars().count();
                first_column(connection, sql, (bucket, prefix, length))
            })
            .await;
        names.map_err(|error: StoreError| error.into())
    }

    async fn abandon_uploads(&self, prefix: &str) -> Result<(), ObjectError> {
        let uploads = self.store.uploads();
        Ok(uploads.abandon(&self.name, prefix).await?)
    }

    async fn sign_upload(&self, grant: &UploadGrant) -> Result<SignedUpload, ObjectError> {
        let headers = |least: u64| {
            let range = format!("{least},{}", grant.size.1);
            [
                ("content-type".to_owned(), grant.content_type.clone()),
                ("x-goog-content-length-range".to_owned(), range),
            ]
        };
        // As Cloud Storage is asked, where nothing is known of a lower bound here.
        let start = ("x-goog-resumable".to_owned(), "start".to_owned());
        Ok(SignedUpload {
            url: self.signed(SignedOperation::Put, grant),
            headers: headers(grant.size.0).into(),
            resumable: Resumable {
                url: self.signed(SignedOperation::Resumable, grant),
                headers: headers(0).into_iter().chain([start]).collect(),
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
        Ok(self.signed(SignedOperation::Get, &grant))
    }
}

pub(crate) fn find(
    connection: &Connection,
    bucket: &str,
    name: &str,
) -> Result<Option<Stored>, StoreError> {
    let sql = "SELECT generation, size, content_type, file, name
               FROM objects WHERE bucket = ?1 AND name = ?2";
    stored(connection, sql, (bucket, name))
}

/// The object whose bytes lie in `file`.
pub(crate) fn find_by_file(
    connection: &Connection,
    file: &str,
) -> Result<Option<Stored>, StoreError> {
    let sql = "SELECT generation, size, content_type, file, name
               FROM objects WHERE file = ?1";
    stored(connection, sql, [file])
}

fn stored(
    connection: &Connection,
    sql: &str,
    key: impl rusqlite::Params,
) -> Result<Option<Stored>, StoreError> {
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
