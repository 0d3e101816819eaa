//! What every function stands on.
//!
//! In reading order:
//!
//! - [`function`]: what a function is, and how it says that it did not finish;
//! - [`cloudevent`]: events as Google delivers them, to and from the domain's
//!   terms, with [`firestore`]'s protobuf;
//! - [`step`]: the promises of every step, kept in one place: claim, renew, hand
//!   in, or report why not;
//! - [`http`] and [`serve`]: requests and answers over hyper;
//! - [`settings`] and [`telemetry`].

pub mod cloudevent;
pub mod firestore;
pub mod function;
pub mod http;
pub mod serve;
pub mod settings;
pub mod step;
pub mod telemetry;

pub use function::{Failure, Function, Incoming, Task};
