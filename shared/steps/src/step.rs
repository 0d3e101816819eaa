//! The promises of every step, kept in one place.
//!
//! Twice is once: a worker acquires a lease before it begins. Nothing hangs: the
//! lease is renewed while the work goes on, and expires with its worker. Nothing is
//! lost: a failure that may pass is delivered again, and one that will not settles the
//! step with an error that its owner can read. Deletion wins: a worker on a deleted
//! interview is stopped.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
    time::Duration,
};

use backon::{BackoffBuilder as _, ExponentialBuilder};
use domain::{
    Interview, InterviewKey, interview_store,
    lease::{Acquire, LEASE, Lease, LeaseError},
    log_events::{STEP_FAILED, STEP_RETRYING},
    ports::{Clock, Progress, Records, RecordsError, Write},
    steps::{Code, StepError, StepName},
    trace::TraceContext,
};
use tokio::time::{Instant, MissedTickBehavior, interval};
use tracing::Instrument as _;

use crate::{Failure, trace, uncancelled::Uncancelled};

/// How often a running step may show its progress: a document takes about one
/// write a second for long.
const TICK: Duration = Duration::from_secs(2);

/// How long a result waits for a store that cannot be reached or that other writers keep
/// busy. It may have been paid for, and its lease is renewed meanwhile.
const COMMIT_WITHIN: Duration = Duration::from_mins(5);

/// The longest pause between two tries to commit a result: the lease is renewed between
/// them.
const LONGEST_COMMIT_PAUSE: Duration = Duration::from_secs(4);

/// What a step needs besides its own ports.
#[derive(Clone)]
pub struct StepRunner {
    /// Where leases and results are kept.
    pub records: Arc<dyn Records>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// What is to be done.
#[derive(Debug, Clone)]
pub struct StepRun {
    /// For which interview.
    pub key: InterviewKey,
    /// Which step.
    pub step: StepName,
    /// On what: an object generation, a transcript revision.
    pub input: String,
    /// By which engine.
    pub engine: Option<&'static str>,
}

/// A change of the interview beside its steps.
pub type InterviewUpdate = Box<dyn Fn(&mut Interview) + Send + Sync>;

/// Writes that depend on the interview as it is when they are committed, which they may change.
pub type InterviewWrites =
    Box<dyn Fn(&mut Interview) -> Result<Vec<Write>, RecordsError> + Send + Sync>;

/// What a step hands in.
#[derive(Default)]
pub struct StepOutput {
    /// Documents, written in the same transaction as the settled step.
    pub writes: Vec<Write>,
    /// What changes in the interview beside the step.
    pub amend: Option<InterviewUpdate>,
    /// Further documents of the same transaction, decided after that.
    pub decide: Option<InterviewWrites>,
    /// Nothing is handed in yet: the step is parked, and who has the lease goes on
    /// with [`StepRunner::resume`].
    pub deferred: bool,
}

impl StepOutput {
    /// The same with another change of the interview, after those that it has.
    #[must_use]
    pub fn and_amend(mut self, amend: impl Fn(&mut Interview) + Send + Sync + 'static) -> Self {
        let before = self.amend.take();
        self.amend = Some(Box::new(move |interview| {
            if let Some(before) = &before {
                before(interview);
            }
            amend(interview);
        }));
        self
    }
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The result is stored.
    Finished,
    /// The result comes by itself, later.
    Deferred,
    /// There was nothing to do: it was settled before.
    AlreadySettled,
    /// The step is settled as failed.
    GivenUp,
    /// Another worker has taken over; what this one made is not wanted.
    Superseded,
    /// The interview is deleted; what this worker made is to be cleared away.
    Gone,
}

/// How far a piece of work is: one more than its percent, and 0 while it is not known. It never
/// goes back: an engine's parts that run side by side do not end in order.
#[derive(Default)]
struct AtomicPercent(AtomicU8);

impl Progress for AtomicPercent {
    fn report(&self, percent: u8) {
        self.0.fetch_max(percent.min(100) + 1, Ordering::Relaxed);
    }
}

impl AtomicPercent {
    fn get(&self) -> Option<u8> {
        self.0.load(Ordering::Relaxed).checked_sub(1)
    }
}

impl StepRunner {
    /// Acquires the lease of the run, does `work`, and commits its result.
    pub async fn run<F>(
        &self,
        step_run: StepRun,
        work: impl FnOnce(Arc<dyn Progress>, Lease) -> F,
    ) -> Result<Outcome, Failure>
    where
        F: Future<Output = Result<StepOutput, StepError>>,
    {
        let (key, now) = (&step_run.key, self.clock.now());
        let (step, input, engine) = (step_run.step, &step_run.input, step_run.engine);
        let acquire = |interview: &mut Interview| interview.acquire(step, input, engine, now);
        let lease = match interview_store::transition(&*self.records, key, now, acquire).await? {
            Some(Acquire::Start(lease)) => lease,
            Some(Acquire::Done) => return Ok(Outcome::AlreadySettled),
            Some(Acquire::Busy { until }) => return Err(Failure::Later(until.since(now))),
            None => return Ok(Outcome::Gone),
        };
        self.work_under(key, lease, work).await
    }

