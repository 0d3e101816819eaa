//! Speech recognition with `OpenAI`'s Whisper models, in Rust on the runtime `rten`.
//!
//! [`WhisperModel::load`] reads a model file in whisper.cpp's ggml format (`ggml`, `quantized`),
//! writes the network as two graphs (`graph`, `layers`, `network`) and loads them.
//! [`WhisperModel::transcribe`] recognises up to 30 seconds: spectrogram (`mel`), encoder, tokens
//! (`decode`), and the time of each token by the decoder's attention (`align`).

mod align;
mod decode;
mod ggml;
mod graph;
mod languages;
mod layers;
mod mel;
mod network;
mod onnx;
mod quantized;
mod transcribe;
mod vocabulary;

use std::path::Path;

pub use ggml::ModelError;
pub use languages::LANGUAGES;
pub use rten::ThreadPool;
pub use transcribe::{DecodeOptions, DecodedSegment, TextToken, Transcription};

use ggml::ModelFile;
use mel::MelSpectrogram;
use network::Network;
use vocabulary::Vocabulary;

/// Samples per second of everything that is recognised.
pub const SAMPLE_RATE_HZ: usize = 16_000;

/// The most samples that are recognised at once: 30 s.
pub const MAX_SAMPLES: usize = 30 * SAMPLE_RATE_HZ;

/// A model in memory.
pub struct WhisperModel {
    network: Network,
    mel: MelSpectrogram,
    vocabulary: Vocabulary,
    alignment_heads: Vec<(usize, usize)>,
}

/// Why nothing was recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RecognitionError {
    /// The caller cancelled.
    #[error("cancelled")]
    Cancelled,
    /// The inference runtime failed.
    #[error("the network could not be run")]
    Runtime,
}

impl From<rten::RunError> for RecognitionError {
    fn from(_: rten::RunError) -> Self {
        Self::Runtime
    }
}

impl From<rten::TryFromValueError> for RecognitionError {
    fn from(_: rten::TryFromValueError) -> Self {
        Self::Runtime
    }
}

impl WhisperModel {
    /// Loads a model file, which takes a second or so.
    pub fn load(path: &Path) -> Result<Self, ModelError> {
        let mut file = ModelFile::open(path)?;
        let dimensions = file.dimensions;
        Ok(Self {
            network: Network::load(&mut file)?,
            mel: MelSpectrogram::new(std::mem::take(&mut file.mel_filters)),
            vocabulary: Vocabulary::new(std::mem::take(&mut file.vocabulary), &dimensions),
            alignment_heads: align::alignment_heads(&dimensions),
        })
    }

    /// Checks a model file without loading it; answers whether the model knows other
    /// languages than English.
    pub fn check(path: &Path) -> Result<bool, ModelError> {
        Ok(ModelFile::open(path)?.dimensions.is_multilingual())
    }

    /// Whether the model knows other languages than English.
    pub const fn is_multilingual(&self) -> bool {
        self.vocabulary.is_multilingual
    }
}
