//! The APIs of Cloud Storage and Cloud Tasks over the embedded store, for Google's own
//! clients where Google has no emulator: in the emulated cloud and in contract tests.
//!
//! [`gcs`] checks [`rights`] as IAM does, and signed URLs by [`v4`]; [`tasks`] takes tasks.

pub mod gcs;
pub mod rights;
pub mod tasks;
pub mod v4;
