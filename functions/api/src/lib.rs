//! Everything in the HTTP contract; the only public service.
//!
//! In reading order: [`Api`] and `routes`, the table of all routes; `extract` with what
//! handlers take of a request and `error` with how they refuse one; `interviews` with `new_interview`,
//! `collections` and `uploads`, then one file for each thing that can be read of an interview.

mod access;
mod analyze_async;
mod analyze_sync;
mod assessment;
mod audio;
mod body_writer;
mod callbacks;
mod captions;
mod change;
pub mod checks;
mod clip;
mod collection_report;
mod collections;
mod comparison;
mod console;
mod corrections;
mod deliveries;
mod direct_calls;
mod documents;
mod engines;
mod error;
mod events;
pub mod exports;
mod extract;
mod form_filename;
mod hand_over;
mod health;
mod highlights;
mod identity;
mod import;
mod interviews;
mod labels;
mod lifetime;
mod list;
mod mcp;
mod new_interview;
mod newest;
mod notes;
mod openapi;
pub mod origins;
mod page;
mod patch;
mod proxy_identity;
mod rate_limit;
mod redirect;
mod report;
mod results;
mod retry;
mod retry_check;
mod revised;
mod routes;
mod rubrics;
mod runs;
mod search;
mod shares;
mod sse;
mod stored_transcript;
mod stream;
mod stream_charge;
mod tally;
mod temp_recording;
mod themes;
mod tokens;
mod transcript;
mod transcript_body;
mod transcript_forms;
mod uploads;
mod usage;
mod validation;
mod view;
mod webhook_secret;
mod webhooks;

use std::{io, sync::Arc};

use async_trait::async_trait;
use axum::Router;
use bytes::Bytes;
use config::{Environment, InvalidSetting};
use domain::{
    collection_report::CollectionReport,
    ids::random_name,
    ledger::SpendingLimits,
    ports::{
        Clock, DirectAnalysis, EngineChecks, Identity, LiveTranscriber, ObjectStore, Queue,
        Records, Signer, WebhookProbe,
    },
    share::{SharedContent, SharedPage},
};
use http::{HeaderValue, Request, Response};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use runtime::http::{Body, Problem, Service};
use tower::ServiceExt;

use error::OwnBody;

pub use console::Console;
pub use engines::AvailableEngines;
pub use identity::LocalIdentity;
pub use openapi::{description, operations};
pub use origins::Origins;
pub use proxy_identity::{ProxyIdentity, ProxySettings};
pub use rate_limit::{RateLimitSettings, RateLimits};

/// What the handlers need.
pub struct Api {
    /// Says who is asking.
    pub identity: Arc<dyn Identity>,
    /// Where interviews are kept.
    pub records: Arc<dyn Records>,
    /// The bucket for recordings.
    pub uploads: Arc<dyn ObjectStore>,
    /// The bucket for products.
    pub artifacts: Arc<dyn ObjectStore>,
    /// Where work is queued.
    pub queue: Arc<dyn Queue>,
    /// Listens on the spot.
    pub live: Arc<dyn LiveTranscriber>,
    /// Analyses on the spot.
    pub direct: Arc<dyn DirectAnalysis>,
    /// The engines that runs can choose.
    pub available: AvailableEngines,
    /// The results of the last checks of the engines.
    pub engine_checks: Arc<dyn EngineChecks>,
    /// Signs permissions to listen.
    pub signer: Arc<dyn Signer>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// What is accepted.
    pub limits: Limits,
    /// Where clients reach the service; absent where only a request says it.
    pub public_url: Option<String>,
    /// What the page for people is told.
    pub console: Console,
    /// Says why a webhook's address is not accepted.
    pub check_webhook_url: fn(&str, bool) -> Result<(), String>,
    /// Tries receivers of webhooks out.
    pub webhook_probe: Arc<dyn WebhookProbe>,
    /// Writes what the page of a shared interview shows.
    pub shared_page: fn(&SharedContent<'_>) -> Result<SharedPage, String>,
    /// Writes the report of a collection as a Word document.
    pub write_collection_report: fn(&CollectionReport) -> Result<Vec<u8>, String>,
}

/// What is accepted.
#[derive(Debug, Clone)]
pub struct Limits {
    /// The largest recording, in bytes.
    pub max_upload_bytes: u64,
    /// The longest recording, in milliseconds.
    pub max_duration_ms: u64,
    /// Whether webhooks may go to this machine.
    pub allow_private_webhooks: bool,
    /// Whose pages may ask from a browser.
    pub origins: Origins,
    /// How much one user and one address may ask.
    pub rate_limits: RateLimits,
    /// How much one user may use.
    pub spending: SpendingLimits,
}

impl Limits {
    /// For a service that any client can reach, from the settings; whether private
    /// webhooks are allowed is known already.
    pub fn read(
        environment: &Environment,
        allow_private_webhooks: bool,
    ) -> Result<Self, InvalidSetting> {
        Ok(Self {
            max_upload_bytes: environment.max_upload_bytes()?,
            max_duration_ms: environment.max_duration_ms()?,
            allow_private_webhooks,
            origins: Origins::read(environment)?,
            rate_limits: RateLimits::new(RateLimitSettings::read(
                environment,
                RateLimitSettings::PUBLIC,
            )?),
            spending: environment.spending_limits()?,
        })
    }
}

/// The API over HTTP.
pub struct ApiService {
    api: Arc<Api>,
    router: Router,
}

#[async_trait]
impl Service for ApiService {
    async fn call(&self, request: Request<Incoming>) -> Response<Body> {
        self.handle(request).await
    }
}

impl ApiService {
    /// Routes requests to the handlers of `api`.
    pub fn new(api: Api) -> Self {
        let api = Arc::new(api);
        openapi::prepare();
        Self {
            router: routes::router(&api),
            api,
        }
    }

