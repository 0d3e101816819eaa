//! Those who listen and those who think: the engines behind the ports
//! `Transcriber` and `Analyst`, chosen by name in the settings.

pub mod extractive;
pub mod pocketsphinx;
pub mod settings;

pub use extractive::Extractive;
pub use pocketsphinx::PocketSphinx;
pub use settings::{analyst, transcriber};
