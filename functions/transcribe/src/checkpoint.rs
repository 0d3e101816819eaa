//! What an engine has recognised of a recording so far, as objects.
//!
//! An attempt that is interrupted leaves its parts; the next one continues there. The
//! parts go when the transcript is stored, and with the interview in any case.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use async_trait::async_trait;
use domain::{
    InterviewKey,
    lease::Lease,
    ports::{Checkpoint, ObjectError, ObjectStore, Overwrite, read_all},
    steps::{Code, StepError},
};
use futures::{StreamExt as _, stream};
use steps::Uncancelled;

/// The parts of one recording.
pub struct ObjectCheckpoint {
    objects: Arc<dyn ObjectStore>,
    /// What the names of the parts of this recording begin with.
    prefix: String,
    /// The fencing token of the attempt: two attempts never write the same name.
    token: u64,
    next: AtomicU64,
    uncancelled: Uncancelled,
}

/// What the names of the parts begin with: of the recording of one generation, or of all
/// recordings of an interview.
fn prefix(key: &InterviewKey, generation: Option<i64>) -> String {
    let all = format!("{}recognition/", key.object_prefix());
    generation.map_or(all.clone(), |generation| format!("{all}{generation}/"))
}

impl ObjectCheckpoint {
    /// The parts of the recording of that generation, written under a lease.
    pub fn new(
        objects: Arc<dyn ObjectStore>,
        key: &InterviewKey,
        generation: i64,
        lease: Lease,
    ) -> Self {
        Self {
            objects,
            prefix: prefix(key, Some(generation)),
            token: lease.token,
            next: AtomicU64::new(0),
            uncancelled: Uncancelled::current(),
        }
    }
}

#[async_trait]
impl Checkpoint for ObjectCheckpoint {
    async fn load(&self) -> Result<Vec<Vec<u8>>, StepError> {
        let mut names = self
            .objects
            .list(&self.prefix)
            .await
            .map_err(|error| unavailable(&error))?;
        names.sort_unstable();
        let mut parts = Vec::new();
        for name in &names {
            let (_, bytes) = match self.objects.read(name, None, None).await {
                Ok(found) => found,
                // A successor may have cleared it.
                Err(ObjectError::NotFound { .. }) => continue,
                Err(error) => return Err(unavailable(&error)),
            };
            let all = read_all(bytes).await;
            parts.push(all.map_err(|error| unavailable(&ObjectError::Interrupted(error)))?);
        }
        // Several may load while one appends.
        self.next.fetch_max(names.len() as u64, Ordering::Relaxed);
        Ok(parts)
    }

    async fn append(&self, part: Vec<u8>) -> Result<(), StepError> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let name = format!("{}{number:06}-{}", self.prefix, self.token);
        let body = stream::iter([Ok(part.into())]).boxed();
        let objects = Arc::clone(&self.objects);
        let written = self.uncancelled.run(async move {
            let written = objects.write(&name, "application/json", body, Overwrite::Refused);
            written.await.map(drop)
        });
        written.await.map_err(|error| unavailable(&error))
    }
}

/// Deletes the parts of the recording of one generation, or of all recordings of an
/// interview.
pub async fn clear(
    objects: &dyn ObjectStore,
    key: &InterviewKey,
    generation: Option<i64>,
) -> Result<(), ObjectError> {
    for name in objects.list(&prefix(key, generation)).await? {
        objects.delete(&name).await?;
    }
    Ok(())
}

fn unavailable(error: &ObjectError) -> StepError {
    tracing::warn!(event = "transcribe.checkpoint_unavailable", %error);
    StepError::transient(Code::StorageUnavailable, "the object store is unavailable")
}
