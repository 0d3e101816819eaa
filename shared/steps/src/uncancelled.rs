//! Writes that are awaited also when the work around them is stopped.
//!
//! A worker whose lease is refused is dropped at its next pause. A request that it has sent
//! is not taken back by that: the store may complete it a moment later, after the
//! worker's results have been cleared away. Such a write runs as a task of its own, and the runner
//! waits for these tasks before it reports how the step ended.

use std::{panic, time::Duration};

use tokio_util::task::TaskTracker;
use tracing::Instrument as _;

/// The longest that a runner waits: then the store has failed, and the passes of the
/// tombstone ([`domain::tombstone`]) find what arrives.
const LONGEST_WAIT: Duration = Duration::from_mins(1);

tokio::task_local! {
    static CURRENT: Uncancelled;
}

/// The writes of one run of a step.
#[derive(Debug, Clone, Default)]
pub struct Uncancelled(TaskTracker);

impl Uncancelled {
    /// Those of the step that is running here; unawaited ones outside of a step.
    pub fn current() -> Self {
        CURRENT.try_with(Self::clone).unwrap_or_default()
    }

    /// Runs `write` to its end, whether or not the caller is still there for its result.
    pub async fn run<T: Send + 'static>(
        &self,
        write: impl Future<Output = T> + Send + 'static,
    ) -> T {
        match self.0.spawn(write.in_current_span()).await {
            Ok(written) => written,
            // Nothing aborts these tasks.
            Err(error) => panic::resume_unwind(error.into_panic()),
        }
    }

    /// Makes this the current one within `future`.
    pub(crate) async fn scope<F: Future>(&self, future: F) -> F::Output {
        CURRENT.scope(self.clone(), future).await
    }

    /// Waits until all writes have ended.
    pub(crate) async fn finish(&self) {
        self.0.close();
        if tokio::time::timeout(LONGEST_WAIT, self.0.wait())
            .await
            .is_err()
        {
            tracing::warn!(
                event = "step.write_unfinished",
                "a write of a stopped worker has not ended; what it leaves is cleared away later"
            );
        }
    }
}
