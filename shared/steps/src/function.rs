//! What a function is.

use std::time::Duration;

use async_trait::async_trait;
use domain::{ShapeError, event::Event, trace::TraceContext};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// One function of the pipeline.
#[async_trait]
pub trait Function: Send + Sync {
    /// Its name, which is that of its folder and of its entry in the manifest.
    fn name(&self) -> &'static str;

    /// Does what the event or task asks for. Doing it again changes nothing.
    async fn handle(&self, trigger: Trigger) -> Result<(), Failure>;
}

/// What starts a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trigger {
    /// An event that it listens to: an object, a document or a message.
    Event(Event),
    /// A task from a queue that it works off.
    Task(DeliveredTask),
}

/// A task from a queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveredTask {
    /// The queue it comes from.
    pub queue: String,
    /// Its name.
    pub name: String,
    /// Its body.
    pub body: Value,
    /// Which try this is, from 1.
    pub attempt: u32,
    /// The trace that the work belongs to.
    pub trace: Option<TraceContext>,
}

impl DeliveredTask {
    /// Reads the body as a `T`; a permanent failure when it is none.
    pub fn decode<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        T::deserialize(&self.body).map_err(|error| Failure::permanent(ShapeError::from(error)))
    }
}

/// Why a function did not finish.
#[derive(Debug)]
pub enum Failure {
    /// Delivering it again would fail the same way.
    Permanent(anyhow::Error),
    /// Delivering it again may succeed.
    Transient {
        /// What went wrong.
        error: anyhow::Error,
        /// How long to wait at least.
        after: Option<Duration>,
    },
    /// Nothing went wrong, but it is not the time for it: another worker is at it,
    /// or a wait is not over.
    Later(Duration),
}

impl Failure {
    /// Delivering it again would fail the same way.
    pub fn permanent(error: impl Into<anyhow::Error>) -> Self {
        Self::Permanent(error.into())
    }
}

/// When in doubt, try again: the dead letter bounds the tries.
impl<E: Into<anyhow::Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Transient {
            error: error.into(),
            after: None,
        }
    }
}
