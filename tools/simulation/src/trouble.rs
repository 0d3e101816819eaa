//! What goes wrong in a world, and how often.

use std::time::Duration;

use domain::pipeline::Retry;

use crate::world::Fate;

/// What goes wrong in a world.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// Nothing.
    None,
    /// Writers meet, and deliveries are made twice: nothing may come of that.
    Contention,
    /// Everything, so many times as often as usual.
    Faults(u32),
}

impl Trouble {
    /// The kinds of worlds, each as frequent as the others.
    pub(crate) const KINDS: [Self; 4] = [
        Self::None,
        Self::Contention,
        Self::Faults(1),
        Self::Faults(4),
    ];

    /// How many times as often as usual calls fail.
    pub(crate) const fn faults(self) -> u32 {
        match self {
            Self::None | Self::Contention => 0,
            Self::Faults(times) => times,
        }
    }

    /// How many deliveries of a hundred are made twice.
    pub(crate) const fn doubled_percent(self) -> u32 {
        match self {
            Self::None => 0,
            Self::Contention => 10,
            Self::Faults(times) => 3 * times,
        }
    }

    /// What becomes of a call, by a number below a thousand.
    pub(crate) fn fate(self, roll: u32, is_change: bool, wait: Duration) -> Fate {
        if self == Self::Contention {
            let is_conflict = is_change && roll < 50;
            return if is_conflict {
                Fate::Conflict
            } else {
                Fate::Pass
            };
        }
        let times = self.faults();
        let Some(kind) = roll.checked_sub(1_000 - 15 * times) else {
            return Fate::Pass;
        };
        match (kind / times.max(1), is_change) {
            (3..5, true) => Fate::LoseAnswer,
            (5..8, true) => Fate::Late(wait),
            (8..11, true) => Fate::Conflict,
            (11..13, _) => Fate::CrashBefore,
            (13.., true) => Fate::CrashAfter,
            _ => Fate::Refuse,
        }
    }
}

/// The wait before another try.
pub(crate) fn backoff(retry: Retry, attempt: u32) -> Duration {
    let doubled = u64::from(retry.min_backoff_s) << attempt.saturating_sub(1).min(20);
    Duration::from_secs(doubled.min(retry.max_backoff_s.into()))
}
