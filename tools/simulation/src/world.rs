//! What there is: documents, objects, deliveries, and who waits at a gate.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Display,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use domain::{
    Timestamp,
    event::Event,
    pipeline::{Pipeline, Retry},
};
use fastrand::Rng;
use futures::channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};
use serde_json::Value;
use steps::Trigger;
use tokio::{sync::Notify, time::Instant};

use crate::{
    Faults,
    delivery::{Delivery, EngineCallback, Received, UploadSession},
    gate::Waiting,
    trouble::Outage,
};

tokio::task_local! {
    /// The delivery or request that a task works on.
    pub(crate) static ACTOR: u64;
}

/// 2026-01-01T00:00:00Z.
const EPOCH: Timestamp = Timestamp::from_millis(1_767_225_600_000);

/// What is special about a world, besides what goes wrong in it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Habits {
    /// Whether the speech engine calls back.
    pub(crate) calls_back: bool,
    /// How many recordings one user may have recognised in a month.
    pub(crate) most_recordings: Option<u64>,
    /// Whether other releases work on the documents as well.
    pub(crate) has_other_releases: bool,
    /// Whether a stranger tries what is not allowed.
    pub(crate) is_attacked: bool,
}

impl Habits {
    fn draw(rng: &mut Rng) -> Self {
        Self {
            calls_back: rng.u32(..3) == 0,
            most_recordings: (rng.u32(..4) == 0).then(|| rng.u64(1..3)),
            has_other_releases: rng.u32(..3) == 0,
            is_attacked: rng.u32(..3) == 0,
        }
    }
}

/// A stored document.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Stored {
    pub(crate) fields: Value,
    pub(crate) version: i64,
}

/// A stored object.
#[derive(Debug, Clone)]
pub(crate) struct Object {
    pub(crate) bytes: Bytes,
    pub(crate) generation: i64,
    pub(crate) content_type: String,
}

type Effect = Box<dyn FnOnce(&World) + Send>;

/// Everything that can change.
pub(crate) struct State {
    pub(crate) rng: Rng,
    pub(crate) documents: BTreeMap<String, Stored>,
    /// By bucket and name.
    pub(crate) objects: BTreeMap<(&'static str, String), Object>,
    pub(crate) deliveries: Vec<Delivery>,
    pub(crate) dead: Vec<Delivery>,
    /// Until when a task of a name is a duplicate.
    pub(crate) task_names: BTreeMap<String, Timestamp>,
    pub(crate) waiting: Vec<Waiting>,
    pub(crate) late: Vec<(Timestamp, Effect)>,
    /// The watchers of documents: by path, in the order in which they began.
    watchers: Vec<(String, UnboundedSender<()>)>,
    /// Answers of the speech engine that have not been taken.
    pub(crate) callbacks: Vec<EngineCallback>,
    pub(crate) sessions: BTreeMap<u64, UploadSession>,
    /// What cannot be used for a while.
    pub(crate) outage: Option<Outage>,
    /// When records went back to an earlier state, and which.
    pub(crate) restored: Option<Restored>,
    pub(crate) received: Vec<Received>,
    /// When deliveries and requests began.
    pub(crate) begun: BTreeMap<u64, Timestamp>,
    /// Receivers that an interview no longer has, and since when.
    pub(crate) former: BTreeMap<(String, String), Timestamp>,
    /// Interviews that will be deleted while something is written for them, and whether that
    /// is now.
    pub(crate) doomed: BTreeMap<String, bool>,
    /// What is wrong whatever follows.
    pub(crate) violations: Vec<String>,
    /// Whether what happens now was called earlier, by a worker that has gone on since.
    pub(crate) is_late: bool,
    /// Objects that were written so: what they replace may have been cleared away before.
    pub(crate) late_objects: BTreeSet<String>,
    /// Calls of the speech engine by interview.
    pub(crate) heard: BTreeMap<String, u32>,
    /// Faults that can have cost a call of an engine.
    pub(crate) faults: u32,
    /// Everything that can be left out of the world, counted.
    pub(crate) occasions: u64,
    /// Which of that happens.
    kept: Faults,
    /// Whether nothing fails any more.
    pub(crate) is_quiet: bool,
    /// Whether the world has come to rest: calls wait for nothing.
    pub(crate) is_over: bool,
    pub(crate) story: Vec<String>,
    pub(crate) calls: u64,
    last: i64,
}

/// A restore of a backup.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Restored {
    /// When the backup was taken.
    pub(crate) backup_at: Timestamp,
    /// When it was restored.
    pub(crate) at: Timestamp,
}

/// The world, shared by all ports.
#[derive(Clone)]
pub(crate) struct World {
    state: Arc<Mutex<State>>,
    pub(crate) pipeline: Arc<Pipeline>,
    pub(crate) habits: Habits,
    /// Tells the scheduler of calls that wait.
    pub(crate) calls: Arc<Notify>,
    begun: Instant,
}

