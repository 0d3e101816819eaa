//! Turns a recording into a transcript.
//!
//! Listens to the bucket for recordings: an upload that belongs to an interview
//! is noted there, looked at, and queued. The queue holds the engine's
//! concurrency; its tasks do the work and write `data/transcript`, the words in
//! chunks first and the head last, so that whoever the head starts finds all.

use std::{sync::Arc, time::Duration};

use anyhow::Context;
use async_trait::async_trait;
use domain::{
    Interview, InterviewKey, chunks,
    claim::Lease,
    event::{Event, StoredObject},
    ids::hex,
    ports::{
        ObjectStore, Precondition, Progress, Query, Queue, Recording, Task, Transcriber,
        TranscriptionRequest, Write,
    },
    steps::{StepError, StepName},
    transcript::{Recognition, TranscriptHead},
    turns,
    work::{self, Decision},
};
use futures::TryStreamExt;
use runtime::{
    Failure, Function, Incoming,
    step::{Assignment, Desk, Outcome, Product, storage_error},
    trace,
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The queue between accepting an upload and transcribing it.
pub const QUEUE: &str = "transcription";

/// How many chunks are written at once: with the largest texts still within the
/// four megabytes of one message to Firestore.
const CHUNKS_PER_COMMIT: usize = 8;

/// The function, and what it needs.
pub struct Transcribe {
    /// Claims, results and the time.
    pub desk: Desk,
    /// The bucket for recordings.
    pub uploads: Arc<dyn ObjectStore>,
    /// Where work is queued.
    pub queue: Arc<dyn Queue>,
    /// The engine.
    pub transcriber: Arc<dyn Transcriber>,
    /// The longest recording that is accepted.
    pub max_duration: Duration,
}

/// The task: which recording of which interview.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// User and interview.
    #[serde(flatten)]
    pub key: InterviewKey,
    /// The recording's object.
    pub object: String,
    /// Which one of that name.
    pub generation: i64,
}

#[async_trait]
impl Function for Transcribe {
    fn name(&self) -> &'static str {
        "transcribe"
    }

    async fn handle(&self, incoming: Incoming) -> Result<(), Failure> {
        if let Incoming::Task(task) = &incoming {
            return self.transcribe(task.decode()?).await;
        }
        match incoming.event()? {
            Event::ObjectFinalized(object) => self.accept(&object).await,
            _ => Ok(()),
        }
    }
}

impl Transcribe {
    /// Notes an upload on its interview and queues it.
    async fn accept(&self, object: &StoredObject) -> Result<(), Failure> {
        let Some(key) = InterviewKey::of_path(&object.name) else {
            tracing::warn!("an object that belongs to no interview was uploaded");
            return Ok(());
        };
        let Some(interview) = self.note_arrival(&key, object).await? else {
            // Deleted meanwhile: the upload goes the way of its interview.
            return Ok(self.uploads.delete(&object.name).await?);
        };
        if let Err(error) = self.look(object).await? {
            let refuse = |_, _| std::future::ready(Err(error));
            self.desk
                .run(self.assignment(&key, object.generation), refuse)
                .await?;
            return Ok(());
        }
        let job = Job {
            key,
            object: object.name.clone(),
            generation: object.generation,
        };
        let task = Task {
            name: task_name(&job),
            body: serde_json::to_value(&job).map_err(Failure::permanent)?,
            delay: Duration::ZERO,
            trace: interview.trace.or_else(trace::current),
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
        let now = self.desk.clock.now();
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
            interview.open(StepName::Transcription, now);
            interview.open(StepName::Waveform, now);
            Decision::Write(Some(interview.clone()), Vec::new())
        };
        Ok(work::transact(&*self.desk.records, key, now, note).await?)
    }

    /// Refuses what cannot be a recording before it takes a place in the queue.
    async fn look(&self, object: &StoredObject) -> Result<Result<(), StepError>, Failure> {
        let range = Some(0..media::LOOK_SIZE.min(object.size));
        let (_, stream) = self
            .uploads
            .read(&object.name, Some(object.generation), range)
            .await?;
        let start: Vec<u8> = stream
            .try_fold(Vec::new(), |mut all, chunk| async move {
                all.extend_from_slice(&chunk);
                Ok(all)
            })
            .await
            .context("reading the start of the recording")?;
        let looked = media::look(&start).map(|_| ());
        Ok(looked.map_err(|error| error.to_step_error()))
    }

    /// Does what a task asks for.
    async fn transcribe(&self, job: Job) -> Result<(), Failure> {
        let assignment = self.assignment(&job.key, job.generation);
        let work = |progress, lease| self.listen(&job, lease, progress);
        match self.desk.run(assignment, work).await? {
            Outcome::Gone => self.clear_chunks(&job.key, None).await,
            _ => Ok(()),
        }
    }

    fn assignment(&self, key: &InterviewKey, generation: i64) -> Assignment {
        Assignment {
            key: key.clone(),
            step: StepName::Transcription,
            input: generation.to_string(),
            engine: Some(self.transcriber.name()),
        }
    }

