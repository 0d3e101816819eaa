//! A transcript from elsewhere in place of a recording.
//!
//! The transcription is done with the engine `import`, the waveform is skipped, and analysis
//! and report follow as they do after a recording. Another import replaces the first: the
//! transcript gets a newer revision, and what was made of the old one is made again.

use std::{collections::BTreeMap, time::Duration};

use domain::{
    Interview, InterviewKey, Private,
    ids::hex,
    interview_store,
    lease::Lease,
    steps::{StepError, StepName, StepState},
    transcript::{IMPORT_ENGINE, Recognition, Speaker},
};
use sha2::{Digest as _, Sha256};

use crate::{Failure, Outcome, StepOutput, StepRun, StepRunner, storage_error};

/// A transcript to import.
#[derive(Debug, Clone)]
pub struct Import {
    /// What identifies its file: the same one is imported once.
    pub input: String,
    /// The transcript, with its words in reading order.
    pub transcript: Recognition,
}

impl Import {
    /// A file's transcript.
    pub fn new(file: &[u8], transcript: Recognition) -> Self {
        Self {
            input: format!("import-{}", hex(&Sha256::digest(file)[..16])),
            transcript,
        }
    }
}

/// What became of an import.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Imported {
    /// The transcript is stored, by this call or by an earlier one.
    Stored,
    /// The interview has a recording, or one is announced.
    HasRecording,
    /// Another call imports the same file; its lease ends after that time unless it is renewed.
    Busy(Duration),
    /// Another import has replaced this one.
    Superseded,
    /// There is no such interview.
    Gone,
}

impl StepRunner {
    /// Imports a transcript into an interview without a recording.
    pub async fn import_transcript(
        &self,
        key: &InterviewKey,
        import: Import,
    ) -> Result<Imported, Failure> {
        let (records, now) = (&*self.records, self.clock.now());
        let prepare = |interview: &mut Interview| {
            if interview.audio.is_some() {
                return false;
            }
            interview.skip(StepName::Waveform, now);
            if interview.steps.transcription.state == StepState::Failed {
                interview.reopen(StepName::Transcription, now);
            }
            true
        };
        match interview_store::transition(records, key, now, prepare).await? {
            None => return Ok(Imported::Gone),
            Some(false) => return Ok(Imported::HasRecording),
            Some(true) => {}
        }
        let run = StepRun {
            key: key.clone(),
            step: StepName::Transcription,
            input: import.input.clone(),
            engine: Some(IMPORT_ENGINE),
        };
        let store = |_, lease| self.store_import(key, lease, import);
        match self.run(run, store).await {
            Ok(Outcome::Finished | Outcome::AlreadySettled) => {
                self.clear_replaced(key).await?;
                Ok(Imported::Stored)
            }
            Ok(Outcome::Superseded) => Ok(Imported::Superseded),
            Ok(Outcome::Gone) => {
                self.clear_chunks(key, None).await?;
                Ok(Imported::Gone)
            }
            Ok(Outcome::Deferred | Outcome::GivenUp) => {
                self.clear_unused_chunks(key).await?;
                Err(anyhow::anyhow!("the transcript was not stored").into())
            }
            Err(Failure::Later(until)) => Ok(Imported::Busy(until)),
            Err(failure) => Err(failure),
        }
    }

    /// Deletes the words of the transcript that this one has replaced.
    async fn clear_replaced(&self, key: &InterviewKey) -> Result<(), Failure> {
        match interview_store::transcript_head(&*self.records, key).await? {
            Some(head) => self.clear_chunks(key, Some(head.revision)).await,
            None => Ok(()),
        }
    }

    async fn store_import(
        &self,
        key: &InterviewKey,
        lease: Lease,
        import: Import,
    ) -> Result<StepOutput, StepError> {
        let before = interview_store::transcript_head(&*self.records, key).await;
        let before = before.map_err(|error| storage_error(&error))?;
        let new = names(&import.transcript.speakers);
        // What the owner says about a speaker holds for that person, not for a number.
        let are_others = before.is_some_and(|head| names(&head.speakers) != new);
        let stored = self.store_ordered_transcript(key, IMPORT_ENGINE, lease, import.transcript);
        let output = stored.await?;
        let now = self.clock.now();
        Ok(output.and_amend(move |interview| {
            if are_others {
                interview.label_speakers(BTreeMap::new(), now);
            }
            // They are of the words that are replaced.
            interview.corrections.clear();
            for follower in [StepName::Analysis, StepName::Report] {
                // Made of an earlier transcript, failed, or never begun.
                interview.reopen(follower, now);
            }
        }))
    }
}

fn names(speakers: &[Speaker]) -> Vec<Private> {
    let names = speakers.iter().map(|speaker| speaker.name.clone());
    names.collect()
}
