//! Whose report of a collection is made: one at a time, and one of each user.

use std::{sync::Arc, time::Duration};

use domain::{ErrorCode, UserId};
use runtime::http::Problem;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

use crate::{
    error::later,
    tally::{Counted, Tally},
};

/// How many reports are made at once: each is in memory, up to some hundred megabytes for 500
/// interviews.
const PLACES: usize = 1;

/// How long a request waits for the reports of others.
const LONGEST_WAIT: Duration = Duration::from_secs(20);

/// When it is worth trying again.
const RETRY_AFTER: Duration = Duration::from_secs(5);

/// The reports of all users; clones count together.
#[derive(Debug, Clone)]
pub(crate) struct ReportTurns {
    places: Arc<Semaphore>,
    /// The users whose report is made or waited for: one of each, so that no one waits for all of
    /// another's.
    users: Tally<UserId>,
}

impl Default for ReportTurns {
    fn default() -> Self {
        Self {
            places: Arc::new(Semaphore::new(PLACES)),
            users: Tally::default(),
        }
    }
}

impl ReportTurns {
    /// Waits for the reports of others.
    ///
    /// # Errors
    ///
    /// `too_many_requests` while another report of this user is made or waited for, `unavailable`
    /// where those of others take too long.
    pub(crate) async fn begin(&self, user: &UserId) -> Result<ReportTurn, Problem> {
        let user = self.users.begin(user.clone(), |own, _| {
            let detail = "a report of yours is being made already; wait for it";
            let is_first = (own == 0).then_some(());
            is_first.ok_or_else(|| later(ErrorCode::TooManyRequests, detail, RETRY_AFTER))
        })?;
        let place = timeout(LONGEST_WAIT, Arc::clone(&self.places).acquire_owned()).await;
        let place = place.map_err(|_| {
            let detail = "reports of other users are being made";
            later(ErrorCode::Unavailable, detail, RETRY_AFTER)
        })?;
        Ok(ReportTurn {
            _user: user,
            _place: place.ok(),
        })
    }
}

/// The turn of a user's report, which ends when it is dropped.
#[derive(Debug)]
pub(crate) struct ReportTurn {
    _user: Counted<UserId>,
    _place: Option<OwnedSemaphorePermit>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(id: &str) -> UserId {
        UserId::parse(id).unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn users_take_turns_and_have_one_each() {
        let turns = ReportTurns::default();
        let first = turns.begin(&user("a")).await.unwrap();
        let refused = turns.begin(&user("a")).await.unwrap_err();
        assert_eq!(refused.code, ErrorCode::TooManyRequests);
        assert_eq!(refused.retry_after, Some(RETRY_AFTER));
        let refused = turns.begin(&user("b")).await.unwrap_err();
        assert_eq!(refused.code, ErrorCode::Unavailable);

        // One that has gone does not wait any more.
        let (b, second) = (user("b"), turns.clone());
        let waiting = tokio::spawn(async move { second.begin(&b).await.map(drop) });
        tokio::task::yield_now().await;
        drop(first);
        waiting.await.unwrap().unwrap();
        assert!(turns.begin(&user("a")).await.is_ok());
    }
}
