//! The ports on Google Cloud.
//!
//! Every client connects when it is first used, not when it is made, so that an
//! instance answers at once after its start.

mod credentials;
mod emulator;
pub mod firestore;
pub mod identity;
mod retry;