    /// Does `work` under a lease that was acquired before, and commits its result. The lease
    /// is renewed first: it may be about to expire.
    pub async fn resume<F>(
        &self,
        key: &InterviewKey,
        lease: Lease,
        work: impl FnOnce(Arc<dyn Progress>, Lease) -> F,
    ) -> Result<Outcome, Failure>
    where
        F: Future<Output = Result<StepOutput, StepError>>,
    {
        let renewed = interview_store::renew(&*self.records, key, &lease, None, self.clock.now());
        match renewed.await {
            Ok(()) => self.work_under(key, lease, work).await,
            Err(refused) => outcome_of(refused),
        }
    }

    async fn work_under<F>(
        &self,
        key: &InterviewKey,
        lease: Lease,
        work: impl FnOnce(Arc<dyn Progress>, Lease) -> F,
    ) -> Result<Outcome, Failure>
    where
        F: Future<Output = Result<StepOutput, StepError>>,
    {
        let trace = lease.trace.or_else(trace::current);
        let trace = trace.unwrap_or_else(TraceContext::generate);
        let percent = Arc::new(AtomicPercent::default());
        let uncancelled = Uncancelled::default();
        let working = async {
            let result = {
                let work = Box::pin(work(Arc::clone(&percent) as Arc<dyn Progress>, lease));
                tokio::select! {
                    // A result that is there is not left for a renewal that is due as well.
                    biased;
                    result = work => Ok(result),
                    refused = self.heartbeat(key, &lease, &percent) => Err(refused),
                }
            };
            let result = match result {
                Ok(result) => result,
                Err(refused) => {
                    // The work is dropped. What it was writing may still arrive: it is
                    // awaited, so that the caller can clear it away.
                    uncancelled.finish().await;
                    return outcome_of(refused);
                }
            };
            match result {
                Ok(product) if product.deferred => Ok(Outcome::Deferred),
                Ok(product) => self.commit_result(key, &lease, product).await,
                Err(error) => self.report(key, &lease, error).await,
            }
        };
        let working = working.instrument(span(key, &lease, trace));
        trace::scope(trace, uncancelled.scope(working)).await
    }

    /// Renews the lease until it is refused.
    async fn heartbeat(
        &self,
        key: &InterviewKey,
        lease: &Lease,
        percent: &AtomicPercent,
    ) -> LeaseError {
        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let (mut shown, mut renewed) = (None, Instant::now());
        loop {
            ticks.tick().await;
            let progress = percent.get();
            if progress == shown && renewed.elapsed() < LEASE / 3 {
                continue;
            }
            let now = self.clock.now();
            match interview_store::renew(&*self.records, key, lease, progress, now).await {
                Ok(()) => (shown, renewed) = (progress, Instant::now()),
                Err(LeaseError::Store(error)) => {
                    tracing::warn!(event = "lease.renew_failed", %error, "the lease was not renewed");
                }
                Err(refused) => return refused,
            }
        }
    }

