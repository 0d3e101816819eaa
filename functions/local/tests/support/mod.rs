//! The embedded service with a scripted speech engine, and receivers of webhooks.
#![allow(
    dead_code,
    unreachable_pub,
    reason = "each test binary uses a part of it"
)]

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use domain::{
    Timestamp,
    ports::{
        LiveOptions, LiveTranscriber, Message, Progress, SampleStream, Segment, SegmentStream,
        Transcriber, TranscriptionRequest,
    },
    steps::StepError,
    transcript::{AudioFacts, Recognition, Speaker, Word},
};
use embedded::ManualClock;
use engines::Extractive;
use futures::{StreamExt, TryStreamExt};
use http::{Request, Response, StatusCode};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use local::{Engines, Host, Settings};
use notify::sign::Secrets;
use reqwest::Client;
use runtime::{
    http::{Body, Service, empty},
    serve::serve,
    settings::Environment,
};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;

/// 2026-01-01.
pub const START: Timestamp = Timestamp::from_millis(1_767_225_600_000);

pub const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// A speech engine that says the same of every recording, and counts.
#[derive(Default)]
pub struct ScriptedEngine {
    pub calls: AtomicUsize,
    pub failures: AtomicUsize,
    /// Words that it says instead of its few, when there are any.
    pub long: AtomicUsize,
}

#[async_trait]
impl Transcriber for ScriptedEngine {
    fn name(&self) -> &'static str {
        "scripted"
    }

    async fn transcribe(
        &self,
        _: &TranscriptionRequest,
        _: &dyn Progress,
    ) -> Result<Recognition, StepError> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        let failing = self
            .failures
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| {
                left.checked_sub(1)
            });
        if failing.is_ok() {
            return Err(StepError::transient(
                "engine_unavailable",
                "the engine is on a break",
            ));
        }
        let long = self.long.load(Ordering::SeqCst);
        if long > 0 {
            return Ok(monologue(long));
        }
        Ok(dialogue())
    }
}

/// A segment for each speaker, whatever it hears; it hears all of it.
#[async_trait]
impl LiveTranscriber for ScriptedEngine {
    fn name(&self) -> &'static str {
        "scripted"
    }

    fn model(&self) -> &'static str {
        "scripted"
    }

    async fn listen(
        &self,
        samples: SampleStream,
        _: LiveOptions,
    ) -> Result<SegmentStream, StepError> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        let words = dialogue().words;
        let segment = move |speaker: u32| {
            let own = words.iter().filter(|word| word.speaker == speaker);
            let own: Vec<Word> = own.cloned().collect();
            let texts: Vec<&str> = own.iter().map(|word| word.text.reveal()).collect();
            Segment {
                speaker,
                start_ms: own[0].start_ms,
                end_ms: own[own.len() - 1].end_ms,
                text: texts.join(" ").into(),
                words: own,
                is_final: true,
            }
        };
        let all = samples.try_for_each(|_| std::future::ready(Ok(())));
        let heard = futures::stream::once(async move {
            all.await.expect("decoded");
            futures::stream::iter((0..2).map(move |speaker| Ok(segment(speaker))))
        });
        Ok(heard.flatten().boxed())
    }
}

/// A question and an answer.
pub fn dialogue() -> Recognition {
    let said = "what did you do last summer well I built a small boat with my sister and we sailed to the island";
    let words = said.split(' ').zip(0..).map(|(text, index)| Word {
        text: text.into(),
        start_ms: index * 300,
        end_ms: index * 300 + 200,
        speaker: u32::from(index > 5),
        confidence: 0.9,
    });
    Recognition {
        speakers: vec![Speaker::unnamed(0), Speaker::unnamed(1)],
        words: words.collect(),
        language: Some("en".into()),
        audio: AudioFacts {
            duration_ms: 3_000,
            channels: 1,
            sample_rate_hz: 8_000,
        },
        speech_ms: Some(3_000),
        model: "scripted".into(),
    }
}

/// Two people who talk for as long as it takes, 360 ms to a word.
fn monologue(count: usize) -> Recognition {
    let word = |index: usize| {
        let start_ms = index as u64 * 360;
        // A vocabulary of 3,000 words, turns of 25 words, a question now and then.
        let text = match index % 100 {
            0 => "what".to_owned(),
            1 => "did".to_owned(),
            2 => "you".to_owned(),
            _ => format!("word{}", (index * 7_919 + index / 500 * 31) % 3_000),
        };
        let speaker = u32::from(index / 25 % 2 == 1);
        Word {
            text: text.into(),
            start_ms,
            end_ms: start_ms + 300,
            speaker,
            confidence: 0.9,
        }
    };
    let duration_ms = count as u64 * 360;
    Recognition {
        speakers: vec![Speaker::unnamed(0), Speaker::unnamed(1)],
        words: (0..count).map(word).collect(),
        language: Some("en".into()),
        audio: AudioFacts {
            duration_ms,
            channels: 1,
            sample_rate_hz: 8_000,
        },
        speech_ms: Some(duration_ms),
        model: "scripted".into(),
    }
}

/// Webhooks as they were received: id, body, and whether the signature was good.
#[derive(Default)]
pub struct Receiver {
    pub received: Mutex<Vec<(String, Value, bool)>>,
    pub answers: Mutex<Vec<StatusCode>>,
}

