//! Engines, which are slow and fail.

use std::time::Duration;

use async_trait::async_trait;
use domain::{
    InterviewKey,
    analysis::Draft,
    ports::{
        AnalysisRequest, Analyst, LiveOptions, LiveTranscriber, Progress, SampleStream,
        SegmentStream, Transcriber, TranscriptionRequest,
    },
    steps::{Code, StepError},
    transcript::{AudioFacts, Recognition, Speaker, Word},
};
use engines::Extractive;

use crate::world::World;

/// What is said in every recording: a question and an answer, with the speaker of each.
pub(crate) const DIALOGUE: [(u32, &str); 2] = [
    (
        0,
        "What did you do in the last summer, and who helped you with it?",
    ),
    (
        1,
        "I built a small boat with my sister in the garden of our parents. We sailed it to the \
         island in August, and we learned that the wind decides more than the plan.",
    ),
];

fn unavailable() -> StepError {
    StepError::transient(Code::EngineUnavailable, "the engine is unavailable")
}

/// A speech engine that hears the same in every recording.
pub(crate) struct SimulatedTranscriber(pub(crate) World);

impl SimulatedTranscriber {
    /// Takes a while.
    async fn work(world: &World) {
        let wait = {
            let mut state = world.state();
            let quiet = state.is_quiet;
            let longest = if quiet { 2 } else { 600 };
            state.rng.u64(1..=longest)
        };
        tokio::time::sleep(Duration::from_secs(wait)).await;
    }
}

#[async_trait]
impl Transcriber for SimulatedTranscriber {
    fn name(&self) -> &'static str {
        "simulated"
    }

    async fn transcribe(
        &self,
        request: &TranscriptionRequest,
        _: &dyn Progress,
    ) -> Result<Recognition, StepError> {
        let key = InterviewKey::from_path(&request.recording.object);
        let id = key
            .map(|key| key.interview_id.to_string())
            .unwrap_or_default();
        let call = format!("speech engine takes {}", crate::world::short(&id));
        let take = move |world: &World| {
            *world.state().heard.entry(id).or_default() += 1;
            Ok(())
        };
        self.0.change(call, take, unavailable, || None).await?;
        Self::work(&self.0).await;
        let answer = "speech engine answers".to_owned();
        self.0.read(answer, |_| Ok(()), unavailable).await?;
        Ok(dialogue())
    }
}

/// What is recognised.
fn dialogue() -> Recognition {
    let said = DIALOGUE
        .iter()
        .flat_map(|(speaker, text)| text.split_whitespace().map(move |word| (*speaker, word)));
    let words: Vec<Word> = said
        .zip(0..)
        .map(|((speaker, text), index)| Word {
            text: text.into(),
            start_ms: index * 300,
            end_ms: index * 300 + 250,
            speaker,
            confidence: 0.95,
            overlap: false,
        })
        .collect();
    let duration_ms = words.len() as u64 * 300;
    Recognition {
        speakers: vec![Speaker::unnamed(0), Speaker::unnamed(1)],
        words,
        language: Some("en".into()),
        audio: AudioFacts {
            duration_ms,
            channels: 1,
            sample_rate_hz: 8_000,
        },
        speech_ms: Some(duration_ms),
        model: "simulated".into(),
        diarization: None,
    }
}

/// The analyst without a language model, made slow and unreliable.
pub(crate) struct SimulatedAnalyst(pub(crate) World);

#[async_trait]
impl Analyst for SimulatedAnalyst {
    fn name(&self) -> &'static str {
        "simulated"
    }

    async fn analyze(&self, request: &AnalysisRequest) -> Result<Draft, StepError> {
        let take = |_: &World| Ok(());
        let call = "language engine takes a transcript".to_owned();
        self.0.change(call, take, unavailable, || None).await?;
        SimulatedTranscriber::work(&self.0).await;
        Extractive.analyze(request).await
    }
}

/// No speech engine for live transcription.
pub(crate) struct NoLive;

#[async_trait]
impl LiveTranscriber for NoLive {
    fn name(&self) -> &'static str {
        "simulated"
    }

    fn model(&self) -> &'static str {
        "simulated"
    }

    async fn listen(&self, _: SampleStream, _: LiveOptions) -> Result<SegmentStream, StepError> {
        Err(unavailable())
    }
}
