//! Speech recognition on this machine with Whisper models: a hundred languages, no
//! account, no key.
//!
//! Each channel is cut at silences and joined to windows of up to 28 seconds, which is
//! what the model takes at a time (`window`). One window is recognised at a time, for
//! all recordings (`slot`), so that memory is bounded and recordings take turns.

mod checkpoint;
mod language;
mod live;
mod load;
mod recognize;
mod slot;
mod window;
mod words;

use std::{path::Path, sync::Arc};

use async_trait::async_trait;
use domain::{
    ports::{Progress, Transcriber, TranscriptionRequest},
    steps::{Code, StepError},
    transcript::Recognition,
};
use media::speech::Segmenter;

use crate::{cut::Cutting, probe};
use checkpoint::ResumableTranscript;
use recognize::Recognizer;
use slot::Slot;
use window::WindowJoiner;

pub use slot::Locate;
pub use whisper::ModelError;

/// The engine `whisper` with one model.
#[derive(Clone)]
pub struct Whisper {
    /// The model's name: the file's without `ggml-` and `.bin`.
    name: Arc<str>,
    slot: Slot,
}

impl Whisper {
    /// An engine with the model of that name, which `locate` finds when it is needed
    /// first. It stays in memory while it is used.
    pub fn new(name: &str, locate: Locate) -> Self {
        Self {
            name: name.into(),
            slot: Slot::new(locate),
        }
    }

    /// An engine with a model file, which is checked at once and loaded at first use.
    pub fn from_file(path: &Path) -> Result<Self, ModelError> {
        whisper::WhisperModel::check(path)?;
        let path = path.to_owned();
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        let name = name.strip_prefix("ggml-").unwrap_or(&name).to_owned();
        Ok(Self::new(&name, Arc::new(move || Ok(path.clone()))))
    }
}

#[async_trait]
impl Transcriber for Whisper {
    fn name(&self) -> &'static str {
        "whisper"
    }

    fn model(&self) -> Option<&str> {
        Some(&self.name)
    }

    fn keeps_checkpoints(&self) -> bool {
        true
    }

    async fn transcribe(
        &self,
        request: &TranscriptionRequest,
        progress: &dyn Progress,
    ) -> Result<Recognition, StepError> {
        let mut recognizer =
            Recognizer::new(self, request.language.as_deref(), &request.key_terms).await?;
        let probe = probe::probe(request).await?;
        let mut resumable = ResumableTranscript::load(request, self.name.as_ref(), probe).await;
        recognizer.resume_with(resumable.language());
        let (mut windows, cutting) = Cutting::start(
            &request.recording,
            probe,
            Segmenter::generous,
            WindowJoiner::new,
        );
        let mut reached_ms = 0;
        if resumable.is_stored() {
            progress.report(0);
        }
        while let Some(window) = windows.recv().await {
            // Windows of several channels do not end in order.
            reached_ms = window.end_ms().max(reached_ms);
            if !resumable.skips_window() {
                let words = recognizer.recognize(window).await?;
                resumable.add(words, recognizer.language()).await;
            }
            // What a later attempt would recognise again is not counted, so that progress does
            // not go back after an interruption.
            if resumable.is_stored() {
                progress.report(probe.percent(reached_ms));
            }
        }
        let speech_ms = cutting.speech_ms(failed).await?;
        let language = recognizer.language().map(str::to_owned);
        Ok(probe.recognition(&self.name, resumable.into_words(), language, speech_ms))
    }
}

fn failed() -> StepError {
    StepError::transient(Code::EngineFailed, "the speech engine failed")
}