#[async_trait]
impl Service for Receiver {
    async fn call(&self, request: Request<Incoming>) -> Response<Body> {
        let header = |name: &str| {
            let value = request
                .headers()
                .get(name)
                .and_then(|value| value.to_str().ok());
            value.unwrap_or_default().to_owned()
        };
        let (id, timestamp) = (header("webhook-id"), header("webhook-timestamp"));
        let signature = header("webhook-signature");
        let body = request
            .into_body()
            .collect()
            .await
            .expect("a whole body")
            .to_bytes();
        let secrets = Secrets::parse(SECRET).expect("a good secret");
        let seconds: i64 = timestamp.parse().unwrap_or(0);
        let good = secrets
            .verify(&id, seconds, &body, &signature, seconds)
            .is_ok();
        let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
        self.received
            .lock()
            .expect("not poisoned")
            .push((id, body, good));
        empty(
            self.answers
                .lock()
                .expect("not poisoned")
                .pop()
                .unwrap_or(StatusCode::NO_CONTENT),
        )
    }
}

impl Receiver {
    /// Starts to listen; answers the address.
    pub async fn listen(self: &Arc<Self>) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let service: Arc<dyn Service> = Arc::clone(self) as _;
        tokio::spawn(serve(service, listener, std::future::pending()));
        format!("http://{address}/hook")
    }

    pub fn types(&self) -> Vec<String> {
        let received = self.received.lock().expect("not poisoned");
        received
            .iter()
            .map(|(_, body, _)| body["type"].as_str().unwrap_or("").to_owned())
            .collect()
    }
}

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
    let environment = Environment::of([
        ("DATA_DIR", path),
        ("WEBHOOK_SECRET", SECRET),
        ("WEBHOOK_ALLOW_PRIVATE", "true"),
        ("MAX_UPLOAD_BYTES", "10000000"),
    ]);
    Settings::read(&environment).expect("good settings")
}

impl TestHost {
    pub async fn start() -> Self {
        let engine = Arc::new(ScriptedEngine::default());
        Self::start_with(Arc::clone(&engine) as _, engine, false).await
    }

    /// With another speech engine, which can call back where `public` says so.
    pub async fn start_with(
        transcriber: Arc<dyn Transcriber>,
        engine: Arc<ScriptedEngine>,
        public: bool,
    ) -> Self {
        let engines = Engines {
            transcriber,
            live: Arc::clone(&engine) as _,
            analyst: Arc::new(Extractive),
        };
        Self {
            engine,
            ..Self::start_engines(engines, public).await
        }
    }

    /// Which pages of this origin may ask.
    pub async fn start_listed(origin: &str) -> Self {
        let environment = Environment::of([("CORS_ALLOWED_ORIGINS", origin)]);
        let origins = api::Origins::read(&environment).expect("an origin");
        let engine = Arc::new(ScriptedEngine::default());
        let engines = Engines {
            transcriber: Arc::clone(&engine) as _,
            live: engine,
            analyst: Arc::new(Extractive),
        };
        Self::start_as(engines, |settings, _| settings.origins = origins).await
    }

    /// With other engines, of which the speech engine can call back where `public`
    /// says so.
    pub async fn start_engines(engines: Engines, public: bool) -> Self {
        let set = |settings: &mut Settings, url: &str| {
            settings.public_url = public.then(|| url.to_owned());
        };
        Self::start_as(engines, set).await
    }

    async fn start_as(engines: Engines, set: impl FnOnce(&mut Settings, &str)) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let clock = Arc::new(ManualClock::at(START));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let mut settings = settings(&folder);
        set(&mut settings, &url);
        let host = Host::open(settings, url.clone(), engines, Arc::clone(&clock) as _)
            .await
            .expect("opens");
        tokio::spawn(serve(
            Arc::new(host.service()),
            listener,
            std::future::pending(),
        ));
        let receiver = Arc::new(Receiver::default());
        let hook = receiver.listen().await;
        Self {
            host,
            clock,
            engine: Arc::new(ScriptedEngine::default()),
            receiver,
            client: Client::new(),
            url,
            hook,
            folder,
        }
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

    pub async fn interview(&self, id: &str) -> Value {
        self.get(&format!("/v1/interviews/{id}")).await
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

/// `PUT`s to an `upload` exactly as it says.
pub async fn put(
    client: &Client,
    upload: &Value,
    bytes: impl Into<reqwest::Body>,
) -> reqwest::Response {
    let url = upload["url"].as_str().expect("a URL");
    let headers = upload["headers"].as_object().expect("headers");
    let request = headers
        .iter()
        .fold(client.put(url), |request, (name, value)| {
            request.header(name, value.as_str().expect("text"))
        });
    request
        .body(bytes)
        .timeout(Duration::from_mins(2))
        .send()
        .await
        .expect("an answer")
}

/// A WAV file with a tone in it.
pub fn wav(seconds: u32) -> Vec<u8> {
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: 8_000,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut bytes = std::io::Cursor::new(Vec::new());
    let mut writer = hound::WavWriter::new(&mut bytes, spec).expect("a valid format");
    for frame in 0..seconds * 8_000 {
        let sample = i16::try_from(frame % 80 * 200).unwrap_or(0) - 8_000;
        writer.write_sample(sample).expect("written to memory");
    }
    writer.finalize().expect("written to memory");
    bytes.into_inner()
}