    /// The origins whose pages may send requests.
    pub fn origins(&self) -> &Origins {
        &self.api.limits.origins
    }

    /// The response to a request with any kind of body.
    pub async fn handle<B>(&self, request: Request<B>) -> Response<Body>
    where
        B: hyper::body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<axum::BoxError>,
    {
        self.respond(request, None).await
    }

    /// The response to a request that the host does not let in, as the API gives it.
    pub async fn refuse(&self, request: Request<Incoming>, problem: Problem) -> Response<Body> {
        self.respond(request, Some(problem)).await
    }

    async fn respond<B>(&self, mut request: Request<B>, refused: Option<Problem>) -> Response<Body>
    where
        B: hyper::body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<axum::BoxError>,
    {
        let request_id = RequestId::from_request(&request);
        request.extensions_mut().insert(request_id.clone());
        let method = request.method().clone();
        let handle = async |request| match refused {
            Some(problem) => problem.into_response(&request_id.0),
            None => match self.router.clone().oneshot(request).await {
                Ok(response) => finish(response, &request_id.0),
                Err(never) => match never {},
            },
        };
        let mut response = self.origins().around(request, handle).await;
        tracing::debug!(event = "request.handled", %method, status = response.status().as_u16(), request.id = request_id.0, "request handled");
        if let Ok(value) = HeaderValue::from_str(&request_id.0) {
            response.headers_mut().insert("x-request-id", value);
        }
        response
    }
}

/// The response as it is sent: a problem gets its body here, which names the request.
fn finish(mut response: axum::response::Response, request_id: &str) -> Response<Body> {
    match response.extensions_mut().remove::<Problem>() {
        Some(problem) => problem.into_response(request_id),
        None if response.extensions().get::<OwnBody>().is_some() => {
            response.map(|body| body.map_err(io::Error::other).boxed_unsync())
        }
        // A rejection or error of axum's own.
        None if response.status().is_client_error() || response.status().is_server_error() => {
            tracing::error!(
                event = "request.failed",
                status = response.status().as_u16(),
                "a response without a problem"
            );
            Problem::internal().into_response(request_id)
        }
        None => response.map(|body| body.map_err(io::Error::other).boxed_unsync()),
    }
}

/// The id of a request: the client's where it makes sense, a new one otherwise.
#[derive(Clone)]
struct RequestId(String);

impl RequestId {
    fn from_request<B>(request: &Request<B>) -> Self {
        let sensible = |id: &&str| {
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
            (1..=64).contains(&id.len()) && id.bytes().all(plain)
        };
        let given = request.headers().get("x-request-id");
        let given = given.and_then(|value| value.to_str().ok());
        Self(
            given
                .filter(sensible)
                .map_or_else(random_name, str::to_owned),
        )
    }
}
