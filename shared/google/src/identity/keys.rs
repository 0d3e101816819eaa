//! The keys that tokens are signed with, fetched when they are wanted: once for
//! all who wait, and not again for as long as they are fresh.
//!
//! - A key that is not among fresh ones may be new, so they are fetched again,
//!   but at most every 30 s: a client that invents key ids causes no more than that.
//! - While the key server is out of reach, the last good keys stay in use for
//!   24 h after they were fetched, and it is tried every 5 s.

use std::{
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use domain::{Timestamp, ports::Clock};
use jsonwebtoken::DecodingKey;
use tokio::sync::{Mutex, OwnedMutexGuard};

use super::{
    error::TokenError,
    jwks::{FetchError, KeySet, Served, Server},
};

/// How long keys are kept after they were fetched.
const KEPT: Duration = Duration::from_hours(24);

/// How long fresh keys are not fetched again, whatever is missing among them.
const PAUSE: Duration = Duration::from_secs(30);

/// How long the key server is left alone after it failed.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(5);

/// The keys of one server.
pub(super) struct Keys {
    shared: Arc<Shared>,
    /// The task that holds it fetches.
    turn: Arc<Mutex<()>>,
}

struct Shared {
    server: Server,
    clock: Arc<dyn Clock>,
    kept: RwLock<Kept>,
}

/// The last good keys, and how it stands with them.
#[derive(Default)]
struct Kept {
    keys: KeySet,
    fresh_until: Option<Timestamp>,
    good_until: Option<Timestamp>,
    not_again_until: Option<Timestamp>,
    failed: bool,
}

/// What can be said of a key without asking the server.
enum Found {
    Key(Arc<DecodingKey>),
    /// The server should be asked; if it does not answer, this one will do.
    Stale(Arc<DecodingKey>),
    /// Only the server can say.
    Perhaps,
    Unknown,
    /// Only the server could say, and it does not answer.
    Unavailable,
}

impl Keys {
    /// The keys at `url`, of which none is fetched yet.
    pub(super) fn at(url: String, clock: Arc<dyn Clock>) -> Self {
        let shared = Shared {
            server: Server::at(url),
            clock,
            kept: RwLock::default(),
        };
        Self {
            shared: Arc::new(shared),
            turn: Arc::default(),
        }
    }

    /// The key of that id.
    pub(super) async fn find(&self, id: &str) -> Result<Arc<DecodingKey>, TokenError> {
        let turn = match self.shared.look_up(id) {
            Found::Perhaps => Arc::clone(&self.turn).lock_owned().await,
            Found::Stale(key) => match Arc::clone(&self.turn).try_lock_owned() {
                Ok(turn) => turn,
                // Another task is fetching already.
                Err(_) => return Ok(key),
            },
            found => return found.settled(),
        };
        // Another task may have fetched while this one waited.
        let found = self.shared.look_up(id);
        if !matches!(found, Found::Perhaps | Found::Stale(_)) {
            return found.settled();
        }
        self.refresh(turn).await;
        self.shared.look_up(id).settled()
    }

    /// Fetches in a task of its own: a caller who hangs up while others wait, or
    /// who hangs up again and again, must not make the next one begin anew.
    async fn refresh(&self, turn: OwnedMutexGuard<()>) {
        let shared = Arc::clone(&self.shared);
        let fetching = tokio::spawn(async move {
            let fetched = shared.server.fetch().await;
            shared.keep(fetched);
            drop(turn);
        });
        if let Err(error) = fetching.await {
            tracing::error!(event = "jwks.fetch_aborted", %error, "fetching the keys of ID tokens was aborted");
        }
    }
}

impl Shared {
    fn look_up(&self, id: &str) -> Found {
        let kept = self.kept.read().unwrap_or_else(PoisonError::into_inner);
        kept.look_up(id, self.clock.now())
    }

    fn keep(&self, fetched: Result<Served, FetchError>) {
        let now = self.clock.now();
        let mut kept = self.kept.write().unwrap_or_else(PoisonError::into_inner);
        match fetched {
            Ok(served) => *kept = Kept::new(served, now),
            Err(error) => {
                let error: &(dyn std::error::Error + 'static) = &error;
                tracing::error!(
                    event = "jwks.fetch_failed",
                    error,
                    "the keys of ID tokens could not be fetched"
                );
                kept.failed(now);
            }
        }
    }
}

impl Kept {
    fn new(served: Served, now: Timestamp) -> Self {
        Self {
            keys: served.keys,
            fresh_until: Some(now + served.fresh_for.min(KEPT)),
            good_until: Some(now + KEPT),
            not_again_until: Some(now + PAUSE),
            failed: false,
        }
    }

    fn failed(&mut self, now: Timestamp) {
        let fresh = self.fresh_until > Some(now);
        let pause = if fresh { PAUSE } else { PAUSE_AFTER_FAILURE };
        self.not_again_until = Some(now + pause);
        self.failed = true;
    }

    fn look_up(&self, id: &str, now: Timestamp) -> Found {
        // `None` is before every time.
        let now = Some(now);
        let good = self.good_until > now;
        let key = self.keys.get(id).filter(|_| good).map(Arc::clone);
        let may_ask = self.not_again_until <= now;
        match key {
            Some(key) if may_ask && self.fresh_until <= now => Found::Stale(key),
            Some(key) => Found::Key(key),
            None if may_ask => Found::Perhaps,
            None if self.failed => Found::Unavailable,
            None => Found::Unknown,
        }
    }
}

impl Found {
    /// What is answered without asking any more.
    fn settled(self) -> Result<Arc<DecodingKey>, TokenError> {
        match self {
            Self::Key(key) | Self::Stale(key) => Ok(key),
            Self::Unknown => Err(TokenError::UnknownKey),
            Self::Perhaps | Self::Unavailable => Err(TokenError::NoKeys),
        }
    }
}
