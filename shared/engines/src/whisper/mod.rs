//! Speech recognition on this machine with whisper.cpp: a hundred languages, no
//! account, no key, no network.
//!
//! Each channel is cut at silences and joined to windows of up to 28 seconds,
//! which is what the model takes at a time. One window is recognised at a time,
//! on all cores, however many recordings are under way: the model needs every
//! core it can get, and a second one at once would need as much memory again.

mod hear;
mod language;
mod live;
mod model;
mod window;
mod words;

use std::{path::Path, sync::Arc};

use async_trait::async_trait;
use domain::{
    ports::{Progress, Transcriber, TranscriptionRequest},
    steps::{Code, StepError},
    transcript::{Recognition, Speaker},
};
use media::ObjectReader;
use runtime::settings::{Environment, InvalidSetting};
use tokio::{
    sync::{Mutex, mpsc},
    task::spawn_blocking,
};
use whisper_rs::WhisperState;

use crate::survey;
use hear::Hearing;
use model::Marks;

pub use model::InvalidModel;

/// The variable that says where the model is.
const VARIABLE: &str = "WHISPER_MODEL";

/// whisper.cpp with a model in memory.
#[derive(Clone)]
pub struct Whisper {
    /// The model's name, as its file has it.
    name: Arc<str>,
    /// Whether it knows other languages than English.
    multilingual: bool,
    marks: Marks,
    /// The one place in which a window is recognised.
    state: Arc<Mutex<WhisperState>>,
}

impl Whisper {
    /// Loads the model that `WHISPER_MODEL` names.
    pub fn read(environment: &Environment) -> Result<Self, InvalidSetting> {
        let expected = "a model file of whisper.cpp, as scripts/download-whisper-model fetches it";
        let path = environment.required(VARIABLE, expected)?;
        Self::load(Path::new(path)).map_err(|error| InvalidSetting {
            name: VARIABLE,
            expected: format!("{expected}: {error}"),
        })
    }

    /// Loads a model, which takes a second or so for each gigabyte.
    pub fn load(path: &Path) -> Result<Self, InvalidModel> {
        let loaded = model::load(path)?;
        Ok(Self {
            name: loaded.name.into(),
            multilingual: loaded.multilingual,
            marks: loaded.marks,
            state: Arc::new(Mutex::new(loaded.state)),
        })
    }
}

#[async_trait]
impl Transcriber for Whisper {
    fn name(&self) -> &'static str {
        "whisper"
    }

    async fn transcribe(
        &self,
        request: &TranscriptionRequest,
        progress: &dyn Progress,
    ) -> Result<Recognition, StepError> {
        let mut hearing = Hearing::new(self, request.language.as_deref(), &request.key_terms)?;
        let survey = survey::take(request).await?;
        let (send, mut windows) = mpsc::channel(1);
        let recording = request.recording.clone();
        let cutting = spawn_blocking(move || {
            let source = Box::new(ObjectReader::open(&recording));
            window::cut(source, survey, |window| send.blocking_send(window).is_ok())
        });
        let mut words = Vec::new();
        while let Some(window) = windows.recv().await {
            let reached_ms = window.end_ms();
            words.extend(hearing.hear(window).await?);
            progress.report(percent(reached_ms, survey.facts.duration_ms));
        }
        let speech_ms = cutting
            .await
            .map_err(|_| broke())?
            .map_err(|error| error.to_step_error())?;
        Ok(Recognition {
            speakers: (0..survey.speakers()).map(Speaker::unnamed).collect(),
            words,
            language: hearing.language().map(str::to_owned),
            audio: survey.facts,
            speech_ms: Some(speech_ms),
            model: self.name.to_string(),
        })
    }
}

fn broke() -> StepError {
    StepError::transient(Code::EngineFailed, "the speech engine broke down")
}

fn percent(reached_ms: u64, duration_ms: u64) -> u8 {
    u8::try_from(reached_ms * 100 / duration_ms.max(1)).map_or(100, |percent| percent.min(100))
}
