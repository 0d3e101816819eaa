//! Requests to providers, and what can go wrong before they say anything.

use std::time::Duration;

use config::InvalidSetting;
use reqwest::{
    Client, ClientBuilder, RequestBuilder, Response, StatusCode, Url,
    header::{CONTENT_TYPE, HeaderMap, HeaderValue},
    multipart::Form,
    redirect, retry,
};
use serde_json::Value;

use super::ProviderError;
use crate::json;

/// The longest answer that is read, in bytes: several times what a model can
/// write at once.
const MAX_BODY_BYTES: usize = 8 << 20;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How long the description of a model, or a list of models, may take.
const DOCUMENT_TIMEOUT: Duration = Duration::from_secs(10);

/// The engine cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// There is nothing to check certificates by.
    #[error("setting up TLS, with the system's CA certificates")]
    Tls(#[source] reqwest::Error),
    /// A setting has a character that it cannot have.
    #[error(transparent)]
    Setting(#[from] InvalidSetting),
}

/// Posts to one provider.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    client: Client,
    timeout: Duration,
}

/// What came back, whole.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    /// How long to wait, by the headers.
    pub(crate) after: Option<Duration>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// The body as JSON.
    pub(crate) fn json(&self) -> Option<Value> {
        json::value(str::from_utf8(&self.body).ok()?).ok()
    }
}

/// A client that sends a request once; the queue decides about retries.
pub(crate) fn client(connect_timeout: Duration) -> ClientBuilder {
    Client::builder()
        // A redirect would carry people's words to somewhere else.
        .redirect(redirect::Policy::none())
        .retry(retry::never())
        .referer(false)
        .connect_timeout(connect_timeout)
        .user_agent(concat!("InterviewLens/", env!("CARGO_PKG_VERSION")))
}

impl Caller {
    /// A client that waits so long for a whole answer.
    pub(crate) fn new(timeout: Duration) -> Result<Self, SetupError> {
        let client = client(CONNECT_TIMEOUT);
        // A server that works on one request at a time leaves the next unread for
        // longer than the default of 30 seconds; the timeout of the request holds.
        #[cfg(target_os = "linux")]
        let client = client.tcp_user_timeout(None);
        let client = client.build().map_err(SetupError::Tls)?;
        Ok(Self { client, timeout })
    }

    /// The same with another timeout.
    pub(crate) fn within(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    /// Posts once. `credentials` are a header's name and value.
    pub(crate) async fn post(
        &self,
        url: &Url,
        credentials: Option<(&'static str, HeaderValue)>,
        content: &Value,
    ) -> Result<Answer, ProviderError> {
        let request = self
            .client
            .post(url.clone())
            .header(CONTENT_TYPE, "application/json")
            .body(content.to_string());
        self.send(request, credentials).await
    }

    /// Gets a small JSON document, where there is one.
    pub(crate) async fn get(
        &self,
        url: Url,
        credentials: Option<(&'static str, HeaderValue)>,
    ) -> Option<Value> {
        let caller = self.clone().within(DOCUMENT_TIMEOUT);
        let answer = caller.send(self.client.get(url), credentials).await.ok()?;
        answer.json().filter(|_| answer.status.is_success())
    }

    /// Posts a multipart form once.
    pub(crate) async fn post_form(
        &self,
        url: &Url,
        credentials: Option<(&'static str, HeaderValue)>,
        form: Form,
    ) -> Result<Answer, ProviderError> {
        let request = self.client.post(url.clone()).multipart(form);
        self.send(request, credentials).await
    }

    async fn send(
        &self,
        request: RequestBuilder,
        credentials: Option<(&'static str, HeaderValue)>,
    ) -> Result<Answer, ProviderError> {
        let mut request = request.timeout(self.timeout);
        if let Some((name, value)) = credentials {
            request = request.header(name, value);
        }
        let response = request.send().await?;
        let (status, after) = (response.status(), retry_after(response.headers()));
        let body = read(response, MAX_BODY_BYTES).await?;
        Ok(Answer {
            status,
            after,
            body: body.ok_or(ProviderError::Unreadable)?,
        })
    }
}

/// The whole body, unless it has more than `limit` bytes.
pub(crate) async fn read(mut response: Response, limit: usize) -> reqwest::Result<Option<Vec<u8>>> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > limit {
            return Ok(None);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Some(body))
}

impl From<reqwest::Error> for ProviderError {
    fn from(error: reqwest::Error) -> Self {
        if is_timeout(&error) {
            Self::Timeout
        } else {
            Self::Unreachable
        }
    }
}

/// Whether a connection was made, and nothing came over it in time.
pub(crate) fn is_timeout(error: &reqwest::Error) -> bool {
    error.is_timeout() && !error.is_connect()
}

/// `retry-after-ms`, which some send, or `Retry-After` in seconds.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let number = |name: &str| headers.get(name)?.to_str().ok()?.trim().parse::<f64>().ok();
    let millis = number("retry-after-ms").map(|millis| millis / 1_000.0);
    let seconds = millis.or_else(|| number("retry-after"))?;
    Duration::try_from_secs_f64(seconds).ok()
}

/// A secret as a header's value, which is not shown by `Debug`; `None` when it has
/// characters that no header can have.
pub(crate) fn secret(text: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(text).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// `Bearer` and the key that a setting names.
pub(crate) fn bearer(name: &'static str, key: &str) -> Result<HeaderValue, InvalidSetting> {
    secret(&format!("Bearer {key}")).ok_or_else(|| InvalidSetting::new(name, "an API key"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_headers_say_how_long_to_wait() {
        let after = |name, value| {
            let mut headers = HeaderMap::new();
            headers.insert(name, HeaderValue::from_static(value));
            retry_after(&headers)
        };
        assert_eq!(after("retry-after", "20"), Some(Duration::from_secs(20)));
        assert_eq!(
            after("retry-after", "1.5"),
            Some(Duration::from_millis(1_500))
        );
        assert_eq!(
            after("retry-after-ms", "250"),
            Some(Duration::from_millis(250))
        );
        for odd in [
            "",
            "-1",
            "NaN",
            "inf",
            "1e400",
            "Wed, 21 Oct 2026 07:28:00 GMT",
        ] {
            assert_eq!(after("retry-after", odd), None, "{odd}");
        }
    }

    #[test]
    fn a_secret_is_not_shown() {
        assert_eq!(format!("{:?}", secret("hunter2").unwrap()), "Sensitive");
        assert!(secret("a\nb").is_none());
    }
}
