//! How a process is called: requests, events and tasks over HTTP, and its logs.
//!
//! In reading order:
//!
//! - [`receive`]: the server of a function, with [`delivery`] from a request to
//!   what the function is given;
//! - [`cloudevent`]: events as Google delivers them, in the domain's terms, with
//!   `binding` for their HTTP, [`firestore`] for their protobuf and `pubsub` for messages;
//! - [`http`] and [`serve`]: requests and answers over hyper;
//! - [`telemetry`] and [`trace`].

mod ack;
mod binding;
mod cloud_log;
pub mod cloudevent;
mod connections;
pub mod delivery;
pub mod firestore;
pub mod http;
mod min_rate;
mod problem;
mod pubsub;
pub mod range;
pub mod receive;
pub mod serve;
mod strict;
pub mod telemetry;
pub mod trace;
