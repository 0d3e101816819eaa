//! How many clips are made at once: each takes a processor while it is decoded.

use std::time::Duration;

use domain::{ErrorCode, UserId};
use runtime::http::Problem;

use crate::{
    error::later,
    tally::{Counted, Tally},
};

/// How many clips of all owners are made at once.
const PLACES: u32 = 4;

/// How many clips of all guests are made at once, beside those: guests are not signed in, and
/// take no places of owners.
const GUEST_PLACES: u32 = 2;

/// How many of either one user, or the guests of one user, have at most.
const PLACES_PER_USER: u32 = 2;

/// When it is worth trying again.
const RETRY_AFTER: Duration = Duration::from_secs(5);

/// The clips of all users; clones count together.
#[derive(Debug, Clone, Default)]
pub(crate) struct ClipPlaces(Tally<Listener>);

/// The place of a clip.
pub(crate) type ClipPlace = Counted<Listener>;

/// For whom a clip is made.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Listener {
    /// The owner of the interview.
    Owner(UserId),
    /// People who have a link to one of this user's interviews.
    Guest(UserId),
}

impl Listener {
    const fn is_guest(&self) -> bool {
        matches!(self, Self::Guest(_))
    }
}

impl ClipPlaces {
    /// Takes a place for a clip, until what it answers is dropped.
    pub(crate) fn begin(&self, listener: Listener) -> Result<ClipPlace, Problem> {
        let is_guest = listener.is_guest();
        self.0.begin(listener, |own, places| {
            let alike = places
                .iter()
                .filter(|(other, _)| other.is_guest() == is_guest);
            let all: u32 = alike.map(|(_, count)| count).sum();
            let most = if is_guest { GUEST_PLACES } else { PLACES };
            if own >= PLACES_PER_USER {
                let detail = format!("{own} clips of yours are being made already; wait for one");
                return Err(later(ErrorCode::TooManyRequests, detail, RETRY_AFTER));
            }
            if all >= most {
                let detail = "as many clips are being made as there is room for";
                return Err(later(ErrorCode::Unavailable, detail, RETRY_AFTER));
            }
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(id: &str) -> Listener {
        Listener::Owner(UserId::parse(id).unwrap())
    }

    #[test]
    fn one_user_leaves_places_to_others() {
        let places = ClipPlaces::default();
        let _first = places.begin(user("a")).unwrap();
        let second = places.begin(user("a")).unwrap();
        let refused = places.begin(user("a")).unwrap_err();
        assert_eq!(refused.code, ErrorCode::TooManyRequests);
        assert_eq!(refused.retry_after, Some(RETRY_AFTER));
        let _others = [places.begin(user("b")), places.begin(user("b"))];
        let refused = places.begin(user("c")).unwrap_err();
        assert_eq!(refused.code, ErrorCode::Unavailable);
        drop(second);
        assert!(places.begin(user("c")).is_ok());
    }

    #[test]
    fn guests_leave_places_to_owners() {
        let places = ClipPlaces::default();
        let guest = |id: &str| Listener::Guest(UserId::parse(id).unwrap());
        let _guests = [
            places.begin(guest("a")).unwrap(),
            places.begin(guest("b")).unwrap(),
        ];
        for id in ["a", "b", "c"] {
            let refused = places.begin(guest(id)).unwrap_err();
            assert_eq!(refused.code, ErrorCode::Unavailable, "{id}");
        }
        let owners = ["a", "a", "b", "b"].map(|id| places.begin(user(id)));
        assert!(owners.iter().all(Result::is_ok));
    }
}
