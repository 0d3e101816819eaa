//! The receiving end of signed URLs: a whole object by `PUT`, or piece by piece
//! by the resumable protocol of Google Cloud Storage. Bytes go to disk as they come.

use domain::{
    ids::random_name,
    ports::{ByteStream, ObjectMeta, Overwrite, UploadGrant},
};

use crate::{
    Store,
    error::StoreError,
    files::{EarlyEnd, WriteError},
    finalize::{NewObject, ObjectContent},
};
pub use crate::{
    part::ContentRange,
    sessions::Received,
    signature::{BadUrl, SignedOperation},
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
        /// The signed operation.
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
    /// No such upload in progress.
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
    Store(#[from] StoreError),
}

/// The receiving end of a store's signed URLs.
#[derive(Clone)]
pub struct Uploads {
    pub(crate) store: Store,
}

impl Uploads {
    /// What a URL's path and query permit.
    pub fn verify(
        &self,
        operation: SignedOperation,
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
        let files = &self.store.inner.files;
        let written = files.write_new(&file, grant.size.1, &mut body).await;
        let (size, unfinished) = written.map_err(|error| match error {
            WriteError::Early(early) => refused(&early, grant),
            WriteError::Disk(error) => UploadError::Store(error.into()),
        })?;
        let new = new_object(bucket, grant, file, size)?;
        let source = ObjectContent::New(unfinished);
        self.store.finalize(new, Overwrite::Refused, source).await
    }
}

/// What is to become an object, unless it is too small.
pub(crate) fn new_object(
    bucket: &str,
    grant: &UploadGrant,
    file: String,
    size: u64,
) -> Result<NewObject, UploadError> {
    if size < grant.size.0 {
        return Err(UploadError::TooSmall {
            least: grant.size.0,
            found: size,
        });
    }
    Ok(NewObject {
        bucket: bucket.to_owned(),
        name: grant.name.clone(),
        content_type: grant.content_type.clone(),
        size,
        file,
    })
}

pub(crate) fn refused(early: &EarlyEnd, grant: &UploadGrant) -> UploadError {
    match early {
        EarlyEnd::TooMany => UploadError::TooLarge { most: grant.size.1 },
        EarlyEnd::Stream(_) => UploadError::Interrupted,
    }
}
