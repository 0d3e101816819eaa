//! What arrives below an interview after its deletion ([`domain::tombstone`]).

use domain::{
    InterviewKey, deletion,
    ports::{Document, Query},
    tombstone::{NEXT_PASS_AT, TOMBSTONES, Tombstone},
};
use serde_json::json;
use steps::Failure;

use crate::{Sweep, heartbeat::Round, outcome::SweepCounts, pages::Pages};

impl Sweep {
    /// Clears deleted interviews away again whose next pass is due. A clock that has just
    /// jumped ends no tombstone before its time.
    pub(crate) async fn clear_late_arrivals(
        &self,
        round: &Round,
        outcome: &mut SweepCounts,
    ) -> Result<(), Failure> {
        if !round.is_regular() {
            return Ok(());
        }
        let due = Query {
            less_than: Some((NEXT_PASS_AT.to_owned(), json!(self.clock.now()))),
            ..Query::group(TOMBSTONES)
        };
        let mut pages = Pages::new(&*self.records, due);
        while let Some(page) = pages.next().await? {
            for document in page {
                let cleared = self.purge_again(&document, outcome).await;
                outcome.purged_again += u64::from(outcome.note(cleared).unwrap_or(false));
            }
        }
        Ok(())
    }

    async fn purge_again(
        &self,
        document: &Document,
        outcome: &mut SweepCounts,
    ) -> Result<bool, Failure> {
        let Some(key) = InterviewKey::from_tombstone(&document.path) else {
            return Ok(false);
        };
        let tombstone: Tombstone = match document.decode() {
            Ok(tombstone) => tombstone,
            Err(error) => {
                outcome.note_unreadable(document, &error);
                return Ok(false);
            }
        };
        let buckets = [&*self.uploads, &*self.artifacts];
        let is_gone = deletion::purge_again(&*self.records, &buckets, &key, tombstone).await?;
        if !is_gone {
            tracing::warn!(
                event = "deletion.interview_restored",
                interview = %key.interview_id,
                "a deleted interview is there again, from a backup; it is left as it is"
            );
        }
        Ok(is_gone)
    }
}
