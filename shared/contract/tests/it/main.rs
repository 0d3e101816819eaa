//! Adapters of the ports: what each of them has to keep, and how it bears faults.
#![allow(clippy::unwrap_used, reason = "tests, helpers included")]

mod cut_uploads;
mod embedded;
mod faulty_storage;
mod google;
#[path = "../support/mod.rs"]
mod support;
