//! The API and the receiving end of signed URLs on one port.

use api::Api;
use async_trait::async_trait;
use embedded::Store;
use emulation::storage::Storage;
use http::{Request, Response};
use hyper::body::Incoming;
use runtime::http::{Body, Service};

/// Everything that the embedded service answers.
pub struct EmbeddedService {
    api: Api,
    storage: Storage,
}

impl EmbeddedService {
    pub(crate) fn new(api: Api, store: &Store, public_url: String) -> Self {
        Self {
            api,
            storage: Storage::embedded(store, public_url),
        }
    }
}

#[async_trait]
impl Service for EmbeddedService {
    async fn call(&self, request: Request<Incoming>) -> Response<Body> {
        match self.storage.call("/storage/", request).await {
            Ok(response) => response,
            Err(request) => self.api.call(request).await,
        }
    }
}
