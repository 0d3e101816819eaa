//! What a host works off: deliveries to functions, at least once, with backoff,
//! into a dead letter at the end.

use std::time::Duration;

use domain::{Timestamp, pipeline::Retry};
use rusqlite::{Connection, OptionalExtension, Row, Transaction};

pub use crate::outbox::Content;
use crate::{
    Store,
    error::StoreError,
    outbox::{function_lane, queue_lane},
};

/// How long the name of a finished task is remembered, as Cloud Tasks does at most.
const TASK_NAME_MEMORY: Duration = Duration::from_hours(24);

/// Something to be handed to a function.
#[derive(Debug, Clone, PartialEq)]
pub struct QueuedDelivery {
    /// Its row.
    pub id: i64,
    /// The channel, which limits how many are in flight.
    pub lane: String,
    /// The function that it is for.
    pub function: String,
    /// What it brings.
    pub content: Content,
    /// Which try this is, from 1.
    pub attempt: u32,
}

/// A function's events, or a queue's tasks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Channel {
    /// Its name.
    pub name: String,
    /// The most deliveries in flight.
    pub limit: usize,
    retry: Retry,
}

/// Why something is to be delivered again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Requeue {
    /// It failed: the wait grows, and the tries are counted.
    Failed {
        /// The shortest delay, set by the function.
        after: Option<Duration>,
    },
    /// It was not its turn: nothing has gone wrong.
    Later(Duration),
}

/// How many rows are where.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Backlog {
    /// Deliveries that are due or will be.
    pub pending: u64,
    /// Deliveries tried too often.
    pub dead: u64,
}

/// The deliveries of a store.
#[derive(Clone)]
pub struct Deliveries {
    pub(crate) store: Store,
}

impl Deliveries {
    /// All lanes of the manifest.
    pub fn lanes(&self) -> Vec<Channel> {
        let pipeline = &self.store.inner.pipeline;
        let functions = pipeline.functions.iter().map(|(name, function)| Channel {
            name: function_lane(name),
            limit: function.concurrency as usize,
            retry: function.retry,
        });
        let queues = pipeline.queues.iter().map(|(name, queue)| Channel {
            name: queue_lane(name),
            limit: queue.max_concurrent_dispatches as usize,
            retry: queue.retry,
        });
        functions.chain(queues).collect()
    }

