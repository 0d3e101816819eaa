//! Recordings and reports: things too large for a document.

use std::{collections::BTreeMap, io, ops::Range};

use async_trait::async_trait;
use bytes::Bytes;
use futures::{StreamExt, TryStreamExt as _, stream::BoxStream};

use super::RecordsError;
use crate::Timestamp;

/// Bytes as they come.
pub type ByteStream = BoxStream<'static, io::Result<Bytes>>;

/// All of them.
pub async fn read_all(bytes: ByteStream) -> io::Result<Vec<u8>> {
    let all = bytes.try_fold(Vec::new(), |mut all, chunk| async move {
        all.extend_from_slice(&chunk);
        Ok(all)
    });
    all.await
}

/// Metadata of a stored object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectMeta {
    /// Its name.
    pub name: String,
    /// Grows each time an object of that name is stored.
    pub generation: i64,
    /// Its size in bytes.
    pub size: u64,
    /// Its media type.
    pub content_type: String,
}

/// Permission for one upload by a client that holds the URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UploadGrant {
    /// The object's name.
    pub name: String,
    /// The media type that the client must send.
    pub content_type: String,
    /// The size it must have, in bytes, both ends included.
    pub size: (u64, u64),
    /// Until when.
    pub expires_at: Timestamp,
}

/// How to upload: a request to be made exactly as described.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedUpload {
    /// Where to `PUT` the bytes.
    pub url: String,
    /// The headers to send with it.
    pub headers: BTreeMap<String, String>,
    /// How to begin an upload that can be resumed.
    pub resumable: Resumable,
    /// Until when.
    pub expires_at: Timestamp,
}

/// How to begin an upload that can be resumed: GCS's resumable protocol.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resumable {
    /// Where to `POST`; the answer's `Location` takes the bytes.
    pub url: String,
    /// The headers to send with it.
    pub headers: BTreeMap<String, String>,
}

/// Whether a stored object may replace one of the same name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overwrite {
    /// An existing object is replaced.
    Allowed,
    /// There must be none.
    Refused,
}

/// Why an object could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum ObjectError {
    /// No object of that name and generation.
    #[error("no object `{name}`")]
    NotFound {
        /// Its name.
        name: String,
    },
    /// There is one already.
    #[error("object `{name}` exists already")]
    Exists {
        /// Its name.
        name: String,
    },
    /// The requested range begins after the end.
    #[error("object `{name}` has only {size} bytes")]
    OutOfRange {
        /// Its name.
        name: String,
        /// Its size.
        size: u64,
    },
    /// The bytes to be stored stopped coming.
    #[error("receiving the object")]
    Interrupted(#[source] io::Error),
    /// The store cannot be reached, or broke while it was used.
    #[error("using the object store")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Why what uses documents and objects was not finished; it can be taken up again.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// An error of the records.
    #[error(transparent)]
    Records(#[from] RecordsError),
    /// An error of the object store.
    #[error(transparent)]
    Objects(#[from] ObjectError),
}

/// One bucket of objects.
#[async_trait]
pub trait ObjectStore: Send + Sync {
    /// Stores what `body` gives under `name`; nothing is to be seen of it until
    /// all of it is there.
    async fn write(
        &self,
        name: &str,
        content_type: &str,
        body: ByteStream,
        overwrite: Overwrite,
    ) -> Result<ObjectMeta, ObjectError>;

    /// Metadata of the object of that name.
    async fn stat(&self, name: &str) -> Result<Option<ObjectMeta>, ObjectError>;

    /// The bytes of `range`, or all of them; of `generation` if one is given.
    /// A range that ends behind the end is cut there.
    async fn read(
        &self,
        name: &str,
        generation: Option<i64>,
        range: Option<Range<u64>>,
    ) -> Result<(ObjectMeta, ByteStream), ObjectError>;

    /// Deletes the object of that name; a missing object is not an error.
    async fn delete(&self, name: &str) -> Result<(), ObjectError>;

    /// Deletes the object of that name only while it is of `generation`: a newer one
    /// stays, and a missing object is not an error.
    async fn delete_generation(&self, name: &str, generation: i64) -> Result<(), ObjectError>;

    /// The CRC-32C of the object's bytes (RFC 3720, appendix B.4). Reads all of them
    /// unless the store keeps it.
    async fn crc32c(&self, name: &str, generation: i64) -> Result<u32, ObjectError> {
        let (_, mut bytes) = self.read(name, Some(generation), None).await?;
        let mut sum = 0;
        while let Some(chunk) = bytes.next().await {
            let chunk = chunk.map_err(|error| ObjectError::Unavailable(error.into()))?;
            sum = crc32c::crc32c_append(sum, &chunk);
        }
        Ok(sum)
    }

    /// The names that begin with `prefix`.
    async fn list(&self, prefix: &str) -> Result<Vec<String>, ObjectError>;

    /// Forgets the uploads under way to names that begin with `prefix`, where the store
    /// can find them: Cloud Storage cannot, and lets them expire within a week.
    async fn abandon_uploads(&self, _prefix: &str) -> Result<(), ObjectError> {
        Ok(())
    }

    /// Signs a permission to upload.
    async fn sign_upload(&self, grant: &UploadGrant) -> Result<SignedUpload, ObjectError>;

    /// Signs a permission to read the object of that name; answers the URL.
    async fn sign_read(&self, name: &str, expires_at: Timestamp) -> Result<String, ObjectError>;
}
