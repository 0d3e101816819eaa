//! Steps that no worker has begun although one could, or that wait for another try for ever.
//!
//! The task of such a step is lost, or was never queued: the process that opened the step
//! died before that, or did not learn that the step was opened; or a backup was restored. A
//! second task does no harm, so one is queued long before the step is overdue.

use std::time::Duration;

use domain::{Interview, Timestamp, interview::Status, ports::Enqueued, steps::StepName};
use steps::{Failure, begin_task, startable};

use crate::{Sweep, overdue};

/// How long a step may wait before a second task is queued: long enough for the
/// process that has opened it to queue the first.
const UNSTARTED_AFTER: Duration = Duration::from_mins(10);

/// How long a step may wait for another try, or for its engine, after that was last noted:
/// what tries again notes it every ten minutes.
const RETRIED_AFTER: Duration = Duration::from_hours(1);

/// Where many steps wait for their turn, each costs calls in a part of this time only.
const INTERVAL: Duration = Duration::from_hours(1);

/// That part: a few sweeps, of which one may fail.
const WINDOW: Duration = Duration::from_mins(5);

impl Sweep {
    /// Queues the steps of the interview once more that no worker has begun; answers how many
    /// tasks that made. Waiting counts from `since` on.
    pub(crate) async fn queue_unstarted(
        &self,
        interview: &Interview,
        since: Timestamp,
        now: Timestamp,
    ) -> Result<u64, Failure> {
        let mut queued = 0;
        for (step, due) in unstarted(interview, since, now) {
            // The queue takes no second task of a name as long as the first waits.
            let plain = format!("{}-{step}-sweep-{}", interview.id, due.as_millis());
            let task = begin_task(interview, step, &plain).map_err(Failure::permanent)?;
            if self.queue.enqueue(step.as_str(), task).await? == Enqueued::Accepted {
                queued += 1;
                tracing::warn!(
                    event = "step.queued_again",
                    interview.id = %interview.id,
                    step = step.as_str(),
                    "no worker has begun the step; it is queued once more"
                );
            }
        }
        Ok(queued)
    }
}

/// The steps that no worker has begun for a while, with the times from which they could be
/// begun.
fn unstarted(
    interview: &Interview,
    since: Timestamp,
    now: Timestamp,
) -> Vec<(StepName, Timestamp)> {
    let is_begun = interview.derive_status() != Status::AwaitingUpload;
    if interview.deleted_at.is_some() || !is_begun {
        return Vec::new();
    }
    let due = |step: StepName| {
        let known = interview.steps.step(step);
        // The task of a transcription names the recording.
        let is_known = step != StepName::Transcription || interview.has_audio();
        let due = overdue::waiting_since(interview, step).filter(|_| is_known)?;
        let waiting = known.waiting.as_ref();
        let due = due.max(waiting.map_or(due, |it| it.until.unwrap_or(due).max(it.noted_at)));
        let is_untouched = known.input.is_none() && waiting.is_none();
        let after = if is_untouched {
            UNSTARTED_AFTER
        } else {
            RETRIED_AFTER
        };
        let late = now.since(due.max(since)).checked_sub(after)?;
        let is_turn = late.as_millis() % INTERVAL.as_millis() < WINDOW.as_millis();
        is_turn.then_some((step, due))
    };
    startable(interview).into_iter().filter_map(due).collect()
}

#[cfg(test)]
mod tests {
    use domain::{
        InterviewId, InterviewKey, UserId,
        steps::{StepState, WaitReason, Waiting},
    };

    use super::*;

    const START: Timestamp = Timestamp::from_millis(0);

    fn at(minutes: i64) -> Timestamp {
        Timestamp::from_millis(minutes * 60_000)
    }

    /// An interview whose analysis was opened at the start.
    fn interview() -> Interview {
        let key = InterviewKey {
            user_id: UserId::parse("u").unwrap(),
            interview_id: InterviewId::parse("i").unwrap(),
        };
        let mut interview = Interview::new(&key, "t".into(), START);
        interview.skip(StepName::Waveform, START);
        interview.steps.transcription.state = StepState::Done;
        interview.open(StepName::Analysis, START);
        interview
    }

    #[test]
    fn waiting_step_is_queued_in_a_part_of_each_hour() {
        let interview = interview();
        for (minutes, expected) in [
            (9, false),
            (10, true),
            (14, true),
            (15, false),
            (69, false),
            (70, true),
            (75, false),
        ] {
            let found = unstarted(&interview, START, at(minutes));
            assert_eq!(!found.is_empty(), expected, "after {minutes} minutes");
        }
        let found = unstarted(&interview, at(100), at(110));
        assert_eq!(
            found,
            [(StepName::Analysis, START)],
            "after a gap of sweeps"
        );
    }

    #[test]
    fn step_that_was_begun_or_waits_is_left_alone() {
        let mut begun = interview();
        begun.acquire(StepName::Analysis, "1", None, START);
        begun.steps.analysis.state = StepState::Pending;
        let mut waiting = interview();
        waiting.steps.analysis.waiting = Some(Waiting::new(WaitReason::EngineBusy, None, START));
        let mut deleted = interview();
        deleted.deleted_at = Some(START);
        for (interview, later) in [(begun, 1), (waiting, 1), (deleted, 0)] {
            assert_eq!(unstarted(&interview, START, at(10)), []);
            assert_eq!(
                unstarted(&interview, START, at(60)).len(),
                later,
                "after an hour"
            );
        }
    }
}
