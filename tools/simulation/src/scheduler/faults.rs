//! What goes wrong, and when.

use std::time::Duration;

use super::Scheduler;
use crate::{
    delivery::Delivery,
    gate::{Fate, Waiting},
    trouble::{Outage, Trouble},
    world::{State, short},
};

/// How far outages are apart, at most twice as far.
pub(super) const OUTAGE_PAUSE: Duration = Duration::from_mins(15);

impl Scheduler {
    /// What becomes of a call.
    pub(super) fn decide(&self, waiting: &Waiting) -> Fate {
        let now = self.world.now();
        let fate = {
            let mut state = self.world.state();
            let roll = state.rng.u32(..1_000);
            let wait = Duration::from_secs(state.rng.u64(1..120));
            if state.is_quiet {
                return Fate::Pass;
            }
            let outage = state.outage.filter(|outage| outage.until > now);
            let overtaken = self.overtake(&mut state, waiting, wait);
            let broken = overtaken.or_else(|| {
                let outage = outage?;
                outage.fate(waiting.call.port, roll, waiting.is_change)
            });
            broken.unwrap_or_else(|| self.trouble.fate(roll, waiting.is_change, wait))
        };
        if fate == Fate::Pass || !self.world.happens() {
            return Fate::Pass;
        }
        // What belongs to no delivery or request cannot be stopped.
        let fate = match fate {
            Fate::CrashBefore if waiting.actor == 0 => Fate::Refuse,
            Fate::CrashAfter if waiting.actor == 0 => Fate::LoseAnswer,
            fate => fate,
        };
        if fate != Fate::Conflict || self.trouble != Trouble::Contention {
            self.world.state().faults += 1;
        }
        fate
    }

    /// Lets what is written for an interview happen after its deletion, which begins now.
    fn overtake(&self, state: &mut State, waiting: &Waiting, wait: Duration) -> Option<Fate> {
        let what = &waiting.call.what;
        let is_result = waiting.is_change && (what.contains("/data/") || what.contains("write "));
        if !is_result || self.trouble.faults() == 0 {
            return None;
        }
        let mut doomed = state.doomed.iter();
        let found = doomed.find(|(id, is_now)| !**is_now && what.contains(&short(id)));
        let id = found.map(|(id, _)| id.clone())?;
        if state.rng.u32(..100) >= 15 {
            return None;
        }
        state.doomed.insert(id, true);
        Some(Fate::Late(wait + Duration::from_secs(20)))
    }

    /// Lets a port fail for minutes now and then.
    pub(super) fn begin_outage_if_due(&mut self) {
        let now = self.world.now();
        if self.trouble != Trouble::Outages || now < self.next_outage {
            return;
        }
        let outage = {
            let mut state = self.world.state();
            let pause = OUTAGE_PAUSE.mul_f64(state.rng.f64() * 2.0);
            self.next_outage = now + pause;
            (!state.is_quiet).then(|| Outage::begin(&mut state.rng, now))
        };
        if let Some(outage) = outage.filter(|_| self.world.happens()) {
            self.world.tell(format!("{outage:?}"));
            self.world.state().outage = Some(outage);
        }
    }

    /// Stops everything and restores the backup when it is time.
    pub(super) fn restore_if_due(&mut self) {
        let working = self.in_flight.iter().map(|own| own.delivery.clone());
        if self.world.state().is_quiet || !self.backup.is_due(&self.world, working) {
            return;
        }
        // A smaller world has no restore, and then nothing stops for one.
        if !self.world.happens() {
            self.backup.leave_out();
            return;
        }
        for instance in 0..self.fleet.count() {
            if let Err(error) = self.fleet.restart(instance) {
                self.violations.push(format!("no new instance: {error:#}"));
            }
            self.end_all_of(instance);
        }
        // Calls that have not happened were those of stopped processes.
        let waiting = {
            let mut state = self.world.state();
            state.late.clear();
            std::mem::take(&mut state.waiting)
        };
        for call in waiting {
            let _ = call.fate.send(Fate::CrashBefore);
        }
        self.backup.restore(&self.world);
    }

    /// At least once is sometimes twice: also while the first is worked on, or an hour later.
    pub(super) fn double_sometimes(&self, delivery: &Delivery) {
        let wait = {
            let mut state = self.world.state();
            let is_doubled =
                !state.is_quiet && state.rng.u32(..100) < self.trouble.doubled_percent();
            is_doubled.then(|| {
                let longest = if state.rng.bool() { 120 } else { 3_600 };
                Duration::from_secs(state.rng.u64(..longest))
            })
        };
        if let Some(wait) = wait.filter(|_| self.world.happens()) {
            let mut second = delivery.clone();
            second.due = self.world.now() + wait;
            self.world.state().deliveries.push(second);
        }
    }

    /// Kills a whole instance now and then.
    pub(super) fn crash_sometimes(&mut self) {
        let crashes = {
            let mut state = self.world.state();
            !state.is_quiet && state.rng.u32(..3_000) < self.trouble.faults()
        };
        if !crashes || !self.world.happens() {
            return;
        }
        let instance = self.fleet.pick();
        self.world.tell(format!("instance {instance} crashes"));
        self.world.state().faults += 1;
        if let Err(error) = self.fleet.restart(instance) {
            self.violations.push(format!("no new instance: {error:#}"));
        }
        self.end_all_of(instance);
    }

    /// Ends what an instance works on.
    pub(super) fn end_all_of(&mut self, instance: usize) {
        let lost = self.in_flight.iter().filter(|own| own.instance == instance);
        let lost: Vec<u64> = lost.map(|own| own.actor).collect();
        for actor in lost {
            self.end(actor);
        }
    }
}
