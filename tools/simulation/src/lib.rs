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
mod instances;
mod invariants;
mod ports;
mod random;
mod recording;
mod scheduler;
mod trouble;
mod world;

use std::thread;

pub use scheduler::Options;

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
}

/// Simulates one world.
pub fn simulate(seed: u64, options: Options) -> Outcome {
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
        },
    }
}
