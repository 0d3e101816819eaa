//! The APIs of Cloud Storage and Cloud Tasks at one address.

use std::sync::Arc;

use async_trait::async_trait;
use domain::ports::Clock;
use embedded::Store;
use http::{Request, Response};
use hyper::body::Incoming;
use relay::{cors::BucketCors, gcs::Gcs, rights::Rights, tasks::CloudTasks, v4::V4};
use runtime::http::{Body, Service};

use crate::settings::RelaySettings;

/// How many names one page of a list has, as in Cloud Storage.
const PAGE: usize = 1_000;

/// Everything that Google's clients ask at one address.
pub(crate) struct Front {
    gcs: Gcs,
    tasks: CloudTasks,
}

impl Front {
    /// Reached at `url`, by callers with `rights`.
    pub(crate) fn new(
        store: &Store,
        settings: &RelaySettings,
        (url, rights): (String, Rights),
        clock: Arc<dyn Clock>,
    ) -> Self {
        let signatures = V4 {
            gcs: settings.cloud.gcs().clone(),
            clock: Arc::clone(&clock),
        };
        Self {
            gcs: Gcs::new(store.clone(), Arc::new(signatures), url, PAGE)
                .with_rights(rights.clone())
                .with_cors(BucketCors::of_terraform(&settings.origins)),
            tasks: CloudTasks {
                queue: store.queue(),
                clock,
                rights,
            },
        }
    }
}

#[async_trait]
impl Service for Front {
    async fn call(&self, request: Request<Incoming>) -> Response<Body> {
        if request.uri().path().starts_with("/v2/projects/") {
            self.tasks.call(request).await
        } else {
            self.gcs.call(request).await
        }
    }
}
