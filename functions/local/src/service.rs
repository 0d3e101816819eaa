//! The API and the receiving end of signed URLs on one port.

use api::Api;
use async_trait::async_trait;
use embedded::uploads::Uploads;
use http::{Request, Response};
use hyper::body::Incoming;
use runtime::http::{Body, Service};

use crate::storage::Storage;

/// Everything that the embedded service answers.
pub struct EmbeddedService {
    api: Api,
    storage: Storage,
}

impl EmbeddedService {
    pub(crate) fn new(api: Api, uploads: Uploads, public_url: String) -> Self {
        Self {
            api,
            storage: Storage::new(uploads, public_url),
        }
    }
}

#[async_trait]
impl Service for EmbeddedService {
    async fn call(&self, request: Request<Incoming>) -> Response<Body> {
        if request.uri().path().starts_with("/storage") {
            self.storage.call(request).await
        } else {
            self.api.call(request).await
        }
    }
}
