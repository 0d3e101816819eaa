//! Turns a recording into a transcript.
//!
//! Listens to the bucket of recordings: an upload that belongs to an interview is
//! recorded there, probed, and queued. The queue bounds the engine's concurrency; its
//! tasks transcribe and write `data/transcript`, the words in chunks first and the head
//! last, so that a function that the head starts finds all of it (`store_transcript`).
//! A slow engine calls back instead of holding the task (`callbacks`). What a recording takes
//! of its user's budget is reserved before (`budget`).

mod budget;
mod callbacks;
pub mod checkpoint;
mod recorded_at;
mod store_transcript;
pub mod turn_taking;

use std::{sync::Arc, time::Duration};

use anyhow::Context;
use async_trait::async_trait;
use checkpoint::ObjectCheckpoint;
use domain::{
    Interview, InterviewKey,
    callback::{Job, QUEUE},
    event::{Event, StoredObject},
    ids,
    interview_store::{self, Decision},
    lease::Lease,
    ledger::SpendingLimits,
    ports::{
        ObjectError, ObjectStore, Progress, Queue, Readiness, Recording, Task, Transcriber,
        TranscriptionRequest,
    },
    steps::{Code, StepError, StepName, WaitReason, Waiting},
    trace::TraceContext,
    versions::UnknownFields,
};
use futures::TryStreamExt;
use steps::{
    Failure, Function, Outcome, StepOutput, StepRun, StepRunner, Trigger, storage_error, trace,
};
use turn_taking::TurnTaking;

/// The function, and what it needs.
pub struct Transcribe {
    /// Claims, results and the time.
    pub steps: StepRunner,
    /// The bucket for recordings.
    pub uploads: Arc<dyn ObjectStore>,
    /// Where work is queued.
    pub queue: Arc<dyn Queue>,
    /// The engine.
    pub transcriber: Arc<dyn Transcriber>,
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
    /// Notes an upload on its interview and queues it.
    async fn accept(&self, object: &StoredObject) -> Result<(), Failure> {
        let Some(key) = InterviewKey::from_path(&object.name) else {
            tracing::warn!(
                event = "upload.unknown",
                "an object was uploaded that belongs to no interview"
            );
            return Ok(());
        };
        let Some(interview) = self.note_arrival(&key, object).await? else {
            // The interview was deleted since: delete the upload too.
            return Ok(self.uploads.delete(&object.name).await?);
        };
        let mut refusal = match check_size(&interview, object.size) {
            Ok(()) => self.probe(object).await?,
            refusal => refusal,
        };
        if refusal.is_ok() {
            self.note_recorded_at(&key, object).await?;
            refusal = self.reserve(&key, &self.recording(object)).await;
        }
        if let Err(error) = refusal {
            if error.retryable {
                return Err(error.into());
            }
            let given = self.given(&key, object.generation, &*self.engine()).await;
            let error = StepError { given, ..error };
            let refuse = |_, _| std::future::ready(Err(error));
            self.steps
                .run(self.assignment(&key, object.generation), refuse)
                .await?;
            return Ok(());
        }
        let job = Job {
            key,
            object: object.name.clone(),
            generation: object.generation,
            answer: None,
            unknown: UnknownFields::default(),
        };
        let trace = interview.trace.or_else(trace::current);
        self.enqueue(&job, &task_name(&job), Duration::ZERO, trace)
            .await
    }

    /// Queues a job. A duplicate is queued already.
    async fn enqueue(
        &self,
        job: &Job,
        name: &str,
        delay: Duration,
        trace: Option<TraceContext>,
    ) -> Result<(), Failure> {
        let task = Task {
            name: name.to_owned(),
            body: serde_json::to_value(job).map_err(Failure::permanent)?,
            delay,
            trace,
        };
        self.queue.enqueue(QUEUE, task).await?;
        Ok(())
    }

    /// Stores the generation on the interview that waits for this object, if one
    /// does.
    async fn note_arrival(
        &self,
        key: &InterviewKey,
        object: &StoredObject,
    ) -> Result<Option<Interview>, Failure> {
        let now = self.steps.clock.now();
        let note = |interview: Option<&mut Interview>| {
            let Some(interview) = interview.filter(|interview| interview.deleted_at.is_none())
            else {
                return Decision::Leave(None);
            };
            let awaited = interview
                .audio
                .as_mut()
                .filter(|audio| audio.object == object.name);
            let Some(audio) = awaited else {
                return Decision::Leave(None);
            };
            if audio.generation == Some(object.generation) {
                return Decision::Leave(Some(interview.clone()));
            }
            audio.generation = Some(object.generation);
            audio.recorded_at = None;
            interview.open(StepName::Transcription, now);
            interview.open(StepName::Waveform, now);
            Decision::Write(Some(interview.clone()), Vec::new())
        };
        Ok(interview_store::transact(&*self.steps.records, key, now, note).await?)
    }

