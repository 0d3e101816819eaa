//! How a step takes its work, keeps it and hands it in.
//!
//! Events arrive more than once, late and out of order, and workers die. So a
//! step first claims its input on the interview document and gets a fencing
//! token; the claim is a lease that it renews while it works; it hands in its
//! result with the token, in the same transaction. A claim that is not renewed
//! may be taken over, and from then on the earlier token is refused.
//!
//! Everything here is a pure transition of the document; [`crate::interview_store`] runs
//! the transitions over [`crate::ports::Records`].

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{
    Interview, Timestamp,
    steps::{Code, Step, StepError, StepName, StepState, WaitReason, Waiting},
    trace::TraceContext,
};

/// How long a claim holds unless it is renewed.
pub const LEASE: Duration = Duration::from_secs(15);

/// How many reported failures a step is allowed before it is given up.
pub const MAX_FAILURES: u32 = 5;

/// How many claims a step is allowed: a worker that dies reports no failure, and
/// an input that kills its worker must not be tried for ever.
pub const MAX_CLAIMS: u32 = 30;

/// How long a note about a waiting step stays as it is, while nothing about it changes.
const NOTE_PAUSE: Duration = Duration::from_mins(10);

/// How far the end of a wait may move before it is noted anew.
const WAIT_TOLERANCE: Duration = Duration::from_secs(30);

/// The answer to a worker that asks for a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Acquire {
    /// The work is yours; hand it in with this lease.
    Start(Lease),
    /// It is settled for this input already, done or given up.
    Done,
    /// Another worker holds the lease, at least until then.
    Busy {
        /// When the other's lease ends unless it is renewed.
        until: Timestamp,
    },
    /// The interview is deleted, or never was.
    Gone,
}

/// The right to hand in the result of one step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    /// The step.
    pub step: StepName,
    /// The fencing token: only the newest is accepted.
    pub token: u64,
    /// Which try this is, from 1.
    pub attempt: u32,
    /// Whether a failure now is the last one allowed.
    pub last: bool,
    /// The trace of the interview.
    pub trace: Option<TraceContext>,
}

/// The token is not, or no longer, the one that may write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LeaseError {
    /// Another worker has taken over, or the step has been settled.
    #[error("the claim was taken over")]
    Superseded,
    /// The interview is deleted.
    #[error("the interview is deleted")]
    Gone,
}

impl Interview {
    /// Claims `step` for `input` on behalf of `engine`.
    pub fn begin(
        &mut self,
        step: StepName,
        input: &str,
        engine: Option<&str>,
        now: Timestamp,
    ) -> Acquire {
        if self.deleted_at.is_some() {
            return Acquire::Gone;
        }
        let same_input = self.steps.step(step).input.as_deref() == Some(input);
        let current = self.steps.step(step);
        if same_input && current.is_settled() {
            return Acquire::Done;
        }
        if let (StepState::Running, Some(until)) = (current.state, current.lease_until)
            && same_input
            && until > now
        {
            return Acquire::Busy { until };
        }
        if same_input && current.attempt >= MAX_CLAIMS {
            self.give_up(step, died_too_often(), now);
            return Acquire::Done;
        }
        let failures = if same_input {
            current.failures + u32::from(current.parked)
        } else {
            0
        };
        if failures >= MAX_FAILURES {
            self.give_up(step, never_answered(), now);
            return Acquire::Done;
        }
        self.last_token += 1;
        let token = self.last_token;
        let current = self.steps.step_mut(step);
        let unknown = std::mem::take(&mut current.unknown);
        *current = Step {
            state: StepState::Running,
            attempt: if same_input { current.attempt + 1 } else { 1 },
            failures,
            token,
            input: Some(input.to_owned()),
            engine: engine.map(str::to_owned),
            due_since: current.due_since.or(Some(now)),
            started_at: Some(now),
            lease_until: Some(now + LEASE),
            unknown,
            ..Step::default()
        };
        Acquire::Start(Lease {
            step,
            token,
            attempt: current.attempt,
            last: current.failures + 1 >= MAX_FAILURES,
            trace: self.trace,
        })
    }

    /// Notes why `step` cannot begin with `input` yet. Takes no lease and counts no
    /// attempt. Answers whether the step still has to be done.
    ///
    /// A step whose worker was lost is pending again: nothing is overdue while it waits.
    pub fn hold_back(&mut self, step: StepName, input: &str, waiting: Waiting) -> bool {
        if self.deleted_at.is_some() {
            return false;
        }
        let now = waiting.noted_at;
        let step = self.steps.step_mut(step);
        let same_input = step.input.as_deref() == Some(input);
        if step.is_settled() {
            return !same_input;
        }
        if step.state == StepState::Running {
            if step.parked || step.lease_until.is_some_and(|until| until > now) {
                return true;
            }
            step.state = StepState::Pending;
            step.lease_until = None;
            step.progress = None;
        }
        let noted = step.waiting.as_ref();
        if noted.is_none_or(|noted| noted.is_outdated_by(&waiting)) {
            step.waiting = Some(waiting);
        }
        true
    }

