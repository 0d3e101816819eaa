//! What Google does around functions, where there is no emulator for it: in the emulated
//! cloud and in contract tests.
//!
//! [`gcs`] and [`tasks`] are the APIs of Cloud Storage and Cloud Tasks over the embedded
//! store, for Google's own clients; [`gcs`] checks [`rights`] as IAM does, and signed URLs by
//! [`v4`]; [`cors`] answers browsers by the buckets' rules. [`listen`] listens to documents, [`cloudevent`] makes events as Eventarc does, and
//! [`pubsub`] makes topics and subscriptions.

pub mod cloudevent;
pub mod cors;
pub mod gcs;
pub mod listen;
pub mod pubsub;
pub mod rights;
pub mod tasks;
pub mod v4;