    /// Takes up to `limit` deliveries of a lane that are due, first of users of whom the
    /// fewest are in hand. One user has at most three quarters of the lane.
    pub async fn take(
        &self,
        lane: &Channel,
        limit: usize,
    ) -> Result<Vec<QueuedDelivery>, StoreError> {
        let most = i64::try_from(lane.limit - lane.limit / 4).unwrap_or(i64::MAX);
        let (lane, now) = (lane.name.clone(), self.now());
        self.transaction(move |transaction| {
            let mut statement = transaction.prepare_cached(
                "UPDATE deliveries SET in_hand = 1, attempt = attempt + 1 WHERE id = (
                     SELECT id FROM (
                         SELECT id, due_at, user_id, (
                             SELECT count(*) FROM deliveries AS held
                             WHERE held.lane = ?1 AND held.in_hand = 1
                               AND held.user_id = due.user_id) AS in_hand
                         FROM deliveries AS due
                         WHERE lane = ?1 AND in_hand = 0 AND due_at <= ?2)
                     WHERE in_hand < ?3 OR user_id = ''
                     ORDER BY in_hand, due_at, id LIMIT 1)
                 RETURNING id, lane, function, content, attempt",
            )?;
            let mut taken = Vec::new();
            while taken.len() < limit
                && let Some(delivery) = statement
                    .query_row((&lane, now, most), |row| Ok(read(row)))
                    .optional()?
            {
                taken.push(delivery?);
            }
            Ok(taken)
        })
        .await
    }

    /// Settles a delivery: it is never made again.
    pub async fn done(&self, delivery: &QueuedDelivery) -> Result<(), StoreError> {
        let (id, forget_at) = (delivery.id, self.clock_now() + TASK_NAME_MEMORY);
        self.transaction(move |transaction| remove(transaction, id, forget_at))
            .await
    }

    /// Puts a delivery back, or aside as a dead letter when it was the last try.
    pub async fn requeue(
        &self,
        delivery: &QueuedDelivery,
        again: Requeue,
        reason: &str,
    ) -> Result<(), StoreError> {
        let retry = self.retry(&delivery.lane);
        let counted = matches!(again, Requeue::Failed { .. });
        if counted && delivery.attempt >= retry.max_attempts {
            return self.dead_letter(delivery, reason).await;
        }
        let wait = match again {
            Requeue::Later(wait) => wait,
            Requeue::Failed { after } => {
                backoff(&retry, delivery.attempt).max(after.unwrap_or_default())
            }
        };
        let due_at = (self.clock_now() + wait).as_millis();
        let (id, attempts) = (delivery.id, delivery.attempt - u32::from(!counted));
        self.transaction(move |transaction| {
            let sql = "UPDATE deliveries SET in_hand = 0, due_at = ?2, attempt = ?3 WHERE id = ?1";
            transaction.execute(sql, (id, due_at, attempts))?;
            Ok(())
        })
        .await?;
        self.store.inner.work.notify_one();
        Ok(())
    }

    /// Sets a delivery aside as a dead letter.
    pub async fn dead_letter(
        &self,
        delivery: &QueuedDelivery,
        reason: &str,
    ) -> Result<(), StoreError> {
        let now = self.clock_now();
        let (id, reason) = (delivery.id, reason.to_owned());
        tracing::error!(event = "delivery.dead_lettered", function = %delivery.function, delivery.id = id, "delivery dead-lettered: {reason}");
        self.transaction(move |transaction| {
            transaction.execute(
                "INSERT INTO dead_letters
                 SELECT id, lane, function, event_id, content, attempt, ?2, ?3
                 FROM deliveries WHERE id = ?1",
                (id, reason, now.as_millis()),
            )?;
            remove(transaction, id, now + TASK_NAME_MEMORY)
        })
        .await
    }

    /// When the next delivery that is not in flight is due.
    pub async fn next_due(&self) -> Result<Option<Timestamp>, StoreError> {
        self.read(|connection| {
            let sql = "SELECT min(due_at) FROM deliveries WHERE in_hand = 0";
            let due: Option<Option<i64>> =
                connection.query_row(sql, [], |row| row.get(0)).optional()?;
            Ok(due.flatten().map(Timestamp::from_millis))
        })
        .await
    }

    /// How many deliveries there are.
    pub async fn backlog(&self) -> Result<Backlog, StoreError> {
        self.read(|connection| {
            let count = |table: &str| {
                let sql = format!("SELECT count(*) FROM {table}");
                connection.query_row(&sql, [], |row| row.get::<_, u64>(0))
            };
            Ok(Backlog {
                pending: count("deliveries")?,
                dead: count("dead_letters")?,
            })
        })
        .await
    }

    /// Waits until there may be something new to deliver.
    pub async fn changed(&self) {
        self.store.inner.work.notified().await;
    }

    fn retry(&self, lane: &str) -> Retry {
        let lanes = self.lanes();
        let found = lanes.into_iter().find(|known| known.name == lane);
        found.map_or_else(Retry::default, |lane| lane.retry)
    }

    fn clock_now(&self) -> Timestamp {
        self.store.inner.clock.now()
    }

    fn now(&self) -> i64 {
        self.clock_now().as_millis()
    }

    async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.store.inner.database.read(work).await
    }

    async fn transaction<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.store.inner.database.transaction(work).await
    }
}

fn read(row: &Row<'_>) -> Result<QueuedDelivery, StoreError> {
    let content: String = row.get(3)?;
    Ok(QueuedDelivery {
        id: row.get(0)?,
        lane: row.get(1)?,
        function: row.get(2)?,
        content: serde_json::from_str(&content)?,
        attempt: row.get(4)?,
    })
}

fn remove(transaction: &Transaction<'_>, id: i64, forget_at: Timestamp) -> Result<(), StoreError> {
    let sql = "UPDATE task_names SET forget_at = ?2 WHERE delivery = ?1";
    transaction.execute(sql, (id, forget_at.as_millis()))?;
    transaction.execute("DELETE FROM deliveries WHERE id = ?1", [id])?;
    Ok(())
}

/// The delay before the next attempt: it doubles from the shortest to the longest,
/// and a jitter of a quarter spreads simultaneous failures.
fn backoff(retry: &Retry, attempt: u32) -> Duration {
    let doublings = attempt.saturating_sub(1).min(20);
    let wait_s = (u64::from(retry.min_backoff_s) << doublings).min(u64::from(retry.max_backoff_s));
    let quarter_ms = wait_s * 250;
    Duration::from_millis(wait_s * 1_000 - quarter_ms / 2 + fastrand::u64(..=quarter_ms))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_doubles_up_to_the_longest_and_is_scattered_by_an_eighth() {
        let retry = Retry {
            max_attempts: 20,
            min_backoff_s: 10,
            max_backoff_s: 600,
        };
        for (attempt, expected) in [(1, 10), (2, 20), (4, 80), (7, 600), (99, 600)] {
            for _ in 0..50 {
                let wait = backoff(&retry, attempt).as_millis();
                let (low, high) = (expected * 875, expected * 1_125);
                assert!((low..=high).contains(&wait), "try {attempt}: {wait} ms");
            }
        }
    }

    #[test]
    fn retries_of_simultaneous_failures_are_jittered() {
        let retry = Retry::default();
        let waits: std::collections::BTreeSet<_> = (0..50).map(|_| backoff(&retry, 3)).collect();
        assert!(waits.len() > 40);
    }
}
