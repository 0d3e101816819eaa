//! What Google's services do around the functions, done over the embedded store.
//!
//! In reading order: [`dispatch`] hands events and tasks to functions as
//! Eventarc, Pub/Sub and Cloud Tasks do; [`schedule`] ticks as Cloud Scheduler
//! does; [`storage`] is where signed URLs lead, for which [`signatures`] vouch.
//! For the emulated cloud, where Google's own clients call, [`gcs`] and [`tasks`]
//! speak the APIs of Cloud Storage and Cloud Tasks, and [`rights`] are checked.

pub mod dispatch;
pub mod gcs;
pub mod rights;
pub mod schedule;
mod sessions;
pub mod signatures;
pub mod storage;
pub mod tasks;

pub use dispatch::Dispatcher;
