//! Documents.

use async_trait::async_trait;
use domain::{
    Timestamp, documents,
    event::{Event, WrittenDocument},
    paths::{DocPath, INTERVIEWS},
    pipeline::Pipeline,
    ports::{Document, DocumentStream, Precondition, Query, Records, RecordsError, Scope, Write},
    tombstone::TOMBSTONES,
};
use futures::{StreamExt, stream};
use rusqlite::{Connection, OptionalExtension, Transaction};
use serde_json::Value;
use std::sync::Arc;
use tokio::sync::watch;

use crate::{Store, counters::count, error::StoreError, items, outbox, passages, query};

#[async_trait]
impl Records for Store {
    async fn read(&self, path: &DocPath) -> Result<Option<Document>, RecordsError> {
        let database = &self.inner.database;
        database.look_up(|connection| Ok(find(connection, path)?))
    }

    async fn commit(&self, writes: Vec<Write>) -> Result<(), RecordsError> {
        let paths: Vec<DocPath> = writes.iter().map(|write| write.path().clone()).collect();
        let pipeline = Arc::clone(&self.inner.pipeline);
        let now = self.inner.clock.now();
        self.inner
            .database
            .transaction(move |transaction| {
                writes
                    .into_iter()
                    .try_for_each(|write| apply(transaction, &pipeline, write, now))
            })
            .await?;
        for path in &paths {
            self.announce_change(path);
        }
        self.inner.work.notify_one();
        if paths.iter().any(|path| is_in(path, TOMBSTONES)) {
            self.scrub().await;
        }
        Ok(())
    }

    async fn list(&self, query: &Query) -> Result<Vec<Document>, RecordsError> {
        let query = query.clone();
        let is_of_one_user = query.phrases.is_some() || matches!(query.scope, Scope::Collection(_));
        let work = move |connection: &Connection| Ok(query::run(connection, &query)?);
        let database = &self.inner.database;
        if is_of_one_user {
            database.read(work).await
        } else {
            database.scan(work).await
        }
    }

    async fn list_paths(&self, query: &Query) -> Result<Vec<DocPath>, RecordsError> {
        let query = query.clone();
        self.inner
            .database
            .scan(move |connection| Ok(query::run_paths(connection, &query)?))
            .await
    }

    fn watch(&self, path: &DocPath) -> DocumentStream {
        let mut receiver = self.subscribe(path);
        // The first round answers at once with the current state.
        receiver.mark_changed();
        let state = (self.clone(), path.clone(), receiver);
        stream::unfold(state, |(store, path, mut receiver)| async move {
            receiver.changed().await.ok()?;
            let found = store.read(&path).await;
            Some((found, (store, path, receiver)))
        })
        .boxed()
    }
}

impl Store {
    fn subscribe(&self, path: &DocPath) -> watch::Receiver<()> {
        let mut watched = self.inner.watched.lock();
        watched.retain(|_, sender| sender.receiver_count() > 0);
        watched
            .entry(path.clone())
            .or_insert_with(|| watch::channel(()).0)
            .subscribe()
    }
}

/// The document at `path`.
fn find(connection: &Connection, path: &DocPath) -> Result<Option<Document>, StoreError> {
    let row: Option<(String, i64)> = connection
        .prepare_cached("SELECT fields, version FROM documents WHERE path = ?1")?
        .query_row([path.as_str()], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    row.map(|(fields, version)| query::document(path.clone(), &fields, version))
        .transpose()
}

fn apply(
    transaction: &Transaction<'_>,
    pipeline: &Pipeline,
    write: Write,
    now: Timestamp,
) -> Result<(), RecordsError> {
    let (path, fields, precondition) = match write {
        Write::Put {
            path,
            fields,
            precondition,
        } => (path, Some(fields), precondition),
        Write::Delete { path, precondition } => (path, None, precondition),
    };
    let old = find(transaction, &path)?;
    if !holds(precondition, old.as_ref()) {
        return Err(RecordsError::Stale { path });
    }
    match &fields {
        Some(fields) => put(transaction, pipeline, &path, fields, now)?,
        None => delete(transaction, &path)?,
    }
    if old.is_none() && fields.is_none() {
        return Ok(());
    }
    let content = old.as_ref().map(|document| &document.fields);
    passages::follow(transaction, &path, content, fields.as_ref())?;
    let event = Event::DocumentWritten(WrittenDocument {
        path,
        old: old.map(|document| document.fields),
        new: fields,
    });
    Ok(outbox::emit(transaction, pipeline, &event, now)?)
}

fn holds(precondition: Precondition, old: Option<&Document>) -> bool {
    match precondition {
        Precondition::None => true,
        Precondition::Absent => old.is_none(),
        Precondition::Exists => old.is_some(),
        Precondition::Version(version) => old.is_some_and(|old| old.version == version),
    }
}

fn put(
    transaction: &Transaction<'_>,
    pipeline: &Pipeline,
    path: &DocPath,
    fields: &Value,
    now: Timestamp,
) -> Result<(), RecordsError> {
    documents::check(path, fields, pipeline)?;
    insert(transaction, path, &fields.to_string(), now)?;
    Ok(items::replace(transaction, path, Some(fields))?)
}

fn insert(
    transaction: &Transaction<'_>,
    path: &DocPath,
    fields: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let (parent, _) = path.split();
    let collection = parent.rsplit_once('/').map_or(parent, |(_, name)| name);
    let version = count(transaction, "version", now.as_millis())?;
    transaction
        .prepare_cached(
            "INSERT OR REPLACE INTO documents (path, parent, collection, fields, version)
             VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute((path.as_str(), parent, collection, fields, version))?;
    Ok(())
}

fn delete(transaction: &Transaction<'_>, path: &DocPath) -> Result<(), StoreError> {
    transaction
        .prepare_cached("DELETE FROM documents WHERE path = ?1")?
        .execute([path.as_str()])?;
    items::replace(transaction, path, None)?;
    if is_in(path, INTERVIEWS) {
        let (_, interview) = path.split();
        forget_deliveries(transaction, interview)?;
    }
    Ok(())
}

/// Deletes what was to be delivered of an interview: dead letters, and tasks that wait. The
/// webhook that tells of its deletion stays.
fn forget_deliveries(transaction: &Transaction<'_>, interview: &str) -> Result<(), StoreError> {
    for sql in [
        "DELETE FROM dead_letters WHERE instr(content, ?1)",
        "UPDATE task_names SET forget_at = 0 WHERE delivery IN (
             SELECT id FROM deliveries WHERE in_hand = 0 AND lane LIKE 'queue:%'
             AND instr(content, ?1) AND NOT instr(content, 'interview.deleted'))",
        "DELETE FROM deliveries WHERE in_hand = 0 AND lane LIKE 'queue:%'
         AND instr(content, ?1) AND NOT instr(content, 'interview.deleted')",
    ] {
        transaction.prepare_cached(sql)?.execute([interview])?;
    }
    Ok(())
}

/// Whether a document lies in a collection of that name.
fn is_in(path: &DocPath, collection: &str) -> bool {
    let (parent, _) = path.split();
    parent.rsplit('/').next() == Some(collection)
}
