//! The embedded service with a scripted speech engine, and receivers of webhooks.
#![allow(
    dead_code,
    unreachable_pub,
    reason = "each test binary uses a part of it"
)]

pub mod contended;
pub mod engine;
pub mod finished;

use std::{sync::Arc, time::Duration};

use config::Environment;
use domain::{
    InterviewId, InterviewKey, Timestamp, UserId,
    ports::{Clock, EngineSet, Message, Precondition, Transcriber, Write},
};
use embedded::ManualClock;
use engine::ScriptedEngine;
use engines::Extractive;
use http::Method;
use local::{Host, HostEngines, Settings};
use reqwest::Client;
use serde_json::{Value, json};
use tempfile::TempDir;
use testing::{Receiver, listen, put, serve_on};

pub use testing::receiver::SECRET;

/// 2026-01-01.
pub const START: Timestamp = Timestamp::from_millis(1_767_225_600_000);

/// The embedded service on a free port, with a clock that tests move.
pub struct TestHost {
    pub host: Host,
    pub clock: Arc<ManualClock>,
    pub engine: Arc<ScriptedEngine>,
    pub receiver: Arc<Receiver>,
    pub client: Client,
    pub url: String,
    pub hook: String,
    pub folder: TempDir,
}

pub fn settings(folder: &TempDir) -> Settings {
    let path = folder.path().to_str().expect("a plain path");
    let environment = Environment::from_pairs([
        ("DATA_DIR", path),
        ("WEBHOOK_SECRET", SECRET),
        ("WEBHOOK_ALLOW_PRIVATE", "true"),
        ("MAX_UPLOAD_BYTES", "10000000"),
    ]);
    Settings::read(&environment).expect("good settings")
}

impl TestHost {
    pub async fn start() -> Self {
        Self::start_set(|_| ()).await
    }

    /// With another speech engine, which can call back where `public` says so.
    pub async fn start_with(
        transcriber: Arc<dyn Transcriber>,
        engine: Arc<ScriptedEngine>,
        public: bool,
    ) -> Self {
        let engines = HostEngines {
            transcribers: EngineSet::of(transcriber),
            live: Arc::clone(&engine) as _,
            analysts: EngineSet::of(Arc::new(Extractive)),
        };
        Self {
            engine,
            ..Self::start_engines(engines, public).await
        }
    }

    /// With other settings.
    pub async fn start_set(set: impl FnOnce(&mut Settings)) -> Self {
        let engine = Arc::new(ScriptedEngine::default());
        let engines = HostEngines {
            transcribers: EngineSet::of(Arc::clone(&engine) as _),
            live: Arc::clone(&engine) as _,
            analysts: EngineSet::of(Arc::new(Extractive)),
        };
        Self {
            engine,
            ..Self::start_as(engines, |settings, _| set(settings)).await
        }
    }

    /// With other engines, of which the speech engine can call back where `public`
    /// says so.
    pub async fn start_engines(engines: HostEngines, public: bool) -> Self {
        let set = |settings: &mut Settings, url: &str| {
            settings.public_url = public.then(|| url.to_owned());
        };
        Self::start_as(engines, set).await
    }