    /// Refuses what cannot be a recording before it takes a place in the queue.
    async fn probe(&self, object: &StoredObject) -> Result<Result<(), StepError>, Failure> {
        let range = Some(0..media::PROBE_SIZE.min(object.size));
        let read = self
            .uploads
            .read(&object.name, Some(object.generation), range)
            .await;
        let stream = match read {
            Ok((_, stream)) => stream,
            // Another delivery would miss it as well.
            Err(ObjectError::NotFound { .. }) => return Ok(Err(missing())),
            Err(error) => return Err(error.into()),
        };
        let start: Vec<u8> = stream
            .try_fold(Vec::new(), |mut all, chunk| async move {
                all.extend_from_slice(&chunk);
                Ok(all)
            })
            .await
            .context("reading the start of the recording")?;
        // What only the local decoder cannot decode, the engine may know.
        let checked = media::check(&start, true);
        Ok(checked.map_err(|error| error.to_step_error()))
    }

    /// Runs the step of a task.
    async fn transcribe(&self, job: Job) -> Result<(), Failure> {
        let engine = self.engine();
        let (user, now) = (&job.key.user_id, self.steps.clock.now());
        if let Readiness::Waiting { reason, retry_in } = engine.readiness() {
            self.turns.wait(user, now);
            return self.hold_back(&job, reason, retry_in).await;
        }
        let Some(_turn) = self.turns.begin(user, now) else {
            return self.hold_back(&job, WaitReason::EngineBusy, None).await;
        };
        let assignment = StepRun {
            engine: Some(engine.name()),
            ..self.assignment(&job.key, job.generation)
        };
        let work = |progress, lease| self.listen(&job, &*engine, lease, progress);
        let outcome = self.steps.run(assignment, work).await?;
        if outcome == Outcome::Gone {
            self.steps.clear_chunks(&job.key, None).await?;
        }
        if self.transcriber.keeps_checkpoints() {
            self.clear_checkpoints(&job, outcome).await?;
        }
        Ok(())
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

    /// The engine for the next recording.
    fn engine(&self) -> Arc<dyn Transcriber> {
        let substitute = self.transcriber.substitute();
        substitute.unwrap_or_else(|| Arc::clone(&self.transcriber))
    }

    /// Puts a job off whose engine is not ready, and notes why. No lease is acquired and
    /// no attempt is counted, so that it can wait for days.
    async fn hold_back(
        &self,
        job: &Job,
        reason: WaitReason,
        retry_in: Option<Duration>,
    ) -> Result<(), Failure> {
        let now = self.steps.clock.now();
        let waiting = Waiting::new(reason, retry_in.map(|wait| now + wait), now);
        let (records, input) = (&*self.steps.records, job.generation.to_string());
        let step = StepName::Transcription;
        let hold_back =
            |interview: &mut Interview| interview.hold_back(step, &input, waiting.clone());
        let remains = interview_store::transition(records, &job.key, now, hold_back).await?;
        if remains != Some(true) {
            return Ok(());
        }
        Err(Failure::Later(probe_again(reason, retry_in)))
    }

    fn assignment(&self, key: &InterviewKey, generation: i64) -> StepRun {
        StepRun {
            key: key.clone(),
            step: StepName::Transcription,
            input: generation.to_string(),
            engine: Some(self.transcriber.name()),
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
        self.reserve(&job.key, &request.recording).await?;
        if let Some(base) = &self.public_url
            && engine.calls_back(&request, base)
        {
            return self.submit_with_callback(job, lease, &request, base).await;
        }
        let recognition = match engine.transcribe(&request, &*progress).await {
            Err(error) if budget::is_silence(&error) => {
                self.reserve_silence(&job.key, &request.recording).await;
                return Err(error);
            }
            recognition => recognition?,
        };
        self.store_transcript(&job.key, engine.name(), lease, recognition)
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
        interview
            .as_ref()
            .map_or(Ok(()), |interview| check_size(interview, meta.size))?;
        Ok(TranscriptionRequest {
            recording: Recording {
                objects: Arc::clone(&self.uploads),
                object: meta.name,
                generation: meta.generation,
                size: meta.size,
                content_type: meta.content_type,
            },
            language: interview
                .as_ref()
                .and_then(|interview| interview.language.clone()),
            max_duration_ms: self.max_duration_ms(),
            speakers_expected: interview
                .as_ref()
                .and_then(|interview| interview.speakers_expected),
            channels: interview
                .as_ref()
                .map(|interview| interview.channels)
                .unwrap_or_default(),
            key_terms: interview.map(key_terms).unwrap_or_default(),
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

/// How soon it is looked again whether the engine is ready: an engine becomes free, and a
/// model complete, at any moment.
fn probe_again(reason: WaitReason, retry_in: Option<Duration>) -> Duration {
    let often = match reason {
        WaitReason::EngineBusy => Duration::from_secs(1),
        WaitReason::ModelDownload => Duration::from_secs(2),
        WaitReason::ModelUnavailable | WaitReason::Retry | WaitReason::Unknown(_) => {
            Duration::from_secs(15)
        }
    };
    retry_in.map_or(often, |wait| wait.clamp(Duration::from_secs(1), often))
}

/// Terms that the owner named. A default rubric adds none: its competencies are ours,
/// and no speaker says them.
fn key_terms(interview: Interview) -> Vec<String> {
    let criteria = interview.rubric.map(|rubric| rubric.competencies);
    criteria
        .into_iter()
        .flatten()
        .map(|criterion| criterion.name)
        .collect()
}

/// The same for the same recording, and scattered by a hash in front, because
/// names in sequence slow a queue down.
fn task_name(job: &Job) -> String {
    let plain = format!("{}-{}", job.key.interview_id, job.generation);
    ids::task_name(&plain)
}
