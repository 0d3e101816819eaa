//! The ports on Google Cloud.
//!
//! Every client connects when it is first used, not when it is made, so that an
//! instance answers at once after its start. Public functions are not generic, or box
//! their arguments at once: a function's `main` compiles without compiling the clients
//! again.

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
