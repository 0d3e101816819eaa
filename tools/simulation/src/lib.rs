//! A deterministic simulation of the whole system.
//!
//! All functions and the API run as they are, several instances of each, over simulated
//! ports (`ports`), on one thread whose time is virtual. Every call of a port waits at a
//! gate until the scheduler (`scheduler`) lets it pass, fail, lose its answer, happen
//! later, or crash its caller; one seed decides everything. Clients (`clients`) create,
//! upload, change, delete. When they are done and the faults have ended, the world comes to
//! rest and `invariants` says what is wrong with it. The idea is that of `FoundationDB`
//! (<https://apple.github.io/foundationdb/testing.html>).

mod clients;
mod delivery;
mod gate;
mod hostile;
mod instances;
mod invariants;
mod ports;
mod random;
mod recording;
mod requests;
mod restore;
mod scheduler;
mod shrink;
mod trouble;
mod world;

use std::{collections::BTreeSet, thread};

pub use shrink::{Shrunk, shrink};

/// How a world is.
#[derive(Debug, Clone)]
pub struct Options {
    /// How many interviews clients create.
    pub interviews: u32,
    /// How many instances there are of everything.
    pub instances: usize,
    /// What may go wrong.
    pub faults: Faults,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            interviews: 3,
            instances: 2,
            faults: Faults::All,
        }
    }
}

/// Which faults of a world happen. They are counted from 1 in the order in which the
/// scheduler decides on them, with what is late, comes twice, or cannot be reached for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Faults {
    /// All of them.
    All,
    /// The first so many, without some of those.
    First(u64, BTreeSet<u64>),
}

impl Faults {
    /// Whether the fault of this number happens.
    pub fn contains(&self, number: u64) -> bool {
        match self {
            Self::All => true,
            Self::First(count, without) => number <= *count && !without.contains(&number),
        }
    }
}

/// What became of a simulated world.
#[derive(Debug)]
pub struct Outcome {
    /// The seed that determined it.
    pub seed: u64,
    /// What is wrong, in words; empty where nothing is.
    pub violations: Vec<String>,
    /// What happened, in order.
    pub story: Vec<String>,
    /// How many calls of ports there were.
    pub calls: u64,
    /// How many faults there could have been ([`Faults`]).
    pub faults: u64,
}

/// Simulates one world.
pub fn simulate(seed: u64, options: &Options) -> Outcome {
    let options = options.clone();
    domain::conflict::sleep_by(|pause| Box::pin(tokio::time::sleep(pause)));
    // A thread of its own has no state of the one before.
    let running = thread::Builder::new().name(format!("seed-{seed}"));
    let running = running.spawn(move || {
        random::seed(seed);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .max_blocking_threads(1)
            .build();
        match runtime {
            Ok(runtime) => runtime.block_on(scheduler::run(seed, options)),
            Err(error) => Outcome {
                seed,
                violations: vec![format!("no runtime: {error}")],
                story: Vec::new(),
                calls: 0,
                faults: 0,
            },
        }
    });
    let ended = running.map(thread::JoinHandle::join);
    match ended {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(_)) | Err(_) => Outcome {
            seed,
            violations: vec!["the simulation itself panicked".to_owned()],
            story: Vec::new(),
            calls: 0,
            faults: 0,
        },
    }
}
