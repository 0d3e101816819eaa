//! The embedded service with scripted engines and a clock that tests move.

#![allow(
    clippy::unwrap_used,
    clippy::similar_names,
    reason = "tests, helpers included"
)]

mod agreement;
mod audio;
mod audits;
mod badly;
mod between;
mod callbacks;
mod corpus;
mod deletion;
mod direct;
mod events;
mod identity;
mod incomplete;
mod late;
mod maintenance;
mod notes;
mod openapi;
mod owner;
mod pipeline;
mod products;
mod providers;
mod requests;
mod retention;
mod strangers;
mod stream;
mod traffic;
mod unreadable;
mod uploads;
mod usable;
mod versions;
mod waiting;
mod watched;

#[path = "../support/described.rs"]
mod described;
#[path = "../support/stand_in.rs"]
mod stand_in;
#[path = "../support/mod.rs"]
mod support;
