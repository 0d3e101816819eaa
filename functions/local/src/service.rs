//! The API and the receiving end of signed URLs on one port.

use api::{Api, ApiService};
use async_trait::async_trait;
use domain::ErrorCode;
use embedded::Store;
use emulation::storage::Storage;
use http::{Request, Response};
use hyper::body::Incoming;
use runtime::http::{Body, Problem, Service};

use crate::origin_guard::OriginGuard;

/// Everything that the embedded service answers.
pub struct EmbeddedService {
    api: ApiService,
    storage: Storage,
    door: OriginGuard,
}

impl EmbeddedService {
    pub(crate) fn new(api: Api, store: &Store, public_url: String) -> Self {
        Self {
            door: OriginGuard::new(&public_url, api.limits.origins.clone()),
            api: ApiService::new(api),
            storage: Storage::embedded(store, public_url),
        }
    }
}

#[async_trait]
impl Service for EmbeddedService {
    async fn call(&self, request: Request<Incoming>) -> Response<Body> {
        if let Err(problem) = self.door.admit(&request) {
            return self.api.refuse(request, problem).await;
        }
        if !request.uri().path().starts_with("/storage") {
            return self.api.call(request).await;
        }
        let answer = async |request| {
            let answer = self.storage.call("/storage/", request).await;
            let nothing = || Problem::new(ErrorCode::NoSuchPath, "there is nothing at this path");
            answer.unwrap_or_else(|_| nothing().into_response(""))
        };
        self.api.origins().around(request, answer).await
    }
}