    /// Whether `lease` may still write.
    pub fn check(&self, lease: &Lease) -> Result<(), LeaseError> {
        if self.deleted_at.is_some() {
            return Err(LeaseError::Gone);
        }
        let step = self.steps.step(lease.step);
        if step.state == StepState::Running && step.token == lease.token {
            Ok(())
        } else {
            Err(LeaseError::Superseded)
        }
    }

    /// Keeps a claim alive and shows how far the work is, in percent.
    pub fn renew(
        &mut self,
        lease: &Lease,
        progress: Option<u8>,
        now: Timestamp,
    ) -> Result<(), LeaseError> {
        self.check(lease)?;
        let step = self.steps.step_mut(lease.step);
        // Never shorter: the step may have been parked meanwhile.
        step.lease_until = step.lease_until.max(Some(now + LEASE));
        step.progress = progress.or(step.progress);
        Ok(())
    }

    /// Keeps a claim until then without renewals: the answer comes by
    /// itself.
    pub fn park(&mut self, lease: &Lease, until: Timestamp) -> Result<(), LeaseError> {
        self.check(lease)?;
        let step = self.steps.step_mut(lease.step);
        step.lease_until = step.lease_until.max(Some(until));
        step.parked = true;
        Ok(())
    }

    /// Settles a claimed step as done.
    pub fn finish(&mut self, lease: &Lease, now: Timestamp) -> Result<(), LeaseError> {
        self.check(lease)?;
        self.settle(lease.step, StepState::Done, None, now);
        for follower in StepName::ALL {
            if follower.needs() == Some(lease.step) {
                self.open(follower, now);
            }
        }
        Ok(())
    }

    /// Gives a claim back after a failure that may pass, to be tried again.
    pub fn release(
        &mut self,
        lease: &Lease,
        error: StepError,
        now: Timestamp,
    ) -> Result<(), LeaseError> {
        self.check(lease)?;
        if lease.last {
            self.give_up(lease.step, error, now);
            return Ok(());
        }
        let step = self.steps.step_mut(lease.step);
        step.state = StepState::Pending;
        let until = error.retry_after.map(|wait| now + wait);
        step.waiting = Some(Waiting::new(WaitReason::Retry, until, now));
        step.failures += 1;
        step.parked = false;
        step.lease_until = None;
        step.progress = None;
        step.error = Some(error);
        Ok(())
    }

    /// Settles a claimed step as failed for good.
    pub fn fail(
        &mut self,
        lease: &Lease,
        error: StepError,
        now: Timestamp,
    ) -> Result<(), LeaseError> {
        self.check(lease)?;
        self.give_up(lease.step, error, now);
        Ok(())
    }

    /// Settles a step as failed whichever worker holds it, and with it the steps that
    /// cannot begin without it.
    pub fn give_up(&mut self, step: StepName, error: StepError, now: Timestamp) {
        self.settle(step, StepState::Failed, Some(error), now);
        for follower in StepName::ALL {
            if follower.needs() == Some(step) && !self.steps.step(follower).is_settled() {
                self.give_up(follower, prerequisite_failed(step), now);
            }
        }
    }

    /// Lets a settled step be run once more, as if it never had been. Its fencing
    /// tokens go on growing.
    pub fn reopen(&mut self, step: StepName, now: Timestamp) {
        let step = self.steps.step_mut(step);
        *step = Step {
            due_since: Some(now),
            unknown: std::mem::take(&mut step.unknown),
            ..Step::default()
        };
    }

    /// Notes that a step can begin from now on: the sweep counts from here.
    pub fn open(&mut self, step: StepName, now: Timestamp) {
        let step = self.steps.step_mut(step);
        if step.state == StepState::Pending {
            step.due_since.get_or_insert(now);
        }
    }

    fn settle(
        &mut self,
        step: StepName,
        state: StepState,
        error: Option<StepError>,
        now: Timestamp,
    ) {
        let step = self.steps.step_mut(step);
        step.state = state;
        step.error = error;
        step.lease_until = None;
        step.progress = None;
        step.parked = false;
        step.waiting = None;
        step.finished_at = Some(now);
    }
}

