//! Deleting an interview with everything that belongs to it.
//!
//! First the interview is marked: from then on it is gone for everyone, no step
//! can begin or hand in anything, and any function that finds the mark can finish the work
//! after a crash. Its document goes last, because it is the mark.

use serde_json::{Map, Value, json};

use crate::{
    InterviewKey, Timestamp, interview_store, ledger,
    ports::{ObjectError, ObjectStore, Records, RecordsError, Write},
};

/// Why a deletion was not finished; it can be taken up again.
#[derive(Debug, thiserror::Error)]
pub enum DeletionError {
    /// An error of the records.
    #[error(transparent)]
    Records(#[from] RecordsError),
    /// An error of the object store.
    #[error(transparent)]
    Objects(#[from] ObjectError),
}

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

/// Clears away everything of a marked interview, the document last.
pub async fn purge(
    records: &dyn Records,
    buckets: &[&dyn ObjectStore],
    key: &InterviewKey,
) -> Result<(), DeletionError> {
    ledger::release(records, key).await?;
    let document = key.document();
    // The documents of leases go first: without them running workers stop.
    interview_store::delete_collection(records, &document.collection("data")).await?;
    for bucket in buckets {
        bucket.abandon_uploads(&key.object_prefix()).await?;
        clear(*bucket, key).await?;
    }
    for collection in [
        key.data("transcript").collection("chunks"),
        key.notes(),
        document.collection("deliveries"),
        document.collection("callbacks"),
    ] {
        interview_store::delete_collection(records, &collection).await?;
    }
    Ok(records.commit(vec![Write::delete(document)]).await?)
}

/// Clears an interview's objects away from a bucket.
pub async fn clear(bucket: &dyn ObjectStore, key: &InterviewKey) -> Result<(), ObjectError> {
    for object in bucket.list(&key.object_prefix()).await? {
        bucket.delete(&object).await?;
    }
    Ok(())
}
