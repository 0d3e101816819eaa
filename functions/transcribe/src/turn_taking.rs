//! Users in turn where an engine takes one recording at a time.
//!
//! A task whose engine is busy comes again every second. Without turns the engine would go
//! to whichever task comes first when it becomes free, which is nearly always one of the user
//! who has queued the most.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use domain::{Timestamp, UserId};

/// For how long a user counts as waiting after a task has come: tasks come again sooner.
const WAITS_FOR: Duration = Duration::from_secs(5);

/// Whose turn it is.
#[derive(Debug, Default)]
pub struct TurnTaking(Mutex<Turns>);

#[derive(Debug, Default)]
struct Turns {
    /// When a task of the user last had to wait.
    waiting: HashMap<UserId, Timestamp>,
    /// The number of the user's last turn; none yet counts as 0.
    started: HashMap<UserId, u64>,
    last: u64,
}

impl TurnTaking {
    /// Notes that a task of `user` waits.
    pub(crate) fn wait(&self, user: &UserId, now: Timestamp) {
        let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        turns.waiting.insert(user.clone(), now);
    }

    /// Whether a task of `user` may begin: of all users who wait, this one's last turn is the
    /// longest ago. Otherwise it waits.
    pub(crate) fn may_begin(&self, user: &UserId, now: Timestamp) -> bool {
        let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        turns
            .waiting
            .retain(|_, since| now.since(*since) < WAITS_FOR);
        let started = |user: &UserId| turns.started.get(user).copied().unwrap_or(0);
        let own = started(user);
        let is_behind = turns.waiting.keys().any(|other| started(other) < own);
        if is_behind {
            turns.waiting.insert(user.clone(), now);
            return false;
        }
        turns.waiting.remove(user);
        turns.last += 1;
        let last = turns.last;
        turns.started.insert(user.clone(), last);
        // Users without a turn for long begin anew, in front.
        let oldest = last.saturating_sub(1_000);
        turns.started.retain(|_, turn| *turn > oldest);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_with_one_recording_is_next_beside_one_with_many() {
        let (turns, now) = (TurnTaking::default(), Timestamp::from_millis(0));
        let [many, one] = ["many", "one"].map(|id| UserId::parse(id).unwrap());
        assert!(turns.may_begin(&many, now));
        turns.wait(&many, now);
        turns.wait(&one, now);
        assert!(!turns.may_begin(&many, now));
        assert!(turns.may_begin(&one, now));
        assert!(turns.may_begin(&many, now));
    }

    #[test]
    fn user_who_went_away_is_not_waited_for() {
        let (turns, now) = (TurnTaking::default(), Timestamp::from_millis(0));
        let [many, gone] = ["many", "gone"].map(|id| UserId::parse(id).unwrap());
        assert!(turns.may_begin(&many, now));
        turns.wait(&gone, now);
        assert!(!turns.may_begin(&many, now));
        assert!(turns.may_begin(&many, now + WAITS_FOR));
    }
}
