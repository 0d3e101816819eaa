//! Server-sent events.

use std::{convert::Infallible, time::Duration};

use axum::response::{
    IntoResponse, Response,
    sse::{Event, KeepAlive, Sse},
};
use futures::{Stream, StreamExt};
use serde_json::Value;

/// How long nothing may be sent before a comment is: proxies cut silent streams.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// A response that sends events as they come.
pub(crate) fn response(events: impl Stream<Item = Event> + Send + 'static) -> Response {
    let heartbeat = KeepAlive::new().interval(HEARTBEAT).text("still here");
    let events = Sse::new(events.map(Ok::<_, Infallible>)).keep_alive(heartbeat);
    ([("x-accel-buffering", "no")], events).into_response()
}

/// An event of that name, and its id where it has one.
pub(crate) fn event(id: Option<&str>, name: &str, data: &Value) -> Event {
    let event = id.map_or_else(Event::default, |id| Event::default().id(id));
    event.event(name).data(data.to_string())
}
