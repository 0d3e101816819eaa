//! Everything in one process: all functions over the embedded adapters.
//!
//! In reading order: [`Settings`] says how, [`Host`] wires the functions to one
//! data directory, [`dispatch`] does what Eventarc, Pub/Sub and Cloud Tasks do in
//! the cloud, by the same manifest, `storage` receives signed uploads,
//! [`command`] is what a person types.

pub mod command;
pub mod dispatch;
mod host;
mod process;
mod progress;
mod schedule;
mod service;
mod settings;
mod storage;

pub use host::{Engines, Host};
pub use settings::Settings;

/// The manifest that this binary was built with.
pub const PIPELINE: &str = include_str!("../../../terraform/pipeline.json");
