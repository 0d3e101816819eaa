//! Asking again: as long as the provider says, or twice as long each time, with
//! jitter, and not for ever.

use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::sleep;

use super::ProviderError;

const FIRST_WAIT: Duration = Duration::from_secs(1);

/// The waiting that one analysis or recording may do, in all its requests together.
#[derive(Debug)]
pub(crate) struct RetryBudget(Mutex<Duration>);

impl RetryBudget {
    /// As much as `total`.
    pub(crate) fn new(total: Duration) -> Self {
        Self(Mutex::new(total))
    }

    /// Waits before attempt `attempts + 1`: at least as long as the provider says. Returns
    /// `false` without waiting when there have been enough, or when the rest of the budget is
    /// shorter.
    pub(crate) async fn wait(&self, attempts: u32, error: &ProviderError) -> bool {
        if attempts >= error.attempts() {
            return false;
        }
        let doubled = FIRST_WAIT * 2_u32.saturating_pow(attempts - 1).min(16);
        let wait = match error.after() {
            // Never earlier than `Retry-After`, with jitter.
            Some(after) => after + FIRST_WAIT.mul_f64(fastrand::f64()),
            None => doubled.mul_f64(0.5 + fastrand::f64() / 2.0),
        };
        let granted = self.spend(wait);
        if granted {
            sleep(wait).await;
        }
        granted
    }

    fn spend(&self, wait: Duration) -> bool {
        let mut left = self.0.lock();
        let rest = left.checked_sub(wait);
        *left = rest.unwrap_or(*left);
        rest.is_some()
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use super::*;

    const MINUTE: Duration = Duration::from_mins(1);

    #[tokio::test(start_paused = true)]
    async fn waits_as_long_as_retry_after_plus_jitter() {
        let (retry_budget, start) = (RetryBudget::new(MINUTE), Instant::now());
        let after = Some(Duration::from_secs(26));
        assert!(retry_budget.wait(1, &ProviderError::Quota { after }).await);
        let waited = start.elapsed().as_secs_f64();
        assert!((26.0..27.1).contains(&waited), "{waited}");
        assert!(
            retry_budget
                .wait(2, &ProviderError::Overloaded { after })
                .await
        );
        assert!(
            !retry_budget
                .wait(3, &ProviderError::Overloaded { after })
                .await
        );
        assert!(start.elapsed() < MINUTE);
    }

    #[tokio::test(start_paused = true)]
    async fn without_retry_after_delays_double_for_five_attempts() {
        let (retry_budget, start) = (RetryBudget::new(MINUTE), Instant::now());
        let error = ProviderError::Overloaded { after: None };
        let mut attempts = 1;
        while retry_budget.wait(attempts, &error).await {
            attempts += 1;
        }
        assert_eq!(attempts, 5);
        let waited = start.elapsed().as_secs_f64();
        assert!((7.5..=15.1).contains(&waited), "{waited}");
    }

    #[tokio::test(start_paused = true)]
    async fn delay_over_a_minute_is_not_waited_for() {
        let (retry_budget, start) = (RetryBudget::new(MINUTE), Instant::now());
        let after = Some(Duration::from_secs(61));
        assert!(!retry_budget.wait(1, &ProviderError::Quota { after }).await);
        assert_eq!(start.elapsed(), Duration::ZERO);
        assert!(!retry_budget.wait(1, &ProviderError::Unauthorized).await);
        assert!(!retry_budget.wait(1, &ProviderError::QuotaSpent).await);
    }
}
