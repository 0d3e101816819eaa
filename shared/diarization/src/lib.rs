//! Diarization of a recording of one channel.
//!
//! In reading order: [`Diarizer`] takes samples as they are decoded and processes
//! windows of ten seconds, a new one every 3.3 s. In each, `segmentation` separates up
//! to three speakers, and `windows` identifies them by voices that `embedding` computes
//! from `fbank` features. At the end `clustering` decides which voices are the same
//! person, and `timeline` joins the windows to turns.
//!
//! The recording itself is not kept: an hour takes about 3 MB.

mod clustering;
mod diarizer;
mod embedding;
mod fbank;
mod linkage;
mod model;
mod segmentation;
mod timeline;
mod windows;

use std::{
    error::Error,
    sync::{Arc, Mutex, PoisonError, Weak},
};

pub use diarizer::{Diarization, Diarizer};
pub use timeline::SpeakerTurn;
pub use windows::ProcessedWindows;

use embedding::Embedding;
use fbank::FilterBank;
use segmentation::Segmentation;

/// The models and the version of what is made of them, as transcripts name it.
pub const VERSION: &str = "segmentation-3.0+campplus-zh-en-advanced/4";

/// What went wrong.
#[derive(Debug, thiserror::Error)]
pub enum DiarizationError {
    /// A model could not be loaded or run.
    #[error("a diarization model could not be run")]
    Model(#[source] Box<dyn Error + Send + Sync>),
}

impl From<rten::RunError> for DiarizationError {
    fn from(error: rten::RunError) -> Self {
        Self::Model(Box::new(error))
    }
}

/// The models in memory, about 100 MB; any number of recordings can share them.
#[derive(Clone)]
pub struct DiarizationModels(Arc<Loaded>);

struct Loaded {
    segmentation: Segmentation,
    embedding: Embedding,
    features: FilterBank,
    /// Held while a window is processed: windows of several recordings take turns, so
    /// that the memory for one suffices.
    turn: Mutex<()>,
}

/// The models while any recording uses them.
static IN_USE: Mutex<Weak<Loaded>> = Mutex::new(Weak::new());

impl DiarizationModels {
    /// The models in memory: those that another recording uses at the moment, or loaded
    /// again. They are released with the last recording that uses them.
    pub fn shared() -> Result<Self, DiarizationError> {
        let mut in_use = IN_USE.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(loaded) = in_use.upgrade() {
            return Ok(Self(loaded));
        }
        let models = Self::load()?;
        *in_use = Arc::downgrade(&models.0);
        Ok(models)
    }

    /// Loads the models that are part of the program.
    pub fn load() -> Result<Self, DiarizationError> {
        Ok(Self(Arc::new(Loaded {
            segmentation: Segmentation::load()?,
            embedding: Embedding::load()?,
            features: FilterBank::new(),
            turn: Mutex::default(),
        })))
    }
}
