//! What the tests of several crates share. Only tests depend on it.
//!
//! [`bucket`] holds one recording, made by [`sound`], and a checkpoint; [`server`] serves on a
//! free port; [`provider`] gives canned answers, [`fake_providers`] answer as Deepgram and
//! Gemini do, [`receiver`] receives webhooks, [`openapi_client`] asks what the API describes,
//! [`upload`] uploads, [`log`] keeps what is logged.
#![allow(clippy::unwrap_used, reason = "a test fails where it stands")]

pub mod bucket;
pub mod fake_providers;
pub mod log;
pub mod openapi_client;
pub mod provider;
pub mod receiver;
pub mod server;
pub mod sound;
pub mod upload;

pub use bucket::{InMemoryBucket, InMemoryCheckpoint, NoProgress, request, request_of};
pub use log::Lines;
pub use provider::{Canned, Provider, RecordedRequest};
pub use receiver::Receiver;
pub use server::{listen, serve, serve_on};
pub use sound::wav;
pub use upload::{object_files, put};
