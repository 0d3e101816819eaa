//! The two lanes in which webhooks are sent, and the places in them.
//!
//! A webhook is first sent in the fast lane, where a receiver has a short time to answer.
//! What takes longer is sent in the slow lane, with more time, and so is what follows to that
//! receiver ([`crate::health`]). A lane has a limited number of places, which are those of the
//! queue and of the subscription that feed it. One receiver, one user and one host can hold
//! only some of them; a webhook beyond that returns to the queue at once, so that it takes
//! no place while it waits.
//!
//! Places are counted in this process: what is shared are the requests that an instance
//! serves at a time, and each instance has as many.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use domain::{
    Timestamp, UserId,
    webhook::{QUEUE, SLOW_QUEUE},
};
use url::Url;

/// The most webhooks in hand for one receiver: one user's at one host.
pub const PER_RECEIVER: usize = 2;

/// The most webhooks in hand for one user, of the 20 places of a lane.
pub const PER_USER: usize = 4;

/// The most webhooks in hand for one host, of all users.
pub const PER_HOST: usize = 8;

/// The longest that a webhook waits before it looks for a place again.
const MAX_WAIT: Duration = Duration::from_mins(5);

/// Where webhooks are sent with a time limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Lane {
    /// For receivers that answer quickly, and those of which nothing is known.
    Fast,
    /// For receivers that take long to answer.
    Slow,
}

/// How long a receiver may take to answer.
#[derive(Debug, Clone, Copy)]
pub struct LaneLimits {
    /// In the fast lane.
    pub fast: Duration,
    /// In the slow lane.
    pub slow: Duration,
}

impl Default for LaneLimits {
    /// 3 and 15 seconds.
    fn default() -> Self {
        Self {
            fast: Duration::from_secs(3),
            slow: Duration::from_secs(15),
        }
    }
}

impl LaneLimits {
    /// The limit of a lane.
    pub const fn of(self, lane: Lane) -> Duration {
        match lane {
            Lane::Fast => self.fast,
            Lane::Slow => self.slow,
        }
    }
}

impl Lane {
    /// The lane of a queue's tasks.
    pub fn of_queue(queue: &str) -> Self {
        if queue == SLOW_QUEUE {
            Self::Slow
        } else {
            Self::Fast
        }
    }

    /// The queue whose tasks are sent in it.
    pub const fn queue(self) -> &'static str {
        match self {
            Self::Fast => QUEUE,
            Self::Slow => SLOW_QUEUE,
        }
    }

    /// How long after each other the webhooks that wait for the same share look for a place
    /// again: about as fast as places become free.
    const fn spacing(self) -> Duration {
        match self {
            Self::Fast => Duration::from_millis(50),
            Self::Slow => Duration::from_secs(1),
        }
    }
}

/// Where a user's webhooks go: a host with its port. Nothing that one user's receivers do
/// has an effect on another user's webhooks to the same host.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct WebhookReceiver {
    /// Whose webhooks.
    pub user: UserId,
    /// The host and the port.
    pub host: String,
}

impl WebhookReceiver {
    /// The receiver of a user's webhooks to `url`. All URLs without a host are one.
    pub fn new(user: &UserId, url: &str) -> Self {
        let url = Url::parse(url).ok();
        let host = url.as_ref().and_then(|url| {
            let port = url.port_or_known_default()?;
            Some(format!("{}:{port}", url.host_str()?))
        });
        Self {
            user: user.clone(),
            host: host.unwrap_or_default(),
        }
    }
}

/// What has a share of a lane.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Share {
    WebhookReceiver(WebhookReceiver),
    User(UserId),
    Host(String),
}

impl Share {
    const fn limit(&self) -> usize {
        match self {
            Self::WebhookReceiver(_) => PER_RECEIVER,
            Self::User(_) => PER_USER,
            Self::Host(_) => PER_HOST,
        }
    }
}

/// The places of both lanes.
#[derive(Debug, Default)]
pub struct Places(Mutex<Taken>);

#[derive(Debug, Default)]
struct Taken {
    in_hand: HashMap<(Lane, Share), usize>,
    /// When the last one that waits for a share looks for a place again.
    lines: HashMap<(Lane, Share), Timestamp>,
}

/// A place in a lane, which becomes free when this is dropped.
#[derive(Debug)]
pub struct Place<'a> {
    places: &'a Places,
    shares: [(Lane, Share); 3],
}

