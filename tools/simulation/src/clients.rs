//! The clients of a world, and the promises that were made to them.

mod assessing;
mod changes;
mod corrections;
mod edited;
mod grouping;
mod highlighting;
mod listen;
mod runs;
mod searching;
mod sharing;
mod tokens;
mod uploads;

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use domain::Timestamp;
use http::Method;
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use crate::{
    hostile::Stranger,
    instances::Fleet,
    recording::recording,
    requests::{self, Answer, ApiCall},
    world::World,
};

pub(crate) use corrections::SeenTranscript;
use edited::SharedEdits;
pub(crate) use edited::{Edited, MARK, OwnRubric};
pub(crate) use sharing::OwnShare;
pub(crate) use tokens::OwnToken;

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
    /// When its creation was requested, and when that was acknowledged.
    pub(crate) created: Option<(Timestamp, Timestamp)>,
    /// When its deletion was acknowledged.
    pub(crate) deleted_at: Option<Timestamp>,
    /// Where its webhooks go now; `None` where a change had an unknown outcome.
    pub(crate) webhook: Option<String>,
    /// The title, where it is certain.
    pub(crate) title: Option<String>,
    /// Texts of notes whose creation was acknowledged.
    pub(crate) notes: Vec<String>,
    /// What was sent of corrections, runs, assessments, rubrics, collections, highlights, shares
    /// and tokens.
    pub(crate) edits: SharedEdits,
}

/// All clients of a world.
pub(crate) struct Clients {
    running: Vec<JoinHandle<()>>,
    shared: Book,
}

/// What all clients write down.
#[derive(Clone, Default)]
pub(crate) struct Book(Arc<Mutex<Shared>>);

#[derive(Default)]
struct Shared {
    known: Vec<Known>,
    /// Ids of all interviews that were created.
    ids: Vec<String>,
    violations: Vec<String>,
}

impl Book {
    fn open(&self) -> MutexGuard<'_, Shared> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ids of all interviews so far.
    pub(crate) fn ids(&self) -> Vec<String> {
        self.open().ids.clone()
    }

    /// Notes what is wrong whatever follows.
    pub(crate) fn complain(&self, what: String) {
        self.open().violations.push(what);
    }
}

impl Clients {
    pub(crate) fn are_done(&self) -> bool {
        self.running.iter().all(JoinHandle::is_finished)
    }

    pub(crate) fn known(&self) -> Vec<Known> {
        self.shared.open().known.clone()
    }

    pub(crate) fn violations(&self) -> Vec<String> {
        self.shared.open().violations.clone()
    }
}

/// Starts a client for each interview; three users share them, or a single one where budgets
/// are small. In some worlds there is a stranger as well.
pub(crate) fn start(world: &World, fleet: &Fleet, interviews: u32) -> Clients {
    let shared = Book::default();
    let users = if world.habits.most_recordings.is_some() {
        1
    } else {
        3
    };
    let client = |number: u32| Client {
        world: world.clone(),
        fleet: fleet.clone(),
        shared: shared.clone(),
        number,
        known: Known {
            user: format!("user{}", number % users),
            ..Known::default()
        },
        upload: None,
        session: None,
    };
    let running = (0..interviews).map(|number| {
        let mut client = client(number);
        tokio::spawn(async move {
            client.live().await;
            client.remember();
        })
    });
    let mut running: Vec<JoinHandle<()>> = running.collect();
    if world.habits.is_attacked {
        let stranger = Stranger {
            world: world.clone(),
            fleet: fleet.clone(),
            book: shared.clone(),
        };
        running.push(tokio::spawn(stranger.live()));
    }
    Clients { running, shared }
}

#[derive(Clone)]
struct Client {
    world: World,
    fleet: Fleet,
    shared: Book,
    number: u32,
    known: Known,
    /// The name of the object to be uploaded.
    upload: Option<String>,
    /// An upload in pieces.
    session: Option<u64>,
}

impl Client {
    fn remember(&self) {
        if !self.known.id.is_empty() {
            self.shared.open().known.push(self.known.clone());
        }
    }

    fn complain(&self, what: String) {
        self.world.tell(format!("client {}: {what}", self.number));
        self.shared.complain(what);
    }

    /// Notes what is wrong, unless a restore explains it.
    fn object(&self, what: String) {
        if !self.is_restored() {
            self.complain(what);
        }
    }

    /// Whether a backup was restored since the client knows its interview, so that nothing of
    /// that need be true.
    fn is_restored(&self) -> bool {
        self.world.state().restored.is_some()
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
        let listening = self.chance(40).then(|| {
            let listener = self.clone();
            tokio::spawn(listener.listen())
        });
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
            3 | 4 => self.put_in_pieces().await,
            5 => {
                self.put_in_pieces().await;
                self.put().await;
            }
            _ => {
                self.put().await;
            }
        }
        if self.chance(20) {
            self.delete_during_a_write().await;
        }
        let changes = self.world.state().rng.u32(..6);
        for _ in 0..changes {
            self.pause(900).await;
            self.change_something().await;
        }
        if self.known.is_uploaded && !self.known.deletion_sent && self.chance(60) {
            self.edit_with_others().await;
        }
        if self.chance(30) {
            self.keep_token().await;
        }
        if self.chance(40) {
            self.pause(1_200).await;
            self.delete().await;
            self.use_after_deletion().await;
        }
        if let Some(listening) = listening {
            let _ = listening.await;
        }
    }

    /// Sends a request to one of the instances; nothing where the outcome is not known.
    async fn request(&self, method: Method, path: &str, body: Option<Value>) -> Option<Answer> {
        self.request_with(method, path, body, None).await
    }

    async fn request_with(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
        key: Option<&str>,
    ) -> Option<Answer> {
        let mut headers = vec![("x-user-id", self.known.user.clone())];
        headers.extend(key.map(|key| ("idempotency-key", key.to_owned())));
        let call = ApiCall {
            who: format!("client {}", self.number),
            method,
            path: path.to_owned(),
            headers,
            body: body.map_or_else(Vec::new, |body| body.to_string().into_bytes()),
        };
        let answer = requests::send(&self.world, &self.fleet, call).await;
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
        let begun = self.world.now();
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
                    self.known.created = Some((begun, self.world.now()));
                    self.shared.open().ids.push(id.to_owned());
                    self.known.webhook = Some(webhook);
                    self.known.title = Some(title);
                    let url = created["upload"]["url"].as_str().unwrap_or("");
                    self.upload = url.strip_prefix("simulated://").map(str::to_owned);
                    return true;
                }
                // Its user's budget is used up.
                Some((402, _)) => return false,
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
}
