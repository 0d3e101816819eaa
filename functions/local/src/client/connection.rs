//! The connection to a service: its address, the token, and requests that are sent again.

use std::{
    fmt,
    io::{self, Write as _},
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use config::Environment;
use http::{HeaderMap, header};
use indicatif::MultiProgress;
use reqwest::{Client, Method, RequestBuilder, Response, Url, redirect::Policy};
use serde_json::Value;

use super::{
    address::{self, Token},
    arguments::ServiceOptions,
    error::{ClientError, Problem},
    retry::Waits,
};

/// How long a connection may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);

/// How long the service may say nothing: its streams of events say something every 15 seconds.
const READ_TIMEOUT: Duration = Duration::from_mins(1);

/// The connection to a service.
pub(crate) struct Connection {
    api: Client,
    /// For signed URLs: it never has the token, and follows no redirects.
    pub(super) storage: Client,
    base: Url,
    token: Option<Token>,
    /// Whether the service has responded: before, a failure to connect is final.
    is_reached: AtomicBool,
    /// The bars that are on the terminal.
    pub(super) bars: MultiProgress,
}

impl Connection {
    /// Reads the address and the token of the options, or of the environment.
    pub(super) fn open(
        options: ServiceOptions,
        environment: &Environment,
    ) -> Result<Self, ClientError> {
        let given = |option: Option<String>, name| {
            let own = option.filter(|text| !text.trim().is_empty());
            own.or_else(|| environment.text(name).map(str::to_owned))
        };
        let address = given(options.url, "INTERVIEWLENS_URL");
        let base = address::parse(address.as_deref().unwrap_or(address::DEFAULT))?;
        let token = given(options.token, "INTERVIEWLENS_TOKEN");
        let token = token.map(|token| Token::parse(&token)).transpose()?;
        let is_local = address::is_loopback(&base);
        if token.is_some() && base.scheme() == "http" && !is_local && !options.insecure {
            return Err(ClientError::Usage(format!(
                "the token is not sent to {base} because others could read it on the way: use \
                 https, or --insecure where the network is your own"
            )));
        }
        let client = || {
            let client = Client::builder()
                .connect_timeout(CONNECT_TIMEOUT)
                .user_agent(address::USER_AGENT);
            // A proxy would get what is not encrypted, and has no way to this machine.
            if is_local { client.no_proxy() } else { client }
        };
        let built = |client: Result<Client, reqwest::Error>| {
            client.map_err(|error| ClientError::transport("the network", error))
        };
        Ok(Self {
            api: built(client().read_timeout(READ_TIMEOUT).build())?,
            storage: built(client().redirect(Policy::none()).build())?,
            base,
            token,
            is_reached: AtomicBool::new(false),
            bars: MultiProgress::new(),
        })
    }

    /// The address of the service.
    pub(super) const fn base(&self) -> &Url {
        &self.base
    }

    /// What stands for the user in a digest.
    pub(super) fn user_tag(&self) -> &[u8] {
        let token = self.token.as_ref();
        token.map_or(b"", |token| token.secret().as_bytes())
    }

    /// The address of a resource, its path given by segments.
    pub(super) fn url(&self, segments: &[&str], query: &[(&str, String)]) -> Url {
        let mut url = self.base.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(segments);
        }
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        url
    }

    /// The address that the service names by a path, such as that of a recording.
    pub(super) fn url_of_path(&self, path: &str) -> Result<Url, ClientError> {
        let found = Url::parse(&format!(
            "{}{path}",
            self.base.as_str().trim_end_matches('/')
        ));
        let is_path = path.starts_with('/');
        let found = found.ok().filter(|_| is_path);
        found.ok_or_else(|| ClientError::Unreadable("a link is no path of it".into()))
    }

    /// A request with the token.
    pub(super) fn request(&self, method: Method, url: Url) -> RequestBuilder {
        let request = self.api.request(method, url);
        match &self.token {
            Some(token) => request.bearer_auth(token.secret()),
            None => request,
        }
    }

    /// Sends a request, and again where that can help; the response is a success.
    pub(super) async fn send(
        &self,
        make: impl Fn() -> RequestBuilder,
    ) -> Result<Response, ClientError> {
        let mut waits = Waits::new();
        loop {
            let error = match self.try_once(make()).await {
                Ok(response) => return Ok(response),
                Err(error) => error,
            };
            let is_final = matches!(
                error,
                ClientError::Transport {
                    is_connect: true,
                    ..
                }
            ) && !self.is_reached.load(Ordering::Relaxed);
            match waits.after(&error).filter(|_| !is_final) {
                Some(wait) => self.pause(&error, wait).await,
                None => return Err(error),
            }
        }
    }

    /// Sends a request once.
    pub(super) async fn try_once(&self, request: RequestBuilder) -> Result<Response, ClientError> {
        let target = self.base.origin().ascii_serialization();
        let sent = request.send().await;
        let response = sent.map_err(|error| ClientError::transport(&target, error))?;
        self.is_reached.store(true, Ordering::Relaxed);
        checked_response(response).await
    }

    /// Waits, and says why.
    pub(super) async fn pause(&self, error: &ClientError, wait: Duration) {
        if wait >= Duration::from_secs(2) {
            self.say(format_args!(
                "{error}; trying again in {} s",
                wait.as_secs()
            ));
        }
        tokio::time::sleep(wait).await;
    }

    /// Writes a line on standard error, above the bars.
    pub(super) fn say(&self, line: fmt::Arguments<'_>) {
        self.bars.suspend(|| {
            let _ = writeln!(io::stderr(), "{line}");
        });
    }

    /// Reads JSON.
    pub(super) async fn get(
        &self,
        segments: &[&str],
        query: &[(&str, String)],
    ) -> Result<Value, ClientError> {
        let url = self.url(segments, query);
        let response = self.send(|| self.request(Method::GET, url.clone())).await?;
        json_of(response).await
    }

    /// Sends JSON; the same key makes a thing once, however often it is sent.
    pub(super) async fn post(
        &self,
        segments: &[&str],
        idempotency_key: Option<&str>,
        body: &Value,
    ) -> Result<Value, ClientError> {
        let url = self.url(segments, &[]);
        let make = || {
            let request = self.request(Method::POST, url.clone()).json(body);
            match idempotency_key {
                Some(key) => request.header("idempotency-key", key),
                None => request,
            }
        };
        json_of(self.send(make).await?).await
    }
}

