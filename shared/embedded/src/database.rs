//! The three threads that talk to `SQLite`, and lookups without them.
//!
//! A single writer needs no locks and no busy handling; everything that must be atomic
//! is one closure in one `BEGIN IMMEDIATE` transaction. A reader sees the committed state
//! and does not wait for the disk; another one reads the lists of all users, which the
//! sweep and the audit go through.
//!
//! Finding one row by its key takes fewer microseconds than waking a thread, so the
//! calling thread does it itself.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, mpsc},
    thread,
    time::Duration,
};

use parking_lot::Mutex;
use rusqlite::{Connection, OpenFlags, Params, Transaction, TransactionBehavior, types::FromSql};
use tokio::sync::oneshot;

use crate::{
    counters::count,
    error::StoreError,
    identity::{CHANGE, Marker},
};

/// How long a write waits for a lock that another process holds.
const BUSY_WAIT: Duration = Duration::from_secs(5);

/// How long the writer waits for readers before it leaves the log to another time.
const CHECKPOINT_WAIT: Duration = Duration::from_millis(100);

type Job = Box<dyn FnOnce(&mut Connection) + Send>;

/// A handle on the database's threads.
#[derive(Clone)]
pub(crate) struct Database {
    writing: mpsc::Sender<Job>,
    reading: mpsc::Sender<Job>,
    scanning: mpsc::Sender<Job>,
    marker: Option<Arc<Marker>>,
    idle: Arc<Idle>,
}

/// Connections that no thread is using for a look-up; as many as there have been threads
/// doing look-ups at the same time.
struct Idle {
    path: PathBuf,
    connections: Mutex<Vec<Connection>>,
}

impl Database {
    /// Starts the threads on the file at `path`, which `connection` has open for writing.
    /// `marker` follows what is committed.
    pub(crate) fn start(
        path: &Path,
        connection: Connection,
        marker: Marker,
    ) -> Result<Self, StoreError> {
        Self::start_with(path, connection, Some(Arc::new(marker)))
    }

    /// The same over a database that is only read: transactions fail.
    pub(crate) fn start_read_only(path: &Path) -> Result<Self, StoreError> {
        Self::start_with(path, open_to_read(path)?, None)
    }

    fn start_with(
        path: &Path,
        connection: Connection,
        marker: Option<Arc<Marker>>,
    ) -> Result<Self, StoreError> {
        Ok(Self {
            writing: start("writer", connection)?,
            reading: start("reader", open_to_read(path)?)?,
            scanning: start("scanner", open_to_read(path)?)?,
            marker,
            idle: Arc::new(Idle {
                path: path.to_owned(),
                connections: Mutex::default(),
            }),
        })
    }

    /// Runs `work` on the calling thread, which it must not block: it looks up a row by
    /// its key. It sees what was committed when it begins.
    pub(crate) fn look_up<T, E: From<StoreError>>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, E>,
    ) -> Result<T, E> {
        let connection = match self.idle.connections.lock().pop() {
            Some(connection) => connection,
            None => open_to_read(&self.idle.path)?,
        };
        let found = work(&connection);
        self.idle.connections.lock().push(connection);
        found
    }

    /// Runs `work`, which only reads. Each of its statements sees what was committed
    /// when it begins.
    pub(crate) async fn read<T, E>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        run(&self.reading, |connection| work(connection)).await
    }

    /// The same for long lists, which do not keep short reads waiting.
    pub(crate) async fn scan<T, E>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        run(&self.scanning, |connection| work(connection)).await
    }

    /// Runs `work` in a transaction, which is rolled back when it fails.
    pub(crate) async fn transaction<T, E>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let marker = self.marker.clone();
        run(&self.writing, move |connection| {
            transact(connection, marker.as_deref(), work)
        })
        .await
    }

    /// Moves everything from the write-ahead log into the database file, so that a copy of
    /// that file alone is whole.
    pub(crate) async fn checkpoint(&self) -> Result<(), StoreError> {
        run(&self.writing, |connection| {
            let sql = "PRAGMA wal_checkpoint(TRUNCATE)";
            Ok(connection.query_row(sql, [], |_| Ok(()))?)
        })
        .await
    }

    /// The same unless a reader needs the log: then `false`, after a moment.
    pub(crate) async fn try_checkpoint(&self) -> Result<bool, StoreError> {
        run(&self.writing, |connection| {
            connection.busy_timeout(CHECKPOINT_WAIT)?;
            let sql = "PRAGMA wal_checkpoint(TRUNCATE)";
            let busy = connection.query_row(sql, [], |row| row.get::<_, bool>(0));
            connection.busy_timeout(BUSY_WAIT)?;
            Ok(!busy?)
        })
        .await
    }
}

