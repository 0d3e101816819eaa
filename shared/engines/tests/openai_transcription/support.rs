//! A transcription server that gives canned answers.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use domain::{
    ports::{Progress, Transcriber, TranscriptionRequest},
    steps::StepError,
    transcript::Recognition,
};
use engines::{OpenAiTranscriber, openai_transcription::OpenAiTranscriptionOptions};
use http::{Request, Response, StatusCode};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use runtime::{
    http::{Body, Service, full},
    serve::serve,
};
use tokio::net::TcpListener;

use crate::form::RecordedRequest;
pub(crate) use crate::recording::{loud, quiet, request, ten_seconds};

pub(crate) const KEY: &str = "hunter2hunter2";

/// What the server answers.
#[derive(Clone)]
pub(crate) struct Canned {
    status: u16,
    body: String,
    retry_after: Option<&'static str>,
    /// Whether the answer never comes.
    silent: bool,
}

impl Canned {
    pub(crate) fn new(status: u16, body: &str) -> Self {
        Self {
            status,
            body: body.to_owned(),
            retry_after: None,
            silent: false,
        }
    }

    pub(crate) fn retry_after(self, seconds: &'static str) -> Self {
        Self {
            retry_after: Some(seconds),
            ..self
        }
    }

    pub(crate) fn silent() -> Self {
        Self {
            silent: true,
            ..Self::new(200, "")
        }
    }
}

type Answers = Box<dyn Fn(&RecordedRequest) -> Canned + Send + Sync>;

/// A server and an engine for it.
pub(crate) struct Fixture {
    seen: Arc<Mutex<Vec<RecordedRequest>>>,
    pub(crate) url: String,
    pub(crate) options: OpenAiTranscriptionOptions,
}

struct Server {
    answers: Answers,
    seen: Arc<Mutex<Vec<RecordedRequest>>>,
}

#[async_trait]
impl Service for Server {
    async fn call(&self, request: Request<Incoming>) -> Response<Body> {
        let (parts, body) = request.into_parts();
        let body = body.collect().await.map(|body| body.to_bytes().to_vec());
        let header = |name: &str| {
            let value = parts.headers.get(name)?;
            Some(value.to_str().expect("text").to_owned())
        };
        let kind = header("content-type").unwrap_or_default();
        let path = parts.uri.path().to_owned();
        let body = body.unwrap_or_default();
        let seen = RecordedRequest::new(path, header("authorization"), &kind, &body);
        let canned = (self.answers)(&seen);
        self.seen.lock().expect("not poisoned").push(seen);
        if canned.silent {
            std::future::pending::<()>().await;
        }
        let mut response = Response::new(full(canned.body.into_bytes()));
        *response.status_mut() = StatusCode::from_u16(canned.status).expect("a status");
        if let Some(seconds) = canned.retry_after {
            let value = http::HeaderValue::from_static(seconds);
            response.headers_mut().insert("retry-after", value);
        }
        response
    }
}

impl Fixture {
    /// A server that gives these answers in order, and then status 500.
    pub(crate) async fn start(answers: impl IntoIterator<Item = Canned>) -> Self {
        let answers: VecDeque<Canned> = answers.into_iter().collect();
        let answers = Mutex::new(answers);
        Self::answering(Box::new(move |_| {
            let next = answers.lock().expect("not poisoned").pop_front();
            next.unwrap_or_else(|| Canned::new(500, "no more answers"))
        }))
        .await
    }

    /// A server whose answers depend on the request.
    pub(crate) async fn answering(answers: Answers) -> Self {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let service = Server {
            answers,
            seen: Arc::clone(&seen),
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        tokio::spawn(serve(Arc::new(service), listener, std::future::pending()));
        Self {
            seen,
            options: options(&url, "whisper-1"),
            url,
        }
    }

    pub(crate) fn engine(&self) -> OpenAiTranscriber {
        OpenAiTranscriber::new(self.options.clone()).expect("a client")
    }

    pub(crate) async fn transcribe(
        &self,
        request: &TranscriptionRequest,
    ) -> Result<Recognition, StepError> {
        self.engine().transcribe(request, &NoProgress).await
    }

    pub(crate) fn seen(&self) -> Vec<RecordedRequest> {
        self.seen.lock().expect("not poisoned").clone()
    }
}

/// A client without a retry budget, so that no test waits.
pub(crate) fn options(url: &str, model: &str) -> OpenAiTranscriptionOptions {
    let mut options = OpenAiTranscriptionOptions::new(url, model, Some(KEY)).expect("a URL");
    options.retry_budget = Duration::ZERO;
    options
}

pub(crate) struct NoProgress;

impl Progress for NoProgress {
    fn report(&self, _: u8) {}
}

/// The words of a recognition with their times.
pub(crate) fn texts(recognition: &Recognition) -> Vec<(&str, u64, u64)> {
    let words = recognition.words.iter();
    words
        .map(|word| (word.text.reveal(), word.start_ms, word.end_ms))
        .collect()
}
