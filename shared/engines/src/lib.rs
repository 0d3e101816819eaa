//! Those who listen and those who think: the engines behind the ports
//! `Transcriber` and `Analyst`, chosen by name in the settings.

pub mod deepgram;
pub mod extractive;
pub mod pocketsphinx;
mod segment;
pub mod settings;
mod survey;

pub use deepgram::Deepgram;
pub use extractive::Extractive;
pub use pocketsphinx::PocketSphinx;
pub use settings::{Speech, analyst, speech, transcriber};
