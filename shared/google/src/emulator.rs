//! The credentials that emulators expect of their clients.

use google_cloud_auth::{
    credentials::{CacheableResource, Credentials, CredentialsProvider, EntityTag},
    errors::CredentialsError,
};
use http::{Extensions, HeaderMap, HeaderName, HeaderValue, header};

/// One header instead of a token.
#[derive(Debug)]
struct OneHeader(HeaderName, HeaderValue);

impl CredentialsProvider for OneHeader {
    async fn headers(
        &self,
        _: Extensions,
    ) -> Result<CacheableResource<HeaderMap>, CredentialsError> {
        Ok(CacheableResource::New {
            entity_tag: EntityTag::new(),
            data: HeaderMap::from_iter([(self.0.clone(), self.1.clone())]),
        })
    }

    async fn universe_domain(&self) -> Option<String> {
        None
    }
}

/// Firestore's emulator lets only the owner write in batches.
pub(crate) fn owner() -> Credentials {
    let bearer = HeaderValue::from_static("Bearer owner");
    Credentials::from(OneHeader(header::AUTHORIZATION, bearer))
}

/// No user.
pub(crate) fn anonymous() -> Credentials {
    google_cloud_auth::credentials::anonymous::Builder::new().build()
}
