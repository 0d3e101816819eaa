//! Sees to it that nothing stays "processing" for ever.
//!
//! Listens to a clock. Steps that no worker has begun are queued once more (`unstarted`),
//! those whose work was lost are settled, deletions of interviews and
//! collections that were cut short are finished, interviews whose recording never came are
//! closed, those past their retention are deleted in two steps (`retention`), what
//! arrives below a deleted interview is cleared away (`tombstones`), and receipts of
//! idempotency keys are forgotten after a day. Themes of collections that no worker has begun are
//! queued once more (`themes`). Interviews of earlier releases are indexed for
//! searches (`search_index`). Once a day it is audited
//! whether documents and objects belong together (`audit`).
//!
//! A document that cannot be decoded is passed over and reported. What fails is left to
//! the next sweep, a minute later.

mod audit;
mod expiry;
mod heartbeat;
mod outcome;
mod overdue;
mod pages;
mod retention;
mod search_index;
mod themes;
mod tombstones;
mod unstarted;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use domain::{
    Interview, InterviewKey, Timestamp, collections, deletion,
    interview::Status,
    interview_store,
    paths::INTERVIEWS,
    ports::{Clock, Document, ObjectStore, Query, Queue, Records, Write},
    receipt::{self, RECEIPTS},
};
use serde_json::json;
use steps::{Failure, Function, Trigger};

use crate::{
    heartbeat::{Arrival, Round},
    outcome::SweepCounts,
    pages::Pages,
};

/// The function, and what it needs.
pub struct Sweep {
    /// Where interviews are kept.
    pub records: Arc<dyn Records>,
    /// The bucket for recordings.
    pub uploads: Arc<dyn ObjectStore>,
    /// The bucket for products.
    pub artifacts: Arc<dyn ObjectStore>,
    /// Where steps are queued that no worker has begun.
    pub queue: Arc<dyn Queue>,
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

    async fn handle(&self, _: Trigger) -> Result<(), Failure> {
        let mut outcome = SweepCounts::default();
        let finished = self.finish_deletions(&mut outcome).await;
        outcome.note(finished);
        let detached = self.finish_collections(&mut outcome).await;
        outcome.note(detached);
        let round = heartbeat::arrive(&*self.records, self.clock.now()).await;
        let round = outcome.note(round.map_err(Failure::from));
        if let Some(round) = &round {
            report_jump(round);
            self.retain(round, &mut outcome).await;
            let settled = self.settle_overdue(round, &mut outcome).await;
            outcome.note(settled);
            let themes = self.sweep_themes(round, &mut outcome).await;
            outcome.note(themes);
            let cleared = self.clear_late_arrivals(round, &mut outcome).await;
            outcome.note(cleared);
            self.audit(round, &mut outcome).await;
        }
        let forgotten = self.forget_receipts(&mut outcome).await;
        outcome.note(forgotten);
        let indexed = self.index_stored(&mut outcome).await;
        outcome.note(indexed);
        outcome.log(round.is_some_and(|round| round.is_regular()));
        // The clock comes again in a minute: no delivery has to be repeated.
        Ok(())
    }
}

/// Logs a gap between sweeps, or a clock that was set back.
fn report_jump(round: &Round) {
    let Arrival::Irregular(before) = round.arrival else {
        return;
    };
    tracing::warn!(
        event = "sweep.irregular",
        before = %before,
        now = %round.rounds.last,
        highest = %round.rounds.highest,
        "the last sweep was not a minute ago: the machine was off, or the clock jumped; \
         this sweep expires no interviews"
    );
}

impl Sweep {
    async fn finish_deletions(&self, outcome: &mut SweepCounts) -> Result<(), Failure> {
        // All marked interviews, whatever the clock was when they were marked.
        let marked = Query {
            order_by: Some(deletion::DELETED_AT.to_owned()),
            ..Query::group(INTERVIEWS)
        };
        let mut pages = Pages::new(&*self.records, marked);
        while let Some(page) = pages.next().await? {
            for document in page {
                if let Some(key) = InterviewKey::from_path(document.path.as_str()) {
                    let purged = self.purge(&key).await;
                    outcome.finished += u64::from(outcome.note(purged).is_some());
                }
            }
        }
        Ok(())
    }

