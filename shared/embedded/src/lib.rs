//! The ports on one `SQLite` file and a folder: everything on one machine.
//!
//! In reading order:
//!
//! - [`Store::open`] takes a data directory for this process alone: `lock`, `identity`
//!   (whether database and objects belong together), `migrations`, `recovery`;
//! - `database` is the two threads that talk to `SQLite`, and what is looked up
//!   without them; `files` and `blocks` are the bytes of objects;
//! - `records`, `bus`, `queue` and [`Bucket`] are the ports. Each change and the
//!   deliveries that it causes are one transaction, so that nothing happens
//!   without its listeners hearing of it;
//!   `items` is the table by which lists in documents are looked into, and `passages` the
//!   index by which words are found;
//! - [`deliveries`] is what a host works off: at least once, with backoff, into
//!   a dead letter at the end;
//! - [`uploads`] takes recordings by signed URL, whole or, in `sessions`, piece by
//!   piece; `finalize` makes objects of them;
//! - [`maintenance`] is what an operator does: repair, backup, restore.
//!
//! The adapters refuse what the real ones refuse: stale preconditions, documents
//! over 1 MiB, expired and altered URLs.

mod blocks;
mod bucket;
mod bus;
pub mod clock;
mod counters;
mod data_dir;
mod database;
pub mod deliveries;
mod disk;
mod error;
mod files;
mod finalize;
mod identity;
mod items;
mod lock;
pub mod maintenance;
mod migrations;
mod open;
mod outbox;
mod part;
mod passages;
mod query;
mod queue;
mod records;
mod recovery;
mod removed;
mod restart;
mod session_lock;
mod session_rows;
mod sessions;
mod signature;
mod store;
pub mod uploads;

pub use bucket::Bucket;
pub use clock::ManualClock;
pub use data_dir::write_private;
pub use error::OpenError;
pub use identity::Mismatch;
pub use store::{Store, StoreOptions};
