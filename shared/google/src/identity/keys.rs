//! The keys that tokens are signed with, fetched when they are wanted: once for
//! all who wait, and not again for as long as they are fresh.
//!
//! - A key that is not among fresh ones may be new, so they are fetched again,
//!   but at most every 30 s: a client that invents key ids causes no more than that.
//! - While the key server is out of reach, the last good keys stay in use for
//!   24 h after they were fetched, and it is tried every 5 s.

use std::{sync::Arc, time::Duration};

use anyhow::{Context as _, ensure};
use domain::{ErrorCode, Timestamp, ports::Clock};
use http::{HeaderMap, StatusCode, header::CACHE_CONTROL};
use jsonwebtoken::{
    DecodingKey,
    jwk::{AlgorithmParameters, Jwk, JwkSet, KeyAlgorithm, PublicKeyUse},
};
use once_cell::sync::OnceCell;
use parking_lot::RwLock;
use reqwest::{Client, redirect::Policy};
use tokio::sync::{Mutex, OwnedMutexGuard};

/// How long keys are kept after they were fetched.
const KEPT: Duration = Duration::from_hours(24);

/// How long fresh keys are not fetched again, whatever is missing among them, and how long
/// keys are fresh at least.
const PAUSE: Duration = Duration::from_secs(30);

/// How long the key server is left alone after it failed.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(5);

/// How long keys are fresh when the server does not say.
const DEFAULT_FRESHNESS: Duration = Duration::from_hours(1);

/// How long a fetch may take.
const TIMEOUT: Duration = Duration::from_secs(5);

/// The largest set that is read, in bytes; Google's has about 1,000.
const MAX_BODY: usize = 1024 * 1024;

/// The keys of one server.
pub(super) struct Keys {
    source: Arc<Source>,
    /// The task that holds it fetches.
    turn: Arc<Mutex<()>>,
}

/// The server, and what it last served.
struct Source {
    url: String,
    /// Made at the first fetch: reading the roots of trust takes a while.
    client: OnceCell<Client>,
    clock: Arc<dyn Clock>,
    cached: RwLock<Arc<Cached>>,
}

/// The last good keys. A time that is absent is in the past.
#[derive(Clone, Default)]
struct Cached {
    keys: Vec<Jwk>,
    fresh_until: Option<Timestamp>,
    good_until: Option<Timestamp>,
    not_again_until: Option<Timestamp>,
    failed: bool,
}

impl Keys {
    /// The keys at `url`, of which none is fetched yet.
    pub(super) fn at(url: String, clock: Arc<dyn Clock>) -> Self {
        let source = Source {
            url,
            client: OnceCell::new(),
            clock,
            cached: RwLock::default(),
        };
        Self {
            source: Arc::new(source),
            turn: Arc::default(),
        }
    }

    /// The key of that id.
    pub(super) async fn find(&self, id: &str) -> Result<DecodingKey, ErrorCode> {
        let now = Some(self.source.clock.now());
        let cached = self.source.cached();
        let is_known = cached.key(id, now).is_some();
        if cached.not_again_until <= now && !(is_known && cached.fresh_until > now) {
            let turn = if is_known {
                // While another task fetches, the old key will do.
                Arc::clone(&self.turn).try_lock_owned().ok()
            } else {
                Some(Arc::clone(&self.turn).lock_owned().await)
            };
            // Another task may have fetched while this one waited.
            if let Some(turn) = turn
                && self.source.cached().not_again_until <= now
            {
                self.refresh(turn).await;
            }
        }
        let cached = self.source.cached();
        let missing = if cached.failed {
            ErrorCode::IdentityUnavailable
        } else {
            ErrorCode::TokenUnknownKey
        };
        cached.key(id, now).ok_or(missing)
    }

    /// Fetches in a task of its own: a caller who hangs up while others wait, or
    /// who hangs up again and again, must not make the next one begin anew.
    async fn refresh(&self, turn: OwnedMutexGuard<()>) {
        let source = Arc::clone(&self.source);
        let fetching = tokio::spawn(async move {
            source.refresh().await;
            drop(turn);
        });
        if let Err(error) = fetching.await {
            tracing::error!(event = "jwks.fetch_aborted", %error, "fetching the keys of ID tokens was aborted");
        }
    }
}

