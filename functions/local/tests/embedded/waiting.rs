//! Interviews whose speech engine has no model yet.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use domain::{
    Interview,
    ports::{
        EngineSet, EngineState, EngineStatus, LiveOptions, LiveTranscriber, Progress, Readiness,
        SampleStream, SegmentStream, Transcriber, TranscriptionRequest,
    },
    steps::{Code, StepError, WaitReason},
    transcript::Recognition,
};
use emulation::dispatch::GRACE;
use engines::Extractive;
use futures::StreamExt as _;
use http::Method;
use local::HostEngines;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use crate::support::{
    TestHost,
    engine::{ScriptedEngine, dialogue},
    key, wav,
};

/// An engine that is not ready the first times that it is asked.
struct Unready {
    reason: WaitReason,
    retry_in: Option<Duration>,
    left: AtomicUsize,
    substitute: Mutex<Option<Arc<dyn Transcriber>>>,
}

impl Unready {
    fn new(reason: WaitReason, retry_in: Option<Duration>, times: usize) -> Arc<Self> {
        Arc::new(Self {
            reason,
            retry_in,
            left: AtomicUsize::new(times),
            substitute: Mutex::default(),
        })
    }
}

#[async_trait]
impl Transcriber for Unready {
    fn name(&self) -> &'static str {
        "unready"
    }

    fn readiness(&self) -> Readiness {
        let left = self
            .left
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| {
                left.checked_sub(1)
            });
        if left.is_err() {
            return Readiness::Ready;
        }
        Readiness::Waiting {
            reason: self.reason,
            retry_in: self.retry_in,
        }
    }

    fn substitute(&self) -> Option<Arc<dyn Transcriber>> {
        self.substitute.lock().unwrap().clone()
    }

    async fn transcribe(
        &self,
        _: &TranscriptionRequest,
        _: &dyn Progress,
    ) -> Result<Recognition, StepError> {
        Ok(dialogue())
    }
}

#[async_trait]
impl LiveTranscriber for Unready {
    fn name(&self) -> &'static str {
        "unready"
    }

    fn model(&self) -> &'static str {
        "base"
    }

    fn status(&self) -> EngineStatus {
        EngineStatus {
            state: EngineState::Fetching {
                source: Some("models.example".into()),
                done_bytes: 7,
                total_bytes: Some(10),
            },
            ..EngineStatus::ok("unready", Some("base"))
        }
    }

    async fn listen(&self, _: SampleStream, _: LiveOptions) -> Result<SegmentStream, StepError> {
        Err(StepError::transient(Code::EngineUnavailable, "no model"))
    }
}

async fn start(engine: &Arc<Unready>) -> TestHost {
    let engines = HostEngines {
        transcribers: EngineSet::of(Arc::clone(engine) as _),
        live: Arc::clone(engine) as _,
        analysts: EngineSet::of(Arc::new(Extractive)),
    };
    TestHost::start_engines(engines, false).await
}

/// Delivers what is due until the transcription waits; answers the interview.
async fn deliver_until_it_waits(test: &TestHost, id: &str) -> Value {
    let mut documents = test.host.store.records().watch(&key(id).document());
    let stop = CancellationToken::new();
    let dispatcher = test.host.dispatcher();
    let running = dispatcher.run(Arc::clone(&test.host.clock), stop.clone(), GRACE);
    let running = tokio::spawn(running);
    while let Some(document) = documents.next().await {
        let interview: Interview = document.unwrap().unwrap().decode().unwrap();
        if interview.steps.transcription.waiting.is_some() {
            break;
        }
    }
    stop.cancel();
    running.await.unwrap();
    test.interview(id).await
}

#[tokio::test]
async fn an_interview_waits_for_the_model_without_using_an_attempt() {
    // More often than a task may fail.
    let engine = Unready::new(WaitReason::ModelDownload, None, 100);
    let test = start(&engine).await;
    let id = test.submit(wav(3)).await;
    let interview = deliver_until_it_waits(&test, &id).await;
    let step = &interview["steps"]["transcription"];
    assert_eq!(step["state"], "pending", "{interview:#}");
    assert_eq!(step["attempt"], 0);
    assert_eq!(step["waiting"]["reason"], "model_download");
    assert!(step["waiting"]["until"].is_null());
    test.drain().await;
    let interview = test.interview(&id).await;
    let step = &interview["steps"]["transcription"];
    assert_eq!(interview["status"], "completed", "{interview:#}");
    assert_eq!(step["attempt"], 1);
    assert!(step["waiting"].is_null());
    assert_eq!(engine.left.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_missing_model_says_when_it_is_tried_again() {
    let retry_in = Some(Duration::from_hours(1));
    let engine = Unready::new(WaitReason::ModelUnavailable, retry_in, 3);
    let test = start(&engine).await;
    let id = test.submit(wav(3)).await;
    let interview = deliver_until_it_waits(&test, &id).await;
    let waiting = &interview["steps"]["transcription"]["waiting"];
    assert_eq!(waiting["reason"], "model_unavailable");
    assert_eq!(waiting["until"], "2026-01-01T01:00:00.000Z");
    test.drain().await;
    assert_eq!(test.interview(&id).await["status"], "completed");
}

#[tokio::test]
async fn a_deleted_interview_is_not_waited_for() {
    let engine = Unready::new(WaitReason::ModelDownload, None, usize::MAX);
    let test = start(&engine).await;
    let id = test.submit(wav(3)).await;
    deliver_until_it_waits(&test, &id).await;
    let path = format!("/v1/interviews/{id}");
    assert_eq!(test.ask(Method::DELETE, &path, None).await.0, 204);
    test.drain().await;
    assert_eq!(test.ask(Method::GET, &path, None).await.0, 404);
}

#[tokio::test]
async fn the_transcript_names_the_engine_that_stood_in() {
    let engine = Unready::new(WaitReason::ModelUnavailable, None, 0);
    let scripted: Arc<dyn Transcriber> = Arc::new(ScriptedEngine::default());
    *engine.substitute.lock().unwrap() = Some(scripted);
    let test = start(&engine).await;
    let id = test.submit(wav(3)).await;
    test.drain().await;
    let interview = test.interview(&id).await;
    assert_eq!(interview["steps"]["transcription"]["engine"], "scripted");
    assert_eq!(interview["transcript"]["engine"], "scripted");
}

#[tokio::test]
async fn the_active_engines_are_shown() {
    let engine = Unready::new(WaitReason::ModelDownload, None, 0);
    let test = start(&engine).await;
    let engines = test.get("/v1/engines").await;
    assert_eq!(engines["speech"]["state"], "fetching");
    assert_eq!(engines["speech"]["model"], "base");
    assert_eq!(engines["speech"]["done_bytes"], 7);
    assert_eq!(engines["language"]["name"], "extractive");
    assert_eq!(engines["language"]["state"], "ok");
}
