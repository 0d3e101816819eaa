//! Where the step of a collection stands, and how a lease of it is acquired, kept and ended.

use serde::{Deserialize, Serialize};

use crate::{
    Timestamp,
    lease::{LEASE, MAX_CLAIMS, MAX_FAILURES},
    steps::{Code, Step, StepError, StepState, WaitReason, Waiting},
    versions::{UnknownFields, strip_unknown},
};

/// `themes/run` below a collection.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ThemesRun {
    /// How many runs were requested: the number of this one.
    pub number: u64,
    /// Where it stands. Its fencing tokens grow over all runs.
    pub step: Step,
    /// A digest of the idempotency key of the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<String>,
    /// When it was requested.
    pub requested_at: Timestamp,
    /// The fencing token of the newest try whose use is in the ledger.
    #[serde(default)]
    pub booked: u64,
    /// Fields of a newer release.
    #[serde(flatten)]
    pub unknown: UnknownFields,
}
strip_unknown!(ThemesRun, step);

/// The answer to a worker that asks for the step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AcquireThemes {
    /// The work is yours; commit its result with this lease.
    Start(ThemesLease),
    /// The step is settled, done or failed.
    Done,
    /// Another worker holds the lease, at least until then.
    Busy {
        /// When the other's lease ends unless it is renewed.
        until: Timestamp,
    },
}

/// The right to commit the result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ThemesLease {
    /// The fencing token: only the newest is accepted.
    pub token: u64,
    /// Which try this is, from 1.
    pub attempt: u32,
    /// Whether a failure now is the last one allowed.
    pub is_last: bool,
}

impl ThemesRun {
    /// The run after `before`, as it was just requested.
    pub fn requested(before: Option<&Self>, request: Option<String>, now: Timestamp) -> Self {
        Self {
            number: before.map_or(1, |before| before.number + 1),
            step: Step {
                token: before.map_or(0, |before| before.step.token),
                due_since: Some(now),
                ..Step::default()
            },
            request,
            requested_at: now,
            booked: before.map_or(0, |before| before.booked),
            unknown: before
                .map(|before| before.unknown.clone())
                .unwrap_or_default(),
        }
    }

    /// Whether a request with this key begins no other run: one is open, or the key has begun
    /// this one.
    pub fn answers(&self, request: Option<&str>) -> bool {
        let is_same = request.is_some() && self.request.as_deref() == request;
        !self.step.is_settled() || is_same
    }

    /// Acquires a lease on behalf of `engine`.
    pub fn acquire(&mut self, engine: &str, now: Timestamp) -> AcquireThemes {
        let step = &mut self.step;
        if step.is_settled() {
            return AcquireThemes::Done;
        }
        if let (StepState::Running, Some(until)) = (step.state, step.lease_until)
            && until > now
        {
            return AcquireThemes::Busy { until };
        }
        if step.attempt >= MAX_CLAIMS {
            let message = "the work was begun many times and never came to an end";
            self.settle(Some(StepError::transient(Code::WorkerLost, message)), now);
            return AcquireThemes::Done;
        }
        step.token += 1;
        step.attempt += 1;
        step.state = StepState::Running;
        step.engine = Some(engine.to_owned());
        step.started_at = Some(now);
        step.lease_until = Some(now + LEASE);
        step.waiting = None;
        step.error = None;
        AcquireThemes::Start(ThemesLease {
            token: step.token,
            attempt: step.attempt,
            is_last: step.failures + 1 >= MAX_FAILURES,
        })
    }

    /// Whether a lease may still write.
    pub fn holds(&self, lease: ThemesLease) -> bool {
        self.step.state == StepState::Running && self.step.token == lease.token
    }

    /// Keeps a lease that holds.
    pub fn renew(&mut self, now: Timestamp) {
        self.step.lease_until = self.step.lease_until.max(Some(now + LEASE));
    }

