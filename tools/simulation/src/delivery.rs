//! What is on its way: to functions, to receivers, and from an engine.

use std::time::Duration;

use domain::{Timestamp, event::Event, pipeline::Retry};
use serde_json::Value;
use steps::Trigger;

use crate::world::short;

/// An event or task on its way to a function.
#[derive(Debug, Clone)]
pub(crate) struct Delivery {
    pub(crate) function: String,
    pub(crate) trigger: Trigger,
    pub(crate) due: Timestamp,
    /// Tries so far.
    pub(crate) attempt: u32,
    pub(crate) retry: Retry,
    /// How long one try may take.
    pub(crate) timeout: Duration,
}

impl Delivery {
    /// What it brings, in a word.
    pub(crate) fn what(&self) -> String {
        match &self.trigger {
            Trigger::Event(Event::DocumentWritten(written)) => short(written.path.as_str()),
            Trigger::Event(Event::ObjectFinalized(object)) => short(&object.name),
            Trigger::Event(Event::MessagePublished(message)) => message.topic.clone(),
            Trigger::Task(task) => format!("task {} of {}", short(&task.name), task.queue),
        }
    }

    /// Whether its content has this text.
    pub(crate) fn names(&self, text: &str) -> bool {
        match &self.trigger {
            Trigger::Event(Event::MessagePublished(message)) => {
                String::from_utf8_lossy(&message.data).contains(text)
            }
            other => format!("{other:?}").contains(text),
        }
    }
}

/// A webhook that a receiver got.
#[derive(Debug, Clone)]
pub(crate) struct Received {
    pub(crate) url: String,
    pub(crate) id: String,
    pub(crate) body: Value,
}

/// The answer of an engine that calls back.
#[derive(Debug, Clone)]
pub(crate) struct EngineCallback {
    pub(crate) due: Timestamp,
    /// The path of the API that it is sent to.
    pub(crate) path: String,
    pub(crate) body: Vec<u8>,
    /// Tries so far.
    pub(crate) tries: u32,
}

/// An upload in pieces.
#[derive(Debug, Clone)]
pub(crate) struct UploadSession {
    /// The name of the object that it makes.
    pub(crate) name: String,
    /// How many bytes have arrived.
    pub(crate) received: usize,
    /// Whether all of them have.
    pub(crate) is_done: bool,
}
