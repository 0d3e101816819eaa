//! Requests to the API, of clients, of engines, and of strangers.

use std::pin::pin;

use axum::body::{Body, HttpBody};
use bytes::Bytes;
use futures::channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};
use http::{Method, Request};
use http_body_util::BodyExt as _;
use serde_json::Value;

use crate::{
    instances::Fleet,
    world::{ACTOR, World, short},
};

/// The body of an answer: JSON, or nothing.
pub(crate) type Answer = (u16, Value);

/// What is sent to the API.
pub(crate) struct ApiCall {
    /// Who sends it, for the story.
    pub(crate) who: String,
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
}

impl ApiCall {
    fn request(&self) -> Option<Request<Body>> {
        let mut request = Request::builder()
            .method(self.method.clone())
            .uri(&self.path)
            .header("content-type", "application/json");
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        let body = if self.body.is_empty() {
            Body::empty()
        } else {
            Body::from(self.body.clone())
        };
        request.body(body).ok()
    }
}

/// Sends a request to one of the instances; nothing where there is no answer.
pub(crate) async fn send(world: &World, fleet: &Fleet, call: ApiCall) -> Option<Answer> {
    let (actor, instance) = (fleet.next_actor(), fleet.pick());
    let request = call.request()?;
    let (who, method, path) = (&call.who, &call.method, short(&call.path));
    world.tell(format!("[{actor}] {who}: {method} {path}"));
    let api = fleet.api(instance);
    let answering = tokio::spawn(ACTOR.scope(actor, async move {
        let answer = api.handle(request).await;
        let status = answer.status().as_u16();
        let bytes = answer.into_body().collect().await.ok()?.to_bytes();
        Some((
            status,
            serde_json::from_slice(&bytes).unwrap_or(Value::Null),
        ))
    }));
    fleet.note_request(actor, instance, answering.abort_handle());
    let answer = answering.await.ok().flatten();
    let status = answer.as_ref().map(|(status, _)| *status);
    world.tell(format!("[{actor}] {who} gets {status:?}"));
    answer
}

/// Sends a request whose answer comes in pieces; the status, and the pieces until it ends or
/// the instance dies. Dropping them ends the request.
pub(crate) async fn open(
    world: &World,
    fleet: &Fleet,
    call: ApiCall,
) -> Option<(u16, UnboundedReceiver<String>)> {
    let (actor, instance) = (fleet.next_actor(), fleet.pick());
    let request = call.request()?;
    let (who, path) = (&call.who, short(&call.path));
    world.tell(format!("[{actor}] {who} opens {path}"));
    let api = fleet.api(instance);
    let (status, answered) = tokio::sync::oneshot::channel();
    let (pieces, received) = unbounded();
    let answering = tokio::spawn(ACTOR.scope(actor, async move {
        let answer = api.handle(request).await;
        if status.send(answer.status().as_u16()).is_ok() {
            forward(answer.into_body(), pieces).await;
        }
    }));
    fleet.note_request(actor, instance, answering.abort_handle());
    Some((answered.await.ok()?, received))
}

async fn forward(
    body: impl HttpBody<Data = Bytes, Error: Send> + Send,
    pieces: UnboundedSender<String>,
) {
    let mut body = pin!(body);
    while let Some(Ok(frame)) = body.frame().await {
        let Some(bytes) = frame.data_ref() else {
            continue;
        };
        let text = String::from_utf8_lossy(bytes).into_owned();
        if pieces.unbounded_send(text).is_err() {
            return;
        }
    }
}