/// Opens or creates a database for writing.
pub(crate) fn open_to_write(path: &Path) -> Result<Connection, StoreError> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(BUSY_WAIT)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // What is deleted is overwritten, so that no word of it stays in the file.
    connection.pragma_update(None, "secure_delete", "ON")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    // On macOS nothing less reaches the disk; elsewhere it changes nothing.
    connection.pragma_update(None, "fullfsync", "ON")?;
    connection.pragma_update(None, "checkpoint_fullfsync", "ON")?;
    connection.pragma_update(None, "foreign_keys", "ON")?;
    Ok(connection)
}

/// Opens a database that is there for reading.
pub(crate) fn open_to_read(path: &Path) -> Result<Connection, StoreError> {
    let only_read = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Ok(Connection::open_with_flags(path, only_read)?)
}

/// Runs `work` in a transaction on a connection that no thread has yet.
pub(crate) fn in_transaction(
    connection: &mut Connection,
    work: impl FnOnce(&Connection) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let transaction = connection.transaction()?;
    work(&transaction)?;
    Ok(transaction.commit()?)
}

/// The first column of the rows that a statement returns.
pub(crate) fn first_column<T: FromSql, C: FromIterator<T>>(
    connection: &Connection,
    sql: &str,
    parameters: impl Params,
) -> Result<C, StoreError> {
    let mut statement = connection.prepare_cached(sql)?;
    let values = statement.query_map(parameters, |row| row.get(0))?;
    Ok(values.collect::<Result<_, _>>()?)
}

/// A thread that runs the jobs it is sent until all senders are dropped.
fn start(name: &str, mut connection: Connection) -> Result<mpsc::Sender<Job>, StoreError> {
    let (jobs, work) = mpsc::channel::<Job>();
    let name = thread::Builder::new().name(format!("database {name}"));
    name.spawn(move || {
        for job in work {
            job(&mut connection);
        }
    })?;
    Ok(jobs)
}

async fn run<T, E>(
    jobs: &mpsc::Sender<Job>,
    work: impl FnOnce(&mut Connection) -> Result<T, E> + Send + 'static,
) -> Result<T, E>
where
    T: Send + 'static,
    E: From<StoreError> + Send + 'static,
{
    let (answer, answered) = oneshot::channel();
    let job: Job = Box::new(move |connection| {
        // No caller waits when the request was dropped; the work is done all the same.
        let _ = answer.send(work(connection));
    });
    jobs.send(job).map_err(|_| StoreError::Closed)?;
    answered.await.map_err(|_| StoreError::Closed)?
}

/// Runs `work` in a transaction and counts it as a change when it has changed anything.
fn transact<T, E: From<StoreError>>(
    connection: &mut Connection,
    marker: Option<&Marker>,
    work: impl FnOnce(&Transaction<'_>) -> Result<T, E>,
) -> Result<T, E> {
    let transaction = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(StoreError::from)?;
    let before = transaction.total_changes();
    let answer = work(&transaction)?;
    let change = if transaction.total_changes() == before {
        None
    } else {
        Some(count(&transaction, CHANGE, 1)?)
    };
    transaction.commit().map_err(StoreError::from)?;
    if let (Some(change), Some(marker)) = (change, marker)
        && let Err(error) = marker.advance(change)
    {
        // It is behind then, as after a power failure.
        tracing::warn!(event = "store.marker_failed", %error, "the folder's counter was not written");
    }
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn short_reads_do_not_wait_for_long_lists() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("a.db");
        open_to_write(&path).expect("a database");
        let database = Database::start_read_only(&path).expect("it opens");
        let (release, released) = mpsc::channel::<()>();
        let other = database.clone();
        let scanning = tokio::spawn(async move {
            let work = move |_: &Connection| {
                let _ = released.recv();
                Ok::<_, StoreError>(())
            };
            other.scan(work).await
        });
        let read = database.read(|_| Ok::<_, StoreError>(7)).await;
        assert_eq!(read.expect("it reads"), 7);
        assert!(!scanning.is_finished());
        drop(release);
        scanning.await.expect("no panic").expect("it ends");
    }
}
