//! Those who listen and those who think: the engines behind the ports
//! `Transcriber` and `Analyst`, chosen by name in the settings.

pub mod pocketsphinx;

pub use pocketsphinx::PocketSphinx;
