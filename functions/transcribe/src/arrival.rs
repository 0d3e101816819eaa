//! An upload: noted on its interview, looked at, and queued.

use std::time::Duration;

use anyhow::Context as _;
use domain::{
    Interview, InterviewKey,
    callback::Job,
    event::StoredObject,
    ids,
    interview_store::{self, Decision},
    ports::{Enqueued, ObjectError, read_all},
    steps::{StepError, StepName},
    versions::UnknownFields,
};
use steps::{Failure, second_name, trace};

use crate::{Transcribe, check_size, missing, plain_name, step_run, task_name};

impl Transcribe {
    /// Notes an upload on its interview and queues it.
    pub(crate) async fn accept(&self, object: &StoredObject) -> Result<(), Failure> {
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
        let engine = self.active();
        let mut refusal = match check_size(&interview, object.size) {
            Ok(()) => self.probe(object).await?,
            refusal => refusal,
        };
        if refusal.is_ok() {
            self.note_recorded_at(&key, object).await?;
            refusal = self.reserve(&key, &*engine, &self.recording(object)).await;
        }
        if let Err(error) = refusal {
            if error.retryable {
                return Err(error.into());
            }
            let given = self.given(&key, object.generation, &*engine).await;
            let error = StepError { given, ..error };
            let refuse = |_, _| std::future::ready(Err(error));
            self.steps
                .run(step_run(&key, object.generation, engine.name()), refuse)
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
        let name = task_name(&job);
        let queued = self.enqueue(&job, &name, Duration::ZERO, trace).await?;
        if queued == Enqueued::Accepted {
            return Ok(());
        }
        let (step, now) = (StepName::Transcription, self.steps.clock.now());
        if let Some(second) = second_name(&interview, step, &plain_name(&job), now) {
            let name = ids::task_name(&second);
            self.enqueue(&job, &name, Duration::ZERO, trace).await?;
        }
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
        let start = read_all(stream).await;
        let start = start.context("reading the start of the recording")?;
        // What only the local decoder cannot decode, the engine may know.
        let checked = media::check(&start, true);
        Ok(checked.map_err(|error| error.to_step_error()))
    }
}
