//! When a step is overdue.

use std::time::Duration;

use domain::{
    Interview, Timestamp,
    interview::Status,
    steps::{Code, Step, StepError, StepName, StepState},
};

/// How long ago a lease must have expired for its step to fail: the event or task that
/// would have taken it over must be lost.
const LOST_AFTER: Duration = Duration::from_hours(1);

/// How long a step may wait for its turn, or run.
const OVERDUE_AFTER: Duration = Duration::from_hours(24);

/// How long an interview waits for its recording.
pub(crate) const ABANDONED_AFTER: Duration = Duration::from_hours(168);

/// Fails the interview's overdue steps; returns whether there were any. Their deadlines
/// count from `since` on.
pub(crate) fn settle(interview: &mut Interview, since: Timestamp, now: Timestamp) -> bool {
    if interview.deleted_at.is_some() {
        return false;
    }
    if interview.derive_status() == Status::AwaitingUpload {
        return abandon(interview, since, now);
    }
    let overdue: Vec<(StepName, StepError)> = interview
        .steps
        .iter()
        .filter_map(|(name, step)| {
            Some((
                name,
                verdict(step, waiting_since(interview, name), since, now)?,
            ))
        })
        .collect();
    for (name, error) in &overdue {
        interview.give_up(*name, error.clone(), now);
    }
    !overdue.is_empty()
}

fn abandon(interview: &mut Interview, since: Timestamp, now: Timestamp) -> bool {
    if now.since(interview.updated_at.max(since)) < ABANDONED_AFTER {
        return false;
    }
    let error = StepError::permanent(Code::UploadAbandoned, "the recording was never uploaded");
    interview.give_up(StepName::Waveform, error.clone(), now);
    interview.give_up(StepName::Transcription, error, now);
    true
}

/// Since when a step could have begun. One that needs the audio alone, and whose
/// upload is not noted, counts from when anything last happened.
pub(crate) fn waiting_since(interview: &Interview, name: StepName) -> Option<Timestamp> {
    let known = interview.steps.step(name).due_since;
    known.or(name.needs().is_none().then_some(interview.updated_at))
}

/// A step that waits for something counts from when that was last found to be so: the
/// task that looks again every few seconds must be lost before the step is overdue.
fn last_known(step: &Step, waiting_since: Option<Timestamp>) -> Option<Timestamp> {
    waiting_since.max(step.waiting.as_ref().map(|waiting| waiting.noted_at))
}