impl Places {
    /// Takes a place for a webhook to `receiver`. Where none is free for it, the error is
    /// how long to wait before it looks again.
    pub fn take(
        &self,
        lane: Lane,
        receiver: &WebhookReceiver,
        now: Timestamp,
    ) -> Result<Place<'_>, Duration> {
        // Everything of a user whose share is exhausted waits in one line.
        let shares = [
            Share::User(receiver.user.clone()),
            Share::WebhookReceiver(receiver.clone()),
            Share::Host(receiver.host.clone()),
        ];
        let shares = shares.map(|share| (lane, share));
        let mut taken = self.lock();
        if let Some(exhausted) = shares.iter().find(|share| taken.is_exhausted(share)) {
            return Err(taken.wait(exhausted, now));
        }
        for share in &shares {
            *taken.in_hand.entry(share.clone()).or_default() += 1;
        }
        let places = self;
        Ok(Place { places, shares })
    }

    /// A panic while it is held leaves numbers that are right.
    fn lock(&self) -> MutexGuard<'_, Taken> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Taken {
    fn is_exhausted(&self, share: &(Lane, Share)) -> bool {
        let in_hand = self.in_hand.get(share).copied();
        in_hand.unwrap_or(0) >= share.1.limit()
    }

    /// Puts a webhook behind the others that wait for a share; how long it waits.
    fn wait(&mut self, share: &(Lane, Share), now: Timestamp) -> Duration {
        self.lines.retain(|_, last| *last > now);
        let line = self.lines.entry(share.clone()).or_insert(now);
        *line = (*line + share.0.spacing()).min(now + MAX_WAIT);
        line.since(now)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut taken = self.places.lock();
        for share in &self.shares {
            match taken.in_hand.get_mut(share) {
                Some(count) if *count > 1 => *count -= 1,
                _ => drop(taken.in_hand.remove(share)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(0);

    fn receiver(user: &str, host: &str) -> WebhookReceiver {
        let user = UserId::parse(user).unwrap();
        WebhookReceiver::new(&user, &format!("https://{host}/hook"))
    }

    fn take<'a>(places: &'a Places, user: &str, host: &str) -> Option<Place<'a>> {
        places.take(Lane::Fast, &receiver(user, host), NOW).ok()
    }

    #[test]
    fn a_receiver_is_a_users_host_and_port() {
        assert_eq!(receiver("u", "A.example"), receiver("u", "a.example:443"));
        assert_ne!(receiver("u", "a.example"), receiver("u", "a.example:8443"));
        assert_ne!(receiver("u", "a.example"), receiver("v", "a.example"));
    }

    #[test]
    fn a_receiver_a_user_and_a_host_have_their_shares() {
        let places = Places::default();
        let mut held = Vec::new();
        for host in ["a.example", "a.example", "b.example", "b.example"] {
            held.push(take(&places, "u", host).expect("a place"));
        }
        assert!(take(&places, "u", "a.example").is_none(), "of the receiver");
        assert!(take(&places, "u", "c.example").is_none(), "of the user");
        assert!(take(&places, "v", "a.example").is_some(), "another user");
        for user in ["v", "w", "x"] {
            held.extend((0..PER_RECEIVER).map(|_| take(&places, user, "a.example").unwrap()));
        }
        assert!(take(&places, "y", "a.example").is_none(), "of the host");
        let slow = places.take(Lane::Slow, &receiver("u", "a.example"), NOW);
        assert!(slow.is_ok(), "another lane");
        drop((held, slow));
        assert!(places.lock().in_hand.is_empty());
    }

    #[test]
    fn those_that_wait_look_again_one_after_the_other() {
        let places = Places::default();
        let one = receiver("u", "a.example");
        let take = |now| places.take(Lane::Fast, &one, now);
        let held = (take(NOW), take(NOW));
        let wait = |now| take(now).err().map(|wait| wait.as_millis());
        assert_eq!([wait(NOW), wait(NOW), wait(NOW)], [50, 100, 150].map(Some));
        let later = Timestamp::from_millis(100);
        assert_eq!(wait(later), Some(100), "behind the last one");
        let much_later = Timestamp::from_millis(10_000);
        assert_eq!(wait(much_later), Some(50));
        assert_eq!(
            wait(NOW),
            Some(MAX_WAIT.as_millis().min(10_100)),
            "the clock is set back"
        );
        drop(held);
        assert!(take(NOW).is_ok());
    }

    #[test]
    fn a_receiver_that_hangs_delays_no_other_receiver_of_its_user() {
        let places = Places::default();
        let (hanging, good) = (receiver("u", "a.example"), receiver("u", "b.example"));
        let take = |receiver| places.take(Lane::Fast, receiver, NOW);
        let _held = (take(&hanging), take(&hanging));
        for _ in 0..100 {
            assert!(take(&hanging).is_err());
        }
        let _more = (take(&good), take(&good));
        let hosts = ["c.example", "d.example", "e.example"].map(|host| receiver("u", host));
        let waits: Vec<_> = hosts.iter().filter_map(|host| take(host).err()).collect();
        assert_eq!(
            waits,
            [50, 100, 150].map(Duration::from_millis),
            "in one line"
        );
    }
}
