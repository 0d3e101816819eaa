//! The server of a function: events, messages and tasks arrive by POST, and the
//! status of the answer says whether they are done, to be delivered again, or
//! beyond help.

use std::{panic::AssertUnwindSafe, sync::Arc, time::Instant};

use async_trait::async_trait;
use bytes::Bytes;
use domain::{ErrorCode, InterviewKey, event::Event, trace::TraceContext};
use futures::FutureExt as _;
use http::{HeaderMap, Method, Request, Response, StatusCode, header};
use hyper::body::Body as HttpBody;
use serde_json::json;
use steps::{Failure, Function, Trigger};
use tokio_util::task::TaskTracker;
use tracing::{Instrument as _, Span, field::Empty};

use crate::{
    ack::{DeliveryOutcome, Sender, answer},
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
    in_flight: TaskTracker,
}

impl Receiver {
    /// A server of `function`, which works off the queues whose tasks are posted
    /// to `task_paths`. Whatever is posted elsewhere is an event.
    pub fn new(function: Arc<dyn Function>, task_paths: Vec<String>) -> Self {
        Self {
            function,
            task_paths,
            in_flight: TaskTracker::new(),
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
                tracing::warn!(
                    event = "delivery.unreadable",
                    path,
                    "the request was not read: {problem}"
                );
                return problem.into_response("");
            }
        };
        let read = read(sender, &parts.headers, &body);
        let of_request = trace::from_headers(&parts.headers);
        let handling = handle(Arc::clone(&self.function), read, of_request);
        let path = path.to_owned();
        // What is begun is finished, whether or not the caller waits for it.
        let work = self.in_flight.spawn(async move {
            let (outcome, span) = handling.await;
            let response = answer(sender, &outcome);
            span.in_scope(|| outcome.log(&path, response.status(), started.elapsed()));
            response
        });
        work.await.unwrap_or_else(|_| {
            tracing::error!(
                event = "delivery.panicked",
                "the handling of a delivery was aborted"
            );
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
        self.in_flight.close();
        self.in_flight.wait().await;
    }
}

fn read(sender: Sender, headers: &HeaderMap, body: &[u8]) -> Result<Delivery, DeliveryOutcome> {
    match sender {
        Sender::Events => delivery::read_event(headers, body)
            .map_err(|error| DeliveryOutcome::Unreadable(error.into())),
        Sender::Tasks => delivery::read_task(headers, body).map_err(|error| match error {
            TaskError::NotATask(_) => DeliveryOutcome::Foreign(error.into()),
            TaskError::Body(_) => DeliveryOutcome::Unreadable(error.into()),
        }),
    }
}

/// Hands a delivery to the function, in a span of its own and as part of its
/// trace; where nothing names one, one begins.
async fn handle(
    function: Arc<dyn Function>,
    read: Result<Delivery, DeliveryOutcome>,
    of_request: Option<TraceContext>,
) -> (DeliveryOutcome, Span) {
    let of_delivery = read.as_ref().ok().and_then(|delivery| delivery.trace);
    let trace = of_delivery.or(of_request);
    let trace = trace.unwrap_or_else(TraceContext::generate);
    let span = span(function.name(), trace);
    let delivery = match read {
        Ok(delivery) => delivery,
        Err(outcome) => return (outcome, span),
    };
    span.record("attempt", delivery.attempt);
    if let Some((id, kind)) = delivery.event {
        span.record("event.id", id);
        span.record("event.kind", kind);
    }
    let trigger = match delivery.trigger {
        Ok(trigger) => trigger,
        Err(error) => return (DeliveryOutcome::Failed(Failure::permanent(error)), span),
    };
    describe(&span, &trigger);
    let work = async move { function.handle(trigger).await };
    let guarded = AssertUnwindSafe(steps::trace::scope(trace, work)).catch_unwind();
    let outcome = match guarded.instrument(span.clone()).await {
        Ok(Ok(())) => DeliveryOutcome::Handled,
        Ok(Err(failure)) => DeliveryOutcome::Failed(failure),
        // Its words may be those of people: a slice of text that is cut wrongly
        // panics with the text.
        Err(_) => DeliveryOutcome::Failed(Failure::from(anyhow::anyhow!("the function panicked"))),
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

fn describe(span: &Span, trigger: &Trigger) {
    span.record("interview", interview_of(trigger));
    if let Trigger::Task(task) = trigger {
        span.record("task", &task.name);
    }
}

/// The interview that a trigger is about, where it says so.
fn interview_of(trigger: &Trigger) -> Option<String> {
    let from_path = |path: &str| {
        let key = InterviewKey::from_path(path)?;
        Some(key.interview_id.to_string())
    };
    match trigger {
        Trigger::Task(task) => {
            let body = task.body.get("key").unwrap_or(&task.body);
            body.get("interview_id")?.as_str().map(str::to_owned)
        }
        Trigger::Event(Event::ObjectFinalized(object)) => from_path(&object.name),
        Trigger::Event(Event::DocumentWritten(written)) => from_path(written.path.as_str()),
        Trigger::Event(Event::MessagePublished(message)) => {
            message.attributes.get("interview_id").cloned()
        }
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
