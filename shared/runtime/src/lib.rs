//! What every function stands on.
//!
//! In reading order:
//!
//! - [`function`]: what a function is, and how it says that it did not finish;
//! - [`receive`]: the server of a function, with [`delivery`] from a request to
//!   what the function is given;
//! - [`cloudevent`]: events as Google delivers them, to and from the domain's
//!   terms, with `binding` for their HTTP, [`firestore`] for their protobuf and
//!   `pubsub` for messages;
//! - [`step`]: the promises of every step, kept in one place: claim, renew, hand
//!   in, or report why not;
//! - [`http`] and [`serve`]: requests and answers over hyper;
//! - [`settings`], [`telemetry`] and [`trace`].

mod ack;
mod binding;
pub mod clock;
mod cloud_log;
pub mod cloudevent;
pub mod delivery;
pub mod firestore;
pub mod function;
pub mod http;
mod min_rate;
mod problem;
mod pubsub;
pub mod range;
mod readable;
pub mod receive;
pub mod serve;
pub mod settings;
pub mod step;
mod strict;
pub mod telemetry;
pub mod trace;

pub use clock::SystemClock;
pub use domain::ShapeError;
pub use function::{Failure, Function, Task, Trigger};
pub use readable::{readable, report_unreadable};