impl Waiting {
    /// Whether `newer` says something else, or this was noted long ago.
    fn is_outdated_by(&self, newer: &Self) -> bool {
        let moved = match (self.until, newer.until) {
            (Some(old), Some(new)) => old.since(new).max(new.since(old)) > WAIT_TOLERANCE,
            (old, new) => old != new,
        };
        let old = newer.noted_at.since(self.noted_at) > NOTE_PAUSE;
        self.reason != newer.reason || moved || old
    }
}

fn died_too_often() -> StepError {
    StepError::transient(
        Code::WorkerLost,
        "the work was begun many times and never came to an end",
    )
}

/// It may have been asked, and paid, every time.
fn never_answered() -> StepError {
    StepError::transient(
        Code::EngineTimeout,
        "the engine was asked several times and never answered",
    )
}

fn prerequisite_failed(step: StepName) -> StepError {
    StepError::transient(
        Code::PrerequisiteFailed,
        format!("this step needs the result of {step}, which failed"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{InterviewId, InterviewKey, UserId, interview::Status};

    const STEP: StepName = StepName::Transcription;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1000)
    }

    fn interview() -> Interview {
        let key = InterviewKey {
            user_id: UserId::parse("u").unwrap(),
            interview_id: InterviewId::parse("i").unwrap(),
        };
        Interview::new(&key, "title".into(), at(0))
    }

    fn start(interview: &mut Interview, now: i64) -> Lease {
        match interview.begin(STEP, "1", None, at(now)) {
            Acquire::Start(lease) => lease,
            other => panic!("expected to start, got {other:?}"),
        }
    }

    #[test]
    fn a_second_worker_finds_the_step_busy_and_then_done() {
        let mut interview = interview();
        let lease = start(&mut interview, 0);
        let second = interview.begin(STEP, "1", None, at(5));
        assert_eq!(
            second,
            Acquire::Busy {
                until: at(0) + LEASE
            }
        );
        interview.finish(&lease, at(6)).unwrap();
        assert_eq!(interview.begin(STEP, "1", None, at(7)), Acquire::Done);
    }

    #[test]
    fn a_lease_carries_the_trace_of_the_interview() {
        let mut interview = interview();
        interview.trace = Some(TraceContext::generate());
        assert_eq!(start(&mut interview, 0).trace, interview.trace);
    }

    #[test]
    fn a_lost_claim_is_taken_over_and_the_late_writer_is_refused() {
        let mut interview = interview();
        let lost = start(&mut interview, 0);
        let heir = start(&mut interview, 60);
        assert!(heir.token > lost.token);
        assert_eq!(interview.finish(&lost, at(61)), Err(LeaseError::Superseded));
        assert_eq!(interview.finish(&heir, at(62)), Ok(()));
        assert_eq!(interview.finish(&heir, at(63)), Err(LeaseError::Superseded));
    }

    #[test]
    fn a_renewed_claim_is_not_taken_over() {
        let mut interview = interview();
        let lease = start(&mut interview, 0);
        interview.renew(&lease, Some(40), at(14)).unwrap();
        let second = interview.begin(STEP, "1", None, at(20));
        assert!(matches!(second, Acquire::Busy { .. }));
        assert_eq!(interview.steps.transcription.progress, Some(40));
    }

    #[test]
    fn failures_that_may_pass_are_tried_a_bounded_number_of_times() {
        let mut interview = interview();
        for round in 0..i64::from(MAX_FAILURES) {
            let lease = start(&mut interview, round);
            let error = StepError::transient(Code::EngineUnavailable, "later");
            interview.release(&lease, error, at(round)).unwrap();
        }
        assert_eq!(interview.steps.transcription.state, StepState::Failed);
        assert_eq!(interview.begin(STEP, "1", None, at(99)), Acquire::Done);
    }

    #[test]
    fn an_input_that_kills_its_worker_is_given_up() {
        let mut interview = interview();
        let claims = (0..100)
            .take_while(|round| {
                let claim = interview.begin(STEP, "1", None, at(round * 60));
                matches!(claim, Acquire::Start(_))
            })
            .count();
        assert_eq!(claims, MAX_CLAIMS as usize);
        let error = interview.steps.transcription.error.unwrap();
        assert_eq!(error.code, "worker_lost");
    }

    fn waiting(reason: WaitReason, until: Option<i64>, now: i64) -> Waiting {
        Waiting::new(reason, until.map(at), at(now))
    }

    #[test]
    fn waiting_costs_no_attempt_and_ends_with_the_lease() {
        let mut interview = interview();
        let download = waiting(WaitReason::ModelDownload, None, 1);
        assert!(interview.hold_back(STEP, "1", download.clone()));
        let step = &interview.steps.transcription;
        assert_eq!((&step.waiting, step.attempt), (&Some(download), 0));
        start(&mut interview, 2);
        let step = &interview.steps.transcription;
        assert_eq!((&step.waiting, step.attempt), (&None, 1));
    }

    #[test]
    fn a_wait_is_noted_anew_only_when_it_changes() {
        let mut interview = interview();
        let first = waiting(WaitReason::ModelUnavailable, Some(3_600), 0);
        for (next, is_noted) in [
            (first.clone(), true),
            (waiting(WaitReason::ModelUnavailable, Some(3_601), 5), false),
            (waiting(WaitReason::ModelUnavailable, Some(7_200), 6), true),
            (waiting(WaitReason::ModelDownload, Some(7_200), 7), true),
            (waiting(WaitReason::ModelDownload, None, 8), true),
            (waiting(WaitReason::ModelDownload, None, 600), false),
            (waiting(WaitReason::ModelDownload, None, 700), true),
        ] {
            assert!(interview.hold_back(STEP, "1", next.clone()));
            let noted = interview.steps.transcription.waiting.as_ref();
            assert_eq!(noted == Some(&next), is_noted, "{next:?}");
        }
    }

    #[test]
    fn a_running_or_settled_step_does_not_wait() {
        let mut interview = interview();
        let lease = start(&mut interview, 0);
        let busy = waiting(WaitReason::EngineBusy, None, 5);
        assert!(interview.hold_back(STEP, "1", busy));
        assert_eq!(interview.steps.transcription.waiting, None);
        let lost = waiting(WaitReason::EngineBusy, None, 60);
        assert!(interview.hold_back(STEP, "1", lost));
        assert_eq!(interview.steps.transcription.state, StepState::Pending);
        assert_eq!(
            interview.finish(&lease, at(61)),
            Err(LeaseError::Superseded)
        );
        let heir = start(&mut interview, 62);
        interview.finish(&heir, at(63)).unwrap();
        assert!(!interview.hold_back(STEP, "1", waiting(WaitReason::Retry, None, 64)));
        assert!(interview.hold_back(STEP, "2", waiting(WaitReason::Retry, None, 65)));
        assert_eq!(interview.steps.transcription.waiting, None);
    }

    #[test]
    fn an_error_that_may_pass_says_when_it_is_tried_again() {
        let mut interview = interview();
        let lease = start(&mut interview, 0);
        let error = StepError::transient(Code::EngineUnavailable, "later")
            .after(Some(Duration::from_secs(40)));
        interview.release(&lease, error, at(1)).unwrap();
        let expected = waiting(WaitReason::Retry, Some(41), 1);
        assert_eq!(interview.steps.transcription.waiting, Some(expected));
        let lease = start(&mut interview, 50);
        interview.finish(&lease, at(51)).unwrap();
        assert_eq!(interview.steps.transcription.waiting, None);
    }

    #[test]
    fn a_failed_transcription_settles_what_needs_it() {
        let mut interview = interview();
        let lease = start(&mut interview, 0);
        let error = StepError::permanent(Code::NotAudio, "no");
        interview.fail(&lease, error, at(1)).unwrap();
        assert_eq!(interview.steps.report.state, StepState::Failed);
        assert_eq!(
            interview.derive_status(),
            Status::Processing,
            "the waveform is not settled"
        );
        interview.give_up(
            StepName::Waveform,
            StepError::permanent(Code::NotAudio, "no"),
            at(2),
        );
        assert_eq!(interview.derive_status(), Status::Failed);
    }

    #[test]
    fn deletion_wins() {
        let mut interview = interview();
        let lease = start(&mut interview, 0);
        interview.deleted_at = Some(at(1));
        assert_eq!(interview.finish(&lease, at(2)), Err(LeaseError::Gone));
        assert_eq!(interview.begin(STEP, "2", None, at(3)), Acquire::Gone);
    }

    #[test]
    fn the_status_follows_the_steps() {
        let mut interview = interview();
        assert_eq!(interview.derive_status(), Status::AwaitingUpload);
        for name in StepName::ALL {
            let Acquire::Start(lease) = interview.begin(name, "1", None, at(0)) else {
                panic!("expected to start {name}");
            };
            assert_eq!(interview.derive_status(), Status::Processing);
            interview.finish(&lease, at(1)).unwrap();
        }
        assert_eq!(interview.derive_status(), Status::Completed);
        interview.steps.waveform.state = StepState::Failed;
        assert_eq!(interview.derive_status(), Status::Partial);
    }
}
