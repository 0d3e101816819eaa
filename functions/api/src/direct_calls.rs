//! How many transcripts are analysed while their callers wait.
//!
//! A call counts for its user from the start, and takes one of the places when its body has
//! arrived: a body that comes slowly keeps no other caller waiting.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use domain::{ErrorCode, UserId};
use runtime::http::Problem;

/// How many are analysed at once: each may be of a whole day, and an instance has half a
/// gibibyte.
const PLACES: u32 = 6;

/// How many of these one user has at most.
const PLACES_PER_USER: u32 = 3;

/// How many calls one user has under way at most, those whose bodies are coming included.
const CALLS_PER_USER: u32 = 6;

/// When it is worth trying again.
const RETRY_AFTER: Duration = Duration::from_secs(10);

/// The calls of all users; clones count together.
#[derive(Debug, Clone, Default)]
pub(crate) struct DirectCalls(Arc<Mutex<HashMap<UserId, CallCount>>>);

#[derive(Debug, Clone, Copy, Default)]
struct CallCount {
    under_way: u32,
    placed: u32,
}

impl DirectCalls {
    /// Counts a call of a user, until what it answers is dropped.
    pub(crate) fn begin(&self, user: &UserId) -> Result<DirectCall, Problem> {
        let mut counts = self.counts();
        let count = counts.entry(user.clone()).or_default();
        if count.under_way == CALLS_PER_USER {
            return Err(own_limit("under way", CALLS_PER_USER));
        }
        count.under_way += 1;
        Ok(DirectCall {
            calls: self.clone(),
            user: user.clone(),
            is_placed: false,
        })
    }

    fn counts(&self) -> MutexGuard<'_, HashMap<UserId, CallCount>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A call that is counted.
#[derive(Debug)]
pub(crate) struct DirectCall {
    calls: DirectCalls,
    user: UserId,
    is_placed: bool,
}

impl DirectCall {
    /// Takes a place, now that the body has arrived.
    pub(crate) fn take_place(&mut self) -> Result<(), Problem> {
        let mut counts = self.calls.counts();
        let placed: u32 = counts.values().map(|count| count.placed).sum();
        let count = counts.entry(self.user.clone()).or_default();
        if count.placed == PLACES_PER_USER {
            return Err(own_limit("being analysed", PLACES_PER_USER));
        }
        if placed == PLACES {
            let detail = "as many transcripts are being analysed as there is room for";
            return Err(Problem {
                retry_after: Some(RETRY_AFTER),
                ..Problem::new(ErrorCode::Unavailable, detail)
            });
        }
        count.placed += 1;
        self.is_placed = true;
        Ok(())
    }
}

impl Drop for DirectCall {
    fn drop(&mut self) {
        let mut counts = self.calls.counts();
        if let Some(count) = counts.get_mut(&self.user) {
            count.under_way -= 1;
            count.placed -= u32::from(self.is_placed);
            if count.under_way == 0 {
                counts.remove(&self.user);
            }
        }
    }
}

fn own_limit(state: &str, most: u32) -> Problem {
    let detail = format!("{most} transcripts of yours are {state} already; wait for one");
    Problem {
        retry_after: Some(RETRY_AFTER),
        ..Problem::new(ErrorCode::TooManyRequests, detail)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(id: &str) -> UserId {
        UserId::parse(id).unwrap()
    }

    #[test]
    fn places_are_shared_and_free_again_when_a_call_ends() {
        let calls = DirectCalls::default();
        let mut held = Vec::new();
        for id in ["a", "b"] {
            for _ in 0..PLACES_PER_USER {
                let mut call = calls.begin(&user(id)).unwrap();
                call.take_place().unwrap();
                held.push(call);
            }
        }
        let mut own = calls.begin(&user("a")).unwrap();
        assert_eq!(
            own.take_place().unwrap_err().code,
            ErrorCode::TooManyRequests
        );
        let mut other = calls.begin(&user("c")).unwrap();
        let refused = other.take_place().unwrap_err();
        assert_eq!(refused.code, ErrorCode::Unavailable);
        assert_eq!(refused.retry_after, Some(RETRY_AFTER));
        held.pop();
        assert!(other.take_place().is_ok());
    }

    #[test]
    fn slow_bodies_of_one_user_take_no_place_from_others() {
        let calls = DirectCalls::default();
        let slow: Vec<_> = (0..60).map(|_| calls.begin(&user("slow"))).collect();
        assert_eq!(slow.iter().flatten().count(), CALLS_PER_USER as usize);
        let mut other = calls.begin(&user("other")).unwrap();
        assert!(other.take_place().is_ok());
        drop(slow);
        assert!(calls.begin(&user("slow")).is_ok());
    }
}