    async fn start_as(engines: HostEngines, set: impl FnOnce(&mut Settings, &str)) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let clock = Arc::new(ManualClock::at(START));
        let (listener, url) = listen().await;
        let mut settings = settings(&folder);
        set(&mut settings, &url);
        let host = Host::open(settings, url.clone(), engines, Arc::clone(&clock) as _)
            .await
            .expect("opens");
        serve_on(listener, Arc::new(host.service()));
        let receiver = Arc::new(Receiver::default());
        let hook = receiver.listen().await;
        Self {
            host,
            clock,
            engine: Arc::new(ScriptedEngine::default()),
            receiver,
            // A client refused before its body has been read loses the connection:
            // none is used twice.
            client: Client::builder()
                .pool_max_idle_per_host(0)
                .build()
                .expect("a client"),
            url,
            hook,
            folder,
        }
    }

    /// Serves another API on a port of its own; answers where.
    pub async fn serve(&self, api: api::Api) -> String {
        testing::serve(Arc::new(api::ApiService::new(api))).await
    }

    /// Creates an interview that awaits `bytes` bytes of WAV.
    pub async fn create(&self, bytes: usize) -> Value {
        let body = json!({
            "title": "A summer", "webhook_url": self.hook, "metadata": {"job": 7},
            "audio": {"filename": "../a \"b\" \u{1F600}.wav", "content_type": "audio/wav", "size_bytes": bytes},
        });
        let answer = self
            .client
            .post(format!("{}/v1/interviews", self.url))
            .json(&body)
            .send()
            .await;
        let answer = answer.expect("an answer");
        assert_eq!(answer.status(), 201);
        answer.json().await.expect("JSON")
    }

    /// Uploads by the signed URL.
    pub async fn upload(&self, created: &Value, bytes: Vec<u8>) -> reqwest::Response {
        put(&self.client, &created["upload"], bytes).await
    }

    /// Creates and uploads; answers the interview's id.
    pub async fn submit(&self, bytes: Vec<u8>) -> String {
        let created = self.create(bytes.len()).await;
        let answer = self.upload(&created, bytes).await;
        assert_eq!(answer.status(), 200, "{:?}", answer.text().await);
        created["id"].as_str().expect("an id").to_owned()
    }

    /// Lets everything happen that is to happen.
    pub async fn drain(&self) {
        self.host
            .dispatcher()
            .drain(&self.clock)
            .await
            .expect("drains");
    }

    /// Lets time pass in which the clock ticks as it does.
    pub async fn sweep_for(&self, time: Duration) {
        const ROUND: Duration = Duration::from_mins(4);
        let mut left = time;
        while !left.is_zero() {
            self.clock.advance(left.min(ROUND));
            self.sweep().await;
            left = left.saturating_sub(ROUND);
        }
    }

    /// As if sweeps had come regularly from `since` until now.
    pub async fn swept_since(&self, since: Timestamp) {
        let now = Clock::now(&*self.clock);
        let rounds = json!({"last": now, "regular_since": since});
        let write = Write::put(domain::paths::sweep(), &rounds, Precondition::None);
        let write = write.expect("an object");
        let records = self.host.store.records();
        records.commit(vec![write]).await.expect("stored");
    }

    /// Lets the clock tick once, and everything happen that follows.
    pub async fn sweep(&self) {
        let bus = self.host.store.bus();
        let tick = Message {
            data: b"{}".to_vec(),
            ..Message::default()
        };
        bus.publish("sweep", tick).await.expect("published");
        self.drain().await;
    }

    pub async fn get(&self, path: &str) -> Value {
        let answer = self
            .client
            .get(format!("{}{path}", self.url))
            .send()
            .await
            .expect("an answer");
        assert_eq!(answer.status(), 200, "{path}");
        answer.json().await.expect("JSON")
    }

    /// Reads something as text: an export, a page.
    pub async fn text(&self, path: &str) -> String {
        let url = format!("{}{path}", self.url);
        let answer = self.client.get(url).send().await.expect("an answer");
        assert_eq!(answer.status(), 200, "{path}");
        answer.text().await.expect("a text")
    }

    /// Asks for something; answers the status and the JSON, if there is any.
    pub async fn ask(&self, method: Method, path: &str, body: Option<Value>) -> (u16, Value) {
        let request = self.client.request(method, format!("{}{path}", self.url));
        let request = match body {
            Some(body) => request.json(&body),
            None => request,
        };
        let answer = request.send().await.expect("an answer");
        let status = answer.status().as_u16();
        (status, answer.json().await.unwrap_or(Value::Null))
    }

    pub async fn interview(&self, id: &str) -> Value {
        self.get(&format!("/v1/interviews/{id}")).await
    }

    /// How many interviews there are; at most twenty.
    pub async fn count(&self) -> usize {
        let page = self.get("/v1/interviews").await;
        page["items"].as_array().expect("a list").len()
    }

    /// The typed error of a step.
    pub async fn step_error(&self, id: &str, step: &str) -> String {
        let interview = self.interview(id).await;
        interview["steps"][step]["error"]["code"]
            .as_str()
            .unwrap_or("none")
            .to_owned()
    }
}

/// An interview of the user who does not say who they are.
pub fn key(id: &str) -> InterviewKey {
    InterviewKey {
        user_id: UserId::parse("local").expect("an id"),
        interview_id: InterviewId::parse(id).expect("an id"),
    }
}

/// A WAV file with a tone in it.
pub fn wav(seconds: u32) -> Vec<u8> {
    let period = (0..80).map(|frame| frame * 200 - 8_000);
    let samples: Vec<i16> = period.collect::<Vec<_>>().repeat(seconds as usize * 100);
    testing::wav(8_000, &[&samples]).into()
}
