//! What ended with an earlier process: its deliveries in flight and its leases.
//!
//! A data directory has one process at a time, so whatever an earlier one had in hand is
//! free at the start. Times of a clock that has been set back since then are moved back
//! with it: otherwise work would wait until the clock has caught up.

use domain::{Timestamp, steps::StepName};
use rusqlite::Transaction;

use crate::{Store, error::StoreError};

impl Store {
    /// Releases what an earlier process had in hand.
    pub(crate) async fn release(&self) -> Result<(), StoreError> {
        let now = self.inner.clock.now();
        self.inner
            .database
            .transaction(move |transaction| {
                follow_clock(transaction, now)?;
                let sql = "UPDATE deliveries SET in_hand = 0 WHERE in_hand = 1";
                transaction.execute(sql, [])?;
                end_leases(transaction)
            })
            .await
    }
}

/// Moves the deliveries back by as much as the clock has been set back.
fn follow_clock(transaction: &Transaction<'_>, now: Timestamp) -> Result<(), StoreError> {
    let sql = "SELECT coalesce(max(created_at), 0) FROM deliveries";
    let newest: i64 = transaction.query_row(sql, [], |row| row.get(0))?;
    let ahead = newest - now.as_millis();
    if ahead <= 0 {
        return Ok(());
    }
    tracing::warn!(
        event = "store.clock_set_back",
        seconds = ahead / 1_000,
        "the clock was set back since the last stop; queued work is moved with it"
    );
    let sql = "UPDATE deliveries SET created_at = created_at - ?1, due_at = due_at - ?1";
    transaction.execute(sql, [ahead])?;
    Ok(())
}

/// Ends the leases of running steps. One that waits for an engine to call back has no
/// worker, and keeps its lease.
fn end_leases(transaction: &Transaction<'_>) -> Result<(), StoreError> {
    let over = Timestamp::from_millis(0).to_string();
    let sql = "UPDATE documents SET fields = json_set(fields, '$.lease_until', ?1)
               WHERE collection = 'data' AND path GLOB 'users/*/interviews/*/data/lease-*'";
    transaction.execute(sql, [&over])?;
    for step in StepName::ALL {
        let step = format!("$.steps.{step}");
        let sql = "UPDATE documents SET fields = json_set(fields, ?1 || '.lease_until', ?2)
                   WHERE collection = 'interviews'
                     AND json_extract(fields, '$.status') = 'processing'
                     AND json_extract(fields, ?1 || '.state') = 'running'
                     AND NOT coalesce(json_extract(fields, ?1 || '.parked'), 0)";
        transaction.execute(sql, (&step, &over))?;
    }
    Ok(())
}
