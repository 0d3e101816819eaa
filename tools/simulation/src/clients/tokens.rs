//! Clients that make access tokens, use them, revoke them, and let them expire.

use std::time::Duration;

use domain::Timestamp;
use http::Method;
use serde_json::{Value, json};

use super::{Client, TRIES};
use crate::requests::{self, Answer, ApiCall};

/// By how much clocks differ at most, and what a request takes.
const SLACK: Duration = Duration::from_mins(3);

/// A token of a client.
#[derive(Debug, Clone)]
pub(crate) struct OwnToken {
    pub(crate) id: String,
    pub(crate) secret: String,
    /// When it has expired by every clock.
    pub(crate) over_at: Timestamp,
    /// Whether its revocation was sent.
    pub(crate) revocation_sent: bool,
    /// Whether that was acknowledged.
    pub(crate) is_revoked: bool,
}

impl Client {
    /// Makes a token, reads the interview by it, and mostly revokes it or waits until it has
    /// expired.
    pub(super) async fn keep_token(&self) {
        let Some(mut own) = self.make_token().await else {
            return;
        };
        self.use_token(&own).await;
        let choice = self.world.state().rng.u32(..10);
        match choice {
            0..5 => {
                own.revocation_sent = true;
                own.is_revoked = self.revoke_token(&own.id).await;
                if own.is_revoked {
                    self.find_refused(&own, "revoked").await;
                }
            }
            5..8 if own.over_at.since(self.world.now()) < Duration::from_mins(10) => {
                tokio::time::sleep(own.over_at.since(self.world.now())).await;
                self.find_refused(&own, "expired").await;
            }
            _ => {}
        }
        self.known.edits.open().tokens.push(own);
    }

    /// Makes a token. One whose answer is lost is of no use, since its secret is not shown again.
    async fn make_token(&self) -> Option<OwnToken> {
        let lifetime_s = if self.chance(50) {
            60 + self.world.state().rng.u64(..120)
        } else {
            86_400
        };
        for _ in 0..TRIES {
            let key = self.unique("key");
            let body = json!({"name": key, "scope": "read", "expires_in_s": lifetime_s});
            let answer = self.request_with(Method::POST, "/v1/tokens", Some(body), Some(&key));
            match answer.await {
                Some((201, made)) => {
                    return Some(OwnToken {
                        id: made["id"].as_str()?.to_owned(),
                        secret: made["token"].as_str()?.to_owned(),
                        over_at: self.world.now() + Duration::from_secs(lifetime_s) + SLACK,
                        revocation_sent: false,
                        is_revoked: false,
                    });
                }
                Some((409 | 429, _)) | None => {}
                Some((status, problem)) => {
                    self.object(format!("a new token gets {status}: {problem}"));
                    return None;
                }
            }
            self.pause(20).await;
        }
        None
    }

    /// Reads by a token that is good, and finds that it changes nothing.
    async fn use_token(&self, own: &OwnToken) {
        let is_good = |at: Timestamp| at + SLACK + SLACK < own.over_at;
        if !is_good(self.world.now()) {
            return;
        }
        let list = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params":
            {"name": "list_interviews", "arguments": {}}});
        for (method, path, body, expected) in [
            (Method::GET, self.path(), None, 200),
            (Method::POST, "/mcp".to_owned(), Some(list), 200),
            (
                Method::POST,
                format!("{}/notes", self.path()),
                Some(json!({"text": "a"})),
                403,
            ),
        ] {
            let answer = self.by_token(own, method, &path, body).await;
            let is_good = is_good(self.world.now());
            match answer {
                Some((status @ (401 | 403), _)) if status != expected && is_good => {
                    self.object(format!("21: a good token gets {status} for {path}"));
                }
                Some((status, _)) if expected == 403 && status < 300 => {
                    self.object(format!("21: a token that reads gets {status} for {path}"));
                }
                _ => {}
            }
        }
    }

    async fn by_token(
        &self,
        own: &OwnToken,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> Option<Answer> {
        let call = ApiCall {
            who: format!("a program of client {}", self.number),
            method,
            path: path.to_owned(),
            headers: vec![("authorization", format!("Bearer {}", own.secret))],
            body: body.map_or_else(Vec::new, |body| body.to_string().into_bytes()),
        };
        let answer = requests::send(&self.world, &self.fleet, call).await;
        answer.filter(|(status, _)| *status < 500)
    }

    /// A token that has ended permits nothing.
    async fn find_refused(&self, own: &OwnToken, how: &str) {
        let answer = self
            .by_token(own, Method::GET, "/v1/interviews", None)
            .await;
        if let Some((status, _)) = answer
            && !matches!(status, 401 | 429)
        {
            self.object(format!("21: a token that is {how} gets {status}"));
        }
    }

    /// Whether the revocation was acknowledged.
    async fn revoke_token(&self, id: &str) -> bool {
        let path = format!("/v1/tokens/{id}");
        for _ in 0..TRIES {
            let answer = self.request(Method::DELETE, &path, None).await;
            if let Some((204 | 404, _)) = answer {
                return true;
            }
            self.pause(20).await;
        }
        false
    }
}
