//! What goes wrong in a world, and how often.

use std::time::Duration;

use domain::{Timestamp, pipeline::Retry};
use fastrand::Rng;

use crate::gate::{Fate, Port};

/// What goes wrong in a world.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// Nothing.
    None,
    /// Writers meet, and deliveries are made twice: nothing may come of that.
    Contention,
    /// Everything, so many times as often as usual.
    Faults(u32),
    /// The usual faults, and ports that cannot be used for minutes.
    Outages,
    /// The usual faults, and once a backup is restored.
    Restore,
}

impl Trouble {
    /// The kinds of worlds, each as frequent as the others.
    pub(crate) const KINDS: [Self; 6] = [
        Self::None,
        Self::Contention,
        Self::Faults(1),
        Self::Faults(4),
        Self::Outages,
        Self::Restore,
    ];

    /// How many times as often as usual calls fail.
    pub(crate) const fn faults(self) -> u32 {
        match self {
            Self::None | Self::Contention => 0,
            Self::Faults(times) => times,
            Self::Outages | Self::Restore => 1,
        }
    }

    /// Whether calls take seconds now and then.
    pub(crate) const fn is_slow(self) -> bool {
        self.faults() > 0
    }

    /// How many of a hundred deliveries are made twice.
    pub(crate) const fn doubled_percent(self) -> u32 {
        match self {
            Self::None => 0,
            Self::Contention => 10,
            Self::Faults(_) | Self::Outages | Self::Restore => 3 * self.faults(),
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

/// How a port cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum OutageKind {
    /// Every call fails.
    Down,
    /// What changes anything fails: the disk is full.
    Full,
    /// What changes anything happens or not, and says that it failed: a sync failed.
    Unsynced,
    /// Another writer is mostly faster.
    Busy,
}

/// A port that cannot be used for a while.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Outage {
    port: Port,
    kind: OutageKind,
    /// Until when.
    pub(crate) until: Timestamp,
}

impl Outage {
    /// One that begins now and lasts for minutes.
    pub(crate) fn begin(rng: &mut Rng, now: Timestamp) -> Self {
        let kinds = [
            OutageKind::Down,
            OutageKind::Full,
            OutageKind::Unsynced,
            OutageKind::Busy,
        ];
        Self {
            port: Port::ALL[rng.usize(..Port::ALL.len())],
            kind: kinds[rng.usize(..kinds.len())],
            until: now + Duration::from_secs(rng.u64(30..600)),
        }
    }

    /// What becomes of a call, by a number below a thousand.
    pub(crate) fn fate(&self, port: Port, roll: u32, is_change: bool) -> Option<Fate> {
        if port != self.port {
            return None;
        }
        match (self.kind, is_change) {
            (OutageKind::Unsynced, true) if roll < 500 => Some(Fate::LoseAnswer),
            (OutageKind::Down, _) | (OutageKind::Full | OutageKind::Unsynced, true) => {
                Some(Fate::Refuse)
            }
            (OutageKind::Busy, true) if roll < 700 => Some(Fate::Conflict),
            _ => None,
        }
    }
}

/// The wait before another try.
pub(crate) fn backoff(retry: Retry, attempt: u32) -> Duration {
    let doubled = u64::from(retry.min_backoff_s) << attempt.saturating_sub(1).min(20);
    Duration::from_secs(doubled.min(retry.max_backoff_s.into()))
}
