//! Decides what happens next.

use std::time::Duration;

use domain::{
    Timestamp,
    event::{Event, PublishedMessage},
};
use steps::{Failure, Trigger};
use tokio::task::JoinHandle;

use crate::{
    Outcome,
    clients::{self, Known},
    instances::Fleet,
    invariants,
    trouble::{Trouble, backoff},
    world::{ACTOR, Delivery, Fate, World},
};

/// How a world is.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// How many interviews clients create.
    pub interviews: u32,
    /// How many instances there are of everything.
    pub instances: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            interviews: 3,
            instances: 2,
        }
    }
}

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
    steps: u64,
}

/// Runs one world to its end.
pub(crate) async fn run(seed: u64, options: Options) -> Outcome {
    let world = World::new(seed);
    let fleet = match Fleet::start(&world, options.instances) {
        Ok(fleet) => fleet,
        Err(error) => return outcome(seed, &world, vec![format!("no instances: {error:#}")]),
    };
    let trouble = Trouble::KINDS[world.state().rng.usize(..Trouble::KINDS.len())];
    world.tell(format!("{trouble:?}"));
    let mut scheduler = Scheduler {
        next_sweep: world.now(),
        world: world.clone(),
        fleet: fleet.clone(),
        in_flight: Vec::new(),
        crashed: Vec::new(),
        violations: Vec::new(),
        trouble,
        steps: 0,
    };
    let clients = clients::start(&world, &fleet, options.interviews);
    while !clients.are_done() && scheduler.may_go_on() {
        scheduler.step().await;
    }
    scheduler.rest().await;
    let known: Vec<Known> = clients.known();
    scheduler.violations.extend(clients.violations());
    scheduler.violations.append(&mut world.state().violations);
    if scheduler.violations.is_empty() {
        scheduler.violations = invariants::check(&world, &known);
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
        self.stop_overdue();
        self.run_late_effects();
        self.crash_sometimes();
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
        let (waiting, fate) = {
            let mut state = self.world.state();
            let waiting = state.waiting.swap_remove(index);
            let roll = state.rng.u32(..1_000);
            let wait = Duration::from_secs(state.rng.u64(1..120));
            let trouble = if state.is_quiet {
                Trouble::None
            } else {
                self.trouble
            };
            let fate = trouble.fate(roll, waiting.is_change, wait);
            // What belongs to no delivery or request cannot be stopped.
            let fate = match fate {
                Fate::CrashBefore if waiting.actor == 0 => Fate::Refuse,
                Fate::CrashAfter if waiting.actor == 0 => Fate::LoseAnswer,
                fate => fate,
            };
            if !matches!(fate, Fate::Pass | Fate::Conflict) {
                state.faults += 1;
            }
            (waiting, fate)
        };
        let note = match fate {
            Fate::Pass => String::new(),
            fate => format!("  -> {fate:?}"),
        };
        self.world
            .tell(format!("[{}] {}{note}", waiting.actor, waiting.call));
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
            Ok(()) => self.deliver_twice_sometimes(delivery),
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

    /// At least once is sometimes twice, a day later at most.
    fn deliver_twice_sometimes(&self, mut delivery: Delivery) {
        let wait = {
            let mut state = self.world.state();
            let is_doubled =
                !state.is_quiet && state.rng.u32(..100) < self.trouble.doubled_percent();
            is_doubled.then(|| Duration::from_secs(state.rng.u64(..3_600)))
        };
        if let Some(wait) = wait {
            delivery.due = self.world.now() + wait;
            self.world.state().deliveries.push(delivery);
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

    /// Kills a whole instance now and then.
    fn crash_sometimes(&mut self) {
        let crashes = {
            let mut state = self.world.state();
            !state.is_quiet && state.rng.u32(..3_000) < self.trouble.faults()
        };
        if !crashes {
            return;
        }
        let instance = self.fleet.pick();
        self.world.tell(format!("instance {instance} crashes"));
        self.world.state().faults += 1;
        if let Err(error) = self.fleet.restart(instance) {
            self.violations.push(format!("no new instance: {error:#}"));
        }
        let lost = self.in_flight.iter().filter(|own| own.instance == instance);
        let lost: Vec<u64> = lost.map(|own| own.actor).collect();
        for actor in lost {
            self.end(actor);
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
            deliveries.chain(late).min()
        };
        let busy = !self.in_flight.is_empty();
        // What is under way may wait for a time of its own.
        let longest = if busy { Duration::from_secs(5) } else { SWEEP };
        let wait = next.map_or(longest, |next| next.since(now).min(longest));
        tokio::time::sleep(wait.max(MOMENT)).await;
    }

    /// Ends the faults and waits until nothing is left to do; then lets the sweep come as
    /// long as anything may still be waited for.
    async fn rest(&mut self) {
        self.world.tell("the faults end");
        self.world.state().is_quiet = true;
        self.drain().await;
        self.sweep_after(Duration::from_mins(2), 3).await;
        self.sweep_after(Duration::from_hours(2), 3).await;
        // Steps whose worker was lost count as overdue after an hour of regular sweeps, those
        // that nothing has begun after a day.
        for sweeps in [20, 400] {
            if invariants::is_processing(&self.world) {
                self.sweep_after(Duration::ZERO, sweeps).await;
            }
        }
        self.sweep_after(Duration::from_hours(8 * 24), 3).await;
    }

    /// Lets sweeps come regularly after a pause.
    async fn sweep_after(&mut self, pause: Duration, sweeps: u32) {
        tokio::time::sleep(pause).await;
        for _ in 0..sweeps {
            if !self.may_go_on() {
                return;
            }
            tokio::time::sleep(Duration::from_secs(200)).await;
            self.publish_sweep();
            self.drain().await;
        }
    }

    /// Works until nothing is under way.
    async fn drain(&mut self) {
        while self.may_go_on() {
            self.next_sweep = Timestamp::from_millis(i64::MAX);
            self.step().await;
            let is_idle = {
                let state = self.world.state();
                state.deliveries.is_empty() && state.waiting.is_empty() && state.late.is_empty()
            };
            if is_idle && self.in_flight.is_empty() {
                return;
            }
        }
    }
}
