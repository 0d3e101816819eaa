//! What Google's services do around the functions, done over the embedded store.
//!
//! In reading order: [`dispatch`] hands events and tasks to functions as
//! Eventarc, Pub/Sub and Cloud Tasks do; [`schedule`] ticks as Cloud Scheduler
//! does; [`storage`] is where signed URLs lead, and [`signatures`] say what a URL
//! permits.

pub mod dispatch;
pub mod schedule;
pub mod sessions;
pub mod signatures;
pub mod storage;

pub use dispatch::Dispatcher;
