//! The one thread that talks to `SQLite`.
//!
//! A single writer needs no locks and no busy handling; everything that must
//! hold together is one closure in one `BEGIN IMMEDIATE` transaction.

use std::{path::Path, sync::mpsc, thread};

use rusqlite::{Connection, Transaction, TransactionBehavior};
use tokio::sync::oneshot;

use crate::error::Fault;

type Job = Box<dyn FnOnce(&mut Connection) + Send>;

/// A handle on the database's thread.
#[derive(Clone)]
pub(crate) struct Database {
    jobs: mpsc::Sender<Job>,
}

impl Database {
    /// Opens or creates the file and starts the thread.
    pub(crate) fn open(path: &Path) -> Result<Self, Fault> {
        let mut connection = Connection::open(path)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "foreign_keys", "ON")?;
        connection.execute_batch(include_str!("schema.sql"))?;
        let (jobs, work) = mpsc::channel::<Job>();
        thread::Builder::new()
            .name("database".into())
            .spawn(move || {
                for job in work {
                    job(&mut connection);
                }
            })?;
        Ok(Self { jobs })
    }

    /// Runs `work` in a transaction, which is rolled back when it fails.
    pub(crate) async fn transaction<T, E>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Fault> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let job: Job = Box::new(move |connection| {
            // Nobody waits when the request was dropped; the work is done all the same.
            let _ = answer.send(transact(connection, work));
        });
        self.jobs.send(job).map_err(|_| Fault::Closed)?;
        answered.await.map_err(|_| Fault::Closed)?
    }
}

fn transact<T, E: From<Fault>>(
    connection: &mut Connection,
    work: impl FnOnce(&Transaction<'_>) -> Result<T, E>,
) -> Result<T, E> {
    let transaction = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(Fault::from)?;
    let answer = work(&transaction)?;
    transaction.commit().map_err(Fault::from)?;
    Ok(answer)
}
