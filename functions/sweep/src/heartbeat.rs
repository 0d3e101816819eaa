//! How regularly the sweep runs.
//!
//! After a machine was off or asleep, or its clock was put forward, everything is
//! overdue by the clock though its work is about to continue. So deadlines count from
//! the end of the last such gap.
//!
//! Irreversible actions count regular time alone: the time between sweeps that followed
//! each other in time, added up. A jump of the clock adds nothing to it, in either
//! direction.

use std::time::Duration;

use domain::{
    Timestamp, paths,
    ports::{Precondition, Records, RecordsError, Write},
    versions::UnknownFields,
};
use serde::{Deserialize, Serialize};
use steps::decode_or_report;

/// The sweep comes every minute: without one for so long, nothing else ran either, or
/// may not have.
const GAP: Duration = Duration::from_mins(5);

/// How often a write of the rounds is tried that another sweep gets in the way of.
const MAX_CONFLICTS: usize = 10;

/// `operations/sweep`: when sweeps came, and what they have to remember.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct SweepHeartbeat {
    /// When the newest sweep came.
    pub(crate) last: Timestamp,
    /// Since when they have come without a gap.
    pub(crate) regular_since: Timestamp,
    /// The latest time that any of them has seen.
    #[serde(default = "epoch")]
    pub(crate) highest: Timestamp,
    /// The time in which they have come regularly, all of it, in milliseconds.
    #[serde(default)]
    pub(crate) regular_ms: u64,
    /// What retention has to remember.
    #[serde(default)]
    pub(crate) retention: RetentionState,
    /// When the stored data was last audited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) audited_at: Option<Timestamp>,
    /// Fields of a newer release.
    #[serde(flatten)]
    pub(crate) unknown: UnknownFields,
}

/// What retention remembers from one sweep to the next.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct RetentionState {
    /// The regular time at which it last looked, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) looked_at_ms: Option<u64>,
    /// `RETENTION_DAYS` as it was then, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) setting_ms: Option<u64>,
    /// The day of regular time that `deleted` is about, from 0.
    pub(crate) day: u64,
    /// How many interviews have been deleted on that day because their time was over.
    pub(crate) deleted: u64,
    /// How many on the day before.
    pub(crate) deleted_before: u64,
    /// Fields of a newer release.
    #[serde(flatten)]
    pub(crate) unknown: UnknownFields,
}

/// One sweep among the others.
#[derive(Debug, Clone)]
pub(crate) struct Round {
    /// Including this one.
    pub(crate) rounds: SweepHeartbeat,
    pub(crate) arrival: Arrival,
}

/// How a sweep follows the one before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Arrival {
    /// There was none before it: the service is new.
    First,
    /// In time.
    Regular,
    /// Late, or before it by the clock. The time is that of the one before it.
    Irregular(Timestamp),
}

impl Round {
    /// Whether this sweep followed another one in time.
    pub(crate) const fn is_regular(&self) -> bool {
        matches!(self.arrival, Arrival::Regular)
    }
}

const fn epoch() -> Timestamp {
    Timestamp::from_millis(0)
}

/// Notes that the sweep has come.
pub(crate) async fn arrive(records: &dyn Records, now: Timestamp) -> Result<Round, RecordsError> {
    let note = |before: Option<&SweepHeartbeat>| {
        let round = next(before, now);
        (round.rounds.clone(), round)
    };
    update(records, note).await
}

/// Changes what sweeps remember, in one transaction.
pub(crate) async fn update<T>(
    records: &dyn Records,
    change: impl Fn(Option<&SweepHeartbeat>) -> (SweepHeartbeat, T) + Send + Sync,
) -> Result<T, RecordsError> {
    let path = paths::sweep();
    for _ in 0..MAX_CONFLICTS {
        let found = records.read(&path).await?;
        // An undecodable heartbeat starts again from zero: that delays deletions, and never
        // hastens one.
        let before = found.as_ref().and_then(decode_or_report);
        let (rounds, answer) = change(before.as_ref());
        let precondition = found.map_or(Precondition::Absent, |document| {
            Precondition::Version(document.version)
        });
        let write = Write::put(path.clone(), &rounds, precondition)?;
        match records.commit(vec![write]).await {
            Ok(()) => return Ok(answer),
            Err(RecordsError::Stale { .. }) => {}
            Err(other) => return Err(other),
        }
    }
    Err(RecordsError::Stale { path })
}

fn next(before: Option<&SweepHeartbeat>, now: Timestamp) -> Round {
    let Some(before) = before else {
        let rounds = SweepHeartbeat {
            last: now,
            regular_since: now,
            highest: now,
            regular_ms: 0,
            retention: RetentionState::default(),
            audited_at: None,
            unknown: UnknownFields::default(),
        };
        return Round {
            rounds,
            arrival: Arrival::First,
        };
    };
    let late = now.since(before.last);
    let regular = before.last <= now && late <= GAP;
    let elapsed_ms = u64::try_from(late.as_millis()).unwrap_or(u64::MAX);
    let rounds = SweepHeartbeat {
        last: now,
        regular_since: if regular { before.regular_since } else { now },
        highest: before.highest.max(now),
        regular_ms: before.regular_ms + if regular { elapsed_ms } else { 0 },
        ..before.clone()
    };
    Round {
        rounds,
        arrival: if regular {
            Arrival::Regular
        } else {
            Arrival::Irregular(before.last)
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minutes: i64) -> Timestamp {
        Timestamp::from_millis(minutes * 60_000)
    }

    #[test]
    fn a_gap_begins_anew_and_a_late_round_does_not() {
        let mut rounds = next(None, at(0)).rounds;
        let mut since = |now| {
            rounds = next(Some(&rounds), at(now)).rounds;
            rounds.regular_since
        };
        for (now, expected) in [
            (1, 0),
            (2, 0),
            (7, 0),
            (13, 13),
            (14, 13),
            // The clock was set back, then forward again.
            (10, 10),
            (11, 10),
            (1_500, 1_500),
        ] {
            assert_eq!(since(now), at(expected), "at {now}");
        }
    }

    #[test]
    fn the_first_round_is_neither_regular_nor_late() {
        let first = next(None, at(3));
        assert_eq!(first.arrival, Arrival::First);
        assert!(!first.is_regular());
        let second = next(Some(&first.rounds), at(4));
        assert_eq!(second.arrival, Arrival::Regular);
        let late = next(Some(&second.rounds), at(20));
        assert_eq!(late.arrival, Arrival::Irregular(at(4)));
    }

    #[test]
    fn regular_time_grows_by_regular_rounds_alone() {
        let mut rounds = next(None, at(0)).rounds;
        for (now, expected_minutes) in [
            (4, 4),
            // 400 days ahead, a minute of that, and back.
            (576_004, 4),
            (576_005, 5),
            (6, 5),
            (6, 5),
            (10, 9),
        ] {
            rounds = next(Some(&rounds), at(now)).rounds;
            assert_eq!(rounds.regular_ms, expected_minutes * 60_000, "at {now}");
        }
        assert_eq!(rounds.highest, at(576_005));
    }

    #[test]
    fn rounds_of_an_older_release_are_read() {
        let older = serde_json::json!({"last": at(3), "regular_since": at(1)});
        let rounds: SweepHeartbeat = serde_json::from_value(older).unwrap();
        let round = next(Some(&rounds), at(4));
        assert!(round.is_regular());
        assert_eq!(round.rounds.regular_since, at(1));
    }
}
