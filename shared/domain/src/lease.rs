//! How a step acquires a lease, keeps it, and commits its result with it.
//!
//! Events arrive more than once, late and out of order, and workers die. So a worker
//! first acquires a lease for the step and its input, on the interview document, and gets
//! a fencing token. It renews the lease while it works, in a document of its own
//! ([`LeaseRenewal`]), and commits its result with the token, on the interview document. A
//! lease that is not renewed may be taken over, and from then on the earlier token is
//! refused.
//!
//! Everything here is a pure transition of the interview; [`crate::interview_store`] runs
//! the transitions over [`crate::ports::Records`].

mod rerun;

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{
    Interview, Timestamp,
    ports::RecordsError,
    steps::{Code, Step, StepError, StepName, StepState, WaitReason, Waiting},
    trace::TraceContext,
};

/// How long a lease holds unless it is renewed.
pub const LEASE: Duration = Duration::from_secs(15);

/// The most reported failures before a step fails for good.
pub const MAX_FAILURES: u32 = 5;

/// How many leases a step is allowed: a worker that dies reports no failure, and
/// an input that kills its worker must not be tried for ever.
pub const MAX_CLAIMS: u32 = 30;

/// How long a note about a waiting step stays as it is, while nothing about it changes.
const NOTE_PAUSE: Duration = Duration::from_mins(10);

/// How far the end of a wait may move before it is noted anew.
const WAIT_TOLERANCE: Duration = Duration::from_secs(30);

/// The answer to a worker that asks for a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Acquire {
    /// The work is yours; commit its result with this lease.
    Start(Lease),
    /// The step is settled for this input, done or failed.
    Done,
    /// Another worker holds the lease, at least until then.
    Busy {
        /// When the other's lease ends unless it is renewed.
        until: Timestamp,
    },
}

/// The right to commit the result of one step.
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

/// The document `data/lease-{token}` below the interview: what the holder of a lease
/// renews.
///
/// It is written every few seconds, so it lies apart from the interview: no function
/// listens to it, and clients' edits do not conflict with it. It is created and deleted in
/// the transactions that begin and end the lease. A renewal only replaces it, so that a
/// late one brings nothing back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeaseRenewal {
    /// The fencing token of the lease.
    pub token: u64,
    /// Until when the lease holds unless it is renewed again.
    pub lease_until: Timestamp,
    /// How much of the step is done, in percent, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub progress: Option<u8>,
}

/// Why the holder of a lease could not do something with it.
#[derive(Debug, thiserror::Error)]
pub enum LeaseError {
    /// Another worker has taken over, or the step is settled.
    #[error("the lease was taken over")]
    Lost,
    /// The interview is deleted.
    #[error("the interview is deleted")]
    Deleted,
    /// The store could not be used; the lease may still hold.
    #[error(transparent)]
    Store(#[from] RecordsError),
}

impl Interview {
    /// Acquires a lease of `step` for `input` on behalf of `engine`.
    pub fn acquire(
        &mut self,
        step: StepName,
        input: &str,
        engine: Option<&str>,
        now: Timestamp,
    ) -> Acquire {
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
        let (run, previous) = (current.run, current.previous.take());
        let failed_run = current.failed_run.take();
        let chosen_engine = current.chosen_engine.take();
        *current = Step {
            run,
            chosen_engine,
            previous,
            failed_run,
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
            return Err(LeaseError::Deleted);
        }
        let step = self.steps.step(lease.step);
        if step.state == StepState::Running && step.token == lease.token {
            Ok(())
        } else {
            Err(LeaseError::Lost)
        }
    }

    /// The fencing tokens of the leases that running steps hold.
    pub fn leases(&self) -> Vec<u64> {
        self.running().map(|(_, step)| step.token).collect()
    }

    fn running(&self) -> impl Iterator<Item = (StepName, &Step)> {
        let steps = self.steps.iter();
        steps.filter(|(_, step)| step.state == StepState::Running)
    }

    /// Takes over what the holder of a lease has renewed; whether that shows progress.
    pub fn note_renewal(&mut self, renewal: &LeaseRenewal) -> bool {
        let held = self.running().find(|(_, step)| step.token == renewal.token);
        let Some((name, _)) = held else {
            return false;
        };
        let step = self.steps.step_mut(name);
        let shown = step.progress;
        // Never shorter: the step may have been parked meanwhile.
        step.lease_until = step.lease_until.max(Some(renewal.lease_until));
        step.progress = shown.max(renewal.progress);
        step.progress != shown
    }

    /// Keeps a lease until then without renewals: the answer comes by itself.
    pub fn park(&mut self, lease: &Lease, until: Timestamp) -> Result<(), LeaseError> {
        self.check(lease)?;
        let step = self.steps.step_mut(lease.step);
        step.lease_until = step.lease_until.max(Some(until));
        step.parked = true;
        Ok(())
    }

    /// Settles a running step as done.
    pub fn finish(&mut self, lease: &Lease, now: Timestamp) -> Result<(), LeaseError> {
        self.check(lease)?;
        if let Some(run) = self.steps.step(lease.step).run {
            self.run_ids.insert(lease.token, run);
        }
        self.settle(lease.step, StepState::Done, None, now);
        for follower in StepName::ALL {
            if follower.needs() == Some(lease.step) {
                self.open(follower, now);
            }
        }
        Ok(())
    }

    /// Ends a lease after a failure: the step is tried again where the error may pass and
    /// this attempt was not the last, and settled as failed otherwise.
    pub fn fail(
        &mut self,
        lease: &Lease,
        error: StepError,
        now: Timestamp,
    ) -> Result<(), LeaseError> {
        self.check(lease)?;
        if lease.last || !error.retryable {
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

    /// Settles a step as failed whichever worker holds it, and with it the steps that
    /// cannot begin without it.
    pub fn give_up(&mut self, step: StepName, error: StepError, now: Timestamp) {
        if !self.restore(step, &error, now) {
            self.settle(step, StepState::Failed, Some(error), now);
        }
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
        let is_done = step.state == StepState::Done;
        *step = Step {
            due_since: Some(now),
            // What waits goes on with its run.
            run: step.run.filter(|_| !is_done),
            chosen_engine: step.chosen_engine.take().filter(|_| !is_done),
            previous: step.previous.take().filter(|_| !is_done),
            unknown: std::mem::take(&mut step.unknown),
            ..Step::default()
        };
    }

    /// Settles a step that has nothing to do; what an earlier attempt made of it is forgotten.
    pub fn skip(&mut self, step: StepName, now: Timestamp) {
        if self.steps.step(step).state != StepState::Skipped {
            self.reopen(step, now);
            self.settle(step, StepState::Skipped, None, now);
        }
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
        step.given = error.as_ref().and_then(|error| error.given.clone());
        step.error = error;
        step.lease_until = None;
        step.progress = None;
        step.parked = false;
        step.waiting = None;
        step.previous = None;
        step.failed_run = None;
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
mod tests;
