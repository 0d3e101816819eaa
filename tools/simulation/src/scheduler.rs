//! Decides what happens next.

mod engines;
mod faults;
mod rest;

use std::{sync::Arc, time::Duration};

use domain::{
    Timestamp,
    event::{Event, PublishedMessage},
};
use steps::{Failure, Trigger};
use tokio::task::JoinHandle;

use crate::{
    Options, Outcome,
    clients::{self, Known},
    delivery::{Delivery, EngineCallback},
    gate::Fate,
    instances::Fleet,
    invariants,
    requests::Answer,
    restore::Backup,
    trouble::{Trouble, backoff},
    world::{ACTOR, World},
};

/// How long everything that can run is given, which takes no time.
const MOMENT: Duration = Duration::from_millis(1);

/// Steps of the scheduler after which a world counts as one that never rests.
const MAX_STEPS: u64 = 400_000;

/// The sweep comes so often.
const SWEEP: Duration = Duration::from_mins(1);

/// A delivery that a function works on.
struct InFlight {
    actor: u64,
    instance: usize,
    delivery: Delivery,
    handle: JoinHandle<Result<(), Failure>>,
    deadline: Timestamp,
}

/// A callback of an engine that the API works on.
struct EngineRequest {
    callback: EngineCallback,
    handle: JoinHandle<Option<Answer>>,
}

/// What the scheduler can do next.
enum Choice {
    /// Lets a call through.
    Call(usize),
    /// Hands a delivery over.
    Delivery(usize),
}

struct Scheduler {
    world: World,
    fleet: Fleet,
    in_flight: Vec<InFlight>,
    /// Whose processes have died in the last step.
    crashed: Vec<u64>,
    violations: Vec<String>,
    next_sweep: Timestamp,
    trouble: Trouble,
    /// When a port cannot be used next.
    next_outage: Timestamp,
    backup: Backup,
    engine_requests: Vec<EngineRequest>,
    steps: u64,
}

/// Runs one world to its end.
pub(crate) async fn run(seed: u64, options: Options) -> Outcome {
    let world = World::new(seed, options.faults);
    let fleet = match Fleet::start(&world, options.instances) {
        Ok(fleet) => fleet,
        Err(error) => return outcome(seed, &world, vec![format!("no instances: {error:#}")]),
    };
    let trouble = Trouble::KINDS[world.state().rng.usize(..Trouble::KINDS.len())];
    world.tell(format!("{trouble:?}, {:?}", world.habits));
    let mut scheduler = Scheduler {
        next_sweep: world.now(),
        world: world.clone(),
        fleet: fleet.clone(),
        in_flight: Vec::new(),
        crashed: Vec::new(),
        violations: Vec::new(),
        trouble,
        next_outage: world.now() + faults::OUTAGE_PAUSE,
        backup: Backup::plan(&world, trouble),
        engine_requests: Vec::new(),
        steps: 0,
    };
    let clients = clients::start(&world, &fleet, options.interviews);
    while !clients.are_done() && scheduler.may_go_on() {
        scheduler.step().await;
    }
    scheduler.rest().await;
    world.state().is_over = true;
    let known: Vec<Known> = clients.known();
    scheduler.violations.extend(clients.violations());
    scheduler.violations.append(&mut world.state().violations);
    if scheduler.violations.is_empty() {
        scheduler.violations = invariants::check(&world, &fleet, &known).await;
    }
    outcome(seed, &world, scheduler.violations)
}

fn outcome(seed: u64, world: &World, violations: Vec<String>) -> Outcome {
    let mut state = world.state();
    Outcome {
        seed,
        violations,
        story: std::mem::take(&mut state.story),
        calls: state.calls,
        faults: state.occasions,
    }
}

impl Scheduler {
    fn may_go_on(&mut self) -> bool {
        if self.steps == MAX_STEPS {
            self.violations.push("it does not come to rest".to_owned());
        }
        self.steps <= MAX_STEPS && self.violations.is_empty()
    }

