//! Where the time comes from.

use crate::Timestamp;

/// The time of day, so that tests can set it.
pub trait Clock: Send + Sync {
    /// The current time.
    fn now(&self) -> Timestamp;
}
