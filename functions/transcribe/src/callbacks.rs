//! Engines that call back: [`domain::callback`] has the idea.

use std::{sync::Arc, time::Duration};

use anyhow::Context as _;
use domain::{
    Interview, InterviewKey,
    callback::{CALLBACK_TIMEOUT, Callback, CallbackRecord, CallbackToken, Job},
    ids::task_name,
    interview_store,
    lease::{Lease, LeaseError},
    ports::{
        EngineId, Named as _, ObjectError, Precondition, Query, Transcriber, TranscriptionRequest,
        Write, read_all,
    },
    runs,
    steps::{Code, StepError},
    transcript::Recognition,
    versions::UnknownFields,
};
use futures::FutureExt as _;
use steps::{Failure, Outcome, StepOutput, decode_or_report, storage_error, trace};

use crate::{Transcribe, step_run};

/// The largest answer that is read, in bytes: the words of a day have a tenth.
const MAX_ANSWER: u64 = 256 * 1024 * 1024;

/// What an engine's request fails with whose answer did not come in time: it may have
/// been taken, and paid for.
const NO_ANSWER: Code = Code::EngineTimeout;

impl Transcribe {
    /// Submits the recording with a callback URL. The step is parked and the request
    /// recorded immediately before sending, so that a crash before that is recovered
    /// within one lease.
    pub(crate) async fn submit_with_callback(
        &self,
        job: &Job,
        lease: Lease,
        request: &TranscriptionRequest,
        (engine, base): (&dyn Transcriber, &str),
    ) -> Result<StepOutput, StepError> {
        let token = CallbackToken::generate(job.key.clone());
        let url = format!("{base}/v1/callbacks/{}/{token}", engine.name());
        let record = token.record();
        let park = self.park(job, lease, engine, &record).boxed();
        match engine.submit(request, &url, park).await {
            Ok(()) => Ok(deferred()),
            Err(error) if error.code == NO_ANSWER.as_str() => {
                tracing::warn!(
                    event = "callback.submit_unconfirmed",
                    "the engine may have accepted the job; its callback is awaited"
                );
                Ok(deferred())
            }
            Err(error) => {
                self.delete_callback(&record)
                    .await
                    .map_err(|_| not_queued())?;
                Err(error)
            }
        }
    }

    /// Parks the step and records the request. The task that submits again is queued
    /// first, because from then on no other task would.
    async fn park(
        &self,
        job: &Job,
        lease: Lease,
        engine: &dyn Transcriber,
        record: &CallbackRecord,
    ) -> Result<(), StepError> {
        let name = again_name(job, lease.token);
        let trace = lease.trace.or_else(trace::current);
        let delay = CALLBACK_TIMEOUT + Duration::from_secs(1);
        let queued = self.enqueue(job, &name, delay, trace).await;
        queued.map_err(|_| not_queued())?;
        let now = self.steps.clock.now();
        let asked = Callback {
            lease: lease.into(),
            job: job.clone(),
            engine: Some(engine.named().full_id()),
            asked_at: now,
            unknown: UnknownFields::default(),
        };
        let write = Write::put(record.document(), &asked, Precondition::Absent);
        let write = write.map_err(|error| storage_error(&error))?;
        let records = &*self.steps.records;
        let park = |interview: &mut Interview| {
            interview.park(&lease, now + CALLBACK_TIMEOUT)?;
            Ok(vec![write.clone()])
        };
        match interview_store::commit(records, &job.key, now, park).await {
            Ok(()) => Ok(()),
            Err(LeaseError::Store(error)) => Err(storage_error(&error)),
            // The worker or request that took it over, or deleted it, handles the rest.
            Err(refused) => Err(StepError::transient(Code::WorkerLost, refused.to_string())),
        }
    }

