//! Queues of named tasks.

use async_trait::async_trait;
use domain::{
    Timestamp,
    ports::{Enqueued, Queue, QueueError, Task},
};
use rusqlite::Transaction;

use crate::{
    Store,
    error::StoreError,
    outbox::{self, Content, NewDelivery},
};

#[async_trait]
impl Queue for Store {
    async fn enqueue(&self, queue: &str, task: Task) -> Result<Enqueued, QueueError> {
        let Some(known) = self.inner.pipeline.queues.get(queue) else {
            return Err(QueueError::NoQueue(queue.to_owned()));
        };
        let (function, path) = (known.function.clone(), known.path.clone());
        let (queue, now) = (queue.to_owned(), self.inner.clock.now());
        let enqueued = self
            .inner
            .database
            .transaction(move |transaction| -> Result<Enqueued, StoreError> {
                if !reserve(transaction, &queue, &task.name, now)? {
                    return Ok(Enqueued::Duplicate);
                }
                let content = Content::Task {
                    queue: queue.clone(),
                    name: task.name.clone(),
                    path,
                    body: task.body,
                    trace: task.trace,
                };
                let delivery = NewDelivery {
                    lane: &outbox::queue_lane(&queue),
                    function: &function,
                    event_id: &task.name,
                    content: &content,
                    due_at: now + task.delay,
                };
                let id = outbox::insert(transaction, &delivery, now)?;
                let sql = "UPDATE task_names SET delivery = ?3 WHERE queue = ?1 AND name = ?2";
                transaction.execute(sql, (&queue, &task.name, id))?;
                Ok(Enqueued::Accepted)
            })
            .await?;
        self.inner.work.notify_one();
        Ok(enqueued)
    }
}

/// Takes a name unless it is taken, forgetting those whose time is over.
fn reserve(
    transaction: &Transaction<'_>,
    queue: &str,
    name: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    transaction.execute(
        "DELETE FROM task_names WHERE forget_at <= ?1",
        [now.as_millis()],
    )?;
    let sql = "INSERT OR IGNORE INTO task_names (queue, name, delivery) VALUES (?1, ?2, 0)";
    Ok(transaction.execute(sql, (queue, name))? == 1)
}
