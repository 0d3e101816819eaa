//! The receiving end of signed URLs: a whole object by `PUT`, or piece by piece
//! by the resumable protocol of Google Cloud Storage. Bytes go to disk as they come.

use domain::{
    ids::random_name,
    ports::{ByteStream, ObjectError, ObjectMeta, Overwrite, UploadGrant},
};

use crate::{Store, bucket::NewObject, error::Fault, files::WriteError};
pub use crate::{
    part::Part,
    sessions::Received,
    signature::{BadUrl, Operation},
};

/// Why an upload was refused, or how it broke off.
#[derive(Debug, thiserror::Error)]
pub enum UploadError {
    /// The URL permits nothing.
    #[error(transparent)]
    Url(#[from] BadUrl),
    /// A header is not as signed.
    #[error("header `{header}` must be `{expected}`, as signed")]
    Header {
        /// Its name.
        header: &'static str,
        /// What was signed.
        expected: String,
    },
    /// More bytes than permitted.
    #[error("the upload has more than the {most} bytes it was signed for")]
    TooLarge {
        /// The most permitted.
        most: u64,
    },
    /// Fewer bytes than permitted.
    #[error("the upload has {found} bytes, fewer than the {least} it was signed for")]
    TooSmall {
        /// The least permitted.
        least: u64,
        /// What came.
        found: u64,
    },
    /// The `Content-Range` makes no sense here.
    #[error("the content range does not fit the upload")]
    Range,
    /// There is no such upload under way.
    #[error("no such upload is under way")]
    NoSession,
    /// The object is there already.
    #[error("the recording has been uploaded already")]
    Exists,
    /// The client went away; what came is kept for a resumable upload.
    #[error("the upload broke off")]
    Interrupted,
    /// The store cannot be used.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl From<ObjectError> for UploadError {
    fn from(error: ObjectError) -> Self {
        match error {
            ObjectError::Exists { .. } => Self::Exists,
            ObjectError::Interrupted(_) => Self::Interrupted,
            other => Self::Fault(Fault::Files(std::io::Error::other(other))),
        }
    }
}

/// The receiving end of a store's signed URLs.
#[derive(Clone)]
pub struct Uploads {
    pub(crate) store: Store,
}

impl Uploads {
    pub(crate) const fn new(store: Store) -> Self {
        Self { store }
    }

    /// What a URL's path and query permit.
    pub fn verify(
        &self,
        operation: Operation,
        bucket: &str,
        name: &str,
        query: &str,
    ) -> Result<UploadGrant, BadUrl> {
        let inner = &self.store.inner;
        inner
            .signing_key
            .verify(operation, bucket, name, query, inner.clock.now())
    }

    /// Takes a whole object.
    pub async fn put(
        &self,
        bucket: &str,
        grant: &UploadGrant,
        mut body: ByteStream,
    ) -> Result<ObjectMeta, UploadError> {
        let file = random_name();
        let stored = self.receive_whole(bucket, grant, &file, &mut body).await;
        if stored.is_err() {
            self.store
                .inner
                .files
                .remove(&file)
                .await
                .map_err(Fault::from)?;
        }
        stored
    }

    async fn receive_whole(
        &self,
        bucket: &str,
        grant: &UploadGrant,
        file: &str,
        body: &mut ByteStream,
    ) -> Result<ObjectMeta, UploadError> {
        let written = self
            .store
            .inner
            .files
            .write_new(file, grant.size.1, body)
            .await;
        let size = written.map_err(|error| refused(error, grant))?;
        self.complete(bucket, grant, file, size, Overwrite::Refused)
            .await
    }

    /// Makes an object of what has come of it.
    pub(crate) async fn complete(
        &self,
        bucket: &str,
        grant: &UploadGrant,
        file: &str,
        size: u64,
        overwrite: Overwrite,
    ) -> Result<ObjectMeta, UploadError> {
        if size < grant.size.0 {
            return Err(UploadError::TooSmall {
                least: grant.size.0,
                found: size,
            });
        }
        let new = NewObject {
            bucket,
            name: &grant.name,
            content_type: &grant.content_type,
            size,
            file,
        };
        Ok(self.store.finalize(new, overwrite).await?)
    }
}

pub(crate) fn refused(error: WriteError, grant: &UploadGrant) -> UploadError {
    match error {
        WriteError::TooMany => UploadError::TooLarge { most: grant.size.1 },
        WriteError::Stream(_) => UploadError::Interrupted,
        WriteError::Disk(error) => UploadError::Fault(error.into()),
    }
}
