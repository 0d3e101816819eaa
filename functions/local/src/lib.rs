//! Everything in one process: all functions over the embedded adapters.
//!
//! In reading order: [`Settings`] says how, [`Host`] wires the functions to one
//! data directory, [`command`] is what a person types,
//! `maintenance` what an operator types. What Google's services do
//! in the cloud, by the same manifest, the crate `emulation` does here.

pub mod command;
mod doctor;
mod health;
mod host;
mod maintenance;
mod models;
mod origin_guard;
mod process;
mod progress;
mod service;
mod settings;

pub use host::{Host, HostEngines};
pub use settings::Settings;
