//! The ports on Google Cloud.
//!
//! Every client connects when it is first used, not when it is made, so that an
//! instance answers at once after its start. What is called from outside is
//! not generic, or boxes at once what it is given: a function's `main` is compiled
//! without compiling the clients anew.

pub mod cloud;
mod credentials;
mod emulator;
pub mod firestore;
pub mod identity;
pub mod pubsub;
mod retry;
pub mod run;
pub mod signer;
pub mod storage;
pub mod tasks;
pub mod tokens;

pub use cloud::Cloud;
pub use run::{function, service};
