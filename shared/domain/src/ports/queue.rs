//! Work for later.

use std::time::Duration;

use async_trait::async_trait;
use serde_json::Value;

use crate::trace::TraceContext;

/// A task for the function that works off a queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    /// Its name: while a task of that name exists, and for up to 24 hours after, no
    /// second one is accepted.
    pub name: String,
    /// Its body.
    pub body: Value,
    /// How long to wait before the first try.
    pub delay: Duration,
    /// The trace that the work belongs to.
    pub trace: Option<TraceContext>,
}

/// What became of a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Enqueued {
    /// It is in the queue.
    Accepted,
    /// One of that name is there, or was within the last 24 hours.
    Duplicate,
}

/// Why a task was not taken.
#[derive(Debug, thiserror::Error)]
pub enum QueueError {
    /// Nothing is known of such a queue.
    #[error("no queue `{0}`")]
    NoQueue(String),
    /// The queue cannot be reached, or broke while it was used.
    #[error("enqueueing a task")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Takes tasks, to be done at least once, within the queue's concurrency.
#[async_trait]
pub trait Queue: Send + Sync {
    /// Enqueues; once this answers, the task is durable.
    async fn enqueue(&self, queue: &str, task: Task) -> Result<Enqueued, QueueError>;
}
