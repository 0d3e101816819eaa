//! Everything in one process: all functions over the embedded adapters.
//!
//! In reading order: [`Settings`] says how, [`Host`] wires the functions to one
//! data directory, [`command`] is what a person types, `client` of it what asks a service,
//! `maintenance` what an operator types. What Google's services do
//! in the cloud, by the same manifest, the crate `emulation` does here.

mod client;
pub mod command;
mod doctor;
mod exit;
mod health;
mod host;
mod interview_options;
mod maintenance;
mod models;
mod origin_guard;
mod print;
mod process;
mod progress;
mod service;
mod settings;

pub use host::{Host, HostEngines};
pub use settings::Settings;
