//! Clients that edit what was made of a recording, two of them at once: corrections, runs.

use http::Method;
use serde_json::{Value, json};

use super::{Client, TRIES};

impl Client {
    /// Edits the results, in half of the cases with another one at the same time.
    pub(super) async fn edit_with_others(&mut self) {
        if !self.await_transcript().await {
            return;
        }
        let other = self.chance(50).then(|| {
            let other = self.clone();
            tokio::spawn(async move { other.edit().await })
        });
        self.edit().await;
        if self.chance(50) {
            self.keep_rubric().await;
        }
        if self.chance(30) {
            self.keep_collection().await;
        }
        if self.chance(50) {
            self.keep_highlight().await;
        }
        if self.chance(40) {
            self.keep_share(None).await;
        }
        if let Some(other) = other {
            let _ = other.await;
        }
        if self.chance(30) {
            self.undo_all().await;
        }
    }

    async fn edit(&self) {
        let (changes, longest) = {
            let rng = &mut self.world.state().rng;
            (rng.u32(2..10), [2, 600][rng.usize(..2)])
        };
        for _ in 0..changes {
            let choice = self.world.state().rng.u32(..12);
            match choice {
                0..=4 => self.correct().await,
                5 => drop(self.undo().await),
                6 | 7 => {
                    let step = ["analysis", "transcription"][choice as usize - 6];
                    self.run_again(json!({"step": step})).await;
                    if self.chance(50) {
                        self.await_runs().await;
                        self.select().await;
                    }
                }
                8 => self.select().await,
                _ => self.assess().await,
            }
            self.pause(longest).await;
        }
    }

    /// Runs a step again, with a key once more where there is no answer.
    pub(super) async fn run_again(&self, body: Value) {
        let is_paid = body["step"] == "transcription";
        let path = format!("{}/runs", self.path());
        let key = self.chance(50).then(|| self.unique("key"));
        let tries = if key.is_some() { 3 } else { 1 };
        let mut is_certain = true;
        for _ in 0..tries {
            let sent = Some(body.clone());
            let answer = self.request_with(Method::POST, &path, sent, key.as_deref());
            match answer.await {
                Some((202, _)) => is_certain = false,
                Some((status, problem)) => {
                    if !matches!(status, 402 | 404 | 409 | 429) {
                        self.object(format!("a run of {body} gets {status}: {problem}"));
                    }
                }
                None => {
                    is_certain = false;
                    self.pause(20).await;
                    continue;
                }
            }
            break;
        }
        if is_paid && !is_certain {
            self.known.edits.open().transcriptions += 1;
        }
    }

    /// Waits until no step is at work, not for ever.
    async fn await_runs(&self) {
        for _ in 0..TRIES {
            self.pause(600).await;
            let answer = self.request(Method::GET, &self.path(), None).await;
            if let Some((200, interview)) = answer
                && interview["status"] != "processing"
            {
                return;
            }
        }
    }

    /// Selects the result of one of the earlier runs.
    async fn select(&self) {
        let path = format!("{}/runs", self.path());
        let Some((200, runs)) = self.request(Method::GET, &path, None).await else {
            return;
        };
        let runs = runs["items"].as_array().cloned().unwrap_or_default();
        let is_other = |run: &&Value| run["state"] == "done" && run["selected"] == false;
        let others: Vec<&Value> = runs.iter().filter(is_other).collect();
        if others.is_empty() {
            return;
        }
        let chosen = self.world.state().rng.usize(..others.len());
        let run_id = others[chosen]["run_id"].as_str().unwrap_or("");
        self.known.edits.open().selections += 1;
        let path = format!("{path}/{run_id}/select");
        let answer = self.request(Method::POST, &path, None).await;
        if let Some((status @ (400..=403 | 405..=408 | 410..=428), problem)) = answer {
            self.object(format!("a selection gets {status}: {problem}"));
        }
    }
}
