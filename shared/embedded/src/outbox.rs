//! Deliveries written in the same transaction as what causes them.

use domain::{Timestamp, event::Event, pipeline::Pipeline, trace::TraceContext};
use rusqlite::Transaction;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{counters::count, error::StoreError};

/// What a delivery brings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Content {
    /// An event that the function listens to.
    Event(Event),
    /// A task from a queue.
    Task {
        /// The queue.
        queue: String,
        /// The task's name.
        name: String,
        /// The path that it is posted to.
        path: String,
        /// Its body.
        body: Value,
        /// The trace that the work belongs to.
        #[serde(default)]
        trace: Option<TraceContext>,
    },
}

impl Content {
    /// The user whose interview it is about; empty where it is about none.
    fn user(&self) -> String {
        let user = match self {
            Self::Event(Event::DocumentWritten(written)) => user_in(written.path.as_str()),
            Self::Event(Event::ObjectFinalized(object)) => user_in(&object.name),
            Self::Event(Event::MessagePublished(message)) => {
                let body = serde_json::from_slice(&message.data).unwrap_or_default();
                return user_of(&body).unwrap_or_default().to_owned();
            }
            Self::Task { body, .. } => user_of(body),
        };
        user.unwrap_or_default().to_owned()
    }
}

/// The user in the body of a message or a task.
fn user_of(body: &Value) -> Option<&str> {
    let user = body
        .get("user_id")
        .or_else(|| body.get("key")?.get("user_id"));
    user?.as_str()
}

/// The user in a path `users/{user}/…`.
fn user_in(path: &str) -> Option<&str> {
    path.strip_prefix("users/")?.split('/').next()
}

/// The lane of a function's events.
pub(crate) fn function_lane(function: &str) -> String {
    format!("function:{function}")
}

/// The lane of a queue's tasks.
pub(crate) fn queue_lane(queue: &str) -> String {
    format!("queue:{queue}")
}

/// Writes one delivery of `event` for each function that listens to it.
pub(crate) fn emit(
    transaction: &Transaction<'_>,
    pipeline: &Pipeline,
    event: &Event,
    now: Timestamp,
) -> Result<(), StoreError> {
    // A bucket's name is its role here.
    let listeners = pipeline.listeners(event.trigger_key(|bucket| bucket));
    if listeners.is_empty() {
        return Ok(());
    }
    let event_id = count(transaction, "event", 1)?.to_string();
    let content = Content::Event(event.clone());
    for function in listeners {
        let delivery = NewDelivery {
            lane: &function_lane(function),
            function,
            event_id: &event_id,
            content: &content,
            due_at: now,
        };
        insert(transaction, &delivery, now)?;
    }
    Ok(())
}

/// A delivery that is not written yet.
pub(crate) struct NewDelivery<'a> {
    /// The channel.
    pub(crate) lane: &'a str,
    /// The function that it is for.
    pub(crate) function: &'a str,
    /// The id of the event, or the name of the task.
    pub(crate) event_id: &'a str,
    /// What it brings.
    pub(crate) content: &'a Content,
    /// When it is due.
    pub(crate) due_at: Timestamp,
}

/// Writes one delivery and returns its id.
pub(crate) fn insert(
    transaction: &Transaction<'_>,
    delivery: &NewDelivery<'_>,
    now: Timestamp,
) -> Result<i64, StoreError> {
    transaction
        .prepare_cached(
            "INSERT INTO deliveries (lane, function, event_id, content, user_id, due_at, created_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute((
            delivery.lane,
            delivery.function,
            delivery.event_id,
            serde_json::to_string(delivery.content)?,
            delivery.content.user(),
            delivery.due_at.as_millis(),
            now.as_millis(),
        ))?;
    Ok(transaction.last_insert_rowid())
}
