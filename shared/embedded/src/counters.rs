//! Numbers that only grow: versions, generations, ids of events.

use rusqlite::{OptionalExtension, Transaction};

use crate::error::StoreError;

/// The next value of a counter, at least `floor`.
pub(crate) fn count(
    transaction: &Transaction<'_>,
    name: &str,
    floor: i64,
) -> Result<i64, StoreError> {
    let last: Option<i64> = transaction
        .prepare_cached("SELECT value FROM counters WHERE name = ?1")?
        .query_row([name], |row| row.get(0))
        .optional()?;
    let next = (last.unwrap_or(0) + 1).max(floor);
    transaction
        .prepare_cached("INSERT OR REPLACE INTO counters (name, value) VALUES (?1, ?2)")?
        .execute((name, next))?;
    Ok(next)
}
