//! Since when the sweep has come regularly.
//!
//! A machine that was off or asleep, or whose clock was put forward, has not lost the
//! work that lay there meanwhile: everything is overdue by the clock and about to go on.
//! So deadlines count from the end of the last such gap.

use std::time::Duration;

use domain::{
    Timestamp, paths,
    ports::{Precondition, Records, RecordsError, Write},
};
use serde::{Deserialize, Serialize};

/// The sweep comes every minute: without one for so long, nothing else ran either, or
/// may not have.
const GAP: Duration = Duration::from_mins(5);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Rounds {
    last: Timestamp,
    regular_since: Timestamp,
}

/// Notes that the sweep has come; answers since when it has come regularly.
pub(crate) async fn regular_since(
    records: &dyn Records,
    now: Timestamp,
) -> Result<Timestamp, RecordsError> {
    let path = paths::sweep();
    let before = records.read(&path).await?;
    let before = before.map(|document| document.decode()).transpose()?;
    let rounds = next(before, now);
    // Two at the same time say the same.
    let write = Write::put(path, &rounds, Precondition::None)?;
    records.commit(vec![write]).await?;
    Ok(rounds.regular_since)
}

fn next(before: Option<Rounds>, now: Timestamp) -> Rounds {
    let regular = before.filter(|before| {
        let late = now.since(before.last);
        before.last <= now && late <= GAP
    });
    Rounds {
        last: now,
        regular_since: regular.map_or(now, |before| before.regular_since),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_begins_anew_and_a_late_round_does_not() {
        let at = |minutes: i64| Timestamp::from_millis(minutes * 60_000);
        let mut rounds = next(None, at(0));
        let mut since = |now| {
            rounds = next(Some(rounds), at(now));
            rounds.regular_since
        };
        for (now, expected) in [
            (1, 0),
            (2, 0),
            (7, 0),
            (13, 13),
            (14, 13),
            // The clock was put back, and forward again.
            (10, 10),
            (11, 10),
            (1_500, 1_500),
        ] {
            assert_eq!(since(now), at(expected), "at {now}");
        }
    }
}