fn verdict(
    step: &Step,
    waiting_since: Option<Timestamp>,
    since: Timestamp,
    now: Timestamp,
) -> Option<StepError> {
    let longer = |begun: Option<Timestamp>, limit| {
        begun.is_some_and(|begun| now.since(begun.max(since)) > limit)
    };
    match step.state {
        StepState::Running if longer(step.lease_until, LOST_AFTER) => Some(StepError::transient(
            Code::WorkerLost,
            "the work was begun and never came to an end",
        )),
        StepState::Running if longer(step.started_at, OVERDUE_AFTER) => Some(StepError::transient(
            Code::DeadlineExceeded,
            "the work took longer than a day",
        )),
        StepState::Pending if longer(last_known(step, waiting_since), OVERDUE_AFTER) => {
            Some(StepError::transient(
                Code::NeverStarted,
                "the work waited longer than a day for its turn",
            ))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use domain::{
        InterviewId, InterviewKey, UserId,
        lease::Acquire,
        steps::{WaitReason, Waiting},
    };

    use super::*;

    const HOUR: i64 = 3_600_000;
    const START: Timestamp = Timestamp::from_millis(0);

    fn interview() -> Interview {
        let key = InterviewKey {
            user_id: UserId::parse("u").unwrap(),
            interview_id: InterviewId::parse("i").unwrap(),
        };
        Interview::new(&key, "t".into(), Timestamp::from_millis(0))
    }

    fn code(interview: &Interview, name: StepName) -> Option<&str> {
        Some(interview.steps.step(name).error.as_ref()?.code.as_str())
    }

    #[test]
    fn lost_worker_fails_its_step_and_dependent_steps() {
        let mut interview = interview();
        let start = Timestamp::from_millis(0);
        assert!(matches!(
            interview.acquire(StepName::Transcription, "1", None, start),
            Acquire::Start(_)
        ));
        assert!(!settle(
            &mut interview,
            START,
            Timestamp::from_millis(HOUR / 2)
        ));
        assert!(settle(
            &mut interview,
            START,
            Timestamp::from_millis(2 * HOUR)
        ));
        assert_eq!(
            code(&interview, StepName::Transcription),
            Some("worker_lost")
        );
        assert_eq!(
            code(&interview, StepName::Report),
            Some("prerequisite_failed")
        );
        assert!(!settle(
            &mut interview,
            START,
            Timestamp::from_millis(3 * HOUR)
        ));
    }

    #[test]
    fn downtime_does_not_fail_steps() {
        let mut interview = interview();
        let begun = interview.acquire(StepName::Transcription, "1", None, START);
        assert!(matches!(begun, Acquire::Start(_)));
        let (woken, later) = (30 * HOUR, 30 * HOUR + HOUR / 2);
        let [woken, later] = [woken, later].map(Timestamp::from_millis);
        assert!(!settle(&mut interview, woken, later));
        assert!(settle(&mut interview, START, later));
    }

    #[test]
    fn a_step_that_never_began_is_not_waited_for_for_ever() {
        let mut interview = interview();
        interview.open(StepName::Waveform, Timestamp::from_millis(0));
        interview.steps.transcription.state = StepState::Done;
        assert!(!settle(
            &mut interview,
            START,
            Timestamp::from_millis(23 * HOUR)
        ));
        assert!(settle(
            &mut interview,
            START,
            Timestamp::from_millis(25 * HOUR)
        ));
        assert_eq!(code(&interview, StepName::Waveform), Some("never_started"));
    }

    #[test]
    fn a_step_that_waits_for_its_engine_is_not_overdue() {
        let mut interview = interview();
        interview.open(StepName::Transcription, START);
        let noted_at = Timestamp::from_millis(70 * HOUR);
        let waiting = Waiting::new(WaitReason::ModelUnavailable, None, noted_at);
        assert!(interview.hold_back(StepName::Transcription, "1", waiting));
        let at = |hours: i64| Timestamp::from_millis(hours * HOUR);
        interview.steps.waveform.state = StepState::Done;
        assert!(!settle(&mut interview, START, at(71)));
        assert!(settle(&mut interview, START, at(95)));
        let code = code(&interview, StepName::Transcription);
        assert_eq!(code, Some("never_started"));
    }

    #[test]
    fn an_upload_that_never_came_is_closed_after_a_week() {
        let mut interview = interview();
        assert!(!settle(
            &mut interview,
            START,
            Timestamp::from_millis(6 * 24 * HOUR)
        ));
        assert!(settle(
            &mut interview,
            START,
            Timestamp::from_millis(8 * 24 * HOUR)
        ));
        assert_eq!(interview.derive_status(), Status::Failed);
    }

    #[test]
    fn a_clock_that_jumps_closes_no_upload() {
        let mut interview = interview();
        let (jumped, later) = (400 * 24 * HOUR, 401 * 24 * HOUR);
        let [jumped, later] = [jumped, later].map(Timestamp::from_millis);
        assert!(!settle(&mut interview, jumped, later));
        assert_eq!(interview.derive_status(), Status::AwaitingUpload);
        assert!(settle(&mut interview, START, later));
    }

    #[test]
    fn a_deleted_interview_is_left_alone() {
        let mut interview = interview();
        interview.deleted_at = Some(Timestamp::from_millis(0));
        assert!(!settle(
            &mut interview,
            START,
            Timestamp::from_millis(99 * 24 * HOUR)
        ));
    }
}
