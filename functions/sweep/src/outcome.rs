//! What a sweep did and found.

use domain::{
    log_events::SWEEP_COMPLETED,
    ports::{Document, RecordsError},
};
use steps::Failure;

/// How many documents that cannot be decoded a sweep names.
const NAMED: u64 = 5;

/// Counts of one sweep, for its log line.
#[derive(Debug, Default)]
pub(crate) struct SweepCounts {
    /// Interviews whose overdue steps were settled.
    pub(crate) settled: u64,
    /// Tasks that were queued for steps that no worker had begun.
    pub(crate) queued: u64,
    /// Deletions that had been cut short and were finished.
    pub(crate) finished: u64,
    /// Interviews whose time is over, deleted or not.
    pub(crate) expired: u64,
    /// Of those, the ones that were marked now.
    pub(crate) marked: u64,
    /// Interviews whose mark did not hold any more and was taken back.
    pub(crate) unmarked: u64,
    /// Interviews that were deleted because their time was over.
    pub(crate) deleted: u64,
    /// Interviews that could be deleted, and are held by the ceiling of the day.
    pub(crate) held: u64,
    /// Deleted interviews that were cleared away again.
    pub(crate) purged_again: u64,
    /// Receipts that were forgotten.
    pub(crate) forgotten: u64,
    /// Interviews of earlier releases that were indexed for searches.
    pub(crate) indexed: u64,
    /// Documents that could not be decoded.
    pub(crate) unreadable: u64,
    /// What could not be done this time.
    failures: u64,
}

impl SweepCounts {
    /// Records a failure: the sweep continues with the rest, and the next one starts
    /// with it again.
    pub(crate) fn note<T>(&mut self, result: Result<T, Failure>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(failure) => {
                self.failures += 1;
                if let Failure::Permanent(error) | Failure::Transient { error, .. } = &failure {
                    tracing::error!(
                        event = "sweep.failure",
                        "a part of the sweep failed: {error:#}"
                    );
                }
                None
            }
        }
    }

    /// Counts a document that cannot be decoded, and names the first of them: the next
    /// sweep comes in a minute.
    pub(crate) fn note_unreadable(&mut self, document: &Document, error: &RecordsError) {
        self.unreadable += 1;
        if self.unreadable <= NAMED {
            steps::report_unreadable(document, error);
        }
    }

    /// The line of this sweep. An alert fires when `sweep.completed` is missing.
    pub(crate) fn log(&self, regular: bool) {
        macro_rules! line {
            ($level:ident, $event:expr, $message:literal) => {
                tracing::$level!(
                    event = $event,
                    regular,
                    settled = self.settled,
                    queued = self.queued,
                    finished = self.finished,
                    expired = self.expired,
                    marked = self.marked,
                    unmarked = self.unmarked,
                    deleted = self.deleted,
                    held = self.held,
                    purged_again = self.purged_again,
                    forgotten = self.forgotten,
                    indexed = self.indexed,
                    unreadable = self.unreadable,
                    failures = self.failures,
                    $message
                )
            };
        }
        if self.failures == 0 {
            line!(info, SWEEP_COMPLETED, "the sweep completed");
        } else {
            line!(
                error,
                "sweep.incomplete",
                "parts of the sweep failed; the next sweep repeats them"
            );
        }
    }
}
