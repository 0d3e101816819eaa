//! Deleting an interview with everything that belongs to it.
//!
//! First the interview is marked: from then on it is gone for everyone, no step
//! can begin or hand in anything, and any function that finds the mark can finish the work
//! after a crash. Its document goes last, because it is the mark, and leaves a
//! [`Tombstone`], by which the sweep finds what arrives later.

use serde_json::{Map, Value, json};

use crate::{
    InterviewKey, Timestamp, interview_store, ledger,
    ports::{
        Document, ObjectError, ObjectStore, Precondition, Query, Records, RecordsError,
        StorageError, Write,
    },
    themes,
    tombstone::Tombstone,
    webhook::EventType,
};

/// The field that marks an interview as deleted.
pub const DELETED_AT: &str = "deleted_at";

/// Marks an interview as deleted, whether or not its document can be decoded; `false`
/// when there is none, or it was before.
pub async fn mark(
    records: &dyn Records,
    key: &InterviewKey,
    now: Timestamp,
) -> Result<bool, RecordsError> {
    mark_if(records, key, now, |_| true).await
}

/// The same where `condition` holds for its fields.
pub async fn mark_if(
    records: &dyn Records,
    key: &InterviewKey,
    now: Timestamp,
    condition: impl Fn(&Map<String, Value>) -> bool + Send + Sync,
) -> Result<bool, RecordsError> {
    let marking = |fields: &mut Map<String, Value>| {
        if is_marked(fields) || !condition(fields) {
            return None;
        }
        fields.insert(DELETED_AT.to_owned(), json!(now));
        fields.insert("updated_at".to_owned(), json!(now));
        Some(())
    };
    let marked = interview_store::amend(records, &key.document(), marking).await?;
    Ok(marked.is_some())
}

/// Whether the interview with these fields is marked as deleted.
pub fn is_marked(fields: &Map<String, Value>) -> bool {
    fields.get(DELETED_AT).is_some_and(|at| !at.is_null())
}

/// Clears away everything of a marked interview, the document last. `now` is noted on the
/// tombstone.
pub async fn purge(
    records: &dyn Records,
    buckets: &[&dyn ObjectStore],
    key: &InterviewKey,
    now: Timestamp,
) -> Result<(), StorageError> {
    ledger::release(records, key).await?;
    clear_below(records, buckets, key, Deliveries::ButLast).await?;
    let tombstone = Write::put(key.tombstone(), &Tombstone::new(now), Precondition::None)?;
    let writes = vec![tombstone, Write::delete(key.document())];
    Ok(records.commit(writes).await?)
}

/// Clears away what has arrived since an interview was purged, and notes on its tombstone
/// when to do that again, or removes it after the last time. `false` for an interview that is
/// there again, because a store was restored from before its deletion: it is left alone.
pub async fn purge_again(
    records: &dyn Records,
    buckets: &[&dyn ObjectStore],
    key: &InterviewKey,
    tombstone: Tombstone,
) -> Result<bool, StorageError> {
    let is_gone = records.read(&key.document()).await?.is_none();
    let next = tombstone.after_pass().filter(|_| is_gone);
    if is_gone {
        // The last pass comes when the last delivery has ended for days.
        let deliveries = next
            .as_ref()
            .map_or(Deliveries::All, |_| Deliveries::ButLast);
        clear_below(records, buckets, key, deliveries).await?;
    }
    let write = match next {
        Some(next) => Write::put(key.tombstone(), &next, Precondition::Exists)?,
        None => Write::delete(key.tombstone()),
    };
    match records.commit(vec![write]).await {
        // Another sweep was faster.
        Ok(()) | Err(RecordsError::Stale { .. }) => Ok(is_gone),
        Err(error) => Err(error.into()),
    }
}

/// Which logs of webhooks are deleted.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Deliveries {
    /// All but that of `interview.deleted`, which is still to be delivered: `notify` deletes
    /// it after that.
    ButLast,
    /// All: a log whose commit took effect after `notify` had deleted it as well.
    All,
}

/// Deletes all documents and objects of an interview but its own document.
async fn clear_below(
    records: &dyn Records,
    buckets: &[&dyn ObjectStore],
    key: &InterviewKey,
    deliveries: Deliveries,
) -> Result<(), StorageError> {
    let document = key.document();
    // The documents of leases go first: without them running workers stop, and commits
    // that are fenced by them change nothing any more.
    interview_store::delete_collection(records, &document.collection("data")).await?;
    interview_store::delete_collection(records, &key.passages()).await?;
    themes::forget(records, key).await?;
    for bucket in buckets {
        bucket.abandon_uploads(&key.object_prefix()).await?;
        clear(*bucket, key).await?;
    }
    for collection in [
        key.data("transcript").collection("chunks"),
        key.data("transcript").collection("corrections"),
        key.kept_runs("transcript"),
        key.kept_runs("analysis"),
        key.notes(),
        key.highlights(),
        key.assessments(),
        key.shares(),
        key.announcements(),
        document.collection("callbacks"),
    ] {
        interview_store::delete_collection(records, &collection).await?;
    }
    clear_deliveries(records, key, deliveries).await
}

/// Deletes the logs of webhooks.
async fn clear_deliveries(
    records: &dyn Records,
    key: &InterviewKey,
    which: Deliveries,
) -> Result<(), StorageError> {
    let all = Query::collection(key.document().collection("deliveries"));
    let is_last_word = |log: &Document| log.fields["type"] == EventType::Deleted.word();
    let logs = records.list(&all).await?.into_iter();
    let deletes = logs.filter(|log| which == Deliveries::All || !is_last_word(log));
    let deletes: Vec<Write> = deletes.map(|log| Write::delete(log.path)).collect();
    for batch in deletes.chunks(interview_store::DELETES_PER_COMMIT) {
        records.commit(batch.to_vec()).await?;
    }
    Ok(())
}

/// Clears an interview's objects away from a bucket.
pub async fn clear(bucket: &dyn ObjectStore, key: &InterviewKey) -> Result<(), ObjectError> {
    for object in bucket.list(&key.object_prefix()).await? {
        bucket.delete(&object).await?;
    }
    Ok(())
}

/// Deletes the objects of the same kind as `stored` that were written under an older fencing
/// token: `stored` has replaced them, or their workers were killed before they committed.
/// Workers with a newer token may still be writing.
pub async fn clear_replaced(
    bucket: &dyn ObjectStore,
    key: &InterviewKey,
    stored: &str,
) -> Result<(), ObjectError> {
    for object in bucket.list(&key.object_prefix()).await? {
        if key.is_replaced(&object, stored) {
            bucket.delete(&object).await?;
        }
    }
    Ok(())
}
