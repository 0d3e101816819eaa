//! How many transcripts are analysed while their callers wait.
//!
//! A call counts for its user from the start, and takes one of the places when its body has
//! arrived: a body that comes slowly keeps no other caller waiting.

use std::time::Duration;

use domain::{ErrorCode, UserId};
use runtime::http::Problem;

use crate::{
    error::later,
    tally::{Counted, Tally},
};

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
pub(crate) struct DirectCalls {
    under_way: Tally<UserId>,
    placed: Tally<UserId>,
}

impl DirectCalls {
    /// Counts a call of a user, until what it answers is dropped.
    pub(crate) fn begin(&self, user: &UserId) -> Result<DirectCall, Problem> {
        let call = self.under_way.begin(user.clone(), |own, _| {
            let has_room = (own < CALLS_PER_USER).then_some(());
            has_room.ok_or_else(|| own_limit("under way", CALLS_PER_USER))
        })?;
        Ok(DirectCall {
            placed: self.placed.clone(),
            user: user.clone(),
            place: None,
            _call: call,
        })
    }
}

/// A call that is counted.
#[derive(Debug)]
pub(crate) struct DirectCall {
    placed: Tally<UserId>,
    user: UserId,
    place: Option<Counted<UserId>>,
    _call: Counted<UserId>,
}

impl DirectCall {
    /// Takes a place, now that the body has arrived.
    pub(crate) fn take_place(&mut self) -> Result<(), Problem> {
        let place = self.placed.begin(self.user.clone(), |own, placed| {
            if own == PLACES_PER_USER {
                return Err(own_limit("being analysed", PLACES_PER_USER));
            }
            if placed.values().sum::<u32>() == PLACES {
                let detail = "as many transcripts are being analysed as there is room for";
                return Err(later(ErrorCode::Unavailable, detail, RETRY_AFTER));
            }
            Ok(())
        })?;
        self.place = Some(place);
        Ok(())
    }
}

fn own_limit(state: &str, most: u32) -> Problem {
    let detail = format!("{most} transcripts of yours are {state} already; wait for one");
    later(ErrorCode::TooManyRequests, detail, RETRY_AFTER)
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
