//! Speech-to-text and language-model engines.

use std::{io, sync::Arc, time::Duration};

use async_trait::async_trait;
use futures::{future::BoxFuture, stream::BoxStream};
use serde::Serialize;

use crate::{
    Private,
    analysis::{Analysis, Draft, Rubric},
    engine_check::{EngineCheck, Finding},
    interview::{ChannelUse, Kind},
    ports::{AvailableEngine, ObjectStore, ThemesRequest},
    steps::{Code, StepError, WaitReason},
    themes::ThemesDraft,
    transcript::{Recognition, Transcript, Word},
};

/// A stored recording.
#[derive(Clone)]
pub struct Recording {
    /// The bucket it lies in.
    pub objects: Arc<dyn ObjectStore>,
    /// Its name there.
    pub object: String,
    /// Which one of that name.
    pub generation: i64,
    /// Its size in bytes.
    pub size: u64,
    /// The media type that the client declared: a hint, not a fact.
    pub content_type: String,
}

/// A request to a speech engine.
#[derive(Clone)]
pub struct TranscriptionRequest {
    /// What to listen to.
    pub recording: Recording,
    /// The language as a BCP 47 tag, where known, or [`MULTI`](crate::language::MULTI).
    pub language: Option<String>,
    /// The longest recording that is accepted, in milliseconds.
    pub max_duration_ms: u64,
    /// What is likely to be said and easily misheard: names and terms.
    pub key_terms: Vec<String>,
    /// How many people speak in it, where that is known.
    pub speakers_expected: Option<u32>,
    /// What the channels carry.
    pub channels: ChannelUse,
    /// An opaque name under which a provider may list the request.
    pub label: Option<String>,
    /// Where an engine that takes long keeps what it has recognised so far.
    pub checkpoint: Option<Arc<dyn Checkpoint>>,
}

/// Keeps the intermediate results of one transcription, so that an attempt continues
/// where an interrupted one ended. The parts are the engine's own and opaque.
#[async_trait]
pub trait Checkpoint: Send + Sync {
    /// The parts that earlier attempts have stored, in order.
    async fn load(&self) -> Result<Vec<Vec<u8>>, StepError>;

    /// Stores the next part.
    async fn append(&self, part: Vec<u8>) -> Result<(), StepError>;
}

/// Receives the progress of a run.
pub trait Progress: Send + Sync {
    /// `percent` of the work is done, 0 to 100.
    fn report(&self, percent: u8);
}

/// Whether an engine can begin with a recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readiness {
    /// It can.
    Ready,
    /// It cannot yet.
    Waiting {
        /// Why not.
        reason: WaitReason,
        /// After how long that may have changed at the latest, where it is known.
        retry_in: Option<Duration>,
    },
}

/// An engine, its model, and what is still missing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(rename = "Engine")
)]
pub struct EngineStatus {
    /// Its name in the settings.
    pub name: String,
    /// Its model; `null` where it has none.
    pub model: Option<String>,
    /// How it stands with the engine.
    #[serde(flatten)]
    pub state: EngineState,
    /// The engine that is used as long as this one cannot be; `null` where none is.
    pub fallback: Option<String>,
    /// The result of the last `interviewlens doctor` with these settings; `null` where there is
    /// none.
    pub check: Option<EngineCheck>,
    /// The engines that a run can choose, this one first.
    pub available: Vec<AvailableEngine>,
}

/// How it stands with an engine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum EngineState {
    /// It works, or its provider is called when there is something to do.
    Ok,
    /// Its model is being fetched.
    Fetching {
        /// From where the model is being fetched; `null` until that is known.
        source: Option<String>,
        /// How much of the model is there, in bytes.
        done_bytes: u64,
        /// How much there will be, in bytes; `null` until that is known.
        total_bytes: Option<u64>,
    },
    /// Its model could not be obtained.
    Missing {
        /// Why the model is missing, and what to do.
        reason: String,
        /// Seconds until the next attempt to fetch it.
        retry_in_s: u64,
    },
}

impl EngineStatus {
    /// An engine that works.
    pub fn ok(name: &str, model: Option<&str>) -> Self {
        Self {
            name: name.to_owned(),
            model: model.map(str::to_owned),
            state: EngineState::Ok,
            fallback: None,
            check: None,
            available: Vec::new(),
        }
    }
}

/// A speech engine.
#[async_trait]
pub trait Transcriber: Send + Sync {
    /// Its name in the settings.
    fn name(&self) -> &'static str;

    /// Its model, where it has one; the same as that of its live half.
    fn model(&self) -> Option<&str> {
        None
    }

    /// What it costs to recognise a recording of that length in milliseconds, in US dollars: 0
    /// where nothing is paid, nothing where the price is not known.
    fn cost_usd(&self, _audio_ms: u64) -> Option<f64> {
        Some(0.0)
    }

    /// Whether it can begin with a recording. Checked before a lease is acquired; one that
    /// waits takes none and costs no attempt.
    fn readiness(&self) -> Readiness {
        Readiness::Ready
    }

    /// The engine that does the work of this one as long as it cannot.
    fn substitute(&self) -> Option<Arc<dyn Transcriber>> {
        None
    }

    /// Whether it is better to be called back, at a URL that begins like this, than
    /// to wait for the answer to such a request, and the engine can.
    fn calls_back(&self, _: &TranscriptionRequest, _public_url: &str) -> bool {
        false
    }

    /// Whether it stores parts in [`TranscriptionRequest::checkpoint`].
    fn keeps_checkpoints(&self) -> bool {
        false
    }

