//! whisper.cpp with tiny models that say what they are told.
#![cfg(feature = "whisper")]

mod model;
mod models;
mod recordings;
mod support;
