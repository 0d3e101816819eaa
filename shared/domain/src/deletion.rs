//! Deleting an interview with everything that belongs to it.
//!
//! First the interview is marked: from then on it is gone for everyone, no step
//! can begin or hand in anything, and whoever finds the mark can finish the work
//! after a crash. Its document goes last, because it is the mark.

use crate::{
    Interview, InterviewKey, Timestamp,
    ports::{ObjectError, ObjectStore, Precondition, Records, RecordsError, Write},
    work::{self, Decision},
};

/// Why a deletion was not finished; it can be taken up again.
#[derive(Debug, thiserror::Error)]
pub enum DeletionError {
    /// The records said no.
    #[error(transparent)]
    Records(#[from] RecordsError),
    /// The object store said no.
    #[error(transparent)]
    Objects(#[from] ObjectError),
}

/// Marks an interview as deleted; `false` when there is none, or it was before.
pub async fn mark(
    records: &dyn Records,
    key: &InterviewKey,
    now: Timestamp,
) -> Result<bool, RecordsError> {
    let marking = |interview: Option<&mut Interview>| match interview {
        Some(interview) if interview.deleted_at.is_none() => {
            interview.deleted_at = Some(now);
            Decision::Write(true, Vec::new())
        }
        _ => Decision::Leave(false),
    };
    work::transact(records, key, now, marking).await
}

/// Clears away everything of a marked interview, the document last.
pub async fn purge(
    records: &dyn Records,
    buckets: &[&dyn ObjectStore],
    key: &InterviewKey,
) -> Result<(), DeletionError> {
    for bucket in buckets {
        bucket.abandon_uploads(&key.object_prefix()).await?;
        clear(*bucket, key).await?;
    }
    let document = key.document();
    for collection in [
        key.data("transcript").collection("chunks"),
        document.collection("data"),
        key.notes(),
        document.collection("deliveries"),
        document.collection("callbacks"),
    ] {
        work::delete_collection(records, &collection).await?;
    }
    let delete = Write::Delete {
        path: document,
        precondition: Precondition::None,
    };
    Ok(records.commit(vec![delete]).await?)
}

/// Clears an interview's objects away from a bucket.
pub async fn clear(bucket: &dyn ObjectStore, key: &InterviewKey) -> Result<(), ObjectError> {
    for object in bucket.list(&key.object_prefix()).await? {
        bucket.delete(&object).await?;
    }
    Ok(())
}
