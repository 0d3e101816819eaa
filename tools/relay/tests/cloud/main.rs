//! The product in the emulated cloud: every function in its own process, real HTTP, Google's
//! emulators of Firestore and Pub/Sub, signed uploads. One test at a time has the cloud.
#![allow(clippy::unwrap_used, reason = "tests, helpers included")]

mod corrections;
mod cost;
mod journey;
mod support;
