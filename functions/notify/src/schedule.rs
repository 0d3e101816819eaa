//! When a webhook is tried again.
//!
//! The waits of Standard Webhooks, three days in all, each stretched by up to a
//! fifth so that many webhooks do not return at once. The stretch follows from
//! the webhook's id and the attempt: a second computation, for the same event
//! delivered twice, gives the same time.

use std::time::Duration;

use sha2::{Digest, Sha256};

use crate::outcome::SendOutcome;

/// How many attempts there are in all.
pub const MAX_ATTEMPTS: usize = WAITS.len();

const SECOND: u64 = 1;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;

/// The wait before each attempt.
const WAITS: [Duration; 10] = [
    Duration::ZERO,
    Duration::from_secs(5 * SECOND),
    Duration::from_secs(5 * MINUTE),
    Duration::from_secs(30 * MINUTE),
    Duration::from_secs(2 * HOUR),
    Duration::from_secs(5 * HOUR),
    Duration::from_secs(10 * HOUR),
    Duration::from_secs(14 * HOUR),
    Duration::from_secs(20 * HOUR),
    Duration::from_secs(24 * HOUR),
];

/// The least wait for a receiver that is overloaded and does not say how long.
const RELIEF: Duration = Duration::from_secs(5 * MINUTE);

/// How long a webhook is postponed for the sake of its receiver at most, from when it became
/// due or was replayed: longer than all attempts of a receiver that answers take.
pub const LIFETIME: Duration = Duration::from_hours(4 * 24);

/// How long after an attempt the next one follows; nothing when there is none.
///
/// `attempts` is how many were made, the one with this `outcome` included.
pub fn next_attempt(webhook_id: &str, attempts: usize, outcome: &SendOutcome) -> Option<Duration> {
    let least = match outcome {
        SendOutcome::Delivered { .. } | SendOutcome::Gone | SendOutcome::Forbidden { .. } => {
            return None;
        }
        SendOutcome::TimedOut { .. } | SendOutcome::Unreachable { .. } => Duration::ZERO,
        SendOutcome::Refused {
            status,
            retry_after,
        } => retry_after.unwrap_or_else(|| relief(*status)),
    };
    let wait = (*WAITS.get(attempts)?).max(least);
    Some(wait + stretch(webhook_id, attempts, wait))
}

fn relief(status: u16) -> Duration {
    match status {
        429 | 502 | 504 => RELIEF,
        _ => Duration::ZERO,
    }
}

/// Up to a fifth of `wait`, always the same for the same webhook and attempt.
pub(crate) fn stretch(webhook_id: &str, attempts: usize, wait: Duration) -> Duration {
    let digest = Sha256::digest(format!("{webhook_id}.{attempts}"));
    let share = u32::from(u16::from_be_bytes([digest[0], digest[1]]));
    (wait / 5).mul_f64(f64::from(share) / f64::from(u16::MAX))
}
