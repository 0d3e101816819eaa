//! Those who listen and those who think.

use std::sync::Arc;

use async_trait::async_trait;

use crate::{
    analysis::{Draft, Rubric},
    interview::Kind,
    ports::ObjectStore,
    steps::StepError,
    transcript::{Recognition, Transcript},
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

/// What is asked of a speech engine.
#[derive(Clone)]
pub struct TranscriptionRequest {
    /// What to listen to.
    pub recording: Recording,
    /// The language as a BCP 47 tag, where known.
    pub language: Option<String>,
    /// The longest recording that is accepted, in milliseconds.
    pub max_duration_ms: u64,
}

/// Told how far a piece of work is.
pub trait Progress: Send + Sync {
    /// `percent` of the work is done, 0 to 100.
    fn report(&self, percent: u8);
}

/// A speech engine.
#[async_trait]
pub trait Transcriber: Send + Sync {
    /// Its name in the settings.
    fn name(&self) -> &'static str;

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

/// What is asked of a language engine.
#[derive(Clone)]
pub struct AnalysisRequest {
    /// What was said.
    pub transcript: Arc<Transcript>,
    /// What sort of conversation it is.
    pub kind: Kind,
    /// What to assess.
    pub rubric: Rubric,
}

/// A language engine.
#[async_trait]
pub trait Analyst: Send + Sync {
    /// Its name in the settings.
    fn name(&self) -> &'static str;

    /// Says what there is to say about a transcript; nothing of it is taken on
    /// faith.
    async fn analyze(&self, request: &AnalysisRequest) -> Result<Draft, StepError>;
}
