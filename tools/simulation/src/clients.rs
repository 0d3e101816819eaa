//! The clients of a world, and the promises that were made to them.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::body::Body;
use domain::ports::Overwrite;
use http::{Method, Request};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use crate::{
    instances::Fleet,
    ports::store_object,
    recording::recording,
    world::{ACTOR, World, short},
};

/// How often a client tries a call whose outcome it does not know.
const TRIES: u32 = 12;

/// What a client knows of one of its interviews.
#[derive(Debug, Clone, Default)]
pub(crate) struct Known {
    pub(crate) user: String,
    pub(crate) id: String,
    /// Whether its recording was uploaded, by the store's word.
    pub(crate) is_uploaded: bool,
    /// Whether a deletion was sent, whatever came of it.
    pub(crate) deletion_sent: bool,
    /// Whether the deletion was acknowledged.
    pub(crate) is_deleted: bool,
    /// Where its webhooks go now; `None` where a change had an unknown outcome.
    pub(crate) webhook: Option<String>,
    /// The title, where it is certain.
    pub(crate) title: Option<String>,
    /// Texts of notes whose creation was acknowledged.
    pub(crate) notes: Vec<String>,
}

/// All clients of a world.
pub(crate) struct Clients {
    running: Vec<JoinHandle<()>>,
    shared: Arc<Mutex<Shared>>,
}

#[derive(Default)]
struct Shared {
    known: Vec<Known>,
    violations: Vec<String>,
}

impl Clients {
    pub(crate) fn are_done(&self) -> bool {
        self.running.iter().all(JoinHandle::is_finished)
    }

    pub(crate) fn known(&self) -> Vec<Known> {
        let shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        shared.known.clone()
    }

    pub(crate) fn violations(&self) -> Vec<String> {
        let shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        shared.violations.clone()
    }
}

/// Starts a client for each interview; three users share them.
pub(crate) fn start(world: &World, fleet: &Fleet, interviews: u32) -> Clients {
    let shared = Arc::new(Mutex::new(Shared::default()));
    let client = |number: u32| Client {
        world: world.clone(),
        fleet: fleet.clone(),
        shared: Arc::clone(&shared),
        number,
        known: Known {
            user: format!("user{}", number % 3),
            ..Known::default()
        },
        upload: None,
    };
    let running = (0..interviews).map(|number| {
        let mut client = client(number);
        tokio::spawn(async move {
            client.live().await;
            client.remember();
        })
    });
    Clients {
        running: running.collect(),
        shared: Arc::clone(&shared),
    }
}

struct Client {
    world: World,
    fleet: Fleet,
    shared: Arc<Mutex<Shared>>,
    number: u32,
    known: Known,
    /// The name of the object to be uploaded.
    upload: Option<String>,
}

impl Client {
    fn remember(&self) {
        if !self.known.id.is_empty() {
            let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
            shared.known.push(self.known.clone());
        }
    }

    fn complain(&self, what: String) {
        self.world.tell(format!("client {}: {what}", self.number));
        let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        shared.violations.push(what);
    }

    fn chance(&self, percent: u32) -> bool {
        self.world.state().rng.u32(..100) < percent
    }

    async fn pause(&self, longest_s: u64) {
        let wait = self.world.state().rng.u64(..longest_s * 1_000);
        tokio::time::sleep(Duration::from_millis(wait)).await;
    }

    /// All that it does.
    async fn live(&mut self) {
        self.pause(30).await;
        if !self.create().await {
            return;
        }
        let manner = self.world.state().rng.u32(..10);
        match manner {
            0 => {}
            1 => {
                self.pause(7_200).await;
                self.put().await;
            }
            2 => {
                self.put().await;
                self.pause(60).await;
                self.put().await;
            }
            _ => {
                self.put().await;
            }
        }
        let changes = self.world.state().rng.u32(..6);
        for _ in 0..changes {
            self.pause(900).await;
            self.change_something().await;
        }
        if self.chance(40) {
            self.pause(1_200).await;
            self.delete().await;
            self.use_after_deletion().await;
        }
    }

