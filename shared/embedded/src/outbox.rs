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
    let content = serde_json::to_string(&Content::Event(event.clone()))?;
    for function in listeners {
        insert(
            transaction,
            &function_lane(function),
            function,
            &event_id,
            &content,
            now,
            now,
        )?;
    }
    Ok(())
}

/// Writes one delivery and returns its id.
pub(crate) fn insert(
    transaction: &Transaction<'_>,
    lane: &str,
    function: &str,
    event_id: &str,
    content: &str,
    due_at: Timestamp,
    now: Timestamp,
) -> Result<i64, StoreError> {
    transaction
        .prepare_cached(
            "INSERT INTO deliveries (lane, function, event_id, content, due_at, created_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute((
            lane,
            function,
            event_id,
            content,
            due_at.as_millis(),
            now.as_millis(),
        ))?;
    Ok(transaction.last_insert_rowid())
}
