//! Stores a transcript as documents: the words in chunks first and the head last, so that a
//! function that the head starts finds all of it.

use domain::{
    Interview, InterviewKey, chunks,
    interview::Kind,
    interview_store,
    lease::{Lease, LeaseError},
    ports::{Precondition, Query, Write},
    roles,
    steps::{Code, StepError},
    transcript::{Recognition, TranscriptHead},
    turns,
    usable::{self, Signals},
    versions::UnknownFields,
};

use crate::{Failure, StepOutput, StepRunner, storage_error};

/// How many chunks are written at once: with the largest texts still within the
/// four megabytes of one message to Firestore.
const CHUNKS_PER_COMMIT: usize = 8;

impl StepRunner {
    /// Stores the chunks of a recording's words, in reading order, and makes up the head. The
    /// lease's token is the revision: two workers can never write the same chunk.
    pub async fn store_transcript(
        &self,
        key: &InterviewKey,
        engine: &str,
        lease: Lease,
        recognition: Recognition,
    ) -> Result<StepOutput, StepError> {
        let words = turns::order(recognition.words);
        let recognition = Recognition {
            words,
            ..recognition
        };
        self.store_ordered_transcript(key, engine, lease, recognition)
            .await
    }

    /// The same of words that are in reading order already.
    pub(crate) async fn store_ordered_transcript(
        &self,
        key: &InterviewKey,
        engine: &str,
        lease: Lease,
        recognition: Recognition,
    ) -> Result<StepOutput, StepError> {
        let Recognition {
            mut speakers,
            words,
            language,
            audio,
            speech_ms,
            model,
            diarization,
        } = recognition;
        if words.is_empty() {
            return Err(StepError::permanent(
                Code::NoSpeech,
                "no speech was found in the recording",
            ));
        }
        let interview = interview_store::interview(&*self.records, key).await;
        let interview = interview.map_err(|error| storage_error(&error))?;
        let has_roles = speakers.iter().any(|speaker| speaker.role.is_some());
        if interview.as_ref().is_some_and(has_interviewer) && !has_roles {
            roles::assign(&mut speakers, &words);
        }
        let revision = lease.token;
        let chunks = chunks::pack(revision, &words);
        self.store_chunks(key, lease, &chunks).await?;
        let quality = turns::quality(&words, audio.duration_ms);
        let usable = usable::judge(&Signals {
            quality: &quality,
            words: &words,
            duration_ms: audio.duration_ms,
            speech_ms,
            engine,
            model: &model,
            requested_language: interview.as_ref().and_then(|own| own.language.as_deref()),
            recognised_language: language.as_deref(),
            least_speakers: interview.as_ref().map_or(1, Interview::least_speakers),
        });
        let head = TranscriptHead {
            revision,
            engine: engine.to_owned(),
            model,
            diarization,
            language: language.clone(),
            duration_ms: audio.duration_ms,
            speakers,
            chunks: u32::try_from(chunks.len()).unwrap_or(u32::MAX),
            quality,
            usable: Some(usable.clone()),
            created_at: self.clock.now(),
            unknown: UnknownFields::default(),
        };
        let write = Write::put(key.data("transcript"), &head, Precondition::None);
        Ok(StepOutput {
            writes: vec![write.map_err(|error| storage_error(&error))?],
            amend: Some(Box::new(move |interview| {
                interview.language = interview.language.take().or_else(|| language.clone());
                interview.usable = Some(usable.clone());
                if let Some(known) = &mut interview.audio {
                    known.duration_ms = Some(audio.duration_ms);
                    known.channels = Some(audio.channels);
                    // Not every engine reports it.
                    if audio.sample_rate_hz > 0 {
                        known.sample_rate_hz = Some(audio.sample_rate_hz);
                    }
                }
            })),
            ..StepOutput::default()
        })
    }

    async fn store_chunks(
        &self,
        key: &InterviewKey,
        lease: Lease,
        chunks: &[chunks::Chunk],
    ) -> Result<(), StepError> {
        let revision = lease.token;
        self.clear_chunks(key, Some(revision))
            .await
            .map_err(|_| not_stored())?;
        for batch in chunks.chunks(CHUNKS_PER_COMMIT) {
            let writes = batch.iter().map(|chunk| {
                Write::put(key.chunk(revision, chunk.number), chunk, Precondition::None)
            });
            let writes = writes.collect::<Result<_, _>>();
            let writes = writes.map_err(|error| storage_error(&error))?;
            let (records, now) = (&*self.records, self.clock.now());
            let stored = interview_store::commit_fenced(records, key, &lease, now, writes);
            stored.await.map_err(|error| not_committed(&error))?;
        }
        Ok(())
    }

    /// Deletes the chunks of earlier revisions that no head names: what workers
    /// left that died; all of them without a revision to go by.
    pub async fn clear_chunks(
        &self,
        key: &InterviewKey,
        revision: Option<u64>,
    ) -> Result<(), Failure> {
        let records = &*self.records;
        let collection = key.data("transcript").collection("chunks");
        let Some(revision) = revision else {
            return Ok(interview_store::delete_collection(records, &collection).await?);
        };
        let kept = interview_store::transcript_head(records, key)
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
            .map(|chunk| Write::delete(chunk.path))
            .collect();
        if !deletes.is_empty() {
            records.commit(deletes).await?;
        }
        Ok(())
    }
}

/// Whether one person interviews another, so that speakers have roles.
fn has_interviewer(interview: &Interview) -> bool {
    interview.kind == Kind::JobInterview
}

/// A lease that is refused is noticed by the runner as well, which ends the step.
fn not_committed(error: &LeaseError) -> StepError {
    match error {
        LeaseError::Store(error) => storage_error(error),
        refused => StepError::transient(Code::WorkerLost, refused.to_string()),
    }
}

fn not_stored() -> StepError {
    StepError::transient(Code::StorageUnavailable, "the result could not be stored")
}
