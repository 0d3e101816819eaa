//! Clients that search the words of their interviews: what is acknowledged is found, what is
//! deleted is not, and another user finds nothing.

use http::Method;
use serde_json::Value;

use super::Client;
use crate::{
    hostile::STRANGER,
    requests::{self, ApiCall},
};

/// How many pages of a search are read at most.
const MAX_PAGES: usize = 50;

impl Client {
    /// Looks for words that were acknowledged and that no other text has: its own user finds
    /// them, a stranger does not. With a collection only in that, and by a tag of the interview.
    pub(super) async fn look_for(&self, words: &str, collection: Option<&str>) {
        let filter = collection.map(|id| format!("&collection_id={id}&tag=Round+ONE"));
        let filter = filter.as_deref().unwrap_or("");
        let user = self.known.user.clone();
        if let Some(found) = self.search(&user, words, filter).await
            && !found
            && !self.known.deletion_sent
        {
            // Another client may have deleted or moved it meanwhile.
            let is_there = self.request(Method::GET, &self.path(), None).await;
            let is_there = is_there.is_some_and(|(status, interview)| {
                let is_in = collection.is_none_or(|id| interview["collection_id"] == *id);
                status == 200 && is_in
            });
            if is_there {
                self.object(format!("“{words}” is not found{}", with(filter)));
            }
        }
        if self.search(STRANGER, words, filter).await == Some(true) {
            self.complain(format!("a stranger finds “{words}”{}", with(filter)));
        }
    }

    /// Looks for words whose deletion was acknowledged.
    pub(super) async fn miss(&self, words: &str) {
        let user = self.known.user.clone();
        if self.search(&user, words, "").await == Some(true) {
            self.object(format!("“{words}” is deleted, and found"));
        }
    }

    /// Looks for everything that the deleted interview had.
    pub(super) async fn miss_everything(&self) {
        let title = self.known.title.iter();
        for words in title.chain(self.known.notes.iter().take(3)) {
            self.miss(words).await;
        }
        // What every recording says.
        self.miss("boat").await;
    }

    /// Whether the interview is among what is found by a phrase; nothing where that is not known.
    async fn search(&self, user: &str, words: &str, filter: &str) -> Option<bool> {
        let query: String = format!("%22{}%22", words.replace(' ', "+"));
        let mut token = String::new();
        for _ in 0..MAX_PAGES {
            let call = ApiCall {
                who: format!("{user} of client {}", self.number),
                method: Method::GET,
                path: format!("/v1/search?q={query}{filter}{token}"),
                headers: vec![("x-user-id", user.to_owned())],
                body: Vec::new(),
            };
            let page = match requests::send(&self.world, &self.fleet, call).await {
                Some((200, page)) => page,
                Some((status @ 400..=428, problem)) => {
                    self.complain(format!("a search gets {status}: {problem}"));
                    return None;
                }
                _ => return None,
            };
            let mut items = page["items"].as_array().into_iter().flatten();
            if items.any(|item| item["interview_id"] == *self.known.id) {
                return Some(true);
            }
            match &page["next_page_token"] {
                Value::String(next) => token = format!("&page_token={next}"),
                _ => return Some(false),
            }
        }
        self.complain(format!("a search for “{words}” has no end"));
        None
    }
}

fn with(filter: &str) -> String {
    if filter.is_empty() {
        String::new()
    } else {
        format!(" with {filter}")
    }
}
