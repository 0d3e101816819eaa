//! Engines, which are slow and fail.

use std::time::Duration;

use async_trait::async_trait;
use domain::{
    InterviewKey,
    analysis::Draft,
    ports::{
        AnalysisRequest, Analyst, LiveOptions, LiveTranscriber, Progress, SampleStream,
        SegmentStream, ThemesRequest, Transcriber, TranscriptionRequest,
    },
    steps::{Code, StepError},
    themes::ThemesDraft,
    transcript::{AudioFacts, Recognition, Speaker, Word},
};
use engines::Extractive;
use futures::future::BoxFuture;

use crate::{
    delivery::EngineCallback,
    gate::{Call, Port},
    world::{World, short},
};

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

/// Where the speech engine reaches the API.
pub(crate) const PUBLIC_URL: &str = "https://api.example";

/// What each recording costs, in US dollars.
const COST_USD: f64 = 1.0;

/// How soon an engine calls back that is not late.
const USUAL_CALLBACK_S: u64 = 20 * 60;

/// How late it is otherwise: after the request has been made again.
const LATE_CALLBACK_S: u64 = 90 * 60;

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
        // The path of callbacks has it.
        "deepgram"
    }

    fn cost_usd(&self, _: u64) -> Option<f64> {
        Some(COST_USD)
    }

    fn calls_back(&self, _: &TranscriptionRequest, _: &str) -> bool {
        self.0.habits.calls_back
    }

    async fn submit(
        &self,
        request: &TranscriptionRequest,
        callback_url: &str,
        before: BoxFuture<'_, Result<(), StepError>>,
    ) -> Result<(), StepError> {
        before.await?;
        let path = callback_url.strip_prefix(PUBLIC_URL).unwrap_or_default();
        let path = path.to_owned();
        let (id, call) = take_call(request);
        let take = move |world: &World| {
            take(world, id);
            call_back(world, &path);
            Ok(())
        };
        let is_silent = self.0.state().rng.bool();
        let failed = || {
            if is_silent {
                StepError::transient(Code::EngineTimeout, "the engine does not answer")
            } else {
                unavailable()
            }
        };
        self.0.change(call, take, failed, || None).await
    }

    fn receive(&self, answer: &[u8]) -> Result<Recognition, StepError> {
        if answer == RECOGNISED {
            Ok(dialogue())
        } else {
            Err(unavailable())
        }
    }

    async fn transcribe(
        &self,
        request: &TranscriptionRequest,
        _: &dyn Progress,
    ) -> Result<Recognition, StepError> {
        let (id, call) = take_call(request);
        let take = move |world: &World| {
            take(world, id);
            Ok(())
        };
        self.0.change(call, take, unavailable, || None).await?;
        Self::work(&self.0).await;
        let answer = Call::new(Port::Engine, "speech engine answers".to_owned());
        self.0.read(answer, |_| Ok(()), unavailable).await?;
        Ok(dialogue())
    }
}

/// What an engine posts that has recognised the recording, and one that has not.
const RECOGNISED: &[u8] = br#"{"recognised": true}"#;
const FAILED: &[u8] = br#"{"recognised": false}"#;

/// The interview of a request, and the call.
fn take_call(request: &TranscriptionRequest) -> (String, Call) {
    let key = InterviewKey::from_path(&request.recording.object);
    let id = key.map(|key| key.interview_id.to_string());
    let id = id.unwrap_or_default();
    let what = format!("speech engine takes {}", short(&id));
    (id, Call::new(Port::Engine, what))
}

/// The engine has taken a recording, and is paid for it.
fn take(world: &World, interview: String) {
    *world.state().heard.entry(interview).or_default() += 1;
}

/// Has the engine call back: mostly in time, sometimes late, twice, with a failure, or never.
fn call_back(world: &World, path: &str) {
    let now = world.now();
    let (usual, late, kind, is_faulty) = {
        let mut state = world.state();
        let longest = if state.is_quiet { 2 } else { USUAL_CALLBACK_S };
        let usual = Duration::from_secs(state.rng.u64(..longest));
        let late = Duration::from_secs(state.rng.u64(..LATE_CALLBACK_S));
        let kind = state.rng.u32(..20);
        (usual, late, kind, state.faults > 0 && !state.is_quiet)
    };
    let callback = |wait: Duration, body: &[u8]| EngineCallback {
        due: now + wait,
        path: path.to_owned(),
        body: body.to_vec(),
        tries: 0,
    };
    let is_odd = is_faulty && kind < 4 && world.happens();
    let callbacks = match kind {
        0 if is_odd => Vec::new(),
        1 if is_odd => vec![callback(late, RECOGNISED)],
        2 if is_odd => vec![callback(usual, FAILED)],
        3 if is_odd => vec![callback(usual, FAILED), callback(late, RECOGNISED)],
        // Twice does no harm.
        4 => vec![callback(usual, RECOGNISED), callback(late, RECOGNISED)],
        _ => vec![callback(usual, RECOGNISED)],
    };
    let mut state = world.state();
    state.faults += u32::from(is_odd);
    state.callbacks.extend(callbacks);
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
        let call = Call::new(
            Port::Engine,
            "language engine takes a transcript".to_owned(),
        );
        self.0.change(call, take, unavailable, || None).await?;
        SimulatedTranscriber::work(&self.0).await;
        Extractive.analyze(request).await
    }

    async fn themes(&self, request: &ThemesRequest) -> Result<ThemesDraft, StepError> {
        let take = |_: &World| Ok(());
        let call = Call::new(Port::Engine, "language engine takes analyses".to_owned());
        self.0.change(call, take, unavailable, || None).await?;
        SimulatedTranscriber::work(&self.0).await;
        Extractive.themes(request).await
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
