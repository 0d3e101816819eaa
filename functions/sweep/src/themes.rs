//! Themes of collections that no worker has begun, or whose worker was lost.
//!
//! A request notes on its collection that a step is open. The note is taken off here once the
//! step is settled; until then the step is queued once more when it waits too long, and fails
//! after a day.

use std::time::Duration;

use domain::{
    Timestamp,
    deletion::is_marked,
    ports::{Document, Enqueued},
    steps::{Code, StepError, StepState},
    themes::{CollectionKey, ThemesRun, store},
};
use steps::{Failure, THEMES_QUEUE, themes_task};

use crate::{Sweep, heartbeat::Round, outcome::SweepCounts, pages::Pages};

/// How long a step may wait before a second task is queued.
const UNSTARTED_AFTER: Duration = Duration::from_mins(10);

/// How long a step may wait for its turn, or run.
const OVERDUE_AFTER: Duration = Duration::from_hours(24);

impl Sweep {
    /// Looks at all collections with a step that may be open.
    pub(crate) async fn sweep_themes(
        &self,
        round: &Round,
        outcome: &mut SweepCounts,
    ) -> Result<(), Failure> {
        let mut pages = Pages::new(&*self.records, store::due());
        while let Some(page) = pages.next().await? {
            for document in page {
                let since = round.rounds.regular_since;
                let looked = self.look_at_themes(&document, since, outcome).await;
                outcome.note(looked);
            }
        }
        Ok(())
    }

    async fn look_at_themes(
        &self,
        document: &Document,
        since: Timestamp,
        outcome: &mut SweepCounts,
    ) -> Result<(), Failure> {
        let (records, now) = (&*self.records, self.clock.now());
        let is_deleted = document.fields.as_object().is_some_and(is_marked);
        let Some(key) = CollectionKey::from_path(&document.path).filter(|_| !is_deleted) else {
            return Ok(());
        };
        let run = store::run(records, &document.path).await?;
        let Some(run) = run.filter(|run| !run.step.is_settled()) else {
            return Ok(store::clear_due(records, document).await?);
        };
        let waited = |run: &ThemesRun| now.since(waits_since(run).max(since));
        if waited(&run) >= OVERDUE_AFTER {
            let error = lost(&run);
            let is_overdue = |run: &ThemesRun| waited(run) >= OVERDUE_AFTER;
            let failed = store::give_up(records, &document.path, error, now, is_overdue).await?;
            outcome.settled += u64::from(failed);
        } else if waited(&run) >= UNSTARTED_AFTER {
            // The queue takes no second task of a name for an hour.
            let (id, number) = (&key.collection_id, run.number);
            let plain = format!("{id}-themes-{number}-sweep-{}", run.step.token);
            let task = themes_task(&key, &plain).map_err(Failure::permanent)?;
            if self.queue.enqueue(THEMES_QUEUE, task).await? == Enqueued::Accepted {
                outcome.queued += 1;
                tracing::warn!(
                    event = "themes.queued_again",
                    collection.id = %id,
                    "no worker has begun the themes; they are queued once more"
                );
            }
        }
        Ok(())
    }
}

/// Since when no worker is known to be at it.
fn waits_since(run: &ThemesRun) -> Timestamp {
    let step = &run.step;
    let waiting = step.waiting.as_ref();
    let waiting = waiting.map(|own| own.until.unwrap_or(own.noted_at).max(own.noted_at));
    let known = [step.lease_until, waiting, step.due_since];
    let newest = known.into_iter().flatten().max();
    newest.unwrap_or(run.requested_at)
}

fn lost(run: &ThemesRun) -> StepError {
    if run.step.state == StepState::Running {
        let message = "the work was begun and never came to an end";
        return StepError::transient(Code::WorkerLost, message);
    }
    StepError::transient(Code::NeverStarted, "the work waited for longer than a day")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minutes: i64) -> Timestamp {
        Timestamp::from_millis(minutes * 60_000)
    }

    #[test]
    fn a_step_waits_from_its_request_its_lease_or_its_last_failure() {
        let mut run = ThemesRun::requested(None, None, at(0));
        assert_eq!(waits_since(&run), at(0));
        let domain::themes::AcquireThemes::Start(lease) = run.acquire("e", at(5)) else {
            panic!("expected to start");
        };
        assert!(waits_since(&run) > at(5));
        assert_eq!(lost(&run).code, "worker_lost");
        let error = StepError::transient(Code::EngineQuota, "later");
        run.fail(lease, error.after(Some(Duration::from_mins(30))), at(6));
        assert_eq!(waits_since(&run), at(36));
        assert_eq!(lost(&run).code, "never_started");
    }
}
