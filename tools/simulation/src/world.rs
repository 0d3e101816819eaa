//! What there is: documents, objects, deliveries, and who waits at a gate.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Display,
    future::pending,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use domain::{Timestamp, event::Event, pipeline::Pipeline, pipeline::Retry};
use fastrand::Rng;
use serde_json::Value;
use steps::Trigger;
use tokio::{sync::oneshot, time::Instant};

use crate::random;

tokio::task_local! {
    /// The delivery or request that a task works on.
    pub(crate) static ACTOR: u64;
}

/// 2026-01-01T00:00:00Z.
const EPOCH: Timestamp = Timestamp::from_millis(1_767_225_600_000);

/// What becomes of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It happens.
    Pass,
    /// It does not happen, and the caller learns that.
    Refuse,
    /// It happens, and the caller is told that it failed.
    LoseAnswer,
    /// It happens after this time, and the caller is told that it failed.
    Late(Duration),
    /// Another writer was faster, where the call can say so.
    Conflict,
    /// The caller dies before it happens.
    CrashBefore,
    /// The caller dies after it has happened.
    CrashAfter,
}

/// A call that waits to be let through.
pub(crate) struct Waiting {
    /// Whose call it is.
    pub(crate) actor: u64,
    /// What it is.
    pub(crate) call: String,
    /// Whether it changes anything.
    pub(crate) is_change: bool,
    /// Says what becomes of it.
    pub(crate) fate: oneshot::Sender<Fate>,
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

/// An event or task on its way to a function.
#[derive(Debug, Clone)]
pub(crate) struct Delivery {
    pub(crate) function: String,
    pub(crate) trigger: Trigger,
    pub(crate) due: Timestamp,
    /// Tries so far.
    pub(crate) attempt: u32,
    pub(crate) retry: Retry,
    /// How long one try may take.
    pub(crate) timeout: Duration,
}

impl Delivery {
    /// What it brings, in a word.
    pub(crate) fn what(&self) -> String {
        match &self.trigger {
            Trigger::Event(Event::DocumentWritten(written)) => short(written.path.as_str()),
            Trigger::Event(Event::ObjectFinalized(object)) => short(&object.name),
            Trigger::Event(Event::MessagePublished(message)) => message.topic.clone(),
            Trigger::Task(task) => format!("task {} of {}", short(&task.name), task.queue),
        }
    }

    /// Whether its content has this text.
    pub(crate) fn names(&self, text: &str) -> bool {
        match &self.trigger {
            Trigger::Event(Event::MessagePublished(message)) => {
                String::from_utf8_lossy(&message.data).contains(text)
            }
            other => format!("{other:?}").contains(text),
        }
    }
}

/// A webhook that a receiver got.
#[derive(Debug, Clone)]
pub(crate) struct Received {
    pub(crate) url: String,
    pub(crate) id: String,
    pub(crate) body: Value,
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
    pub(crate) received: Vec<Received>,
    /// When deliveries and requests began.
    pub(crate) begun: BTreeMap<u64, Timestamp>,
    /// Receivers that an interview no longer has, and since when.
    pub(crate) former: BTreeMap<(String, String), Timestamp>,
    /// What is wrong whatever follows.
    pub(crate) violations: Vec<String>,
    /// Whether what happens now was called earlier, by a worker that has gone on since.
    pub(crate) is_late: bool,
    /// Objects that were written so: what they replace may have been cleared away before.
    pub(crate) late_objects: BTreeSet<String>,
    /// Calls of the speech engine by interview.
    pub(crate) heard: BTreeMap<String, u32>,
    /// Faults that can have cost a call of an engine, by interview.
    pub(crate) faults: u32,
    /// Whether nothing fails any more.
    pub(crate) is_quiet: bool,
    pub(crate) story: Vec<String>,
    pub(crate) calls: u64,
    last: i64,
}

/// The world, shared by all ports.
#[derive(Clone)]
pub(crate) struct World {
    state: Arc<Mutex<State>>,
    pub(crate) pipeline: Arc<Pipeline>,
    begun: Instant,
}

impl World {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            state: Arc::new(Mutex::new(State {
                rng: Rng::with_seed(seed),
                documents: BTreeMap::new(),
                objects: BTreeMap::new(),
                deliveries: Vec::new(),
                dead: Vec::new(),
                task_names: BTreeMap::new(),
                waiting: Vec::new(),
                late: Vec::new(),
                received: Vec::new(),
                begun: BTreeMap::new(),
                former: BTreeMap::new(),
                violations: Vec::new(),
                is_late: false,
                late_objects: BTreeSet::new(),
                heard: BTreeMap::new(),
                faults: 0,
                is_quiet: false,
                story: Vec::new(),
                calls: 0,
                last: 0,
            })),
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
        if begun.zip(since).is_some_and(|(begun, since)| begun > since) {
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

    /// Waits at the gate until the scheduler says what becomes of a call.
    async fn wait(&self, call: String, is_change: bool) -> Fate {
        let actor = ACTOR.try_with(|actor| *actor).unwrap_or(0);
        let (fate, decided) = oneshot::channel();
        {
            let mut state = self.state();
            state.calls += 1;
            state.waiting.push(Waiting {
                actor,
                call,
                is_change,
                fate,
            });
        }
        decided.await.unwrap_or(Fate::Pass)
    }

    /// A call that changes something, as the scheduler decides. `failed` says that it failed,
    /// `conflict` that another writer was faster.
    pub(crate) async fn change<T: Send, E: Send>(
        &self,
        call: String,
        apply: impl FnOnce(&Self) -> Result<T, E> + Send + 'static,
        failed: impl FnOnce() -> E + Send,
        conflict: impl FnOnce() -> Option<E> + Send,
    ) -> Result<T, E> {
        match self.wait(call, true).await {
            Fate::Pass => apply(self),
            Fate::Refuse => Err(failed()),
            // Not every call can meet another writer.
            Fate::Conflict => conflict().map_or_else(|| apply(self), Err),
            Fate::LoseAnswer => {
                let _ = apply(self);
                Err(failed())
            }
            Fate::Late(wait) => {
                let effect = move |world: &Self| drop(apply(world));
                let due = self.now() + wait;
                self.state().late.push((due, Box::new(effect)));
                Err(failed())
            }
            Fate::CrashBefore => pending().await,
            Fate::CrashAfter => {
                let _ = apply(self);
                pending().await
            }
        }
    }

    /// A call that only reads. A thread that decodes, on which time stands still, is not kept
    /// waiting.
    pub(crate) async fn read<T: Send, E: Send>(
        &self,
        call: String,
        look: impl FnOnce(&Self) -> Result<T, E> + Send,
        failed: impl FnOnce() -> E + Send,
    ) -> Result<T, E> {
        if !random::is_seeded() {
            return look(self);
        }
        match self.wait(call, false).await {
            Fate::Refuse | Fate::LoseAnswer | Fate::Late(_) => Err(failed()),
            Fate::CrashBefore | Fate::CrashAfter => pending().await,
            Fate::Pass | Fate::Conflict => look(self),
        }
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
        let mut state = self.state();
        if state.is_quiet {
            return Duration::from_millis(5);
        }
        match state.rng.u32(..100) {
            0..80 => Duration::from_millis(state.rng.u64(..500)),
            80..98 => Duration::from_secs(state.rng.u64(..90)),
            _ => Duration::from_secs(state.rng.u64(..86_400)),
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
