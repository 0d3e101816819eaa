//! Clients that group: collections with an interview in them, which are deleted again.

use http::Method;
use serde_json::json;

use super::{Client, TRIES};

/// A collection of a client.
#[derive(Debug, Clone)]
pub(crate) struct OwnCollection {
    pub(crate) id: String,
    /// Whether its deletion was acknowledged.
    pub(crate) is_deleted: bool,
}

impl Client {
    /// Keeps a collection: creates it, puts the interview into it, finds it there, and mostly
    /// deletes the collection, which the interview outlives.
    pub(super) async fn keep_collection(&self) {
        let Some(id) = self.create_collection().await else {
            return;
        };
        let tag = self.unique("tag ");
        let into = json!({"collection_id": id, "tags": [tag, "Round  one"]});
        if self.patch(into).await {
            let path = format!("/v1/interviews?collection_id={id}&tag=round+one");
            if let Some((status, page)) = self.request(Method::GET, &path, None).await
                && !matches!(status, 200 | 429)
            {
                self.object(format!("a list of a collection gets {status}: {page}"));
            }
            if let Some(title) = &self.known.title {
                self.look_for(title, Some(&id)).await;
            }
            if self.chance(50) {
                self.find_themes(&id).await;
            }
        }
        let is_deleted = self.chance(80) && self.delete_collection(&id).await;
        let own = OwnCollection { id, is_deleted };
        self.known.edits.open().collections.push(own);
    }

    /// Puts other interviews into the collection as well and has themes found, which mostly takes
    /// longer than the interviews or the collection last.
    async fn find_themes(&self, id: &str) {
        let others = self.shared.ids();
        for _ in 0..3 {
            let place = self.world.state().rng.usize(..others.len().max(1));
            if let Some(other) = others.get(place) {
                let path = format!("/v1/interviews/{other}");
                // Another user's is not found.
                let into = Some(json!({"collection_id": id}));
                self.request(Method::PATCH, &path, into).await;
            }
        }
        let path = format!("/v1/collections/{id}/themes");
        for method in [Method::POST, Method::GET] {
            if let Some((status, problem)) = self.request(method.clone(), &path, None).await
                && !matches!(status, 200 | 202 | 402 | 409 | 429)
            {
                self.object(format!("{method} of themes gets {status}: {problem}"));
            }
            self.pause(120).await;
        }
    }

    async fn create_collection(&self) -> Option<String> {
        let key = self.unique("key");
        let body = json!({"title": self.unique("collection "), "kind": "job_interview"});
        for _ in 0..TRIES {
            let body = Some(body.clone());
            let answer = self.request_with(Method::POST, "/v1/collections", body, Some(&key));
            match answer.await {
                Some((201, made)) => return Some(made["id"].as_str()?.to_owned()),
                Some((409 | 429, _)) | None => {}
                Some((status, problem)) => {
                    self.object(format!("a new collection gets {status}: {problem}"));
                    return None;
                }
            }
            self.pause(20).await;
        }
        None
    }

    /// Whether the deletion was acknowledged.
    async fn delete_collection(&self, id: &str) -> bool {
        let path = format!("/v1/collections/{id}");
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
