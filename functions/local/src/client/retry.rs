//! Which requests are sent again, and when.

use std::time::Duration;

use backon::{BackoffBuilder as _, ExponentialBackoff, ExponentialBuilder};

use super::error::ClientError;

/// The longest wait that a service can ask for; beyond it the command ends.
const MAX_RETRY_AFTER: Duration = Duration::from_mins(10);

/// How often in a row a request is sent again.
const MAX_RETRIES: usize = 7;

/// The waits between the tries of one request: from half a second to half a minute, with
/// jitter.
pub(super) struct Waits(ExponentialBackoff);

impl Waits {
    /// Before the first try.
    pub(super) fn new() -> Self {
        let waits = ExponentialBuilder::new()
            .with_min_delay(Duration::from_millis(500))
            .with_max_delay(Duration::from_secs(30))
            .with_max_times(MAX_RETRIES)
            .with_jitter();
        Self(waits.build())
    }

    /// How long to wait before the request is sent again; nothing where it would fail again, or
    /// has failed too often.
    pub(super) fn after(&mut self, error: &ClientError) -> Option<Duration> {
        let asked = match error {
            ClientError::Transport { .. } | ClientError::Stuck(_) => None,
            ClientError::Refused {
                problem,
                retry_after,
            } => match (problem.status, *retry_after) {
                (_, Some(wait)) if wait > MAX_RETRY_AFTER => return None,
                (409 | 429 | 503, Some(wait)) => Some(wait),
                (408 | 429 | 500 | 502..=504, _) => None,
                _ => return None,
            },
            _ => return None,
        };
        let own = self.0.next()?;
        Some(asked.unwrap_or(own))
    }
}

#[cfg(test)]
mod tests {
    use super::{super::error::Problem, *};

    fn refused(status: u16, retry_after_s: Option<u64>) -> ClientError {
        ClientError::Refused {
            problem: Problem {
                status,
                ..Problem::default()
            },
            retry_after: retry_after_s.map(Duration::from_secs),
        }
    }

    #[test]
    fn retry_after_is_heeded_up_to_ten_minutes() {
        for status in [429, 503] {
            let wait = Waits::new().after(&refused(status, Some(17)));
            assert_eq!(wait, Some(Duration::from_secs(17)));
            assert_eq!(Waits::new().after(&refused(status, Some(601))), None);
        }
    }

    #[test]
    fn refusals_of_the_request_itself_are_final() {
        for status in [400, 401, 402, 403, 404, 409, 413, 422] {
            assert_eq!(Waits::new().after(&refused(status, None)), None, "{status}");
        }
    }

    #[test]
    fn tries_are_counted_and_waits_grow() {
        let mut waits = Waits::new();
        let error = refused(500, None);
        let all: Vec<_> = std::iter::from_fn(|| waits.after(&error)).collect();
        assert_eq!(all.len(), MAX_RETRIES);
        assert!(
            all[0] >= Duration::from_millis(500) && all[6] > all[0],
            "{all:?}"
        );
    }
}
