//! Engines that call back: [`domain::callback`] has the idea.

use std::time::Duration;

use anyhow::Context as _;
use domain::{
    Interview, InterviewKey,
    callback::{CALLBACK_TIMEOUT, Callback, CallbackRecord, CallbackToken, Job},
    ids::task_name,
    interview_store,
    lease::{Lease, LeaseError},
    ports::{ObjectError, Precondition, Query, TranscriptionRequest, Write},
    steps::{Code, StepError},
    transcript::Recognition,
    versions::UnknownFields,
};
use futures::{FutureExt as _, TryStreamExt as _};
use steps::{Failure, Outcome, StepOutput, report_unreadable, storage_error, trace};

use crate::Transcribe;

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
        base: &str,
    ) -> Result<StepOutput, StepError> {
        let token = CallbackToken::generate(job.key.clone());
        let engine = self.transcriber.name();
        let url = format!("{base}/v1/callbacks/{engine}/{token}");
        let record = token.record();
        let park = self.park(job, lease, &record).boxed();
        match self.transcriber.submit(request, &url, park).await {
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
            return Ok(());
        };
        let outcome = match self.transcriber.receive(&answer) {
            Ok(recognition) => self.write_answer(&asked, recognition).await?,
            Err(failure) => {
                let given = self.given_of(&asked.job).await;
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
        if outcome == Outcome::Gone {
            self.steps.clear_chunks(&job.key, None).await?;
        }
        self.forget_all(&job.key, asked.lease.token).await
    }

    /// Writes an answer up. It has been paid for: where it could not be stored, it is
    /// kept, and comes again with another claim.
    async fn write_answer(
        &self,
        asked: &Callback,
        recognition: Recognition,
    ) -> Result<Outcome, Failure> {
        let key = &asked.job.key;
        let write = |_, lease| self.store_answer(asked, lease, recognition.clone());
        match self.steps.resume(key, asked.lease.known, write).await? {
            Outcome::Superseded => {}
            outcome => return Ok(outcome),
        }
        let assignment = self.assignment(key, asked.job.generation);
        let write = |_, lease| self.store_answer(asked, lease, recognition.clone());
        // Another worker runs the step and may not finish it: then the answer is needed.
        self.steps.run(assignment, write).await
    }

    async fn store_answer(
        &self,
        asked: &Callback,
        lease: Lease,
        recognition: Recognition,
    ) -> Result<StepOutput, StepError> {
        let engine = self.transcriber.name();
        let stored = self.store_transcript(&asked.job.key, engine, lease, recognition);
        match stored.await {
            Err(error) => Err(StepError {
                given: self.given_of(&asked.job).await,
                ..error
            }),
            stored => stored,
        }
    }

    async fn given_of(&self, job: &Job) -> Option<String> {
        self.given(&job.key, job.generation, &*self.transcriber)
            .await
    }

    /// Deletes the requests of this lease and earlier ones.
    async fn forget_all(&self, key: &InterviewKey, newest: u64) -> Result<(), Failure> {
        let collection = key.document().collection("callbacks");
        let query = Query::collection(collection);
        for document in self.steps.records.list(&query).await? {
            let callback: Callback = match document.decode() {
                Ok(callback) => callback,
                Err(error) => {
                    report_unreadable(&document, &error);
                    continue;
                }
            };
            if callback.lease.token <= newest {
                let record = CallbackRecord {
                    key: key.clone(),
                    id: document.path.split().1.to_owned(),
                };
                self.delete_callback(&record).await?;
            }
        }
        Ok(())
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
        let all = bytes.try_fold(Vec::new(), |mut all, chunk| async move {
            all.extend_from_slice(&chunk);
            Ok(all)
        });
        Ok(Some(all.await.context("reading the engine's answer")?))
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
