//! Obtaining models, against hosts and package registries of the test.

mod download;
mod killed;
mod packages;
mod supply;
#[path = "../support/mod.rs"]
mod support;
