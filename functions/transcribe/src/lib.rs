//! Turns a recording into a transcript.
//!
//! Listens to the bucket of recordings: an upload that belongs to an interview is
//! recorded there, probed, and queued. The queue bounds the engine's concurrency; its
//! tasks transcribe and write `data/transcript`, the words in chunks first and the head
//! last, so that a function that the head starts finds all of it (`store_transcript`).
//! `choice` says by which engine; a slow one calls back instead of holding the task
//! (`callbacks`). What a recording takes of its user's budget is reserved before (`budget`).

mod arrival;
mod budget;
mod callbacks;
pub mod checkpoint;
mod choice;
mod recorded_at;
mod store_transcript;
pub mod turn_taking;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use checkpoint::ObjectCheckpoint;
use domain::{
    Interview, InterviewKey,
    callback::{Job, QUEUE},
    event::Event,
    given, ids, interview_store,
    lease::Lease,
    ledger::SpendingLimits,
    ports::{
        EngineSet, Enqueued, ObjectError, ObjectStore, Progress, Queue, Readiness, Recording, Task,
        Transcriber, TranscriptionRequest,
    },
    steps::{Code, StepError, StepName, WaitReason},
    trace::TraceContext,
};
use steps::{Failure, Function, Outcome, StepOutput, StepRun, StepRunner, Trigger, storage_error};
use turn_taking::TurnTaking;

/// The function, and what it needs.
pub struct Transcribe {
    /// Claims, results and the time.
    pub steps: StepRunner,
    /// The bucket for recordings.
    pub uploads: Arc<dyn ObjectStore>,
    /// Where work is queued.
    pub queue: Arc<dyn Queue>,
    /// The engines: the active one, and others that a run can choose.
    pub transcribers: EngineSet<dyn Transcriber>,
    /// The bucket for products, in which an engine's late answer is kept.
    pub artifacts: Arc<dyn ObjectStore>,
    /// Where an engine reaches the API to call back; without it, the task waits for the
    /// engine.
    pub public_url: Option<String>,
    /// The longest recording that is accepted.
    pub max_duration: Duration,
    /// Whose turn it is with the engine.
    pub turns: TurnTaking,
    /// How much one user may have recognised.
    pub limits: SpendingLimits,
}

#[async_trait]
impl Function for Transcribe {
    fn name(&self) -> &'static str {
        "transcribe"
    }

    async fn handle(&self, trigger: Trigger) -> Result<(), Failure> {
        match trigger {
            Trigger::Task(task) => {
                let job: Job = task.decode()?;
                match &job.answer {
                    Some(record) => self.handle_callback(&job, record).await,
                    None => self.transcribe(job).await,
                }
            }
            Trigger::Event(Event::ObjectFinalized(object)) => self.accept(&object).await,
            Trigger::Event(_) => Ok(()),
        }
    }
}

impl Transcribe {
    /// Queues a job. A duplicate is queued already, or was within the last day.
    async fn enqueue(
        &self,
        job: &Job,
        name: &str,
        delay: Duration,
        trace: Option<TraceContext>,
    ) -> Result<Enqueued, Failure> {
        let task = Task {
            name: name.to_owned(),
            body: serde_json::to_value(job).map_err(Failure::permanent)?,
            delay,
            trace,
        };
        Ok(self.queue.enqueue(QUEUE, task).await?)
    }

    /// Runs the step of a task.
    async fn transcribe(&self, job: Job) -> Result<(), Failure> {
        let engine = match self.engine(&job.key).await? {
            Ok(engine) => engine,
            Err(refused) => return self.fail(&job, refused).await,
        };
        let (user, now) = (&job.key.user_id, self.steps.clock.now());
        if let Readiness::Waiting { reason, retry_in } = engine.readiness() {
            self.turns.wait(engine.name(), user, now);
            return self.hold_back(&job, reason, retry_in).await;
        }
        let Some(_turn) = self.turns.begin(engine.name(), user, now) else {
            return self.hold_back(&job, WaitReason::EngineBusy, None).await;
        };
        if self.public_url.is_some()
            && let Some(answer) = self.stored_answer(&job, &*engine).await?
        {
            return self.handle_callback(&job, &answer).await;
        }
        let step_run = step_run(&job.key, job.generation, engine.name());
        let work = |progress, lease| self.listen(&job, &*engine, lease, progress);
        let outcome = self.steps.run(step_run, work).await?;
        self.clear_unused(&job.key, outcome).await?;
        if engine.keeps_checkpoints() || self.transcribers.active.keeps_checkpoints() {
            self.clear_checkpoints(&job, outcome).await?;
        }
        Ok(())
    }