    /// Fails overdue steps. Deadlines count from when sweeps became regular: before
    /// that nothing could run.
    async fn settle_overdue(
        &self,
        round: &Round,
        outcome: &mut SweepCounts,
    ) -> Result<(), Failure> {
        let of_status = |status: Status| Query {
            equal: vec![("status".into(), json!(status))],
            ..Query::group(INTERVIEWS)
        };
        let processing = Query {
            order_by: Some("status".into()),
            ..of_status(Status::Processing)
        };
        // There can be any number of these: only those are read whose time is over.
        let before = self.clock.now() - overdue::ABANDONED_AFTER;
        let abandoned = Query {
            less_than: Some(("updated_at".into(), json!(before))),
            ..of_status(Status::AwaitingUpload)
        };
        for query in [processing, abandoned] {
            let mut pages = Pages::new(&*self.records, query);
            while let Some(page) = pages.next().await? {
                for document in page {
                    let since = round.rounds.regular_since;
                    let settled = self.settle(&document, since, outcome).await;
                    outcome.settled += u64::from(outcome.note(settled).unwrap_or(false));
                }
            }
        }
        Ok(())
    }

    async fn settle(
        &self,
        document: &Document,
        since: Timestamp,
        outcome: &mut SweepCounts,
    ) -> Result<bool, Failure> {
        let now = self.clock.now();
        let mut interview: Interview = match document.decode() {
            Ok(interview) => interview,
            Err(error) => {
                outcome.note_unreadable(document, &error);
                return Ok(false);
            }
        };
        let queued = self.queue_unstarted(&interview, since, now).await;
        outcome.queued += outcome.note(queued).unwrap_or(0);
        if !overdue::settle(&mut interview, since, now) {
            return Ok(false);
        }
        // Decided again on the document as stored by then, and on the leases as renewed.
        let (key, settle) = (interview.key(), |interview: &mut Interview| {
            overdue::settle(interview, since, now)
        });
        let settled = interview_store::transition(&*self.records, &key, now, settle).await?;
        if settled == Some(true) {
            tracing::warn!(event = "step.overdue", interview.id = %key.interview_id, "overdue steps failed");
        }
        Ok(settled == Some(true))
    }

    /// Idempotency keys are remembered for a day.
    async fn forget_receipts(&self, outcome: &mut SweepCounts) -> Result<(), Failure> {
        let before: Timestamp = self.clock.now() - receipt::KEPT;
        let old = Query {
            less_than: Some(("created_at".into(), json!(before))),
            ..Query::group(RECEIPTS)
        };
        let mut pages = Pages::new(&*self.records, old);
        while let Some(page) = pages.next().await? {
            outcome.forgotten += page.len() as u64;
            let deletes = page.into_iter().map(|receipt| Write::delete(receipt.path));
            self.records.commit(deletes.collect()).await?;
        }
        Ok(())
    }

    /// Detaches interviews from deleted collections, should that have been cut short, and
    /// deletes the collections' documents in the end.
    async fn finish_collections(&self, outcome: &mut SweepCounts) -> Result<(), Failure> {
        let now = self.clock.now();
        let mut pages = Pages::new(&*self.records, collections::marked());
        while let Some(page) = pages.next().await? {
            for Document { path, fields, .. } in page {
                let finished = collections::finish_deletion(&*self.records, &path, &fields, now);
                let finished = finished.await.map_err(Failure::from);
                outcome.finished += u64::from(outcome.note(finished).unwrap_or(false));
            }
        }
        Ok(())
    }

    async fn purge(&self, key: &InterviewKey) -> Result<(), Failure> {
        let buckets = [&*self.uploads, &*self.artifacts];
        let now = self.clock.now();
        Ok(deletion::purge(&*self.records, &buckets, key, now).await?)
    }
}