impl World {
    pub(crate) fn new(seed: u64, kept: Faults) -> Self {
        let mut rng = Rng::with_seed(seed);
        Self {
            habits: Habits::draw(&mut rng),
            state: Arc::new(Mutex::new(State {
                rng,
                documents: BTreeMap::new(),
                objects: BTreeMap::new(),
                deliveries: Vec::new(),
                dead: Vec::new(),
                task_names: BTreeMap::new(),
                waiting: Vec::new(),
                late: Vec::new(),
                watchers: Vec::new(),
                callbacks: Vec::new(),
                sessions: BTreeMap::new(),
                outage: None,
                restored: None,
                received: Vec::new(),
                begun: BTreeMap::new(),
                former: BTreeMap::new(),
                doomed: BTreeMap::new(),
                violations: Vec::new(),
                is_late: false,
                late_objects: BTreeSet::new(),
                heard: BTreeMap::new(),
                faults: 0,
                occasions: 0,
                kept,
                is_quiet: false,
                is_over: false,
                story: Vec::new(),
                calls: 0,
                last: 0,
            })),
            calls: Arc::default(),
            pipeline: Arc::new(Pipeline::ours()),
            begun: Instant::now(),
        }
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The true time.
    pub(crate) fn now(&self) -> Timestamp {
        EPOCH + self.begun.elapsed()
    }

    /// Tells of each change of a document.
    ///
    /// A channel for each, because those of tokio wake their receivers in any order.
    pub(crate) fn watch(&self, path: &str) -> UnboundedReceiver<()> {
        let (sender, receiver) = unbounded();
        self.state().watchers.push((path.to_owned(), sender));
        receiver
    }

    /// Tells the watchers of a document, or all where none is named, that it has changed.
    pub(crate) fn tell_watchers(&self, path: Option<&str>) {
        let mut state = self.state();
        state.watchers.retain(|(watched, sender)| {
            let is_meant = path.is_none_or(|path| path == watched);
            !is_meant || sender.unbounded_send(()).is_ok()
        });
    }

    /// Whether something that may be left out happens: it is counted, and does not where the
    /// world is a smaller one.
    pub(crate) fn happens(&self) -> bool {
        let mut state = self.state();
        state.occasions += 1;
        state.kept.contains(state.occasions)
    }

    /// Whether a stream breaks off at this point.
    pub(crate) fn breaks(&self) -> bool {
        let is_possible = {
            let mut state = self.state();
            !state.is_quiet && state.faults > 0 && state.rng.u32(..50) == 0
        };
        is_possible && self.happens()
    }

    /// Notes that an interview has another receiver from now on.
    pub(crate) fn note_former_receiver(&self, interview: &str, url: &str) {
        let now = self.now();
        let key = (interview.to_owned(), url.to_owned());
        self.state().former.insert(key, now);
    }

    /// A receiver gets a webhook.
    pub(crate) fn receive(&self, actor: u64, received: Received) {
        let mut state = self.state();
        let interview = received.body["data"]["interview_id"].as_str().unwrap_or("");
        let key = (interview.to_owned(), received.url.clone());
        let begun = state.begun.get(&actor).copied();
        let since = state.former.get(&key).copied();
        // The record of a deletion that a restore undid is gone: what was sent for it knows only
        // the receiver of that time.
        let is_undone = state.restored.is_some() && received.body["type"] == "interview.deleted";
        let is_late = begun.zip(since).is_some_and(|(begun, since)| begun > since);
        if is_late && !is_undone {
            let (what, url) = (&received.body["type"], &received.url);
            let violation = format!("6: {what} goes to the former receiver {url}");
            state.violations.push(violation);
        }
        state.received.push(received);
    }

    /// Adds a line to the story.
    pub(crate) fn tell(&self, line: impl Display) {
        let at = self.begun.elapsed();
        let line = format!("{:>12.3} s  {line}", at.as_secs_f64());
        self.state().story.push(line);
    }

    /// A version or generation that is larger than all before.
    pub(crate) fn next_version(&self) -> i64 {
        let mut state = self.state();
        state.last += 1;
        EPOCH.as_millis() + state.last
    }

    /// Delivers an event to all functions that listen to it.
    pub(crate) fn emit(&self, event: &Event) {
        let listeners = self.pipeline.listeners(event.trigger_key(|bucket| bucket));
        for function in listeners {
            let Some(spec) = self.pipeline.functions.get(function) else {
                continue;
            };
            let (wait, timeout) = (self.delay(), Duration::from_secs(spec.timeout_s.into()));
            self.deliver(
                function,
                Trigger::Event(event.clone()),
                wait,
                (spec.retry, timeout),
            );
        }
    }

    /// Puts something on its way to a function.
    pub(crate) fn deliver(
        &self,
        function: &str,
        trigger: Trigger,
        wait: Duration,
        (retry, timeout): (Retry, Duration),
    ) {
        let due = self.now() + wait;
        let mut state = self.state();
        state.deliveries.push(Delivery {
            function: function.to_owned(),
            trigger,
            due,
            attempt: 0,
            retry,
            timeout,
        });
    }

    /// How long an event is on its way: mostly moments, sometimes hours.
    pub(crate) fn delay(&self) -> Duration {
        if self.state().is_quiet {
            return Duration::from_millis(5);
        }
        let (usual, unusual) = {
            let rng = &mut self.state().rng;
            let unusual = match rng.u32(..100) {
                0..80 => None,
                80..98 => Some(rng.u64(..90)),
                _ => Some(rng.u64(..86_400)),
            };
            (Duration::from_millis(rng.u64(..500)), unusual)
        };
        match unusual {
            Some(wait) if self.happens() => Duration::from_secs(wait),
            _ => usual,
        }
    }
}

/// A path or name without what makes it long: ids shortened to six letters.
pub(crate) fn short(path: &str) -> String {
    let parts = path.split('/').map(|part| {
        let is_id = part.len() > 20 && part.is_ascii();
        if is_id { &part[..6] } else { part }
    });
    parts.collect::<Vec<_>>().join("/")
}
