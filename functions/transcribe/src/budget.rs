//! What a recording takes of its user's budget, and what its transcription is given.
//!
//! Where there are limits, a recording is decoded once when it has been accepted, and
//! reserved by its length; the task reserves what was not, after a retry for example. Where
//! there are none, what was used is counted when the step is settled, and nothing before.

use domain::{
    Interview, InterviewKey,
    given::{self, Engine},
    interview_store,
    ledger::{self, Amounts, SpendError, SpendingLimits},
    ports::{Recording, Transcriber},
    steps::{Code, StepError, StepName},
};
use media::ObjectReader;
use steps::storage_error;
use tokio::task::spawn_blocking;

use crate::Transcribe;

const STEP: StepName = StepName::Transcription;

impl Transcribe {
    /// Reserves a recording where there are limits, unless it is reserved already.
    ///
    /// # Errors
    ///
    /// `budget_exhausted` where it is longer than what is left; those of decoding it.
    pub(crate) async fn reserve(
        &self,
        key: &InterviewKey,
        engine: &dyn Transcriber,
        recording: &Recording,
    ) -> Result<(), StepError> {
        if self.limits.is_none() {
            return Ok(());
        }
        let Some(interview) = self.open_interview(key).await? else {
            return Ok(());
        };
        let known = interview.audio.and_then(|audio| audio.duration_ms);
        let audio_ms = match known {
            Some(audio_ms) => audio_ms,
            None => measure(recording, self.max_duration_ms()).await?,
        };
        let recording = amounts(engine, audio_ms);
        self.reserve_amounts(key, recording, &self.limits).await
    }

    /// Reserves a recording that an engine has billed, so that it counts although the step
    /// fails; one that was reserved before counts as it is.
    pub(crate) async fn reserve_billed(
        &self,
        key: &InterviewKey,
        engine: &dyn Transcriber,
        audio_ms: u64,
    ) {
        let (limits, billed) = (SpendingLimits::default(), amounts(engine, audio_ms));
        if let Err(error) = self.reserve_amounts(key, billed, &limits).await {
            tracing::warn!(event = "ledger.not_counted", %error, "a billed recording was not counted");
        }
    }

    /// The same where the engine does not say how long it is.
    pub(crate) async fn reserve_silence(
        &self,
        key: &InterviewKey,
        engine: &dyn Transcriber,
        recording: &Recording,
    ) {
        let is_open = matches!(self.open_interview(key).await, Ok(Some(_)));
        if is_open && let Ok(audio_ms) = measure(recording, self.max_duration_ms()).await {
            self.reserve_billed(key, engine, audio_ms).await;
        }
    }

    async fn reserve_amounts(
        &self,
        key: &InterviewKey,
        recording: Amounts,
        limits: &SpendingLimits,
    ) -> Result<(), StepError> {
        let (records, now) = (&*self.steps.records, self.steps.clock.now());
        let reserved = ledger::reserve(records, key, STEP, recording, limits, now).await;
        reserved.map_err(|error| match error {
            SpendError::Exhausted(exhausted) => exhausted.to_step_error(),
            SpendError::Records(error) => storage_error(&error),
        })
    }

    /// The interview, if something is still to be reserved for it.
    async fn open_interview(&self, key: &InterviewKey) -> Result<Option<Interview>, StepError> {
        let found = interview_store::interview(&*self.steps.records, key).await;
        let found = found.map_err(|error| storage_error(&error))?;
        Ok(found.filter(|own| !own.has_reserved(STEP) && !own.steps.transcription.is_settled()))
    }

    /// A digest of what the engine is given; nothing for an interview that cannot be read.
    pub(crate) async fn given(
        &self,
        key: &InterviewKey,
        generation: i64,
        engine: &dyn Transcriber,
    ) -> Option<String> {
        let found = interview_store::interview(&*self.steps.records, key).await;
        let engine = Engine {
            name: engine.name(),
            model: engine.model(),
        };
        let interview = found.ok().flatten()?;
        let longest = self.max_duration_ms();
        Some(given::to_transcription(
            &interview,
            Some(generation),
            engine,
            longest,
        ))
    }

    pub(crate) fn max_duration_ms(&self) -> u64 {
        u64::try_from(self.max_duration.as_millis()).unwrap_or(u64::MAX)
    }
}

/// What a recording of that length in milliseconds takes with this engine.
pub(crate) fn amounts(engine: &dyn Transcriber, audio_ms: u64) -> Amounts {
    Amounts::of_audio(audio_ms, engine.cost_usd(audio_ms))
}

/// Whether the engine found no speech, which it bills.
pub(crate) fn is_silence(error: &StepError) -> bool {
    error.code == Code::NoSpeech.as_str()
}

/// The length of a recording by decoded frames, in milliseconds.
async fn measure(recording: &Recording, longest_ms: u64) -> Result<u64, StepError> {
    let reader = ObjectReader::open(recording);
    let measured = spawn_blocking(move || media::length_ms(Box::new(reader), longest_ms));
    measured
        .await
        .map_err(|_| StepError::transient(Code::WorkerLost, "the decoder broke down"))?
        .map_err(|error| error.to_step_error())
}
