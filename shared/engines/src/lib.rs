//! Speech-to-text and language-model engines, behind the ports `Transcriber` and
//! `Analyst`, selected by name in the settings.

mod cut;
pub mod deepgram;
#[cfg(feature = "diarization")]
mod diarized;
pub mod extractive;
pub mod gemini;
mod json;
pub mod language;
mod loops;
pub mod openai;
pub mod openai_transcription;
mod others;
pub mod pocketsphinx;
mod probe;
mod provider;
mod segment;
pub mod settings;
mod spoken_language;
#[cfg(feature = "whisper")]
mod supplied;
#[cfg(feature = "whisper")]
pub mod whisper;

pub use deepgram::Deepgram;
#[cfg(feature = "diarization")]
pub use diarized::Diarized;
pub use extractive::Extractive;
pub use gemini::Gemini;
pub use language::LanguageAnalyst;
pub use openai::OpenAi;
pub use openai_transcription::OpenAiTranscriber;
pub use others::{EngineHost, other_analysts, other_transcribers};
pub use pocketsphinx::PocketSphinx;
#[cfg(feature = "diarization")]
pub use settings::with_diarization;
pub use settings::{
    Fallback, Speech, analyst, analyst_with, ffmpeg_finding, speech, speech_with, transcriber,
    use_ffmpeg,
};
#[cfg(feature = "whisper")]
pub use whisper::Whisper;