    /// Submits a recording; the response will be posted to `callback_url`. Returns once
    /// the engine has accepted it.
    ///
    /// `before` is awaited immediately before the request is sent: from then on the
    /// engine may have accepted it, and be paid for it. If `before` fails, the request
    /// is not sent.
    async fn submit(
        &self,
        _: &TranscriptionRequest,
        _callback_url: &str,
        _before: BoxFuture<'_, Result<(), StepError>>,
    ) -> Result<(), StepError> {
        Err(never_calls_back())
    }

    /// Checks by one small request whether it works as it is set up. A provider may charge a
    /// second of audio for it. Nothing is found of an engine that cannot be set up wrongly.
    async fn check(&self) -> Vec<Finding> {
        Vec::new()
    }

    /// Reads the answer that was posted.
    fn receive(&self, _answer: &[u8]) -> Result<Recognition, StepError> {
        Err(never_calls_back())
    }

    /// Turns a recording into words.
    ///
    /// A recording that cannot be decoded, holds no speech or is too long is a
    /// permanent [`StepError`]; an engine that cannot be reached is a transient one.
    async fn transcribe(
        &self,
        request: &TranscriptionRequest,
        progress: &dyn Progress,
    ) -> Result<Recognition, StepError>;
}

/// Samples of one channel as they come: 16 bits, 16,000 a second.
pub type SampleStream = BoxStream<'static, io::Result<Vec<i16>>>;

/// Segments as they are recognised; it ends after the first error.
pub type SegmentStream = BoxStream<'static, Result<Segment, StepError>>;

/// Options of a live transcription.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LiveOptions {
    /// The language as a BCP 47 tag, where known, or [`MULTI`](crate::language::MULTI).
    pub language: Option<String>,
    /// What is likely to be said and easily misheard: names and terms.
    pub key_terms: Vec<String>,
}

/// A span of one person's speech, recognised while the recording continues.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct Segment {
    /// The speaker, from 0.
    pub speaker: u32,
    /// When it begins, from the start of the recording.
    pub start_ms: u64,
    /// When it ends.
    pub end_ms: u64,
    /// The text.
    pub text: Private,
    /// Its words, where the engine separates them.
    pub words: Vec<Word>,
    /// Whether it stays as it is; one that does not is replaced by what comes
    /// next for the same time.
    #[serde(rename = "final")]
    pub is_final: bool,
}

/// A speech engine that recognises speech as it comes.
#[async_trait]
pub trait LiveTranscriber: Send + Sync {
    /// Its name in the settings.
    fn name(&self) -> &'static str;

    /// Its model.
    fn model(&self) -> &str;

    /// What it costs to recognise a stream of that length in milliseconds, as
    /// [`Transcriber::cost_usd`] has it for recordings.
    fn stream_cost_usd(&self, _audio_ms: u64) -> Option<f64> {
        Some(0.0)
    }

    /// How it stands with it.
    fn status(&self) -> EngineStatus {
        EngineStatus::ok(self.name(), Some(self.model()))
    }

    /// Listens to `samples` until they end.
    ///
    /// The final segments come in the order in which they begin. Dropping the
    /// stream of segments ends the work.
    async fn listen(
        &self,
        samples: SampleStream,
        options: LiveOptions,
    ) -> Result<SegmentStream, StepError>;
}

fn never_calls_back() -> StepError {
    StepError::permanent(Code::EngineMisconfigured, "this engine does not call back")
}

/// A request to a language engine.
#[derive(Clone)]
pub struct AnalysisRequest {
    /// The transcript.
    pub transcript: Arc<Transcript>,
    /// What sort of conversation it is.
    pub kind: Kind,
    /// What to assess.
    pub rubric: Rubric,
    /// Names and terms that are likely to be said, as they are spelt.
    pub key_terms: Vec<Private>,
}

/// A language engine.
#[async_trait]
pub trait Analyst: Send + Sync {
    /// Its name in the settings.
    fn name(&self) -> &'static str;

    /// Its model, where it has one.
    fn model(&self) -> Option<&str> {
        None
    }

    /// Checks by one small question whether it works as it is set up. A provider may charge some
    /// hundred tokens for it. Nothing is found of an engine that cannot be set up wrongly.
    async fn check(&self) -> Vec<Finding> {
        Vec::new()
    }

    /// Drafts an analysis. The caller verifies every quote.
    async fn analyze(&self, request: &AnalysisRequest) -> Result<Draft, StepError>;

    /// Proposes what interviews have in common. The caller verifies every quote.
    async fn themes(&self, _: &ThemesRequest) -> Result<ThemesDraft, StepError> {
        let message = format!("the language engine `{}` proposes no themes", self.name());
        Err(StepError::permanent(Code::EngineRefused, message))
    }
}

/// An analysis made on the spot, of a transcript from wherever.
#[async_trait]
pub trait DirectAnalysis: Send + Sync {
    /// The engine that it is made by.
    fn status(&self) -> EngineStatus;

    /// Analyses and verifies as the pipeline does, and stores nothing. Without a
    /// rubric the kind's own is used.
    async fn analyze(
        &self,
        transcript: Transcript,
        kind: Kind,
        rubric: Option<Rubric>,
    ) -> Result<Analysis, StepError>;
}

/// Which of the two kinds of engines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EngineKind {
    /// From speech to words.
    Speech,
    /// From words to an analysis.
    Language,
}

/// Where the results of checks are kept.
#[async_trait]
pub trait EngineChecks: Send + Sync {
    /// The result of the last check of the engine that is set up now.
    async fn last(&self, kind: EngineKind) -> Option<EngineCheck>;
}

/// No results: where nothing keeps them.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoEngineChecks;

#[async_trait]
impl EngineChecks for NoEngineChecks {
    async fn last(&self, _: EngineKind) -> Option<EngineCheck> {
        None
    }
}
