//! Sees to it that nothing stays "processing" for ever.
//!
//! Listens to a clock. Steps whose work was lost are settled, deletions that
//! were cut short are finished, interviews whose recording never came are
//! closed, those past their retention are deleted, and receipts of idempotency keys
//! are forgotten after a day.

mod overdue;
mod rounds;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use domain::{
    Interview, InterviewKey, Timestamp, deletion,
    interview::Status,
    paths::INTERVIEWS,
    ports::{Clock, Document, ObjectStore, Precondition, Query, Records, Write},
    receipt::{self, RECEIPTS},
    work::{self, Decision},
};
use runtime::{Failure, Function, Incoming};
use serde_json::json;

/// How many interviews one sweep looks at of each sort; the next goes on.
const BATCH: usize = 200;

/// The function, and what it needs.
pub struct Sweep {
    /// Where interviews are kept.
    pub records: Arc<dyn Records>,
    /// The bucket for recordings.
    pub uploads: Arc<dyn ObjectStore>,
    /// The bucket for products.
    pub artifacts: Arc<dyn ObjectStore>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// How long interviews are kept; for ever without one.
    pub retention: Option<Duration>,
}

#[async_trait]
impl Function for Sweep {
    fn name(&self) -> &'static str {
        "sweep"
    }

    async fn handle(&self, incoming: Incoming) -> Result<(), Failure> {
        incoming.event()?;
        let mut failures = Failures::default();
        let finished = self.finish_deletions(&mut failures).await;
        failures.note(finished);
        let deleted = self.delete_expired(&mut failures).await;
        failures.note(deleted);
        match rounds::regular_since(&*self.records, self.clock.now()).await {
            Ok(since) => {
                let settled = self.settle_overdue(since, &mut failures).await;
                failures.note(settled);
            }
            Err(error) => failures.note(Err(error.into())),
        }
        let forgotten = self.forget_receipts().await;
        failures.note(forgotten);
        failures.first.map_or(Ok(()), Err)
    }
}

/// What cannot be done for one interview does not keep the others waiting: the
/// sweep goes on, and fails in the end.
#[derive(Default)]
struct Failures {
    first: Option<Failure>,
}

impl Failures {
    fn note(&mut self, outcome: Result<(), Failure>) {
        let Err(failure) = outcome else { return };
        if let Failure::Permanent(error) | Failure::Transient { error, .. } = &failure {
            tracing::error!("a part of the sweep failed: {error:#}");
        }
        self.first.get_or_insert(failure);
    }
}

impl Sweep {
    async fn finish_deletions(&self, failures: &mut Failures) -> Result<(), Failure> {
        let now = self.clock.now();
        let marked = Query {
            less_than: Some(("deleted_at".into(), json!(now))),
            limit: BATCH,
            ..Query::group(INTERVIEWS)
        };
        for document in self.records.list(&marked).await? {
            if let Some(key) = InterviewKey::of_path(document.path.as_str()) {
                failures.note(self.purge(&key).await);
            }
        }
        Ok(())
    }

    /// Gives up what is overdue, counted from `since` on: before that nothing could run.
    async fn settle_overdue(
        &self,
        since: Timestamp,
        failures: &mut Failures,
    ) -> Result<(), Failure> {
        let of_status = |status: Status| Query {
            equal: vec![("status".into(), json!(status))],
            limit: BATCH,
            ..Query::group(INTERVIEWS)
        };
        let mut processing = Query {
            order_by: Some("status".into()),
            ..of_status(Status::Processing)
        };
        loop {
            let page = self.records.list(&processing).await?;
            for document in &page {
                failures.note(self.settle(document, since).await);
            }
            match page.last() {
                Some(last) if page.len() == BATCH => {
                    let place = (json!(Status::Processing), last.path.clone());
                    processing.after = Some(place);
                }
                _ => break,
            }
        }
        // Of these there can be as many as anybody likes: only those are read whose time
        // is over.
        let before = self.clock.now() - overdue::ABANDONED_AFTER;
        let abandoned = Query {
            less_than: Some(("updated_at".into(), json!(before))),
            ..of_status(Status::AwaitingUpload)
        };
        for document in self.records.list(&abandoned).await? {
            failures.note(self.settle(&document, since).await);
        }
        Ok(())
    }

    async fn settle(&self, document: &Document, since: Timestamp) -> Result<(), Failure> {
        let now = self.clock.now();
        let mut interview: Interview = document.decode()?;
        if !overdue::settle(&mut interview, since, now) {
            return Ok(());
        }
        let key = interview.key();
        tracing::warn!(interview.id = %key.interview_id, "overdue steps settled");
        // Decided anew on what is stored by then.
        let settle = |interview: Option<&mut Interview>| {
            if interview.is_some_and(|interview| overdue::settle(interview, since, now)) {
                Decision::Write((), Vec::new())
            } else {
                Decision::Leave(())
            }
        };
        Ok(work::transact(&*self.records, &key, now, settle).await?)
    }

    /// Those that are older than all may be, and those whose own time is over.
    async fn delete_expired(&self, failures: &mut Failures) -> Result<(), Failure> {
        let now = self.clock.now();
        self.delete_before("expires_at", now, failures).await?;
        match self.retention {
            Some(retention) => {
                let before = now - retention;
                self.delete_before("created_at", before, failures).await
            }
            None => Ok(()),
        }
    }

    async fn delete_before(
        &self,
        field: &str,
        before: Timestamp,
        failures: &mut Failures,
    ) -> Result<(), Failure> {
        let now = self.clock.now();
        let expired = Query {
            less_than: Some((field.into(), json!(before))),
            limit: BATCH,
            ..Query::group(INTERVIEWS)
        };
        for document in self.records.list(&expired).await? {
            if let Some(key) = InterviewKey::of_path(document.path.as_str()) {
                failures.note(self.delete(&key, now).await);
            }
        }
        Ok(())
    }

    /// Idempotency keys are remembered for a day.
    async fn forget_receipts(&self) -> Result<(), Failure> {
        let before: Timestamp = self.clock.now() - receipt::KEPT;
        let old = Query {
            less_than: Some(("created_at".into(), json!(before))),
            limit: BATCH,
            ..Query::group(RECEIPTS)
        };
        let deletes = self
            .records
            .list(&old)
            .await?
            .into_iter()
            .map(|receipt| Write::Delete {
                path: receipt.path,
                precondition: Precondition::None,
            });
        Ok(self.records.commit(deletes.collect()).await?)
    }

    async fn delete(&self, key: &InterviewKey, now: Timestamp) -> Result<(), Failure> {
        deletion::mark(&*self.records, key, now).await?;
        self.purge(key).await
    }

    async fn purge(&self, key: &InterviewKey) -> Result<(), Failure> {
        let buckets = [&*self.uploads, &*self.artifacts];
        Ok(deletion::purge(&*self.records, &buckets, key).await?)
    }
}