    /// Sends a request to one of the instances; nothing where the outcome is not known.
    async fn request(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> Option<(u16, Value)> {
        self.request_with(method, path, body, None).await
    }

    async fn request_with(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
        key: Option<&str>,
    ) -> Option<(u16, Value)> {
        let (actor, instance) = (self.fleet.next_actor(), self.fleet.pick());
        let mut request = Request::builder()
            .method(method.clone())
            .uri(path)
            .header("x-user-id", &self.known.user);
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        let request = request.header("content-type", "application/json");
        let request = request.body(body).ok()?;
        self.world.tell(format!(
            "[{actor}] client {}: {method} {}",
            self.number,
            short(path)
        ));
        let api = self.fleet.api(instance);
        let answering = tokio::spawn(ACTOR.scope(actor, async move {
            let answer = api.handle(request).await;
            let status = answer.status().as_u16();
            let bytes = answer.into_body().collect().await.ok()?.to_bytes();
            Some((
                status,
                serde_json::from_slice(&bytes).unwrap_or(Value::Null),
            ))
        }));
        self.fleet
            .note_request(actor, instance, answering.abort_handle());
        let answer = answering.await.ok().flatten();
        let status = answer.as_ref().map(|(status, _)| *status);
        self.world
            .tell(format!("[{actor}] client {} gets {status:?}", self.number));
        answer.filter(|(status, _)| *status < 500)
    }

    fn path(&self) -> String {
        format!("/v1/interviews/{}", self.known.id)
    }

    /// Creates the interview; the key makes repetitions harmless.
    async fn create(&mut self) -> bool {
        let webhook = format!("https://receiver.example/{}", self.number);
        let title = format!("interview {}", self.number);
        let recording = recording();
        let body = json!({
            "title": title, "kind": "job_interview", "webhook_url": webhook,
            "audio": {"filename": "a.wav", "content_type": "audio/wav", "size_bytes": recording.len()},
        });
        let key = format!("key-{}", self.number);
        for _ in 0..TRIES {
            let answer = self
                .request_with(
                    Method::POST,
                    "/v1/interviews",
                    Some(body.clone()),
                    Some(&key),
                )
                .await;
            match answer {
                Some((200 | 201, created)) => {
                    let id = created["id"].as_str().unwrap_or("");
                    id.clone_into(&mut self.known.id);
                    self.known.webhook = Some(webhook);
                    self.known.title = Some(title);
                    let url = created["upload"]["url"].as_str().unwrap_or("");
                    self.upload = url.strip_prefix("simulated://").map(str::to_owned);
                    return true;
                }
                Some((status @ (409 | 429), _)) => self.world.tell(format!("create: {status}")),
                Some((status, answer)) => {
                    self.complain(format!("create was answered with {status}: {answer}"));
                    return false;
                }
                None => {}
            }
            self.pause(20).await;
        }
        false
    }

    /// Uploads the recording as the store lets it.
    async fn put(&mut self) {
        let Some(name) = self.upload.clone() else {
            return;
        };
        let actor = self.fleet.next_actor();
        for _ in 0..TRIES {
            let bytes = recording();
            let name = name.clone();
            let call = format!("client {} puts {}", self.number, short(&name));
            let put = move |world: &World| {
                let content = (bytes, "audio/wav");
                let stored = store_object(world, "uploads", &name, content, Overwrite::Refused);
                // That it is there already is the answer to a repetition.
                drop(stored);
                Ok::<(), ()>(())
            };
            let put = self.world.change(call, put, || (), || None);
            // A client that dies tries again.
            let limit = Duration::from_mins(10);
            let put = tokio::time::timeout(limit, ACTOR.scope(actor, put)).await;
            if let Ok(Ok(())) = put {
                self.known.is_uploaded = true;
                return;
            }
            self.pause(20).await;
        }
    }

    async fn change_something(&mut self) {
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
                if let Some((201, _)) = answer {
                    self.known.notes.push(text);
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
    async fn patch(&self, change: Value) -> bool {
        let answer = self
            .request(Method::PATCH, &self.path(), Some(change))
            .await;
        matches!(answer, Some((200, _)))
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

    async fn delete(&mut self) {
        for _ in 0..TRIES {
            self.known.deletion_sent = true;
            let answer = self.request(Method::DELETE, &self.path(), None).await;
            if let Some((204 | 404, _)) = answer {
                self.known.is_deleted = true;
                return;
            }
            self.pause(20).await;
        }
    }

    /// Does what must not succeed any more.
    async fn use_after_deletion(&mut self) {
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
            (Method::GET, format!("{path}/transcript"), None),
        ] {
            if let Some((status, _)) = self.request(method.clone(), &path, body).await
                && status != 404
            {
                let path = short(&path);
                self.complain(format!("{method} {path} of a deleted interview: {status}"));
            }
        }
        if self.chance(50) {
            self.put().await;
        }
    }
}
