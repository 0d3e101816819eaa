//! The relay: delivery, permissions and settings of the emulated cloud.
#![allow(clippy::unwrap_used, reason = "tests, helpers included")]

mod cors;
mod dead_letters;
mod listen;
mod rights;
mod round_trip;
mod settings;
