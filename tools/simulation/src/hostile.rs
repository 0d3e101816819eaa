//! A stranger who tries what is not allowed, and who must leave no trace.

use std::time::Duration;

use http::Method;
use serde_json::json;

use crate::{
    clients::Book,
    instances::Fleet,
    requests::{self, ApiCall},
    world::{World, short},
};

/// The stranger's user id.
pub(crate) const STRANGER: &str = "mallory";

/// The stranger, and what all clients know.
pub(crate) struct Stranger {
    pub(crate) world: World,
    pub(crate) fleet: Fleet,
    pub(crate) book: Book,
}

impl Stranger {
    /// Tries one thing after the other for some hours.
    pub(crate) async fn live(self) {
        for _ in 0..12 {
            let (wait, is_foreign) = {
                let rng = &mut self.world.state().rng;
                (rng.u64(..900), rng.bool())
            };
            tokio::time::sleep(Duration::from_secs(wait)).await;
            if is_foreign {
                self.use_foreign().await;
            } else {
                self.send_nonsense().await;
            }
        }
    }

    /// Uses the interview of another user.
    async fn use_foreign(&self) {
        let ids = self.book.ids();
        if ids.is_empty() {
            return;
        }
        let (id, choice) = {
            let rng = &mut self.world.state().rng;
            (&ids[rng.usize(..ids.len())], rng.u32(..22))
        };
        let (method, rest, body) = match choice {
            0 => (Method::GET, "", ""),
            1 => (Method::PATCH, "", r#"{"title": "mine"}"#),
            2 => (Method::DELETE, "", ""),
            3 => (Method::POST, "/notes", r#"{"text": "I was here"}"#),
            4 => (Method::POST, "/retry", "{}"),
            5 => (Method::POST, "/upload-url", ""),
            6 => (Method::GET, "/events", ""),
            7 => (Method::GET, "/transcript", ""),
            8 => (Method::GET, "/webhook-deliveries", ""),
            9 => (Method::GET, "/report.docx", ""),
            10 => (
                Method::POST,
                "/transcript",
                r#"{"text": "Ada: I was here."}"#,
            ),
            11 => (
                Method::PATCH,
                "/transcript",
                r#"{"base_revision": 0, "operations": [
                    {"op": "insert_words", "after": null, "text": "mine"}]}"#,
            ),
            12 => (Method::POST, "/transcript/undo", r#"{"base_revision": 1}"#),
            13 => (Method::GET, "/transcript/history", ""),
            14 => (Method::POST, "/runs", r#"{"step": "transcription"}"#),
            15 => (Method::GET, "/runs", ""),
            16 => (Method::POST, "/runs/1/select", ""),
            17 => (Method::PUT, "/assessment", r#"{"decision": "mine"}"#),
            18 => (Method::GET, "/assessment", ""),
            19 => (Method::GET, "/assessment/history", ""),
            20 => (Method::GET, "/analysis", ""),
            _ => (Method::GET, "/notes", ""),
        };
        let path = format!("/v1/interviews/{id}{rest}");
        let status = self.try_call(method.clone(), &path, body).await;
        if status.is_some_and(|status| status < 500 && status != 404) {
            let path = short(&path);
            self.complain(format!("another user's {method} {path}: {status:?}"));
        }
    }

    /// Sends what no request may be.
    async fn send_nonsense(&self) {
        let long = "x".repeat(100_000);
        let create = |body: serde_json::Value| (Method::POST, "/v1/interviews".to_owned(), body);
        let choice = self.world.state().rng.u32(..10);
        let (method, path, body) = match choice {
            0 => create(json!({"title": long})),
            1 => create(json!({"title": 7})),
            2 => create(json!([])),
            3 => create(json!({"title": "t", "user_id": "user0"})),
            4 => create(json!({"title": "t", "webhook_url": "http://127.0.0.1/x"})),
            5 => create(json!("{")),
            6 => {
                let token = "eyJhIjoxfQ";
                let path = format!("/v1/interviews?page_token={token}");
                (Method::GET, path, json!(null))
            }
            7 => {
                let path = "/v1/interviews?limit=-1".to_owned();
                (Method::GET, path, json!(null))
            }
            8 => {
                let secret = "a".repeat(24);
                let id = self.book.ids().pop().unwrap_or_else(|| secret.clone());
                let path = format!("/v1/callbacks/deepgram/user0.{id}.{secret}");
                (Method::POST, path, json!({"results": []}))
            }
            _ => {
                let path = "/v1/interviews/..%2f..%2fuser0".to_owned();
                (Method::DELETE, path, json!(null))
            }
        };
        let mut text = body.to_string();
        if body.is_null() {
            text.clear();
        }
        let status = self.try_call(method.clone(), &path, &text).await;
        let is_refused = status.is_none_or(|status| status >= 400);
        if !is_refused {
            self.complain(format!("{method} {path} of nonsense: {status:?}"));
        }
        if self.world.state().faults == 0 && status.is_some_and(|status| status >= 500) {
            self.complain(format!("{method} {path} of nonsense fails: {status:?}"));
        }
    }

    async fn try_call(&self, method: Method, path: &str, body: &str) -> Option<u16> {
        let call = ApiCall {
            who: STRANGER.to_owned(),
            method,
            path: path.to_owned(),
            headers: vec![("x-user-id", STRANGER.to_owned())],
            body: body.as_bytes().to_vec(),
        };
        let answer = requests::send(&self.world, &self.fleet, call).await;
        answer.map(|(status, _)| status)
    }

    fn complain(&self, what: String) {
        self.world.tell(format!("{STRANGER}: {what}"));
        self.book.complain(what);
    }
}
