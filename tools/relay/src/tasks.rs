//! Cloud Tasks' own HTTP API over the embedded queue: creating a task.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use async_trait::async_trait;
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use domain::{
    ErrorCode, Timestamp,
    ports::{Clock, Enqueued, Queue, QueueError, Task},
    trace::TraceContext,
};
use emulation::storage::{method_not_allowed, no_such_path};
use http::{Method, Request, Response, StatusCode};
use hyper::body::Incoming;
use runtime::http::{Body, Problem, Service, json, read_json};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::rights::Rights;

/// The largest task, in bytes.
const MAX_TASK: usize = 1024 * 1024;

/// The service.
pub struct CloudTasks {
    /// The queues.
    pub queue: Arc<dyn Queue>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The rights of callers.
    pub rights: Rights,
}

#[derive(Deserialize)]
struct Creation {
    task: WireTask,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireTask {
    name: String,
    #[serde(default)]
    schedule_time: Option<Timestamp>,
    http_request: WireRequest,
}

#[derive(Deserialize)]
struct WireRequest {
    url: String,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    body: String,
}

impl CloudTasks {
    async fn answer(&self, request: Request<Incoming>) -> Result<Response<Body>, Problem> {
        if request.method() != Method::POST {
            return Err(method_not_allowed("POST"));
        }
        let path = request.uri().path().to_owned();
        let parent = path
            .strip_prefix("/v2/")
            .and_then(|rest| rest.strip_suffix("/tasks"));
        let parent = parent.ok_or_else(no_such_path)?;
        let (_, queue) = parent.rsplit_once('/').ok_or_else(no_such_path)?;
        self.rights.check_enqueue(queue)?;
        let creation: Creation = read_json(request.into_body(), MAX_TASK).await?;
        let task = self.task(parent, &creation.task)?;
        match self.queue.enqueue(queue, task.clone()).await {
            Ok(Enqueued::Accepted) => {
                let name = format!("{parent}/tasks/{}", task.name);
                Ok(json(StatusCode::OK, &json!({ "name": name })))
            }
            Ok(Enqueued::Duplicate) => Ok(refuse(
                StatusCode::CONFLICT,
                "ALREADY_EXISTS",
                "Requested entity already exists",
            )),
            Err(QueueError::NoQueue(_)) => Ok(refuse(
                StatusCode::NOT_FOUND,
                "NOT_FOUND",
                "Queue does not exist.",
            )),
            Err(QueueError::Unavailable(_)) => Err(Problem::internal()),
        }
    }

    fn task(&self, parent: &str, wire: &WireTask) -> Result<Task, Problem> {
        let prefix = format!("{parent}/tasks/");
        let name = wire.name.strip_prefix(&prefix).unwrap_or("");
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        if !(1..=500).contains(&name.len()) || !name.bytes().all(allowed) {
            return Err(invalid("name"));
        }
        if !wire.http_request.url.starts_with("http") {
            return Err(invalid("httpRequest.url"));
        }
        let body = BASE64.decode(&wire.http_request.body).ok();
        let body = body.and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok());
        let due = wire.schedule_time;
        let header = wire.http_request.headers.iter();
        let trace = header
            .filter(|(name, _)| name.eq_ignore_ascii_case("traceparent"))
            .find_map(|(_, value)| TraceContext::parse(value).ok());
        Ok(Task {
            name: name.to_owned(),
            body: body.ok_or_else(|| invalid("httpRequest.body"))?,
            delay: due.map_or(Duration::ZERO, |due| due.since(self.clock.now())),
            trace,
        })
    }
}

#[async_trait]
impl Service for CloudTasks {
    async fn call(&self, request: Request<Incoming>) -> Response<Body> {
        let answer = self.answer(request).await;
        answer.unwrap_or_else(|problem| problem.into_response(""))
    }
}

fn invalid(field: &str) -> Problem {
    Problem::new(
        ErrorCode::InvalidArgument,
        format!("`{field}` makes no sense"),
    )
}

/// An error as Google's APIs write it.
fn refuse(status: StatusCode, code: &str, message: &str) -> Response<Body> {
    let error = json!({"code": status.as_u16(), "message": message, "status": code});
    json(status, &json!({ "error": error }))
}
