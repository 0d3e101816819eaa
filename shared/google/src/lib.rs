//! The ports on Google Cloud.
//!
//! Every client connects when it is first used, not when it is made, so that an
//! instance answers at once after its start.

mod credentials;
mod emulator;
pub mod firestore;
pub mod identity;
pub mod pubsub;
mod retry;
pub mod storage;
pub mod tasks;
