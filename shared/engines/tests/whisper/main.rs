//! whisper.cpp with tiny models that say what they are told.

#[cfg(not(feature = "whisper"))]
mod absent;
#[cfg(feature = "whisper")]
mod model;
#[cfg(feature = "whisper")]
mod models;
#[cfg(feature = "whisper")]
mod recordings;
#[cfg(feature = "whisper")]
mod support;
