//! Stores what an engine recognised, and counts it.

use domain::{
    InterviewKey,
    lease::Lease,
    ports::Transcriber,
    steps::{StepError, StepName},
    transcript::Recognition,
};
use steps::StepOutput;

use crate::{Transcribe, budget::amounts};

impl Transcribe {
    /// Stores the transcript. A recording without a word counts as well: engines bill it.
    pub(crate) async fn store_transcript(
        &self,
        key: &InterviewKey,
        engine: &dyn Transcriber,
        lease: Lease,
        recognition: Recognition,
    ) -> Result<StepOutput, StepError> {
        let duration_ms = recognition.audio.duration_ms;
        if recognition.words.is_empty() {
            self.reserve_billed(key, engine, duration_ms).await;
        }
        let name = engine.name();
        let stored = self.steps.store_transcript(key, name, lease, recognition);
        let (used, now) = (amounts(engine, duration_ms), self.steps.clock.now());
        Ok(stored.await?.and_amend(move |interview| {
            interview.note_use(StepName::Transcription, used, now);
        }))
    }
}