    async fn listen(
        &self,
        job: &Job,
        lease: Lease,
        progress: Arc<dyn Progress>,
    ) -> Result<Product, StepError> {
        let request = self.request(job).await?;
        let recognition = self.transcriber.transcribe(&request, &*progress).await?;
        if recognition.words.is_empty() {
            return Err(StepError::permanent(
                "no_speech",
                "no speech was found in the recording",
            ));
        }
        self.write_up(&job.key, lease, recognition).await
    }

    async fn request(&self, job: &Job) -> Result<TranscriptionRequest, StepError> {
        let interview = work::interview(&*self.desk.records, &job.key)
            .await
            .map_err(|error| storage_error(&error))?;
        let meta = self
            .uploads
            .stat(&job.object)
            .await
            .map_err(|error| storage_error(&error))?;
        let meta = meta
            .filter(|meta| meta.generation == job.generation)
            .ok_or_else(|| {
                StepError::permanent("recording_missing", "the recording is not there any more")
            })?;
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
            max_duration_ms: u64::try_from(self.max_duration.as_millis()).unwrap_or(u64::MAX),
            key_terms: interview.map(key_terms).unwrap_or_default(),
            label: Some(job.key.interview_id.to_string()),
        })
    }

    /// Stores the chunks and makes up the head. The claim's token is the
    /// revision: two workers can never write the same chunk.
    async fn write_up(
        &self,
        key: &InterviewKey,
        lease: Lease,
        recognition: Recognition,
    ) -> Result<Product, StepError> {
        let Recognition {
            speakers,
            words,
            language,
            audio,
            model,
            ..
        } = recognition;
        let words = turns::order(words);
        let revision = lease.token;
        let chunks = chunks::pack(revision, &words);
        let records = &*self.desk.records;
        self.clear_chunks(key, Some(revision))
            .await
            .map_err(|_| not_stored())?;
        for batch in chunks.chunks(CHUNKS_PER_COMMIT) {
            let writes = batch.iter().map(|chunk| {
                Write::put(key.chunk(revision, chunk.number), chunk, Precondition::None)
            });
            let writes = writes.collect::<Result<_, _>>();
            let writes = writes.map_err(|error| storage_error(&error))?;
            let stored = records.commit(writes).await;
            stored.map_err(|error| storage_error(&error))?;
        }
        let head = TranscriptHead {
            revision,
            engine: self.transcriber.name().to_owned(),
            model,
            language: language.clone(),
            duration_ms: audio.duration_ms,
            speakers,
            chunks: u32::try_from(chunks.len()).unwrap_or(u32::MAX),
            quality: turns::quality(&words, audio.duration_ms),
            created_at: self.desk.clock.now(),
        };
        let write = Write::put(key.data("transcript"), &head, Precondition::None);
        Ok(Product {
            writes: vec![write.map_err(|error| storage_error(&error))?],
            amend: Some(Box::new(move |interview| {
                interview.language = interview.language.take().or_else(|| language.clone());
                if let Some(known) = &mut interview.audio {
                    known.duration_ms = Some(audio.duration_ms);
                    known.channels = Some(audio.channels);
                    known.sample_rate_hz = Some(audio.sample_rate_hz);
                }
            })),
        })
    }

    /// Deletes the chunks of earlier revisions that no head names: what workers
    /// left that died; all of them without a revision to go by.
    async fn clear_chunks(&self, key: &InterviewKey, revision: Option<u64>) -> Result<(), Failure> {
        let records = &*self.desk.records;
        let collection = key.data("transcript").collection("chunks");
        let Some(revision) = revision else {
            return Ok(work::delete_collection(records, &collection).await?);
        };
        let kept = work::transcript_head(records, key)
            .await?
            .map(|head| head.revision);
        let deletes: Vec<Write> = records
            .list(&Query::collection(collection))
            .await?
            .into_iter()
            .filter(|chunk| {
                let found = chunk.fields["revision"].as_u64();
                found < Some(revision) && found != kept
            })
            .map(|chunk| Write::Delete {
                path: chunk.path,
                precondition: Precondition::None,
            })
            .collect();
        if !deletes.is_empty() {
            records.commit(deletes).await?;
        }
        Ok(())
    }
}

/// What its owner wants to hear about. The rubric of a kind is no such thing: its
/// competencies are ours, and nobody says them.
fn key_terms(interview: Interview) -> Vec<String> {
    let criteria = interview.rubric.map(|rubric| rubric.competencies);
    criteria
        .into_iter()
        .flatten()
        .map(|criterion| criterion.name)
        .collect()
}

fn not_stored() -> StepError {
    StepError::transient("storage_unavailable", "the result could not be stored")
}

/// The same for the same recording, and scattered by a hash in front, because
/// names in sequence slow a queue down.
fn task_name(job: &Job) -> String {
    let plain = format!("{}-{}", job.key.interview_id, job.generation);
    let digest = Sha256::digest(&plain);
    format!("{}-{plain}", hex(&digest[..4]))
}
