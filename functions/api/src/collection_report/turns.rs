//! Whose report of a collection is made: one at a time, and one of each user.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use domain::{ErrorCode, UserId};
use runtime::http::Problem;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
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
    users: Arc<Mutex<BTreeSet<UserId>>>,
}

impl Default for ReportTurns {
    fn default() -> Self {
        Self {
            places: Arc::new(Semaphore::new(PLACES)),
            users: Arc::default(),
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
        if !self.users().insert(user.clone()) {
            let detail = "a report of yours is being made already; wait for it";
            return Err(later(ErrorCode::TooManyRequests, detail));
        }
        let mut turn = ReportTurn {
            turns: self.clone(),
            user: user.clone(),
            place: None,
        };
        let place = timeout(LONGEST_WAIT, Arc::clone(&self.places).acquire_owned()).await;
        let place = place.map_err(|_| {
            later(
                ErrorCode::Unavailable,
                "reports of other users are being made",
            )
        })?;
        turn.place = place.ok();
        Ok(turn)
    }

    fn users(&self) -> MutexGuard<'_, BTreeSet<UserId>> {
        self.users.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn later(code: ErrorCode, detail: &str) -> Problem {
    Problem {
        retry_after: Some(RETRY_AFTER),
        ..Problem::new(code, detail)
    }
}

/// The turn of a user's report, which ends when it is dropped.
#[derive(Debug)]
pub(crate) struct ReportTurn {
    turns: ReportTurns,
    user: UserId,
    place: Option<OwnedSemaphorePermit>,
}

impl Drop for ReportTurn {
    fn drop(&mut self) {
        self.turns.users().remove(&self.user);
        self.place = None;
    }
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
