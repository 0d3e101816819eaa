//! The credentials that emulators expect of their clients.

use google_cloud_auth::{
    credentials::{CacheableResource, Credentials, CredentialsProvider, EntityTag},
    errors::CredentialsError,
};
use http::{Extensions, HeaderMap, HeaderValue, header::AUTHORIZATION};

/// Those of the owner, whom Firestore's emulator lets write in batches.
#[derive(Debug)]
struct Owner;

impl CredentialsProvider for Owner {
    async fn headers(
        &self,
        _: Extensions,
    ) -> Result<CacheableResource<HeaderMap>, CredentialsError> {
        Ok(CacheableResource::New {
            entity_tag: EntityTag::new(),
            data: HeaderMap::from_iter([(AUTHORIZATION, HeaderValue::from_static("Bearer owner"))]),
        })
    }

    async fn universe_domain(&self) -> Option<String> {
        None
    }
}

/// The credentials of the owner.
pub(crate) fn owner() -> Credentials {
    Credentials::from(Owner)
}

/// No user.
pub(crate) fn anonymous() -> Credentials {
    google_cloud_auth::credentials::anonymous::Builder::new().build()
}
