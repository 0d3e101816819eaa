//! What remains of a deleted interview until nothing of it can arrive any more.
//!
//! Writes of documents are fenced by the interview or by a lease, objects are not: an
//! upload whose URL was signed before the deletion, or a request that a store completes
//! after its sender has gone, leaves an object below an interview that is no longer there.
//! The tombstone is written in the transaction that deletes the interview document. The
//! sweep clears the interview away again at its [`PASSES`], and the last pass removes the
//! tombstone.
//!
//! It holds times, and in its path ids: nothing of what was said or typed.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{
    Timestamp,
    versions::{UnknownFields, strip_unknown},
};

/// The name of the collections that hold tombstones, for all users.
pub const TOMBSTONES: &str = "tombstones";

/// The field by which the sweep finds those that are due.
pub const NEXT_PASS_AT: &str = "next_pass_at";

/// How long after the deletion the interview is cleared away again: after requests in
/// flight, after what a slow instance was still doing, and after the longest upload, which
/// takes a week.
pub const PASSES: [Duration; 3] = [
    Duration::from_mins(1),
    Duration::from_hours(1),
    Duration::from_hours(8 * 24),
];

/// The document of a deleted interview.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tombstone {
    /// When the interview was cleared away for the first time.
    pub deleted_at: Timestamp,
    /// How many passes there have been since.
    pub passes: u32,
    /// When the next one is due.
    pub next_pass_at: Timestamp,
    /// Fields of a newer release.
    #[serde(flatten)]
    pub unknown: UnknownFields,
}

strip_unknown!(Tombstone);

impl Tombstone {
    /// For an interview that is cleared away now.
    pub fn new(now: Timestamp) -> Self {
        Self {
            deleted_at: now,
            passes: 0,
            next_pass_at: now + PASSES[0],
            unknown: UnknownFields::default(),
        }
    }

    /// After one more pass; nothing after the last one.
    pub fn after_pass(self) -> Option<Self> {
        let passes = self.passes + 1;
        let delay = PASSES.get(usize::try_from(passes).ok()?)?;
        Some(Self {
            passes,
            next_pass_at: self.deleted_at + *delay,
            ..self
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{InterviewId, InterviewKey, UserId};

    #[test]
    fn last_pass_comes_after_the_longest_upload() {
        let mut tombstone = Some(Tombstone::new(Timestamp::from_millis(0)));
        let mut passes = Vec::new();
        while let Some(current) = tombstone {
            passes.push(current.next_pass_at.as_millis() / 60_000);
            tombstone = current.after_pass();
        }
        assert_eq!(passes, [1, 60, 8 * 24 * 60]);
    }

    #[test]
    fn tombstone_names_its_interview() {
        let key = InterviewKey {
            user_id: UserId::parse("u").unwrap(),
            interview_id: InterviewId::generate(),
        };
        assert_eq!(
            InterviewKey::from_tombstone(&key.tombstone()),
            Some(key.clone())
        );
        assert_eq!(InterviewKey::from_tombstone(&key.document()), None);
    }
}
