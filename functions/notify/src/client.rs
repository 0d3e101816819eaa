//! Sends webhooks to untrusted receivers.
//!
//! Each is a connection of its own to an address judged at that moment: no
//! redirects, no proxy, no kept connections, no cookies, no second try behind
//! our back. How often to try is [`crate::schedule`]'s to say.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use reqwest::{Client, RequestBuilder, Response, header::CONTENT_TYPE, redirect, retry};

use crate::{
    address::Policy,
    outcome::SendOutcome,
    resolver::{GuardedResolver, Lookup, SystemLookup},
    target::check_url,
};

/// How webhooks introduce themselves.
pub const USER_AGENT: &str = concat!("InterviewLens/", env!("CARGO_PKG_VERSION"));

/// How much of an answer's body is read, so that the receiver is not cut off in
/// the middle of a short one. The body is not used.
const MAX_BODY_BYTES: usize = 8 * 1024;

/// How long is waited for that part of the body: a receiver that has answered does not
/// hold a place in a lane.
const BODY_TIME: Duration = Duration::from_millis(250);

/// How webhooks are sent.
#[derive(Clone)]
pub struct WebhookClientOptions {
    /// Which addresses may be called.
    pub policy: Policy,
    /// How long a connection may take: look-up, TCP and TLS.
    pub connect_timeout: Duration,
    /// How long all of it may take.
    pub timeout: Duration,
    /// How hosts are found.
    pub lookup: Arc<dyn Lookup>,
}

impl WebhookClientOptions {
    /// Five seconds to connect, fifteen for all, the system's look-up.
    pub fn new(policy: Policy) -> Self {
        Self {
            policy,
            connect_timeout: Duration::from_secs(5),
            timeout: Duration::from_secs(15),
            lookup: Arc::new(SystemLookup),
        }
    }
}

/// What sends webhooks.
#[async_trait]
pub trait WebhookTransport: Send + Sync {
    /// Posts the JSON `body` to `url`, once, with `headers` besides the transport's own, and
    /// waits for at most `timeout` until the receiver answers. The answer's status decides; a
    /// body that follows badly or never ends does not change it.
    async fn send_within(
        &self,
        timeout: Duration,
        url: &str,
        headers: &[(&'static str, String)],
        body: String,
    ) -> SendOutcome;
}

/// The client cannot be set up.
#[derive(Debug, thiserror::Error)]
#[error("setting up TLS for webhooks, with the system's CA certificates")]
pub struct WebhookClientError(#[source] reqwest::Error);

/// Sends webhooks. Make one and keep it: it reads the CA certificates.
#[derive(Debug, Clone)]
pub struct WebhookClient {
    client: Client,
    policy: Policy,
    timeout: Duration,
}

impl WebhookClient {
    /// A client under `policy`, with the usual [`WebhookClientOptions`].
    pub fn new(policy: Policy) -> Result<Self, WebhookClientError> {
        Self::with(WebhookClientOptions::new(policy))
    }

    /// A client with other options.
    pub fn with(options: WebhookClientOptions) -> Result<Self, WebhookClientError> {
        let (policy, timeout) = (options.policy, options.timeout);
        let client = build(options).map_err(WebhookClientError)?;
        Ok(Self {
            client,
            policy,
            timeout,
        })
    }

    /// Posts the JSON `body` to `url`, once, with `headers` besides our own.
    ///
    /// The answer's status decides; a body that follows badly or never ends
    /// does not change it.
    pub async fn send(
        &self,
        url: &str,
        headers: &[(&'static str, String)],
        body: String,
    ) -> SendOutcome {
        self.send_within(self.timeout, url, headers, body).await
    }
}

#[async_trait]
impl WebhookTransport for WebhookClient {
    async fn send_within(
        &self,
        timeout: Duration,
        url: &str,
        headers: &[(&'static str, String)],
        body: String,
    ) -> SendOutcome {
        // The HTTP client does not look up what is an address already.
        let url = match check_url(url, self.policy) {
            Ok(url) => url,
            Err(invalid) => return invalid.into(),
        };
        let request = self.client.post(url).timeout(timeout).body(body);
        match with_headers(request, headers).send().await {
            Ok(answer) => {
                let outcome = SendOutcome::from_response(&answer);
                // What comes later than that is cut.
                let _ = tokio::time::timeout(BODY_TIME, drain(answer)).await;
                outcome
            }
            Err(error) => SendOutcome::from_error(&error),
        }
    }
}

fn build(options: WebhookClientOptions) -> reqwest::Result<Client> {
    let resolver = GuardedResolver {
        policy: options.policy,
        lookup: options.lookup,
    };
    Client::builder()
        .dns_resolver(resolver)
        .redirect(redirect::Policy::none())
        .no_proxy()
        // Google's clients switch these on for all of the process: what a receiver
        // answers is not to unpack itself into more than was read.
        .no_gzip()
        .no_brotli()
        .no_deflate()
        .no_zstd()
        .retry(retry::never())
        .pool_max_idle_per_host(0)
        .http1_only()
        .referer(false)
        .connect_timeout(options.connect_timeout)
        .user_agent(USER_AGENT)
        .build()
}

fn with_headers(request: RequestBuilder, headers: &[(&'static str, String)]) -> RequestBuilder {
    let request = request.header(CONTENT_TYPE, "application/json");
    headers.iter().fold(request, |request, (name, value)| {
        request.header(*name, value.as_str())
    })
}

async fn drain(mut answer: Response) {
    let mut read = 0;
    while read < MAX_BODY_BYTES
        && let Ok(Some(chunk)) = answer.chunk().await
    {
        read += chunk.len();
    }
}
