//! Asking again: truncated exponential backoff with jitter, as all of Google's
//! services want it (<https://cloud.google.com/storage/docs/retry-strategy>).

use std::time::Duration;

use tokio::time::{Instant, sleep};

const FIRST_WAIT: Duration = Duration::from_millis(100);
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// How long to begin attempts: with the last one, which may take 30 seconds, less than an
/// event's delivery may take, so that a function is the one to say that it failed. A
/// transfer that makes progress may take longer.
const RETRY_BUDGET: Duration = Duration::from_secs(45);

/// One request's attempts.
pub(crate) struct Attempts {
    since: Instant,
    wait: Duration,
}

impl Default for Attempts {
    fn default() -> Self {
        Self {
            since: Instant::now(),
            wait: FIRST_WAIT,
        }
    }
}

impl Attempts {
    /// Waits for the next attempt; `false` when it has been tried for long enough.
    pub(crate) async fn wait(&mut self) -> bool {
        if self.since.elapsed() + self.wait > RETRY_BUDGET {
            return false;
        }
        sleep(self.wait.mul_f64(0.5 + fastrand::f64() / 2.0)).await;
        self.wait = (self.wait * 2).min(LONGEST_WAIT);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn retries_end_with_the_retry_budget() {
        let (mut attempts, mut count) = (Attempts::default(), 1);
        let start = Instant::now();
        while attempts.wait().await {
            count += 1;
        }
        assert!((10..=25).contains(&count), "{count} attempts");
        assert!(start.elapsed() <= RETRY_BUDGET);
    }
}
