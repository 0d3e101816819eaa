//! Stores a transcript as documents: the words in chunks first and the head last, so that a
//! function that the head starts finds all of it.

use domain::{
    Interview, InterviewKey, chunks,
    interview::Kind,
    interview_store, language,
    lease::{Lease, LeaseError},
    paths::{self, DocPath},
    ports::{Precondition, Query, Write},
    roles,
    runs::{self, Kept},
    search::{self, transcript::Passages},
    steps::{Code, StepError},
    transcript::{IMPORT_ENGINE, Recognition, TranscriptHead},
    turns,
    usable::{self, Signals},
    versions::UnknownFields,
};

use serde_json::json;

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
        if let Some(interview) = &interview {
            let passages = Passages::recognized(interview.into(), revision, &words);
            let writes = passages.writes().map_err(|error| storage_error(&error))?;
            self.store_passages(key, lease, writes).await?;
        }
        let quality = turns::quality(&words, audio.duration_ms);
        let given = interview.as_ref().and_then(|own| own.language.as_deref());
        // Of several languages none is the wrong one.
        let recognised = language.as_deref();
        let recognised = recognised.filter(|_| !given.is_some_and(language::is_multi));
        let usable = usable::judge(&Signals {
            quality: &quality,
            words: &words,
            duration_ms: audio.duration_ms,
            speech_ms,
            engine,
            model: &model,
            requested_language: language::single(given),
            recognised_language: recognised,
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
        let shown = interview_store::transcript_head(&*self.records, key).await;
        let shown = shown.map_err(|error| storage_error(&error))?;
        // An import is requested in place of what is there.
        let shown = shown.filter(|_| engine != IMPORT_ENGINE);
        let shown = shown.map(|head| head.revision);
        let (key, now) = (key.clone(), self.clock.now());
        Ok(StepOutput {
            amend: Some(Box::new(move |interview| {
                if let Some(known) = &mut interview.audio {
                    known.duration_ms = Some(audio.duration_ms);
                    known.channels = Some(audio.channels);
                    // Not every engine reports it.
                    if audio.sample_rate_hz > 0 {
                        known.sample_rate_hz = Some(audio.sample_rate_hz);
                    }
                }
            })),
            decide: Some(Box::new(move |interview| {
                let is_corrected = |token: u64| interview.log_state(token).revision > 0;
                if shown.is_some_and(is_corrected) {
                    // It replaces nothing that a person has corrected: it can be selected.
                    let kept = Kept::new(interview, revision, json!(head));
                    return Ok(vec![kept.write(&key, "transcript")?]);
                }
                if let Some(shown) = shown {
                    interview.exchange_speakers(shown, revision, now);
                }
                interview.language = interview.language.take().or_else(|| language.clone());
                interview.usable = Some(usable.clone());
                let path = key.data("transcript");
                Ok(vec![Write::put(path, &head, Precondition::None)?])
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
            self.store_batch(key, lease, writes).await?;
        }
        Ok(())
    }

    /// Stores what is searched of a transcript: it is found once the head names it.
    async fn store_passages(
        &self,
        key: &InterviewKey,
        lease: Lease,
        passages: Vec<Write>,
    ) -> Result<(), StepError> {
        for batch in search::batches(passages) {
            self.store_batch(key, lease, batch).await?;
        }
        Ok(())
    }

    async fn store_batch(
        &self,
        key: &InterviewKey,
        lease: Lease,
        writes: Vec<Write>,
    ) -> Result<(), StepError> {
        let (records, now) = (&*self.records, self.clock.now());
        let stored = interview_store::commit_fenced(records, key, &lease, now, writes);
        stored.await.map_err(|error| not_committed(&error))
    }

    /// Deletes the chunks, passages and corrections of earlier transcripts that no head names: what
    /// workers left that died, and what an import replaced; all chunks and passages without a
    /// token to go by.
    pub async fn clear_chunks(
        &self,
        key: &InterviewKey,
        revision: Option<u64>,
    ) -> Result<(), Failure> {
        let records = &*self.records;
        let chunks = key.data("transcript").collection("chunks");
        let Some(revision) = revision else {
            interview_store::delete_collection(records, &chunks).await?;
            return Ok(interview_store::delete_collection(records, &key.passages()).await?);
        };
        // The head first: a run that is selected meanwhile is kept from then on.
        let shown = interview_store::transcript_head(records, key).await?;
        let mut named = runs::kept_transcripts(records, key).await?;
        named.extend(shown.map(|head| head.revision));
        let corrections = key.data("transcript").collection("corrections");
        let mut deletes = Vec::new();
        let token_of_part: fn(&DocPath) -> Option<u64> = paths::token_of_part;
        for (collection, token_of) in [
            (chunks, token_of_part),
            (corrections, token_of_part),
            (key.passages(), search::run_of),
        ] {
            let paths = records.list_paths(&Query::collection(collection)).await?;
            let replaced = paths.into_iter().filter(|path| {
                token_of(path).is_some_and(|token| token < revision && !named.contains(&token))
            });
            deletes.extend(replaced.map(Write::delete));
        }
        for batch in deletes.chunks(interview_store::DELETES_PER_COMMIT) {
            records.commit(batch.to_vec()).await?;
        }
        Ok(())
    }

    /// Deletes the chunks and corrections that no head names once the transcription is
    /// settled: a run that failed for good may have stored its words before.
    pub async fn clear_unused_chunks(&self, key: &InterviewKey) -> Result<(), Failure> {
        // Read first: a worker that begins later has a newer token.
        let interview = interview_store::interview(&*self.records, key).await?;
        let settled = interview.filter(|own| own.steps.transcription.is_settled());
        match settled {
            Some(interview) => self.clear_chunks(key, Some(interview.last_token + 1)).await,
            None => Ok(()),
        }
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
