//! Pauses between the tries of a transaction that other writers overtake.
//!
//! Tries are limited by time and not by number: a number is used up within milliseconds
//! when many write at once, and all of them try again at the same moment.

use std::{sync::OnceLock, time::Duration};

use backon::{BackoffBuilder as _, ExponentialBackoff, ExponentialBuilder};
use futures::future::BoxFuture;
use futures_timer::Delay;

/// How long a transaction waits for others in all, before its caller is told.
const TOTAL: Duration = Duration::from_secs(10);

/// How pauses are made where not by the system's time.
static SLEEP: OnceLock<fn(Duration) -> BoxFuture<'static, ()>> = OnceLock::new();

/// Makes pauses by `sleep` from now on, in all of the process: a simulation has a time of its
/// own. Only the first call has an effect.
pub fn sleep_by(sleep: fn(Duration) -> BoxFuture<'static, ()>) {
    let _ = SLEEP.set(sleep);
}

/// The pauses of one transaction.
pub struct ConflictPauses(ExponentialBackoff);

impl Default for ConflictPauses {
    fn default() -> Self {
        Self::new()
    }
}

impl ConflictPauses {
    /// Doubling from milliseconds to half a second, with jitter.
    pub fn new() -> Self {
        let pauses = ExponentialBuilder::new()
            .with_min_delay(Duration::from_millis(2))
            .with_max_delay(Duration::from_millis(500))
            .without_max_times()
            .with_total_delay(Some(TOTAL))
            .with_jitter();
        Self(pauses.build())
    }

    /// Waits before the next try; `false`, at once, when the time is over.
    pub async fn wait(&mut self) -> bool {
        match self.0.next() {
            Some(pause) => {
                match SLEEP.get() {
                    Some(sleep) => sleep(pause).await,
                    None => Delay::new(pause).await,
                }
                true
            }
            None => false,
        }
    }
}
