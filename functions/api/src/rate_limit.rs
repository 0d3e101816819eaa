//! Rate limits for each user and each address, so that no client keeps the others
//! waiting.
//!
//! Counted in this process: where several instances serve, each lets as much
//! through.

use std::{
    fmt,
    net::{IpAddr, Ipv6Addr},
    num::NonZeroU32,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use axum::{body::Body, response::Response};
use config::{Environment, InvalidSetting};
use domain::{ErrorCode, UserId};
use governor::{
    DefaultKeyedRateLimiter, Quota, RateLimiter,
    clock::{Clock, DefaultClock},
};
use http::Request;
use http_body_util::BodyExt;
use runtime::{http::Problem, serve::Peer};

use crate::{
    clip::{ClipPlace, ClipPlaces, Listener},
    collection_report::turns::{ReportTurn, ReportTurns},
    direct_calls::{DirectCall, DirectCalls},
    error::later,
    tally::{Counted, Tally},
};

/// After this many requests, clients without recent requests are forgotten.
const FORGET_AFTER: u32 = 4_096;

/// How much is let through; all of it where there is no number.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RateLimitSettings {
    /// `USER_REQUESTS_PER_MINUTE`.
    pub user_requests: Option<NonZeroU32>,
    /// `ADDRESS_REQUESTS_PER_MINUTE`: more than one user can be behind an address.
    pub address_requests: Option<NonZeroU32>,
    /// `USER_STREAMS`: streams of events, or of recordings, that one user has open at the
    /// same time.
    pub user_streams: Option<NonZeroU32>,
    /// `TRUSTED_PROXIES`: how many proxies of our own a request comes through, each
    /// of which adds to `X-Forwarded-For` who asked it.
    pub trusted_proxies: usize,
}

impl RateLimitSettings {
    /// For a service that any client can reach, behind the front end of Cloud Run.
    pub const PUBLIC: Self = Self {
        user_requests: NonZeroU32::new(600),
        address_requests: NonZeroU32::new(3_000),
        user_streams: NonZeroU32::new(50),
        trusted_proxies: 1,
    };

    /// Reads the settings; `usual` stands for those that are not there.
    pub fn read(environment: &Environment, usual: Self) -> Result<Self, InvalidSetting> {
        let number = |name, usual: Option<NonZeroU32>| {
            let expected = "a number, 0 for no limit";
            let usual = usual.map_or(0, NonZeroU32::get);
            environment
                .parsed(name, usual, expected)
                .map(NonZeroU32::new)
        };
        Ok(Self {
            user_requests: number("USER_REQUESTS_PER_MINUTE", usual.user_requests)?,
            address_requests: number("ADDRESS_REQUESTS_PER_MINUTE", usual.address_requests)?,
            user_streams: number("USER_STREAMS", usual.user_streams)?,
            trusted_proxies: environment.parsed(
                "TRUSTED_PROXIES",
                usual.trusted_proxies,
                "how many proxies of yours add to X-Forwarded-For",
            )?,
        })
    }
}

/// Keeps count; clones count together.
#[derive(Clone)]
pub struct RateLimits(Arc<Counts>);

struct Counts {
    rate_limits: RateLimitSettings,
    users: Option<Limiter<UserId>>,
    addresses: Option<Limiter<IpAddr>>,
    streams: Tally<UserId>,
    direct_calls: DirectCalls,
    clips: ClipPlaces,
    reports: ReportTurns,
}

impl fmt::Debug for RateLimits {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.rate_limits.fmt(formatter)
    }
}

impl RateLimits {
    /// Lets through as much as is allowed.
    pub fn new(rate_limits: RateLimitSettings) -> Self {
        Self(Arc::new(Counts {
            rate_limits,
            users: rate_limits.user_requests.map(Limiter::new),
            addresses: rate_limits.address_requests.map(Limiter::new),
            streams: Tally::default(),
            direct_calls: DirectCalls::default(),
            clips: ClipPlaces::default(),
            reports: ReportTurns::default(),
        }))
    }