    /// One step: one call is let through, or one delivery handed over, or time passes.
    async fn step(&mut self) {
        self.steps += 1;
        tokio::time::sleep(MOMENT).await;
        self.sweep_if_due();
        self.settle_finished().await;
        self.settle_callbacks().await;
        self.stop_overdue();
        self.run_late_effects();
        self.crash_sometimes();
        self.begin_outage_if_due();
        self.restore_if_due();
        self.call_back();
        match self.choose() {
            Some(Choice::Call(index)) => self.let_through(index),
            Some(Choice::Delivery(index)) => self.hand_over(index),
            None => self.pass_time().await,
        }
    }

    fn choose(&self) -> Option<Choice> {
        let now = self.world.now();
        let mut state = self.world.state();
        state.waiting.retain(|waiting| !waiting.fate.is_closed());
        let due = state.deliveries.iter().enumerate();
        let due = due.filter(|(_, delivery)| delivery.due <= now);
        let due: Vec<usize> = due.map(|(index, _)| index).collect();
        let count = state.waiting.len() + due.len();
        if count == 0 {
            return None;
        }
        let chosen = state.rng.usize(..count);
        let calls = state.waiting.len();
        Some(match chosen.checked_sub(calls) {
            None => Choice::Call(chosen),
            Some(index) => Choice::Delivery(due[index]),
        })
    }

    fn let_through(&mut self, index: usize) {
        let waiting = self.world.state().waiting.swap_remove(index);
        let fate = self.decide(&waiting);
        let note = match fate {
            Fate::Pass => String::new(),
            fate => format!("  -> {fate:?}"),
        };
        self.world
            .tell(format!("[{}] {}{note}", waiting.actor, waiting.call.what));
        let _ = waiting.fate.send(fate);
        if matches!(fate, Fate::CrashBefore | Fate::CrashAfter) {
            self.crashed.push(waiting.actor);
        }
    }

    /// Ends a delivery or request whose process has died.
    fn end(&mut self, actor: u64) {
        self.fleet.abort_request(actor);
        let found = self.in_flight.iter().position(|own| own.actor == actor);
        if let Some(index) = found {
            let lost = self.in_flight.swap_remove(index);
            lost.handle.abort();
            self.again(lost.delivery, Duration::from_secs(10), true);
        }
    }

    fn hand_over(&mut self, index: usize) {
        let mut delivery = self.world.state().deliveries.swap_remove(index);
        delivery.attempt += 1;
        let (actor, instance) = (self.fleet.next_actor(), self.fleet.pick());
        let Some(function) = self.fleet.function(instance, &delivery.function) else {
            self.violations
                .push(format!("no function `{}`", delivery.function));
            return;
        };
        let what = delivery.what();
        let (name, attempt) = (&delivery.function, delivery.attempt);
        self.world
            .tell(format!("[{actor}] {name} gets {what} (try {attempt})"));
        self.double_sometimes(&delivery);
        let mut trigger = delivery.trigger.clone();
        if let Trigger::Task(task) = &mut trigger {
            task.attempt = delivery.attempt;
        }
        let handling = async move { function.handle(trigger).await };
        let now = self.world.now();
        self.world.state().begun.insert(actor, now);
        let deadline = now + delivery.timeout;
        self.in_flight.push(InFlight {
            actor,
            instance,
            delivery,
            handle: tokio::spawn(ACTOR.scope(actor, handling)),
            deadline,
        });
    }

    async fn settle_finished(&mut self) {
        let crashed = std::mem::take(&mut self.crashed);
        for actor in crashed {
            self.end(actor);
        }
        while let Some(index) = self
            .in_flight
            .iter()
            .position(|own| own.handle.is_finished())
        {
            let own = self.in_flight.swap_remove(index);
            match own.handle.await {
                Ok(outcome) => self.settle(own.actor, own.delivery, outcome),
                Err(error) if error.is_panic() => {
                    let what = own.delivery.what();
                    let function = &own.delivery.function;
                    self.violations
                        .push(format!("{function} panicked on {what}"));
                }
                Err(_) => self.again(own.delivery, Duration::from_secs(10), true),
            }
        }
    }

