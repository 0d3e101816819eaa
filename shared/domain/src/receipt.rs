//! What an idempotency key made, remembered for a day.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{InterviewId, Timestamp, versions::UnknownFields};

/// The name of the collections that hold receipts, for all users.
pub const RECEIPTS: &str = "receipts";

/// How long a receipt is kept.
pub const KEPT: Duration = Duration::from_hours(24);

/// The interview that the first request with a key made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdempotencyRecord {
    /// The interview that was created.
    pub interview_id: InterviewId,
    /// When that was.
    pub created_at: Timestamp,
    /// When it is forgotten: by the sweep, and by the store itself where the sweep
    /// does not come ([`crate::documents::TIME_TO_LIVE`]).
    pub ttl: Timestamp,
    /// Fields of a newer release.
    #[serde(flatten)]
    pub unknown: UnknownFields,
}

impl IdempotencyRecord {
    /// For an interview that was made just now.
    pub fn new(interview_id: InterviewId, now: Timestamp) -> Self {
        Self {
            interview_id,
            created_at: now,
            ttl: now + KEPT,
            unknown: UnknownFields::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::documents::TIME_TO_LIVE;

    #[test]
    fn a_receipt_has_a_time_to_live() {
        let id = InterviewId::generate();
        let receipt = IdempotencyRecord::new(id, Timestamp::from_millis(0));
        let document = serde_json::to_value(receipt).unwrap();
        assert_eq!(document[TIME_TO_LIVE], "1970-01-02T00:00:00.000Z");
    }
}
