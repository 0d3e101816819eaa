//! (to be written)

pub mod address;
pub mod client;
pub mod outcome;
pub mod resolver;
pub mod schedule;
pub mod sign;
pub mod target;