    /// Counts a request of the address that it comes from.
    pub(crate) fn admit_address<B>(&self, request: &Request<B>) -> Result<(), Problem> {
        let Some(limiter) = &self.0.addresses else {
            return Ok(());
        };
        let address = address(request, self.0.rate_limits.trusted_proxies);
        address.map_or(Ok(()), |address| limiter.admit(&network(address)))
    }

    /// Counts a request of a user.
    pub(crate) fn admit_user(&self, user: &UserId) -> Result<(), Problem> {
        let limiter = self.0.users.as_ref();
        limiter.map_or(Ok(()), |limiter| limiter.admit(user))
    }

    /// Counts a call of a user who waits for an analysis.
    pub(crate) fn begin_direct_call(&self, user: &UserId) -> Result<DirectCall, Problem> {
        self.0.direct_calls.begin(user)
    }

    /// Takes a place for a clip.
    pub(crate) fn begin_clip(&self, listener: Listener) -> Result<ClipPlace, Problem> {
        self.0.clips.begin(listener)
    }

    /// Waits for a turn to make the report of a collection.
    pub(crate) async fn begin_report(&self, user: &UserId) -> Result<ReportTurn, Problem> {
        self.0.reports.begin(user).await
    }

    /// Counts a stream of a user for as long as the answer lasts that it is given to.
    pub(crate) fn open(&self, user: &UserId) -> Result<Counted<UserId>, Problem> {
        let most = self.0.rate_limits.user_streams;
        self.0.streams.begin(user.clone(), |own, _| match most {
            Some(most) if own >= most.get() => {
                let detail = format!("{most} streams are open already; close one");
                Err(Problem::new(ErrorCode::TooManyStreams, detail))
            }
            _ => Ok(()),
        })
    }
}

impl Counted<UserId> {
    /// The response, whose body counts until it is dropped.
    pub(crate) fn with(self, response: Response) -> Response {
        response.map(|body| {
            let held = self;
            Body::new(body.map_frame(move |frame| {
                let _ = &held;
                frame
            }))
        })
    }
}

/// So many requests per minute of each, all of them at once if need be.
struct Limiter<K: Clone + std::hash::Hash + Eq> {
    limiter: DefaultKeyedRateLimiter<K>,
    since_forgotten: AtomicU32,
}

impl<K: Clone + std::hash::Hash + Eq> Limiter<K> {
    fn new(per_minute: NonZeroU32) -> Self {
        Self {
            limiter: RateLimiter::keyed(Quota::per_minute(per_minute)),
            since_forgotten: AtomicU32::new(0),
        }
    }

    fn admit(&self, key: &K) -> Result<(), Problem> {
        let count = self.since_forgotten.fetch_add(1, Ordering::Relaxed);
        if count % FORGET_AFTER == FORGET_AFTER - 1 {
            self.limiter.retain_recent();
            self.limiter.shrink_to_fit();
        }
        self.limiter.check_key(key).map_err(|early| {
            let wait = early.wait_time_from(DefaultClock::default().now());
            let detail = "more requests than one may ask for; wait as long as `Retry-After` says";
            later(ErrorCode::TooManyRequests, detail, wait)
        })
    }
}

/// Who asks, as the outermost of our own proxies has it, or the connection without
/// any: a client can forge what stands before that in `X-Forwarded-For`.
fn address<B>(request: &Request<B>, proxies: usize) -> Option<IpAddr> {
    let peer = || Some(request.extensions().get::<Peer>()?.0.ip());
    let Some(last) = proxies.checked_sub(1) else {
        return peer();
    };
    let forwarded = request.headers().get_all("x-forwarded-for").iter();
    let texts: Vec<&str> = forwarded.filter_map(|value| value.to_str().ok()).collect();
    let hops: Vec<&str> = texts.iter().flat_map(|text| text.split(',')).collect();
    let hop = hops.iter().rev().nth(last);
    hop.and_then(|hop| hop.trim().parse().ok()).or_else(peer)
}

