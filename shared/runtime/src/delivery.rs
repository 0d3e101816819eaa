//! From a request to what a function is given: everything that is known of a
//! delivery before it is handled, read without any input or output.

use cloudevents::AttributesReader as _;
use domain::{ShapeError, trace::TraceContext};
use http::HeaderMap;
use serde_json::Value;
use steps::{DeliveredTask, Trigger};

use crate::{
    binding,
    cloudevent::{self, EventError},
    pubsub, trace,
};

/// What a request brought.
#[derive(Debug)]
pub struct Delivery {
    /// The event or task, or why an event cannot be decoded.
    pub trigger: Result<Trigger, EventError>,
    /// The event's id and type, as its sender gives them.
    pub event: Option<(String, String)>,
    /// Which try this is, from 1, where the sender says so.
    pub attempt: Option<u32>,
    /// The trace it belongs to: that of what caused it, or else that of the
    /// request.
    pub trace: Option<TraceContext>,
}

/// A task that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum TaskError {
    /// The request does not come from a queue.
    #[error("the request names no task: `{0}` is missing or makes no sense")]
    NotATask(&'static str),
    /// The body is not JSON.
    #[error("the task's body is not JSON")]
    Body(#[source] ShapeError),
}

/// Reads an event: a `CloudEvent` in binary or structured mode, or a message that
/// Pub/Sub pushed, wrapped in JSON.
pub fn read_event(headers: &HeaderMap, body: &[u8]) -> Result<Delivery, EventError> {
    let (event, attempt) = if binding::is_cloudevent(headers) {
        (binding::read(headers, body)?, None)
    } else {
        let push = pubsub::read(body)?;
        (push.event, push.attempt)
    };
    let trace = trace::from_event(&event).or_else(|| trace::from_headers(headers));
    Ok(Delivery {
        trigger: cloudevent::decode(&event).map(Trigger::Event),
        event: Some((event.id().to_owned(), event.ty().to_owned())),
        attempt,
        trace,
    })
}

/// Reads a task of Cloud Tasks.
///
/// The headers are those of
/// <https://cloud.google.com/tasks/docs/creating-http-target-tasks#handler>;
/// retries are counted from 0. The content type is not asked for: it is only set
/// where the creator of the task set it.
pub fn read_task(headers: &HeaderMap, body: &[u8]) -> Result<Delivery, TaskError> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let required = |name| text(name).ok_or(TaskError::NotATask(name));
    let (queue, name) = (
        required("x-cloudtasks-queuename")?.to_owned(),
        required("x-cloudtasks-taskname")?.to_owned(),
    );
    let retries = text("x-cloudtasks-taskretrycount").and_then(|text| text.parse::<u32>().ok());
    let attempt = retries.unwrap_or(0).saturating_add(1);
    let body: Value =
        serde_json::from_slice(body).map_err(|error| TaskError::Body(error.into()))?;
    let trace = trace::from_headers(headers);
    Ok(Delivery {
        trigger: Ok(Trigger::Task(DeliveredTask {
            queue,
            name,
            body,
            attempt,
            trace,
        })),
        event: None,
        attempt: Some(attempt),
        trace,
    })
}
