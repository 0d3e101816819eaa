//! Decoding of recordings, and their levels.

mod containers;
mod decode;
mod formats;
mod levels;
#[path = "../support/mod.rs"]
mod support;
