//! Clients that share: links to their interview and its highlights, which are opened, revoked,
//! and left to expire.

use std::time::Duration;

use domain::Timestamp;
use http::Method;
use serde_json::{Value, json};

use super::{Client, TRIES};
use crate::requests::{self, ApiCall};

/// How long a link opens at least, in seconds.
const SHORTEST_S: u64 = 60;

/// By how much clocks differ at most, and what a request takes.
const SLACK: Duration = Duration::from_mins(3);

/// A share of a client.
#[derive(Debug, Clone)]
pub(crate) struct OwnShare {
    pub(crate) id: String,
    /// The path of its link.
    pub(crate) link: String,
    /// The highlight that it shows, if it shows one.
    pub(crate) highlight: Option<String>,
    /// When it has expired by every clock.
    pub(crate) over_at: Timestamp,
    /// Whether its creation was acknowledged at the first try: otherwise it may happen late.
    pub(crate) is_certain: bool,
    /// Whether its revocation was sent.
    pub(crate) revocation_sent: bool,
    /// Whether that was acknowledged.
    pub(crate) is_revoked: bool,
}

impl Client {
    /// Shares the interview or a highlight of it, opens the link, and mostly revokes it or waits
    /// until it has expired.
    pub(super) async fn keep_share(&self, highlight: Option<&str>) {
        let Some(mut own) = self.share(highlight).await else {
            return;
        };
        self.open_link(&own.link).await;
        let choice = self.world.state().rng.u32(..10);
        match choice {
            0..5 => {
                own.revocation_sent = true;
                own.is_revoked = self.revoke_share(&own.id).await;
                if own.is_revoked && own.is_certain {
                    self.find_dead(&own, "revoked").await;
                }
            }
            5..8 if own.over_at.since(self.world.now()) < Duration::from_mins(10) => {
                tokio::time::sleep(own.over_at.since(self.world.now())).await;
                self.find_dead(&own, "expired").await;
            }
            _ => {}
        }
        self.known.edits.open().shares.push(own);
    }

    /// Shares under one key until that is acknowledged, and sometimes once more.
    async fn share(&self, highlight: Option<&str>) -> Option<OwnShare> {
        let lifetime_s = if self.chance(50) {
            SHORTEST_S + self.world.state().rng.u64(..120)
        } else {
            86_400
        };
        let mut body =
            json!({"scope": "interview", "with_audio": true, "expires_in_s": lifetime_s});
        if let Some(id) = highlight {
            body["scope"] = json!("highlight");
            body["highlight_id"] = json!(id);
        }
        let (key, path) = (self.unique("key"), format!("{}/shares", self.path()));
        for attempt in 0..TRIES {
            let sent = Some(body.clone());
            let answer = self.request_with(Method::POST, &path, sent, Some(&key));
            match answer.await {
                Some((201, made)) => {
                    let id = made["id"].as_str()?.to_owned();
                    let link = made["url"].as_str()?.split_once("/s/")?.1;
                    self.share_again(&path, body, &key, &made).await;
                    return Some(OwnShare {
                        id,
                        link: format!("/s/{link}"),
                        highlight: highlight.map(str::to_owned),
                        over_at: self.world.now() + Duration::from_secs(lifetime_s) + SLACK,
                        is_certain: attempt == 0,
                        revocation_sent: false,
                        is_revoked: false,
                    });
                }
                Some((409 | 429, _)) | None => {}
                Some((404, _)) => return None,
                Some((status, problem)) => {
                    self.object(format!("a new share gets {status}: {problem}"));
                    return None;
                }
            }
            self.pause(20).await;
        }
        None
    }

    /// The same key makes the same share.
    async fn share_again(&self, path: &str, body: Value, key: &str, made: &Value) {
        if !self.chance(40) {
            return;
        }
        let answer = self.request_with(Method::POST, path, Some(body), Some(key));
        if let Some((201, again)) = answer.await
            && again["url"] != made["url"]
        {
            self.object(format!("20: a repeated share is another one: {again}"));
        }
    }

    /// Opens a link as people without an account do; the status, where there is an answer.
    async fn open_link(&self, link: &str) -> Option<u16> {
        let call = ApiCall {
            who: format!("a guest of client {}", self.number),
            method: Method::GET,
            path: link.to_owned(),
            headers: Vec::new(),
            body: Vec::new(),
        };
        let (status, _) = requests::send(&self.world, &self.fleet, call).await?;
        // Without a transcript there is nothing to show yet.
        if !matches!(status, 200 | 404 | 429 | 500..) {
            self.object(format!("a link gets {status}"));
        }
        Some(status)
    }

    /// A link that has ended opens nothing.
    async fn find_dead(&self, own: &OwnShare, how: &str) {
        if self.open_link(&own.link).await == Some(200) {
            self.object(format!("20: a share that is {how} opens"));
        }
    }

    /// Whether the revocation was acknowledged.
    async fn revoke_share(&self, id: &str) -> bool {
        let path = format!("{}/shares/{id}", self.path());
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