    /// Deletes what belongs to no transcript once the step has ended: stored words, and
    /// requests to an engine.
    async fn clear_unused(&self, key: &InterviewKey, outcome: Outcome) -> Result<(), Failure> {
        match outcome {
            Outcome::Gone => self.steps.clear_chunks(key, None).await,
            // A worker that was killed after its last commit has left this to a redelivery,
            // and one that missed the response to its commit finds its lease ended.
            Outcome::GivenUp | Outcome::AlreadySettled | Outcome::Superseded => {
                self.steps.clear_unused_chunks(key).await?;
                self.forget_settled(key).await
            }
            Outcome::Finished | Outcome::Deferred => Ok(()),
        }
    }

    /// Deletes what was kept for another attempt, once there is none to come.
    async fn clear_checkpoints(&self, job: &Job, outcome: Outcome) -> Result<(), ObjectError> {
        let artifacts = &*self.artifacts;
        match outcome {
            Outcome::Gone | Outcome::Finished | Outcome::GivenUp => {
                checkpoint::clear(artifacts, &job.key, None).await
            }
            // A worker that was killed after its commit has left this to a redelivery. A
            // newer recording of the interview may be in work.
            Outcome::AlreadySettled => {
                checkpoint::clear(artifacts, &job.key, Some(job.generation)).await
            }
            Outcome::Deferred | Outcome::Superseded => Ok(()),
        }
    }

    async fn listen(
        &self,
        job: &Job,
        engine: &dyn Transcriber,
        lease: Lease,
        progress: Arc<dyn Progress>,
    ) -> Result<StepOutput, StepError> {
        let given = self.given(&job.key, job.generation, engine).await;
        let recognised = self.recognise(job, engine, lease, progress).await;
        recognised.map_err(|error| StepError { given, ..error })
    }

    async fn recognise(
        &self,
        job: &Job,
        engine: &dyn Transcriber,
        lease: Lease,
        progress: Arc<dyn Progress>,
    ) -> Result<StepOutput, StepError> {
        let request = self.request(job, lease).await?;
        self.reserve(&job.key, engine, &request.recording).await?;
        if let Some(base) = &self.public_url
            && engine.calls_back(&request, base)
        {
            let asked = (engine, base.as_str());
            return self.submit_with_callback(job, lease, &request, asked).await;
        }
        let recognition = match engine.transcribe(&request, &*progress).await {
            Err(error) if budget::is_silence(&error) => {
                self.reserve_silence(&job.key, engine, &request.recording)
                    .await;
                return Err(error);
            }
            recognition => recognition?,
        };
        self.store_transcript(&job.key, engine, lease, recognition)
            .await
    }

    async fn request(&self, job: &Job, lease: Lease) -> Result<TranscriptionRequest, StepError> {
        let interview = interview_store::interview(&*self.steps.records, &job.key)
            .await
            .map_err(|error| storage_error(&error))?;
        let meta = self
            .uploads
            .stat(&job.object)
            .await
            .map_err(|error| storage_error(&error))?;
        let meta = meta
            .filter(|meta| meta.generation == job.generation)
            .ok_or_else(missing)?;
        let own = interview.as_ref();
        own.map_or(Ok(()), |own| check_size(own, meta.size))?;
        Ok(TranscriptionRequest {
            recording: Recording {
                objects: Arc::clone(&self.uploads),
                object: meta.name,
                generation: meta.generation,
                size: meta.size,
                content_type: meta.content_type,
            },
            language: own.and_then(|own| own.language.clone()),
            max_duration_ms: self.max_duration_ms(),
            speakers_expected: own.and_then(|own| own.speakers_expected),
            channels: own.map(|own| own.channels).unwrap_or_default(),
            key_terms: own.map(key_terms).unwrap_or_default(),
            label: Some(job.key.interview_id.to_string()),
            checkpoint: Some(Arc::new(ObjectCheckpoint::new(
                Arc::clone(&self.artifacts),
                &job.key,
                job.generation,
                lease,
            ))),
        })
    }
}

/// The transcription of a recording of this generation by this engine.
fn step_run(key: &InterviewKey, generation: i64, engine: &'static str) -> StepRun {
    StepRun {
        key: key.clone(),
        step: StepName::Transcription,
        input: generation.to_string(),
        engine: Some(engine),
    }
}

fn missing() -> StepError {
    StepError::permanent(
        Code::RecordingMissing,
        "the recording is not there any more",
    )
}

fn check_size(interview: &Interview, size: u64) -> Result<(), StepError> {
    let audio = interview.audio.as_ref();
    audio.map_or(Ok(()), |audio| audio.check_size(size))
}

fn key_terms(interview: &Interview) -> Vec<String> {
    let terms = given::vocabulary(interview);
    terms.into_iter().map(str::to_owned).collect()
}

/// The same for the same recording, and scattered by a hash in front, because
/// names in sequence slow a queue down.
fn task_name(job: &Job) -> String {
    ids::task_name(&plain_name(job))
}

fn plain_name(job: &Job) -> String {
    format!("{}-{}", job.key.interview_id, job.generation)
}