    /// Takes an answer that has come, unless the claim was settled or taken over.
    pub(crate) async fn handle_callback(&self, job: &Job, id: &str) -> Result<(), Failure> {
        let record = CallbackRecord {
            key: job.key.clone(),
            id: id.to_owned(),
        };
        let Some(document) = self.steps.records.read(&record.document()).await? else {
            // No step awaits it any more; it may have come while it was all deleted.
            return Ok(self.artifacts.delete(&record.object()).await?);
        };
        let asked: Callback = document.decode()?;
        let Some(answer) = self.answer(&record).await? else {
            // It was handled before, and only a part of what it left could be deleted.
            return self.forget_answered(&record, asked.lease.token).await;
        };
        let engine = self.engine_of(&asked);
        let received = engine.and_then(|engine| Ok((engine.receive(&answer)?, engine)));
        let outcome = match received {
            Ok((recognition, engine)) => self.write_answer(&asked, &engine, recognition).await?,
            Err(failure) => {
                let given = self.given_of(&asked).await;
                let failure = StepError { given, ..failure };
                let fail = |_, _| std::future::ready(Err(failure));
                match self.steps.resume(&job.key, asked.lease.known, fail).await {
                    Err(Failure::Transient { error, after }) => {
                        // Not this answer again, but another.
                        tracing::warn!(
                            event = "callback.failed",
                            "the callback reports a failure: {error:#}"
                        );
                        let name = format!("{}-failed", again_name(&asked.job, asked.lease.token));
                        let wait = after.unwrap_or(Duration::from_secs(30));
                        self.enqueue(&asked.job, &name, wait, asked.lease.trace)
                            .await?;
                        return self.delete_callback(&record).await;
                    }
                    outcome => outcome?,
                }
            }
        };
        self.clear_unused(&job.key, outcome).await?;
        self.forget_answered(&record, asked.lease.token).await
    }

    /// The request of this run to `engine` whose answer is stored, if there is one: the queue
    /// could not be used when it came, and the engine has stopped calling.
    pub(crate) async fn stored_answer(
        &self,
        job: &Job,
        engine: &dyn Transcriber,
    ) -> Result<Option<String>, Failure> {
        let requests = self.requests(&job.key).await?;
        if requests.is_empty() {
            return Ok(None);
        }
        let settled = self.last_settled(&job.key).await?;
        for (record, callback) in requests {
            let asked = self.engine_of(&callback);
            let by_engine = asked.is_ok_and(|asked| asked.named() == engine.named());
            let is_awaited = callback.lease.token > settled;
            let is_own = by_engine && is_awaited && callback.job.generation == job.generation;
            if is_own && self.artifacts.stat(&record.object()).await?.is_some() {
                return Ok(Some(record.id));
            }
        }
        Ok(None)
    }

    /// The newest fencing token whose request no step awaits any more, 0 where there is none:
    /// none is awaited once the step is settled, and while it runs again none of the shown
    /// result or before. That may be a request that was made after the one whose late answer
    /// was taken.
    async fn last_settled(&self, key: &InterviewKey) -> Result<u64, Failure> {
        let interview = interview_store::interview(&*self.steps.records, key).await?;
        Ok(interview.map_or(0, |interview| {
            let step = &interview.steps.transcription;
            if step.is_settled() {
                interview.last_token
            } else {
                runs::shown_token(step).unwrap_or(0)
            }
        }))
    }

    /// Writes an answer up. It has been paid for: where it could not be stored, it is
    /// kept, and comes again with another claim.
    async fn write_answer(
        &self,
        asked: &Callback,
        engine: &Arc<dyn Transcriber>,
        recognition: Recognition,
    ) -> Result<Outcome, Failure> {
        let key = &asked.job.key;
        let write = |_, lease| self.store_answer(asked, engine, lease, recognition.clone());
        match self.steps.resume(key, asked.lease.known, write).await? {
            Outcome::Superseded => {}
            outcome => return Ok(outcome),
        }
        let wanted = self.engine(key).await?;
        if !wanted.is_ok_and(|wanted| wanted.named() == engine.named()) {
            // A later run was requested with another engine.
            return Ok(Outcome::Superseded);
        }
        let step_run = step_run(key, asked.job.generation, engine.name());
        let write = |_, lease| self.store_answer(asked, engine, lease, recognition.clone());
        // Another worker runs the step and may not finish it: then the answer is needed.
        self.steps.run(step_run, write).await
    }

