//! Verifies signed URLs by the embedded store's own key.

use async_trait::async_trait;
use domain::ports::UploadGrant;
use embedded::uploads::{SignedOperation, UploadError, Uploads};
use http::{HeaderMap, request::Parts};

/// An object that a URL leads to.
#[derive(Debug, Clone, Copy)]
pub struct Target<'a> {
    /// The bucket.
    pub bucket: &'a str,
    /// The object's name.
    pub name: &'a str,
}

/// Says what a request by a signed URL may do.
#[async_trait]
pub trait Signatures: Send + Sync {
    /// What the URL permits, when the request is just as it was signed.
    async fn granted(
        &self,
        operation: SignedOperation,
        target: Target<'_>,
        request: &Parts,
    ) -> Result<UploadGrant, UploadError>;
}

#[async_trait]
impl Signatures for Uploads {
    async fn granted(
        &self,
        operation: SignedOperation,
        target: Target<'_>,
        request: &Parts,
    ) -> Result<UploadGrant, UploadError> {
        let query = request.uri.query().unwrap_or("");
        let grant = self.verify(operation, target.bucket, target.name, query)?;
        if operation != SignedOperation::Get {
            // The request that begins an upload has no bytes itself.
            let least = match operation {
                SignedOperation::Resumable => 0,
                SignedOperation::Put | SignedOperation::Get => grant.size.0,
            };
            let range = format!("{least},{}", grant.size.1);
            check_header(&request.headers, "content-type", &grant.content_type)?;
            check_header(&request.headers, "x-goog-content-length-range", &range)?;
        }
        if operation == SignedOperation::Resumable {
            check_header(&request.headers, "x-goog-resumable", "start")?;
        }
        Ok(grant)
    }
}

/// Refuses a request whose header is not the one that was signed.
pub fn check_header(
    headers: &HeaderMap,
    name: &'static str,
    expected: &str,
) -> Result<(), UploadError> {
    let found = headers.get(name).and_then(|value| value.to_str().ok());
    if found == Some(expected) {
        return Ok(());
    }
    Err(UploadError::Header {
        header: name,
        expected: expected.to_owned(),
    })
}

/// The operation of a request, by its method.
pub(crate) fn operation(request: &Parts) -> Option<SignedOperation> {
    match request.method {
        http::Method::GET | http::Method::HEAD => Some(SignedOperation::Get),
        http::Method::PUT => Some(SignedOperation::Put),
        http::Method::POST => Some(SignedOperation::Resumable),
        _ => None,
    }
}
