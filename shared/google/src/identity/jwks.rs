//! Where keys come from: a JWK set over HTTP.

use std::{
    collections::HashMap,
    sync::{Arc, OnceLock},
    time::Duration,
};

use http::{HeaderMap, HeaderName, StatusCode, header};
use jsonwebtoken::{
    DecodingKey,
    jwk::{AlgorithmParameters, Jwk, JwkSet, KeyAlgorithm, PublicKeyUse},
};
use reqwest::{Client, redirect::Policy};

/// How long a fetch may take.
const TIMEOUT: Duration = Duration::from_secs(5);

/// The largest set that is read, in bytes; Google's has about 1,000.
const MAX_BODY: usize = 1024 * 1024;

/// How long keys are fresh when the server does not say.
const DEFAULT_FRESHNESS: Duration = Duration::from_hours(1);

/// How long keys are fresh at least, lest each request fetch them.
const MIN_FRESHNESS: Duration = Duration::from_secs(30);

/// Keys by their id.
pub(super) type KeySet = HashMap<String, Arc<DecodingKey>>;

/// Keys as they were served.
pub(super) struct Served {
    pub(super) keys: KeySet,
    /// How long they need not be fetched again; at least half a minute.
    pub(super) fresh_for: Duration,
}

/// Why there are no keys.
#[derive(Debug, thiserror::Error)]
pub(super) enum FetchError {
    /// The server cannot be reached, or broke off.
    #[error("no answer from the key server")]
    Unreachable(#[from] reqwest::Error),
    /// It says no.
    #[error("the key server answers {0}")]
    Status(StatusCode),
    /// It talks on and on.
    #[error("more than {MAX_BODY} bytes of keys")]
    TooLarge,
    /// It sends something else.
    #[error("no JWK set")]
    Malformed(#[from] serde_json::Error),
    /// It sends nothing of use.
    #[error("no RSA key for signatures in the JWK set")]
    Empty,
}

/// A key server.
pub(super) struct Server {
    url: String,
    /// Made at the first fetch: reading the roots of trust takes a while.
    client: OnceLock<Client>,
}

impl Server {
    pub(super) const fn at(url: String) -> Self {
        Self {
            url,
            client: OnceLock::new(),
        }
    }

    pub(super) async fn fetch(&self) -> Result<Served, FetchError> {
        let mut response = self.client()?.get(&self.url).send().await?;
        if response.status() != StatusCode::OK {
            return Err(FetchError::Status(response.status()));
        }
        let fresh_for = fresh_for(response.headers());
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            if body.len() + chunk.len() > MAX_BODY {
                return Err(FetchError::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        let keys = parse(&body)?;
        Ok(Served { keys, fresh_for })
    }

    fn client(&self) -> reqwest::Result<&Client> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        let client = Client::builder()
            .timeout(TIMEOUT)
            .redirect(Policy::none())
            .build()?;
        Ok(self.client.get_or_init(|| client))
    }
}

fn parse(body: &[u8]) -> Result<KeySet, FetchError> {
    let set: JwkSet = serde_json::from_slice(body)?;
    let keys: KeySet = set.keys.iter().filter_map(usable).collect();
    if keys.is_empty() {
        return Err(FetchError::Empty);
    }
    Ok(keys)
}

/// A key that checks RS256 signatures, with its id.
fn usable(key: &Jwk) -> Option<(String, Arc<DecodingKey>)> {
    let common = &key.common;
    let fits = matches!(key.algorithm, AlgorithmParameters::RSA(_))
        && matches!(common.public_key_use, None | Some(PublicKeyUse::Signature))
        && matches!(common.key_algorithm, None | Some(KeyAlgorithm::RS256));
    let id = common.key_id.clone().filter(|_| fits)?;
    Some((id, Arc::new(DecodingKey::from_jwk(key).ok()?)))
}

/// `max-age` less the time that the answer spent in caches: RFC 9111, section 4.2.
fn fresh_for(headers: &HeaderMap) -> Duration {
    let directives = values(headers, header::CACHE_CONTROL);
    let directives: Vec<_> = directives
        .flat_map(|value| value.split(','))
        .map(|directive| directive.trim().to_ascii_lowercase())
        .collect();
    let forbidden = |directive: &String| directive == "no-store" || directive == "no-cache";
    if directives.iter().any(forbidden) {
        return MIN_FRESHNESS;
    }
    let max_age = directives
        .iter()
        .find_map(|directive| seconds(directive.strip_prefix("max-age=")?))
        .unwrap_or(DEFAULT_FRESHNESS);
    let age = values(headers, header::AGE).find_map(seconds);
    max_age
        .saturating_sub(age.unwrap_or_default())
        .max(MIN_FRESHNESS)
}

fn values(headers: &HeaderMap, name: HeaderName) -> impl Iterator<Item = &str> {
    let values = headers.get_all(name).into_iter();
    values.filter_map(|value| value.to_str().ok())
}

fn seconds(text: &str) -> Option<Duration> {
    text.trim_matches('"').parse().ok().map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn keys_are_fresh_for_as_long_as_their_server_says() {
        for (cache_control, age, seconds) in [
            ("public, max-age=21600, must-revalidate", "", 21_600),
            ("Max-Age=\"600\"", "100", 500),
            ("max-age=600", "9999", 30),
            ("max-age=0", "", 30),
            ("no-store, max-age=600", "", 30),
            ("max-age=-1", "", 3_600),
            ("public", "", 3_600),
        ] {
            let headers = HeaderMap::from_iter([
                (
                    header::CACHE_CONTROL,
                    HeaderValue::from_static(cache_control),
                ),
                (header::AGE, HeaderValue::from_static(age)),
            ]);
            assert_eq!(fresh_for(&headers).as_secs(), seconds, "{cache_control}");
        }
        assert_eq!(fresh_for(&HeaderMap::new()), DEFAULT_FRESHNESS);
    }

    #[test]
    fn keys_for_anything_else_are_passed_over() {
        let key = |id: &str, more: &str| {
            format!(r#"{{"kid": "{id}", "e": "AQAB", "n": "AQAB", {more}}}"#)
        };
        let set = [
            key("good", r#""kty": "RSA", "use": "sig", "alg": "RS256""#),
            key("plain", r#""kty": "RSA""#),
            key("encrypts", r#""kty": "RSA", "use": "enc""#),
            key("other", r#""kty": "RSA", "alg": "PS256""#),
            key("secret", r#""kty": "oct", "k": "AQAB""#),
            key("new", r#""kty": "AKP", "alg": "ML-DSA-44", "pub": "AQAB""#),
        ];
        let keys = parse(format!(r#"{{"keys": [{}]}}"#, set.join(",")).as_bytes()).unwrap();
        let mut ids: Vec<_> = keys.keys().collect();
        ids.sort();
        assert_eq!(ids, ["good", "plain"]);
        assert!(matches!(parse(br#"{"keys": []}"#), Err(FetchError::Empty)));
    }
}