impl Source {
    fn cached(&self) -> Arc<Cached> {
        Arc::clone(&self.cached.read())
    }

    async fn refresh(&self) {
        let fetched = self.fetch().await;
        let now = self.clock.now();
        let cached = match fetched {
            Ok((keys, fresh_for)) => Cached {
                keys,
                fresh_until: Some(now + fresh_for.min(KEPT)),
                good_until: Some(now + KEPT),
                not_again_until: Some(now + PAUSE),
                failed: false,
            },
            Err(error) => {
                tracing::error!(
                    event = "jwks.fetch_failed",
                    error = &*error,
                    "the keys of ID tokens could not be fetched"
                );
                let last = Cached::clone(&self.cached());
                let is_fresh = last.fresh_until > Some(now);
                let pause = if is_fresh { PAUSE } else { PAUSE_AFTER_FAILURE };
                Cached {
                    not_again_until: Some(now + pause),
                    failed: true,
                    ..last
                }
            }
        };
        *self.cached.write() = Arc::new(cached);
    }

    /// The keys, and how long they are fresh.
    async fn fetch(&self) -> anyhow::Result<(Vec<Jwk>, Duration)> {
        let answer = self.client()?.get(&self.url).send().await;
        let mut response = answer.context("no answer from the key server")?;
        let status = response.status();
        ensure!(status == StatusCode::OK, "the key server answers {status}");
        let fresh_for = fresh_for(response.headers());
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.context("the keys broke off")? {
            let length = body.len() + chunk.len();
            ensure!(length <= MAX_BODY, "more than {MAX_BODY} bytes of keys");
            body.extend_from_slice(&chunk);
        }
        Ok((parse(&body)?, fresh_for))
    }

    fn client(&self) -> reqwest::Result<&Client> {
        let builder = || Client::builder().timeout(TIMEOUT).redirect(Policy::none());
        self.client.get_or_try_init(|| builder().build())
    }
}

impl Cached {
    fn key(&self, id: &str, now: Option<Timestamp>) -> Option<DecodingKey> {
        let mut keys = self.keys.iter().filter(|_| self.good_until > now);
        let key = keys.find(|key| key.common.key_id.as_deref() == Some(id))?;
        DecodingKey::from_jwk(key).ok()
    }
}

fn parse(body: &[u8]) -> anyhow::Result<Vec<Jwk>> {
    let JwkSet { mut keys } = serde_json::from_slice(body).context("no JWK set")?;
    keys.retain(checks_rs256);
    ensure!(!keys.is_empty(), "no RSA key for signatures in the JWK set");
    Ok(keys)
}

fn checks_rs256(key: &Jwk) -> bool {
    let common = &key.common;
    matches!(key.algorithm, AlgorithmParameters::RSA(_))
        && matches!(common.public_key_use, None | Some(PublicKeyUse::Signature))
        && matches!(common.key_algorithm, None | Some(KeyAlgorithm::RS256))
        && common.key_id.is_some()
        && DecodingKey::from_jwk(key).is_ok()
}

/// `max-age` of `Cache-Control`, as Firebase's Admin SDKs read it.
fn fresh_for(headers: &HeaderMap) -> Duration {
    let directives = headers.get(CACHE_CONTROL).and_then(|it| it.to_str().ok());
    let mut directives = directives.unwrap_or_default().split(',').map(str::trim);
    let max_age = directives.find_map(|it| it.strip_prefix("max-age=")?.parse().ok());
    max_age.map_or(DEFAULT_FRESHNESS, |seconds| {
        Duration::from_secs(seconds).max(PAUSE)
    })
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn keys_are_fresh_for_as_long_as_their_server_says() {
        for (cache_control, seconds) in [
            ("public, max-age=21600, must-revalidate", 21_600),
            ("max-age=0", 30),
            ("max-age=-1", 3_600),
            ("public", 3_600),
        ] {
            let value = HeaderValue::from_static(cache_control);
            let headers = HeaderMap::from_iter([(CACHE_CONTROL, value)]);
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
        let ids: Vec<_> = keys.into_iter().map(|key| key.common.key_id).collect();
        assert_eq!(ids, [Some("good".to_owned()), Some("plain".to_owned())]);
        assert!(parse(br#"{"keys": []}"#).is_err());
    }
}
