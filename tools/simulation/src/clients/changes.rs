//! What clients do with their interviews.

use std::time::Duration;

use http::Method;
use serde_json::{Value, json};

use super::{Client, TRIES};
use crate::world::short;

impl Client {
    pub(super) async fn change_something(&mut self) {
        let path = self.path();
        let choice = self.world.state().rng.u32(..8);
        match choice {
            0 => {
                let title = format!("title {}", self.world.state().rng.u32(..1_000));
                let answer = self.patch(json!({"title": title})).await;
                self.known.title = answer.then_some(title);
            }
            1 => {
                let url = format!("https://other.example/{}", self.number);
                let answer = self.patch(json!({"webhook_url": url})).await;
                if let (true, Some(former)) = (answer, &self.known.webhook)
                    && *former != url
                {
                    self.world.note_former_receiver(&self.known.id, former);
                }
                self.known.webhook = answer.then_some(url);
            }
            2 => {
                self.patch(json!({"speakers": {"1": {"name": "Ada"}}}))
                    .await;
            }
            3 => {
                let text = format!("note {}", self.world.state().rng.u32(..1_000_000));
                let answer = self
                    .request(
                        Method::POST,
                        &format!("{path}/notes"),
                        Some(json!({"text": text})),
                    )
                    .await;
                if let Some((201, note)) = answer {
                    self.look_for(&text, None).await;
                    if self.chance(20) {
                        self.delete_note(&note, &text).await;
                    } else {
                        self.known.notes.push(text);
                    }
                }
            }
            4 => {
                self.request(Method::POST, &format!("{path}/retry"), Some(json!({})))
                    .await;
            }
            5 => {
                let again = Some(json!({"step": "report"}));
                self.request(Method::POST, &format!("{path}/retry"), again)
                    .await;
            }
            6 => {
                let again = Some(json!({"step": "waveform"}));
                self.request(Method::POST, &format!("{path}/retry"), again)
                    .await;
            }
            _ => self.replay().await,
        }
    }

    /// Changes the interview; whether that was acknowledged.
    pub(super) async fn patch(&self, change: Value) -> bool {
        let answer = self
            .request(Method::PATCH, &self.path(), Some(change))
            .await;
        matches!(answer, Some((200, _)))
    }

    /// Deletes a note; once that is acknowledged its words are not found.
    async fn delete_note(&self, note: &Value, text: &str) {
        let id = note["id"].as_str().unwrap_or("");
        let path = format!("{}/notes/{id}", self.path());
        if let Some((204, _)) = self.request(Method::DELETE, &path, None).await {
            self.miss(text).await;
        }
    }

    /// Sends one of the webhooks again.
    async fn replay(&self) {
        let path = format!("{}/webhook-deliveries", self.path());
        let Some((200, listed)) = self.request(Method::GET, &path, None).await else {
            return;
        };
        if let Some(id) = listed["items"][0]["id"].as_str() {
            let path = format!("{path}/{id}/replay");
            self.request(Method::POST, &path, None).await;
        }
    }

    pub(super) async fn delete(&mut self) {
        for _ in 0..TRIES {
            self.known.deletion_sent = true;
            let answer = self.request(Method::DELETE, &self.path(), None).await;
            if let Some((204 | 404, _)) = answer {
                self.known.is_deleted = true;
                self.known.deleted_at = Some(self.world.now());
                return;
            }
            self.pause(20).await;
        }
    }

    /// Deletes the interview while something is written for it, if that happens soon enough.
    pub(super) async fn delete_during_a_write(&mut self) {
        let id = self.known.id.clone();
        self.world.state().doomed.insert(id.clone(), false);
        for _ in 0..400 {
            tokio::time::sleep(Duration::from_secs(3)).await;
            if self.world.state().doomed.get(&id) == Some(&true) {
                self.delete().await;
                break;
            }
        }
        self.world.state().doomed.remove(&id);
    }

    /// Does what must not succeed any more.
    pub(super) async fn use_after_deletion(&mut self) {
        if !self.known.is_deleted {
            return;
        }
        let path = self.path();
        for (method, path, body) in [
            (Method::GET, path.clone(), None),
            (Method::PATCH, path.clone(), Some(json!({"title": "again"}))),
            (
                Method::POST,
                format!("{path}/notes"),
                Some(json!({"text": "again"})),
            ),
            (
                Method::POST,
                format!("{path}/highlights"),
                Some(json!({"from": "w0", "to": "w1"})),
            ),
            (Method::GET, format!("{path}/highlights"), None),
            (Method::GET, format!("{path}/transcript"), None),
            (Method::GET, format!("{path}/transcript/history"), None),
            (Method::GET, format!("{path}/runs"), None),
            (Method::GET, format!("{path}/assessment/history"), None),
            (
                Method::PUT,
                format!("{path}/assessment"),
                Some(json!({"decision": "again"})),
            ),
            (
                Method::POST,
                format!("{path}/runs"),
                Some(json!({"step": "analysis"})),
            ),
            (
                Method::PATCH,
                format!("{path}/transcript"),
                Some(json!({"base_revision": 0, "operations": [
                    {"op": "insert_words", "after": null, "text": "again"}]})),
            ),
            (
                Method::POST,
                format!("{path}/transcript/undo"),
                Some(json!({"base_revision": 1})),
            ),
        ] {
            if let Some((status, _)) = self.request(method.clone(), &path, body).await
                && status != 404
                && !self.is_restored()
            {
                let path = short(&path);
                self.complain(format!("{method} {path} of a deleted interview: {status}"));
            }
        }
        self.miss_everything().await;
        match self.chance(50) {
            true if self.session.is_some() => self.finish_session().await,
            true => self.put().await,
            false => {}
        }
    }
}