/// The response, if it is a success.
pub(super) async fn checked_response(response: Response) -> Result<Response, ClientError> {
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    let retry_after = retry_after(response.headers());
    // What cannot be read of a refusal changes nothing about it.
    let body = response.bytes().await.unwrap_or_default();
    Err(ClientError::Refused {
        problem: Problem::read(status, &body),
        retry_after,
    })
}

/// The JSON of a response.
pub(super) async fn json_of(response: Response) -> Result<Value, ClientError> {
    let body = response.bytes().await;
    let body = body.map_err(|error| ClientError::transport("the service", error))?;
    serde_json::from_slice(&body).map_err(|error| ClientError::Unreadable(error.to_string()))
}

fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(header::RETRY_AFTER)?.to_str().ok()?;
    seconds.trim().parse().ok().map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "ilp_0123456789";

    fn open(url: &str, is_insecure: bool) -> Result<Connection, ClientError> {
        let environment =
            Environment::from_pairs([("INTERVIEWLENS_URL", url), ("INTERVIEWLENS_TOKEN", TOKEN)]);
        let options = ServiceOptions {
            insecure: is_insecure,
            ..ServiceOptions::default()
        };
        Connection::open(options, &environment)
    }

    #[test]
    fn token_goes_unencrypted_to_this_machine_alone() {
        for url in [
            "https://api.example",
            "http://127.0.0.1:8000",
            "http://[::1]",
            "http://localhost:1",
        ] {
            assert!(open(url, false).is_ok(), "{url}");
        }
        for url in [
            "http://api.example",
            "http://10.0.0.1",
            "http://localhost.example",
        ] {
            let error = open(url, false).err().expect("it is refused");
            assert_eq!(error.exit().code(), 2, "{url}");
            assert!(!error.message().contains(TOKEN), "{error}");
            assert!(open(url, true).is_ok(), "{url}");
        }
    }

    #[test]
    fn paths_go_below_the_address() {
        let connection = open("https://example.com/lens/?x=1", false).expect("opens");
        let url = connection.url(&["v1", "interviews", "a/../b"], &[("tag", "a b".into())]);
        assert_eq!(
            url.as_str(),
            "https://example.com/lens/v1/interviews/a%2F..%2Fb?tag=a+b"
        );
        let recording = connection.url_of_path("/v1/audio/a?token=t");
        let recording = recording.expect("a path");
        assert_eq!(
            recording.as_str(),
            "https://example.com/lens/v1/audio/a?token=t"
        );
        let elsewhere = connection.url_of_path("//other.example/a");
        let host = elsewhere.expect("a path").host_str().map(str::to_owned);
        assert_eq!(host.as_deref(), Some("example.com"));
        assert!(connection.url_of_path(".other.example/a").is_err());
    }
}
