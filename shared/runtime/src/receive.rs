//! The server of a function: events, messages and tasks arrive by POST, and the
//! status of the answer says whether they are done, to be delivered again, or
//! beyond help.

use std::{panic::AssertUnwindSafe, sync::Arc, time::Instant};

use async_trait::async_trait;
use bytes::Bytes;
use cloudevents::AttributesReader as _;
use domain::{ErrorCode, InterviewKey, event::Event, trace::TraceContext};
use futures::FutureExt as _;
use http::{HeaderMap, Method, Request, Response, StatusCode, header};
use hyper::body::Body as HttpBody;
use serde_json::json;
use tokio_util::task::TaskTracker;
use tracing::{Instrument as _, Span, field::Empty};

use crate::{
    Failure, Function, Incoming,
    ack::{Outcome, Sender, answer},
    delivery::{self, Delivery, TaskError},
    http::{Body, Problem, Service, json, whole_body},
    trace,
};

/// The largest body that is read. Eventarc's events have up to 512 KB, tasks up
/// to 1 MB; messages may have 10 MB, and base64 makes them a third longer, but
/// none of ours comes near that.
const MAX_BODY: usize = 10 * 1024 * 1024;

/// Where a platform asks whether the function is up.
const HEALTH: &str = "/healthz";

/// Serves one function.
pub struct Receiver {
    function: Arc<dyn Function>,
    task_paths: Vec<String>,
    in_hand: TaskTracker,
}

impl Receiver {
    /// A server of `function`, which works off the queues whose tasks are posted
    /// to `task_paths`. Whatever is posted elsewhere is an event.
    pub fn new(function: Arc<dyn Function>, task_paths: Vec<String>) -> Self {
        Self {
            function,
            task_paths,
            in_hand: TaskTracker::new(),
        }
    }

    /// Answers a request, wherever its body comes from.
    pub async fn answer<B>(&self, request: Request<B>) -> Response<Body>
    where
        B: HttpBody<Data = Bytes> + Send,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let method = request.method();
        match (request.uri().path(), method) {
            (HEALTH, &Method::GET | &Method::HEAD) => health(),
            (HEALTH, _) => not_allowed("GET, HEAD"),
            (_, &Method::POST) => self.receive(request).await,
            (_, _) => not_allowed("POST"),
        }
    }

    async fn receive<B>(&self, request: Request<B>) -> Response<Body>
    where
        B: HttpBody<Data = Bytes> + Send,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let started = Instant::now();
        let (parts, body) = request.into_parts();
        let path = parts.uri.path();
        let sender = if self.task_paths.iter().any(|task| task == path) {
            Sender::Tasks
        } else {
            Sender::Events
        };
        let body = match whole_body(body, MAX_BODY).await {
            Ok(body) => body,
            Err(problem) => {
                tracing::warn!(path, "request not read: {problem}");
                return problem.into_response("");
            }
        };
        let read = read(sender, &parts.headers, &body);
        let of_request = trace::of_headers(&parts.headers);
        let handling = handle(Arc::clone(&self.function), read, of_request);
        let path = path.to_owned();
        // What is begun is finished, whether or not the caller waits for it.
        let work = self.in_hand.spawn(async move {
            let (outcome, span) = handling.await;
            let response = answer(sender, &outcome);
            span.in_scope(|| outcome.log(&path, response.status(), started.elapsed()));
            response
        });
        work.await.unwrap_or_else(|_| {
            tracing::error!("a delivery was lost");
            Problem::internal().into_response("")
        })
    }
}

#[async_trait]
impl Service for Receiver {
    async fn call(&self, request: Request<hyper::body::Incoming>) -> Response<Body> {
        self.answer(request).await
    }

    async fn settled(&self) {
        self.in_hand.close();
        self.in_hand.wait().await;
    }
}

fn read(sender: Sender, headers: &HeaderMap, body: &[u8]) -> Result<Delivery, Outcome> {
    match sender {
        Sender::Events => {
            delivery::read_event(headers, body).map_err(|error| Outcome::Unreadable(error.into()))
        }
        Sender::Tasks => delivery::read_task(headers, body).map_err(|error| match error {
            TaskError::NotATask(_) => Outcome::Foreign(error.into()),
            TaskError::Body(_) => Outcome::Unreadable(error.into()),
        }),
    }
}

/// Hands a delivery to the function, in a span of its own and as part of its
/// trace; where nothing names one, one begins.
async fn handle(
    function: Arc<dyn Function>,
    read: Result<Delivery, Outcome>,
    of_request: Option<TraceContext>,
) -> (Outcome, Span) {
    let of_delivery = read.as_ref().ok().and_then(|delivery| delivery.trace);
    let trace = of_delivery.or(of_request);
    let trace = trace.unwrap_or_else(TraceContext::generate);
    let span = span(function.name(), trace);
    let delivery = match read {
        Ok(delivery) => delivery,
        Err(outcome) => return (outcome, span),
    };
    describe(&span, &delivery);
    let work = async move { function.handle(delivery.incoming).await };
    let guarded = AssertUnwindSafe(trace::scope(trace, work)).catch_unwind();
    let outcome = match guarded.instrument(span.clone()).await {
        Ok(Ok(())) => Outcome::Handled,
        Ok(Err(failure)) => Outcome::Failed(failure),
        // Its words may be those of people: a slice of text that is cut wrongly
        // panics with the text.
        Err(_) => Outcome::Failed(Failure::from(anyhow::anyhow!("the function panicked"))),
    };
    (outcome, span)
}

fn span(function: &'static str, trace: TraceContext) -> Span {
    tracing::info_span!(
        "request",
        function,
        trace = trace.trace_hex(),
        trace_span = trace.span_hex(),
        trace_sampled = trace.sampled,
        attempt = Empty,
        event.id = Empty,
        event.kind = Empty,
        task = Empty,
        interview = Empty,
    )
}

fn describe(span: &Span, delivery: &Delivery) {
    span.record("attempt", delivery.attempt);
    span.record("interview", interview_of(&delivery.incoming));
    match &delivery.incoming {
        Incoming::Event(event) => {
            span.record("event.id", event.id());
            span.record("event.kind", event.ty());
        }
        Incoming::Task(task) => {
            span.record("task", &task.name);
        }
    }
}

/// The interview that a delivery is about, where it says so.
fn interview_of(incoming: &Incoming) -> Option<String> {
    let of_path = |path: &str| {
        let key = InterviewKey::of_path(path)?;
        Some(key.interview_id.to_string())
    };
    if let Incoming::Task(task) = incoming {
        let body = task.body.get("key").unwrap_or(&task.body);
        return body.get("interview_id")?.as_str().map(str::to_owned);
    }
    match incoming.event().ok()? {
        Event::ObjectFinalized(object) => of_path(&object.name),
        Event::DocumentWritten(written) => of_path(written.path.as_str()),
        Event::MessagePublished(message) => message.attributes.get("interview_id").cloned(),
    }
}

fn health() -> Response<Body> {
    let body = json!({"status": "ok", "version": env!("CARGO_PKG_VERSION")});
    json(StatusCode::OK, &body)
}

fn not_allowed(allowed: &'static str) -> Response<Body> {
    let detail = format!("allowed here: {allowed}");
    let problem = Problem::new(ErrorCode::MethodNotAllowed, detail);
    problem
        .with_header(header::ALLOW, allowed)
        .into_response("")
}
