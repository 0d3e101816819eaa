//! When an interview is too old, and how many of them a day deletes.

use std::time::Duration;

use domain::Timestamp;
use serde_json::{Map, Value};

use crate::heartbeat::RetentionState;

/// How many interviews are deleted on a day in any case.
const FLOOR: u64 = 50;

/// How many times as many as on the day before are deleted on a day.
const GROWTH: u64 = 10;

/// The fields of the mark, as [`domain::Interview`] has them.
pub(crate) const EXPIRING_AT: &str = "expiring_at";
pub(crate) const EXPIRING_REGULAR_MS: &str = "expiring_regular_ms";

const DAY_MS: u64 = 24 * 60 * 60 * 1_000;

/// What is too old, judged at one moment.
pub(crate) struct Judge {
    /// Now.
    pub(crate) now: Timestamp,
    /// How long interviews are kept; for ever without one.
    pub(crate) retention: Option<Duration>,
}

impl Judge {
    /// Whether the retention period of the interview with these fields is over: its
    /// own, or the default. An invalid time is not over.
    pub(crate) fn is_expired(&self, fields: &Map<String, Value>) -> bool {
        let time = |field: &str| Timestamp::parse(fields.get(field)?.as_str()?).ok();
        let before = |field, limit| time(field).is_some_and(|time| time < limit);
        let own = before("expires_at", self.now);
        own || self
            .retention
            .is_some_and(|retention| before("created_at", self.now - retention))
    }
}

/// The regular time at which an interview was marked.
pub(crate) fn marked_at(fields: &Map<String, Value>) -> Option<u64> {
    fields.get(EXPIRING_REGULAR_MS)?.as_u64()
}

impl RetentionState {
    /// Begins a new day of regular time where one has begun.
    pub(crate) fn at(&self, regular_ms: u64) -> Self {
        let day = regular_ms / DAY_MS;
        if day == self.day {
            return self.clone();
        }
        let deleted_before = if day == self.day + 1 { self.deleted } else { 0 };
        Self {
            day,
            deleted: 0,
            deleted_before,
            ..self.clone()
        }
    }

    /// How many interviews may be deleted on this day.
    pub(crate) fn ceiling(&self) -> u64 {
        FLOOR.max(self.deleted_before.saturating_mul(GROWTH))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_has_room_for_50_or_ten_times_the_day_before() {
        let mut state = RetentionState::default();
        for (day, deleted, ceiling) in [(0, 3, 50), (1, 50, 50), (2, 500, 500), (3, 0, 5_000)] {
            state = state.at(day * DAY_MS + 1);
            assert_eq!(state.ceiling(), ceiling, "day {day}");
            state.deleted += deleted;
            assert_eq!(state.at(day * DAY_MS + 2), state, "the same day");
        }
        assert_eq!(
            state.at(9 * DAY_MS).ceiling(),
            FLOOR,
            "after days without any"
        );
    }

    #[test]
    fn invalid_time_is_not_expired() {
        let judge = Judge {
            now: Timestamp::from_millis(1_000),
            retention: Some(Duration::ZERO),
        };
        for (fields, expected) in [
            (r#"{"created_at": "1970-01-01T00:00:00.000Z"}"#, true),
            (r#"{"expires_at": "1970-01-01T00:00:00.999Z"}"#, true),
            (r#"{"created_at": "1970-01-01T00:00:01.000Z"}"#, false),
            (r#"{"created_at": 0, "expires_at": "soon"}"#, false),
            ("{}", false),
        ] {
            let fields = serde_json::from_str(fields).expect("an object");
            assert_eq!(judge.is_expired(&fields), expected, "{fields:?}");
        }
    }
}