/// What one subscriber has: of IPv6 64 bits.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(forwarded: &[&'static str]) -> Request<()> {
        let mut request = Request::new(());
        let peer = Peer("192.0.2.1:443".parse().unwrap());
        request.extensions_mut().insert(peer);
        for value in forwarded {
            request
                .headers_mut()
                .append("x-forwarded-for", value.parse().unwrap());
        }
        request
    }

    #[test]
    fn the_address_is_what_our_own_proxies_say() {
        for (proxies, forwarded, expected) in [
            (0, &["203.0.113.7"][..], "192.0.2.1"),
            (1, &["203.0.113.7"], "203.0.113.7"),
            (1, &["invented, 203.0.113.7"], "203.0.113.7"),
            (1, &["invented", " 203.0.113.7 "], "203.0.113.7"),
            (2, &["invented, 203.0.113.7, 198.51.100.4"], "203.0.113.7"),
            (2, &["203.0.113.7"], "192.0.2.1"),
            (1, &["nonsense"], "192.0.2.1"),
            (1, &[], "192.0.2.1"),
        ] {
            let found = address(&request(forwarded), proxies);
            assert_eq!(
                found,
                Some(expected.parse().unwrap()),
                "{proxies} {forwarded:?}"
            );
        }
    }

    #[test]
    fn neighbours_in_one_ipv6_network_are_one() {
        let of = |text: &str| network(text.parse().unwrap()).to_string();
        assert_eq!(of("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
        assert_eq!(of("::ffff:203.0.113.7"), "203.0.113.7");
    }

    fn rate_limits(user_requests: u32, streams: u32) -> RateLimits {
        RateLimits::new(RateLimitSettings {
            user_requests: NonZeroU32::new(user_requests),
            user_streams: NonZeroU32::new(streams),
            ..RateLimitSettings::default()
        })
    }

    #[test]
    fn each_user_has_an_allowance_of_their_own() {
        let rate_limits = rate_limits(3, 0);
        let [anna, ben] = ["anna", "ben"].map(|name| UserId::parse(name).unwrap());
        for _ in 0..3 {
            assert_eq!(rate_limits.admit_user(&anna), Ok(()));
        }
        let refused = rate_limits.admit_user(&anna).unwrap_err();
        assert_eq!(refused.code, ErrorCode::TooManyRequests);
        let wait = refused.retry_after.unwrap();
        assert!(
            wait.as_secs() <= 20,
            "one comes back every twenty seconds: {wait:?}"
        );
        assert_eq!(rate_limits.admit_user(&ben), Ok(()));
    }

    #[test]
    fn a_stream_that_ends_makes_room_for_another() {
        let rate_limits = rate_limits(0, 2);
        let anna = UserId::parse("anna").unwrap();
        let (first, _second) = (
            rate_limits.open(&anna).unwrap(),
            rate_limits.open(&anna).unwrap(),
        );
        let refused = rate_limits.open(&anna).map(drop).unwrap_err();
        assert_eq!(refused.code, ErrorCode::TooManyStreams);
        drop(first);
        let third = rate_limits.open(&anna).unwrap();
        let answer = third.with(Response::default());
        assert!(rate_limits.open(&anna).is_err(), "the answer is under way");
        drop(answer);
        assert!(rate_limits.open(&anna).is_ok());
    }

    #[test]
    fn settings_are_numbers_and_nought_is_no_limit() {
        let environment =
            Environment::from_pairs([("USER_STREAMS", "7"), ("USER_REQUESTS_PER_MINUTE", "0")]);
        let read = RateLimitSettings::read(&environment, RateLimitSettings::PUBLIC).unwrap();
        assert_eq!(read.user_streams, NonZeroU32::new(7));
        assert_eq!(read.user_requests, None);
        assert_eq!(
            read.address_requests,
            RateLimitSettings::PUBLIC.address_requests
        );
        for name in ["USER_STREAMS", "TRUSTED_PROXIES"] {
            let wrong = Environment::from_pairs([(name, "many")]);
            let error = RateLimitSettings::read(&wrong, RateLimitSettings::default()).unwrap_err();
            assert!(error.to_string().starts_with(name), "{error}");
        }
    }
}