    /// Settles the step: as failed with an error, as done without one.
    pub fn settle(&mut self, error: Option<StepError>, now: Timestamp) {
        let step = &mut self.step;
        step.state = match error {
            Some(_) => StepState::Failed,
            None => StepState::Done,
        };
        step.error = error;
        step.lease_until = None;
        step.waiting = None;
        step.finished_at = Some(now);
    }

    /// Ends a lease after a failure: the step is tried again where the error may pass and this
    /// attempt was not the last, and settled as failed otherwise. Answers whether it is tried
    /// again.
    pub fn fail(&mut self, lease: ThemesLease, error: StepError, now: Timestamp) -> bool {
        let is_tried_again = error.retryable && !lease.is_last;
        if !is_tried_again {
            self.settle(Some(error), now);
            return false;
        }
        let step = &mut self.step;
        let until = error.retry_after.map(|wait| now + wait);
        step.state = StepState::Pending;
        step.waiting = Some(Waiting::new(WaitReason::Retry, until, now));
        step.failures += 1;
        step.lease_until = None;
        step.error = Some(error);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1_000)
    }

    fn start(run: &mut ThemesRun, now: i64) -> ThemesLease {
        match run.acquire("e", at(now)) {
            AcquireThemes::Start(lease) => lease,
            other => panic!("expected to start, got {other:?}"),
        }
    }

    #[test]
    fn a_second_worker_waits_and_a_lost_lease_is_taken_over() {
        let mut run = ThemesRun::requested(None, None, at(0));
        let lost = start(&mut run, 0);
        let until = at(0) + LEASE;
        assert_eq!(run.acquire("e", at(5)), AcquireThemes::Busy { until });
        run.renew(at(10));
        assert!(matches!(
            run.acquire("e", at(16)),
            AcquireThemes::Busy { .. }
        ));
        let heir = start(&mut run, 40);
        assert!(!run.holds(lost) && run.holds(heir));
        run.settle(None, at(41));
        assert!(!run.holds(heir));
        assert_eq!(run.acquire("e", at(42)), AcquireThemes::Done);
    }

    #[test]
    fn tokens_grow_over_runs_and_a_key_begins_one_run() {
        let mut first = ThemesRun::requested(None, Some("k".into()), at(0));
        assert!(first.answers(None) && first.answers(Some("other")));
        let lease = start(&mut first, 1);
        first.settle(None, at(2));
        assert!(first.answers(Some("k")));
        assert!(!first.answers(None) && !first.answers(Some("other")));
        let mut second = ThemesRun::requested(Some(&first), None, at(3));
        assert_eq!(second.number, 2);
        assert!(start(&mut second, 4).token > lease.token);
        assert!(!second.holds(lease));
    }

    #[test]
    fn failures_that_may_pass_are_tried_a_bounded_number_of_times() {
        let mut run = ThemesRun::requested(None, None, at(0));
        let error = || StepError::transient(Code::EngineUnavailable, "later");
        let mut tries = 0;
        loop {
            let lease = start(&mut run, tries);
            tries += 1;
            if !run.fail(lease, error(), at(tries)) {
                break;
            }
        }
        assert_eq!(tries, i64::from(MAX_FAILURES));
        assert_eq!(run.step.state, StepState::Failed);
        let mut killing = ThemesRun::requested(None, None, at(0));
        let claims = (0..100)
            .take_while(|round| {
                matches!(
                    killing.acquire("e", at(round * 60)),
                    AcquireThemes::Start(_)
                )
            })
            .count();
        assert_eq!(claims, MAX_CLAIMS as usize);
    }

    #[test]
    fn a_permanent_error_settles_at_once() {
        let mut run = ThemesRun::requested(None, None, at(0));
        let lease = start(&mut run, 0);
        let error = StepError::permanent(Code::EngineUnauthorized, "no");
        assert!(!run.fail(lease, error, at(1)));
        assert_eq!(run.step.state, StepState::Failed);
    }
}