    async fn store_answer(
        &self,
        asked: &Callback,
        engine: &Arc<dyn Transcriber>,
        lease: Lease,
        recognition: Recognition,
    ) -> Result<StepOutput, StepError> {
        let stored = self.store_transcript(&asked.job.key, &**engine, lease, recognition);
        match stored.await {
            Err(error) => Err(StepError {
                given: self.given_of(asked).await,
                ..error
            }),
            stored => stored,
        }
    }

    /// The engine that was asked, by another model where its own is not set up any more.
    fn engine_of(&self, asked: &Callback) -> Result<Arc<dyn Transcriber>, StepError> {
        let id = asked.engine.as_deref();
        let name = id.map(|id| EngineId::parse(id).engine);
        let chosen = self.transcribers.choose(id);
        chosen.or_else(|_| self.transcribers.choose(name))
    }

    /// A digest of what the engine that was asked was given; none where it is not set up any
    /// more.
    async fn given_of(&self, asked: &Callback) -> Option<String> {
        let engine = self.engine_of(asked).ok()?;
        let job = &asked.job;
        self.given(&job.key, job.generation, &*engine).await
    }

    /// Deletes the requests up to `own`, which was made under the lease with this `token`, and
    /// all that no step awaits any more. Its own is the last: another delivery finds that one
    /// and deletes the others that are left.
    async fn forget_answered(&self, own: &CallbackRecord, token: u64) -> Result<(), Failure> {
        let newest = token.max(self.last_settled(&own.key).await?);
        self.forget_requests(&own.key, newest, Some(own)).await
    }

    /// Deletes all requests that no step awaits any more.
    pub(crate) async fn forget_settled(&self, key: &InterviewKey) -> Result<(), Failure> {
        let newest = self.last_settled(key).await?;
        self.forget_requests(key, newest, None).await
    }

    async fn forget_requests(
        &self,
        key: &InterviewKey,
        newest: u64,
        last: Option<&CallbackRecord>,
    ) -> Result<(), Failure> {
        let mut requests = self.requests(key).await?;
        requests.retain(|(_, callback)| callback.lease.token <= newest);
        requests.sort_by_key(|(record, _)| last.is_some_and(|last| last.id == record.id));
        for (record, _) in requests {
            self.delete_callback(&record).await?;
        }
        Ok(())
    }

    /// The recorded requests of an interview.
    async fn requests(
        &self,
        key: &InterviewKey,
    ) -> Result<Vec<(CallbackRecord, Callback)>, Failure> {
        let collection = key.document().collection("callbacks");
        let query = Query::collection(collection);
        let mut requests = Vec::new();
        for document in self.steps.records.list(&query).await? {
            let record = CallbackRecord {
                key: key.clone(),
                id: document.path.split().1.to_owned(),
            };
            if let Some(callback) = decode_or_report(&document) {
                requests.push((record, callback));
            }
        }
        Ok(requests)
    }

    async fn answer(&self, record: &CallbackRecord) -> Result<Option<Vec<u8>>, Failure> {
        let read = self.artifacts.read(&record.object(), None, None).await;
        let (meta, bytes) = match read {
            Ok(found) => found,
            Err(ObjectError::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        if meta.size > MAX_ANSWER {
            let error = anyhow::anyhow!("an answer of {} bytes", meta.size);
            return Err(Failure::permanent(error));
        }
        let all = read_all(bytes)
            .await
            .context("reading the engine's answer")?;
        Ok(Some(all))
    }

    /// Deletes the request and the callback's body.
    async fn delete_callback(&self, record: &CallbackRecord) -> Result<(), Failure> {
        self.artifacts.delete(&record.object()).await?;
        let delete = Write::delete(record.document());
        Ok(self.steps.records.commit(vec![delete]).await?)
    }
}

fn deferred() -> StepOutput {
    StepOutput {
        deferred: true,
        ..StepOutput::default()
    }
}

fn not_queued() -> StepError {
    StepError::transient(Code::StorageUnavailable, "the work could not be queued")
}

/// One for each lease, so that a second attempt is submitted again as well.
fn again_name(job: &Job, token: u64) -> String {
    let plain = format!("{}-{}-again-{token}", job.key.interview_id, job.generation);
    task_name(&plain)
}
