//! Fair shares of the engine, in this process.
//!
//! One user has at most three quarters of the queue's places, so that a short recording of
//! another user does not wait for long ones. And where an engine takes one recording at a
//! time, users have it in turn: a task whose engine is busy comes again every second, and
//! without turns the engine would go to whichever task comes first when it becomes free,
//! which is nearly always one of the user who has queued the most. Each engine has turns of
//! its own: one that is busy delays no task of another.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use domain::{Timestamp, UserId, callback::QUEUE, pipeline::Pipeline};

/// For how long a user counts as waiting after a task has come: tasks come again sooner.
const WAITS_FOR: Duration = Duration::from_secs(5);

/// Whose turn it is; clones share it.
#[derive(Debug, Clone)]
pub struct TurnTaking {
    turns: Arc<Mutex<Turns>>,
    /// How many recordings one user has in hand at most.
    most: u32,
}

#[derive(Debug, Default)]
struct Turns {
    engines: HashMap<&'static str, EngineTurns>,
    last: u64,
    in_hand: HashMap<UserId, u32>,
}

/// The turns of one engine.
#[derive(Debug, Default)]
struct EngineTurns {
    /// When a task of the user last had to wait.
    waiting: HashMap<UserId, Timestamp>,
    /// The number of the user's last turn; none yet counts as 0.
    started: HashMap<UserId, u64>,
}

impl Default for TurnTaking {
    /// For the queue of the manifest.
    fn default() -> Self {
        let pipeline = Pipeline::ours();
        let queue = pipeline.queues.get(QUEUE);
        Self::new(queue.map_or(1, |queue| queue.max_concurrent_dispatches))
    }
}

impl TurnTaking {
    /// For a queue with so many places.
    fn new(places: u32) -> Self {
        Self {
            turns: Arc::default(),
            most: (places - places / 4).max(1),
        }
    }

    /// Notes that a task of `user` waits for `engine`.
    pub(crate) fn wait(&self, engine: &'static str, user: &UserId, now: Timestamp) {
        let mut turns = self.turns();
        let of_engine = turns.engines.entry(engine).or_default();
        of_engine.waiting.insert(user.clone(), now);
    }

    /// Begins with a recording of `user`, if it is this user's turn with `engine`: of all users
    /// who wait for it, this one's last turn is the longest ago. Otherwise the task waits.
    pub(crate) fn begin(
        &self,
        engine: &'static str,
        user: &UserId,
        now: Timestamp,
    ) -> Option<EngineTurn> {
        let mut turns = self.turns();
        let turns = &mut *turns;
        let in_hand = turns.in_hand.get(user).copied().unwrap_or(0);
        if in_hand >= self.most {
            return None;
        }
        let of_engine = turns.engines.entry(engine).or_default();
        of_engine
            .waiting
            .retain(|_, since| now.since(*since) < WAITS_FOR);
        let started = |user: &UserId| of_engine.started.get(user).copied().unwrap_or(0);
        let own = started(user);
        if of_engine.waiting.keys().any(|other| started(other) < own) {
            of_engine.waiting.insert(user.clone(), now);
            return None;
        }
        of_engine.waiting.remove(user);
        turns.last += 1;
        let last = turns.last;
        of_engine.started.insert(user.clone(), last);
        turns.in_hand.insert(user.clone(), in_hand + 1);
        // Users without a turn for long begin anew, in front.
        let oldest = last.saturating_sub(1_000);
        of_engine.started.retain(|_, turn| *turn > oldest);
        Some(EngineTurn {
            taken_from: self.clone(),
            user: user.clone(),
        })
    }

    fn turns(&self) -> MutexGuard<'_, Turns> {
        self.turns.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A recording in hand, until it is dropped.
#[derive(Debug)]
pub(crate) struct EngineTurn {
    taken_from: TurnTaking,
    user: UserId,
}

impl Drop for EngineTurn {
    fn drop(&mut self) {
        let mut turns = self.taken_from.turns();
        if let Some(in_hand) = turns.in_hand.get_mut(&self.user) {
            *in_hand -= 1;
            if *in_hand == 0 {
                turns.in_hand.remove(&self.user);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENGINE: &str = "whisper";
    const NOW: Timestamp = Timestamp::from_millis(0);

    fn users<const N: usize>(ids: [&str; N]) -> [UserId; N] {
        ids.map(|id| UserId::parse(id).unwrap())
    }

    #[test]
    fn user_with_one_recording_is_next_beside_one_with_many() {
        let (turns, [many, one]) = (TurnTaking::default(), users(["many", "one"]));
        assert!(turns.begin(ENGINE, &many, NOW).is_some());
        turns.wait(ENGINE, &many, NOW);
        turns.wait(ENGINE, &one, NOW);
        assert!(turns.begin(ENGINE, &many, NOW).is_none());
        assert!(turns.begin(ENGINE, &one, NOW).is_some());
        assert!(turns.begin(ENGINE, &many, NOW).is_some());
    }

    #[test]
    fn busy_engine_delays_no_task_of_another() {
        let (turns, [many, one]) = (TurnTaking::default(), users(["many", "one"]));
        turns.wait(ENGINE, &one, NOW);
        assert!(turns.begin("deepgram", &many, NOW).is_some());
        assert!(turns.begin("deepgram", &many, NOW).is_some());
    }

    #[test]
    fn user_who_went_away_is_not_waited_for() {
        let (turns, [many, gone]) = (TurnTaking::default(), users(["many", "gone"]));
        assert!(turns.begin(ENGINE, &many, NOW).is_some());
        turns.wait(ENGINE, &gone, NOW);
        assert!(turns.begin(ENGINE, &many, NOW).is_none());
        assert!(turns.begin(ENGINE, &many, NOW + WAITS_FOR).is_some());
    }

    #[test]
    fn one_user_has_three_of_four_places() {
        let (turns, [many, one]) = (TurnTaking::new(4), users(["many", "one"]));
        let mut held: Vec<EngineTurn> = (0..60)
            .filter_map(|_| turns.begin(ENGINE, &many, NOW))
            .collect();
        assert_eq!(held.len(), 3);
        assert!(turns.begin(ENGINE, &one, NOW).is_some());
        held.pop();
        assert!(turns.begin(ENGINE, &many, NOW).is_some());
    }
}