    async fn commit_result(
        &self,
        key: &InterviewKey,
        lease: &Lease,
        product: StepOutput,
    ) -> Result<Outcome, Failure> {
        let mut pauses = ExponentialBuilder::new()
            .with_min_delay(Duration::from_millis(250))
            .with_max_delay(LONGEST_COMMIT_PAUSE / 2)
            .without_max_times()
            .with_total_delay(Some(COMMIT_WITHIN))
            .with_jitter()
            .build();
        loop {
            let now = self.clock.now();
            let finish = |interview: &mut Interview| {
                interview.finish(lease, now)?;
                if let Some(amend) = &product.amend {
                    amend(interview);
                }
                let mut writes = product.writes.clone();
                if let Some(decide) = &product.decide {
                    writes.extend(decide(interview)?);
                }
                Ok(writes)
            };
            match interview_store::commit(&*self.records, key, now, finish).await {
                Ok(()) => return Ok(Outcome::Finished),
                Err(LeaseError::Store(error)) => {
                    let pause = pauses.next().filter(|_| error.may_pass());
                    let Some(pause) = pause else {
                        return self.report(key, lease, storage_error(&error)).await;
                    };
                    tracing::warn!(event = "step.commit_retrying", %error, "the result was not stored; retrying");
                    tokio::time::sleep(pause).await;
                }
                Err(refused) => return outcome_of(refused),
            }
            let renewed =
                interview_store::renew(&*self.records, key, lease, Some(100), self.clock.now());
            match renewed.await {
                Ok(()) | Err(LeaseError::Store(_)) => {}
                Err(refused) => return outcome_of(refused),
            }
        }
    }

    /// Reports a failure; whether it is delivered again follows from it.
    async fn report(
        &self,
        key: &InterviewKey,
        lease: &Lease,
        error: StepError,
    ) -> Result<Outcome, Failure> {
        let now = self.clock.now();
        let fail = |interview: &mut Interview| {
            interview.fail(lease, error.clone(), now)?;
            Ok(Vec::new())
        };
        let reported = interview_store::commit(&*self.records, key, now, fail).await;
        // A commit whose answer was lost looks like another worker's: delivered again, it
        // does no harm, and failed it would be lost.
        let again = error.retryable && !lease.last;
        match reported {
            Ok(()) => {}
            Err(LeaseError::Lost) if again => {}
            Err(refused) => return outcome_of(refused),
        }
        if again {
            tracing::info!(
                event = STEP_RETRYING,
                code = error.code,
                "step will be retried"
            );
            return Err(Failure::Transient {
                after: error.retry_after,
                error: error.into(),
            });
        }
        tracing::warn!(event = STEP_FAILED, code = error.code, "step failed");
        Ok(Outcome::GivenUp)
    }
}

/// Whatever is logged within names what is worked on. The interview's own trace
/// goes before that of the delivery that started the work.
fn span(key: &InterviewKey, lease: &Lease, trace: TraceContext) -> tracing::Span {
    tracing::info_span!(
        "step",
        interview = %key.interview_id,
        step = %lease.step,
        attempt = lease.attempt,
        trace = trace.trace_hex(),
        trace_span = trace.span_hex(),
        trace_sampled = trace.sampled,
    )
}

fn outcome_of(refused: LeaseError) -> Result<Outcome, Failure> {
    match refused {
        LeaseError::Lost => Ok(Outcome::Superseded),
        LeaseError::Deleted => Ok(Outcome::Gone),
        LeaseError::Store(error) => Err(error.into()),
    }
}

/// The step's error of a store's. A result that the store will never accept is not
/// produced again.
pub fn storage_error(error: &(dyn std::error::Error + 'static)) -> StepError {
    tracing::warn!(
        event = "store.write_failed",
        error,
        "the store rejected a request"
    );
    match error.downcast_ref() {
        Some(RecordsError::TooLarge { .. } | RecordsError::Unstorable { .. }) => {
            StepError::permanent(
                Code::ResultTooLarge,
                "the result is not one that can be stored",
            )
        }
        _ => StepError::transient(Code::StorageUnavailable, "the result could not be stored"),
    }
}
