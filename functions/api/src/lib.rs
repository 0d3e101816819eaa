//! Everything in the HTTP contract; the only public service.
//!
//! In reading order: [`Api`] and its routes, `identity` with who is asking,
//! `request` with what, `interviews` and `uploads`, then one file for each thing
//! that can be read of an interview.

mod analyze_async;
mod analyze_sync;
mod audio;
mod byteranges;
mod callbacks;
mod captions;
mod change;
mod console;
mod deliveries;
mod engines;
mod error;
mod events;
pub mod exports;
mod hand_over;
mod health;
mod identity;
mod interviews;
mod labels;
mod list;
mod notes;
mod openapi;
pub mod origins;
mod page;
mod patch;
mod rate_limit;
mod request;
mod results;
mod retry;
mod routes;
mod stream;
mod temp_recording;
mod transcript;
mod uploads;
mod validation;
mod view;

use std::sync::Arc;

use async_trait::async_trait;
use domain::{
    ids::random_name,
    ports::{
        Clock, DirectAnalysis, Identity, LiveTranscriber, ObjectStore, Queue, Records, Signer,
    },
};
use http::{HeaderValue, Request, Response};
use hyper::body::Incoming;
use runtime::{
    http::{Body, Problem, Service},
    settings::{Environment, InvalidSetting},
};

pub use console::Console;
pub use identity::LocalIdentity;
pub use openapi::description;
pub use origins::Origins;
pub use rate_limit::{RateLimitSettings, RateLimits};
pub use routes::routes;

/// The service, and what it needs.
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
    /// Signs permissions to listen.
    pub signer: Arc<dyn Signer>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// What is accepted.
    pub limits: Limits,
    /// What the page for people is told.
    pub console: Console,
    /// Says why a webhook's address is not accepted.
    pub check_webhook_url: fn(&str, bool) -> Result<(), String>,
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
        })
    }
}

#[async_trait]
impl Service for Api {
    async fn call(&self, request: Request<Incoming>) -> Response<Body> {
        self.respond(request, None).await
    }
}

impl Api {
    /// The answer to a request that the host does not let in, as the API gives it.
    pub async fn refuse(&self, request: Request<Incoming>, problem: Problem) -> Response<Body> {
        self.respond(request, Some(problem)).await
    }

    async fn respond(
        &self,
        request: Request<Incoming>,
        refused: Option<Problem>,
    ) -> Response<Body> {
        let request_id = request_id(&request);
        let method = request.method().clone();
        let answer = async |request| {
            let outcome = match refused {
                Some(problem) => Err(problem),
                None => self.answer(request, &request_id).await,
            };
            outcome.unwrap_or_else(|problem| problem.into_response(&request_id))
        };
        let mut response = self.limits.origins.around(request, answer).await;
        tracing::debug!(%method, status = response.status().as_u16(), request.id = request_id, "answered");
        if let Ok(value) = HeaderValue::from_str(&request_id) {
            response.headers_mut().insert("x-request-id", value);
        }
        response
    }
}

/// The client's request id where it makes sense, a new one otherwise.
fn request_id(request: &Request<Incoming>) -> String {
    let given = request
        .headers()
        .get("x-request-id")
        .and_then(|value| value.to_str().ok());
    let sensible = |id: &&str| {
        (1..=64).contains(&id.len())
            && id
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    given
        .filter(sensible)
        .map_or_else(random_name, str::to_owned)
}