    fn settle(&mut self, actor: u64, delivery: Delivery, outcome: Result<(), Failure>) {
        match outcome {
            Ok(()) => {}
            Err(Failure::Permanent(error)) => {
                self.world.tell(format!("[{actor}] dead letter: {error:#}"));
                self.world.state().dead.push(delivery);
            }
            Err(Failure::Transient { error, after }) => {
                self.world.tell(format!("[{actor}] fails: {error:#}"));
                let wait = backoff(delivery.retry, delivery.attempt);
                self.again(delivery, wait.max(after.unwrap_or_default()), true);
            }
            Err(Failure::Later(wait)) => self.again(delivery, wait, false),
        }
    }

    /// Delivers it once more after a wait.
    fn again(&self, mut delivery: Delivery, wait: Duration, counts: bool) {
        delivery.due = self.world.now() + wait;
        let mut state = self.world.state();
        if !counts {
            delivery.attempt -= 1;
        }
        if delivery.attempt >= delivery.retry.max_attempts {
            state.dead.push(delivery);
        } else {
            state.deliveries.push(delivery);
        }
    }

    /// Ends what takes longer than its function may.
    fn stop_overdue(&mut self) {
        let now = self.world.now();
        let overdue = self.in_flight.iter().filter(|own| own.deadline < now);
        let overdue: Vec<u64> = overdue.map(|own| own.actor).collect();
        for actor in overdue {
            self.world.tell(format!("[{actor}] takes too long"));
            self.world.state().faults += 1;
            self.end(actor);
        }
    }

    fn run_late_effects(&self) {
        let now = self.world.now();
        loop {
            let found = {
                let mut state = self.world.state();
                let due = state.late.iter().position(|(due, _)| *due <= now);
                due.map(|index| state.late.swap_remove(index).1)
            };
            let Some(effect) = found else { return };
            self.world.tell("a late call happens");
            self.world.state().is_late = true;
            effect(&self.world);
            self.world.state().is_late = false;
        }
    }

    fn sweep_if_due(&mut self) {
        let now = self.world.now();
        if now < self.next_sweep {
            return;
        }
        self.next_sweep = now + SWEEP;
        let is_there = self
            .in_flight
            .iter()
            .any(|own| own.delivery.function == "sweep")
            || self
                .world
                .state()
                .deliveries
                .iter()
                .any(|own| own.function == "sweep" && own.due <= now);
        // Two at once are enough.
        if !is_there || self.world.state().rng.u32(..10) == 0 {
            self.publish_sweep();
        }
    }

    fn publish_sweep(&self) {
        let event = Event::MessagePublished(PublishedMessage {
            topic: "sweep".to_owned(),
            id: String::new(),
            data: Vec::new(),
            attributes: [].into(),
        });
        self.world.emit(&event);
    }

    /// Nothing can happen now: time passes until something can.
    async fn pass_time(&self) {
        let now = self.world.now();
        let next = {
            let state = self.world.state();
            let deliveries = state.deliveries.iter().map(|delivery| delivery.due);
            let late = state.late.iter().map(|(due, _)| *due);
            let callbacks = state.callbacks.iter().map(|callback| callback.due);
            deliveries.chain(late).chain(callbacks).min()
        };
        let busy = !self.in_flight.is_empty() || !self.engine_requests.is_empty();
        // What is under way may wait for a time of its own.
        let longest = if busy { Duration::from_secs(5) } else { SWEEP };
        let wait = next.map_or(longest, |next| next.since(now).min(longest));
        let wait = wait.max(MOMENT);
        if self.trouble.is_slow() {
            tokio::time::sleep(wait).await;
        } else {
            let calls = Arc::clone(&self.world.calls);
            let _ = tokio::time::timeout(wait, calls.notified()).await;
        }
    }
}
