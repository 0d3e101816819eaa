//! Clients that mark words: highlights that are added, changed and deleted.

use http::Method;
use serde_json::{Value, json};

use super::{Client, TRIES};

/// The most words that a client marks.
const MOST_WORDS: usize = 12;

/// A highlight of a client.
#[derive(Debug, Clone)]
pub(crate) struct OwnHighlight {
    pub(crate) id: String,
    /// Its tag; nothing where a change had an unknown outcome.
    pub(crate) tag: Option<String>,
    /// Whether its creation was acknowledged at the first try: otherwise it may happen late.
    pub(crate) is_certain: bool,
    /// Whether its deletion was sent.
    pub(crate) deletion_sent: bool,
    /// Whether that was acknowledged.
    pub(crate) is_deleted: bool,
}

impl Client {
    /// Marks words, mostly gives them another tag, reads all highlights, and sometimes deletes
    /// its own.
    pub(super) async fn keep_highlight(&self) {
        let Some(mut own) = self.mark_words().await else {
            return;
        };
        if self.chance(60) {
            own.tag = self.tag_highlight(&own.id).await;
        }
        self.read_highlights(&own).await;
        if self.chance(40) {
            self.keep_share(Some(&own.id)).await;
        }
        if self.chance(40) {
            own.deletion_sent = true;
            own.is_deleted = self.delete_highlight(&own.id).await;
        }
        self.known.edits.open().highlights.push(own);
    }

    /// Marks words under one key until that is acknowledged, and sometimes once more.
    async fn mark_words(&self) -> Option<OwnHighlight> {
        let seen = self.transcript(None).await?;
        let (from, to) = {
            let rng = &mut self.world.state().rng;
            let from = rng.usize(..seen.words.len().max(1));
            (from, from + rng.usize(..MOST_WORDS))
        };
        let from = seen.words.get(from)?.id();
        let to = seen.words.get(to).or(seen.words.last())?.id();
        let tag = self.unique("tag ");
        let body = json!({"from": from, "to": to, "tags": [tag], "run_id": seen.run_id});
        let (key, path) = (self.unique("key"), format!("{}/highlights", self.path()));
        for attempt in 0..TRIES {
            let sent = Some(body.clone());
            let answer = self.request_with(Method::POST, &path, sent, Some(&key));
            match answer.await {
                Some((201, made)) => {
                    let id = made["id"].as_str()?.to_owned();
                    self.mark_again(&path, body, &key, &id).await;
                    return Some(OwnHighlight {
                        id,
                        tag: Some(tag),
                        is_certain: attempt == 0,
                        deletion_sent: false,
                        is_deleted: false,
                    });
                }
                // Another run is shown, or another client has deleted the words.
                Some((409, problem)) if problem["code"] == "stale_revision" => return None,
                Some((400, problem)) if is_of_words(&problem) => return None,
                Some((409 | 429, _)) | None => {}
                Some((404, _)) => return None,
                Some((status, problem)) => {
                    self.object(format!("a new highlight gets {status}: {problem}"));
                    return None;
                }
            }
            self.pause(20).await;
        }
        None
    }

    /// The same key makes the same highlight.
    async fn mark_again(&self, path: &str, body: Value, key: &str, id: &str) {
        if !self.chance(40) {
            return;
        }
        let answer = self.request_with(Method::POST, path, Some(body), Some(key));
        if let Some((201, made)) = answer.await
            && made["id"] != *id
        {
            self.object(format!("a repeated highlight is another one: {made}"));
        }
    }

    /// The new tag; nothing where it is not known whether the highlight has it.
    async fn tag_highlight(&self, id: &str) -> Option<String> {
        let path = format!("{}/highlights/{id}", self.path());
        let tag = self.unique("tag ");
        let change = Some(json!({"tags": [tag]}));
        let (status, changed) = self.request(Method::PATCH, &path, change).await?;
        if !matches!(status, 200 | 404 | 409 | 429) {
            self.object(format!("a changed highlight gets {status}: {changed}"));
        }
        (status == 200).then_some(tag)
    }

    /// A highlight that was acknowledged is listed.
    async fn read_highlights(&self, own: &OwnHighlight) {
        let path = format!("{}/highlights?limit=100", self.path());
        let Some((status, page)) = self.request(Method::GET, &path, None).await else {
            return;
        };
        let items = page["items"].as_array();
        match (status, items) {
            (200, Some(items)) => {
                if !items.iter().any(|item| item["id"] == own.id.as_str()) {
                    self.object("18: an acknowledged highlight is not listed".to_owned());
                }
            }
            (404 | 409 | 429, _) => {}
            _ => self.object(format!("a list of highlights gets {status}: {page}")),
        }
    }

    /// Whether the deletion was acknowledged.
    async fn delete_highlight(&self, id: &str) -> bool {
        let path = format!("{}/highlights/{id}", self.path());
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

/// Whether a refusal is about words that are not there any more.
fn is_of_words(problem: &Value) -> bool {
    let detail = problem["detail"].as_str().unwrap_or_default();
    problem["code"] == "invalid_field" && detail.contains("there is no word")
}
