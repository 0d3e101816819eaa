//! An engine that calls back by a script.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use async_trait::async_trait;
use domain::{
    ports::{Progress, Transcriber, TranscriptionRequest},
    steps::{Code, StepError},
    transcript::Recognition,
};
use futures::future::BoxFuture;
use serde_json::Value;
use tokio::sync::Notify;

use crate::support::engine::dialogue;

/// What is posted when the engine is asked for the nth time: bodies, each to the
/// URL of the time that it names.
pub(super) type Script = Vec<Vec<(usize, Value)>>;

type Events = Box<dyn Fn(usize) + Send>;

/// An engine that answers as the script says, before it has taken the request.
pub(super) struct CallingEngine {
    client: reqwest::Client,
    script: Script,
    pub(super) urls: Mutex<Vec<String>>,
    pub(super) statuses: Mutex<Vec<u16>>,
    /// Called with the number of the answer that is read, from 1.
    pub(super) read: Mutex<Option<Events>>,
    pub(super) reads: AtomicUsize,
    /// Whether requests are taken, but nothing is said of it.
    pub(super) silent: AtomicBool,
    /// How many recordings are looked through for ever, which it is told of.
    pub(super) endless: AtomicUsize,
    pub(super) looking: Notify,
}

impl CallingEngine {
    pub(super) fn new(script: Script) -> Arc<Self> {
        Arc::new(Self {
            client: reqwest::Client::new(),
            script,
            urls: Mutex::default(),
            statuses: Mutex::default(),
            read: Mutex::default(),
            reads: AtomicUsize::new(0),
            silent: AtomicBool::new(false),
            endless: AtomicUsize::new(0),
            looking: Notify::new(),
        })
    }

    pub(super) fn urls(&self) -> Vec<String> {
        self.urls.lock().unwrap().clone()
    }
}

#[async_trait]
impl Transcriber for CallingEngine {
    fn name(&self) -> &'static str {
        "deepgram"
    }

    fn calls_back(&self, _: &TranscriptionRequest, _: &str) -> bool {
        true
    }

    async fn submit(
        &self,
        _: &TranscriptionRequest,
        url: &str,
        before: BoxFuture<'_, Result<(), StepError>>,
    ) -> Result<(), StepError> {
        if self.endless.load(Ordering::SeqCst) > 0 {
            self.endless.fetch_sub(1, Ordering::SeqCst);
            self.looking.notify_one();
            std::future::pending::<()>().await;
        }
        before.await?;
        self.urls.lock().unwrap().push(url.to_owned());
        let urls = self.urls();
        let answers = self.script.get(urls.len() - 1).cloned().unwrap_or_default();
        for (time, body) in answers {
            let posted = self.client.post(&urls[time]).json(&body).send().await;
            let status = posted.unwrap().status().as_u16();
            self.statuses.lock().unwrap().push(status);
        }
        if self.silent.load(Ordering::SeqCst) {
            let error = StepError::transient(Code::EngineTimeout, "no answer in time");
            return Err(error);
        }
        Ok(())
    }

    fn receive(&self, answer: &[u8]) -> Result<Recognition, StepError> {
        let reads = self.reads.fetch_add(1, Ordering::SeqCst) + 1;
        if let Some(told) = &*self.read.lock().unwrap() {
            told(reads);
        }
        let answer: Value = serde_json::from_slice(answer).unwrap();
        match answer["error"].as_str() {
            Some("passing") => Err(StepError::transient(Code::EngineUnavailable, "on a break")),
            Some(_) => Err(StepError::permanent(Code::UnsupportedAudio, "never heard")),
            None => Ok(dialogue()),
        }
    }

    async fn transcribe(
        &self,
        _: &TranscriptionRequest,
        _: &dyn Progress,
    ) -> Result<Recognition, StepError> {
        panic!("it is to call back");
    }
}
