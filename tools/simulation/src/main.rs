//! `scripts/dev/simulate`: simulates worlds by their seeds, and tells the story of those
//! that break a promise.
#![allow(clippy::print_stdout, reason = "its output")]

use std::{
    collections::BTreeSet,
    process::ExitCode,
    sync::atomic::{AtomicU64, Ordering},
    thread,
    time::Instant,
};

use simulation::{Faults, Options, Outcome, shrink, simulate};

const USAGE: &str = "usage: simulate [SEEDS [FIRST]] | simulate all SEEDS [FIRST] | \
                     simulate calm SEEDS [FIRST] | simulate story SEED | simulate shrink SEED";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |index: usize, usual: u64| {
        let text = arguments.get(index);
        text.map_or(Some(usual), |text| text.parse().ok())
    };
    let word = arguments.first().map_or("", String::as_str);
    match (word, number(1, 1), number(2, 1)) {
        ("story", Some(seed), _) => tell(&simulate(seed, &Options::default())),
        ("shrink", Some(seed), _) => tell_smallest(seed),
        ("all", Some(count), Some(first)) => run(first, count, false, &Options::default()),
        ("calm", Some(count), Some(first)) => run(first, count, true, &without_faults()),
        _ => {
            let (Some(count), Some(first)) = (number(0, 100), number(1, 1)) else {
                println!("{USAGE}");
                return ExitCode::FAILURE;
            };
            run(first, count, true, &Options::default())
        }
    }
}

/// Worlds in which everything works: what they break has nothing to do with faults.
fn without_faults() -> Options {
    Options {
        faults: Faults::First(0, BTreeSet::new()),
        ..Options::default()
    }
}

/// Simulates many worlds on all processors. Stops at the first that breaks a promise and
/// tells its story, or names all of them.
fn run(first: u64, count: u64, stops: bool, options: &Options) -> ExitCode {
    let (next, calls) = (AtomicU64::new(first), AtomicU64::new(0));
    let begun = Instant::now();
    let work = || {
        let mut failed = Vec::new();
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= first + count {
                return failed;
            }
            let outcome = simulate(seed, options);
            calls.fetch_add(outcome.calls, Ordering::Relaxed);
            if outcome.violations.is_empty() {
                continue;
            }
            if stops {
                next.store(first + count, Ordering::Relaxed);
            } else {
                println!("seed {seed}: {}", outcome.violations.join("; "));
            }
            failed.push(Outcome {
                story: if stops { outcome.story } else { Vec::new() },
                ..outcome
            });
        }
    };
    let workers = thread::available_parallelism().map_or(1, usize::from);
    let failed: Vec<Outcome> = thread::scope(|scope| {
        let running: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        let ended = running.into_iter().map(thread::ScopedJoinHandle::join);
        ended.filter_map(Result::ok).flatten().collect()
    });
    let minutes = begun.elapsed().as_secs_f64() / 60.0;
    let calls = calls.load(Ordering::Relaxed);
    if stops && let Some(outcome) = failed.iter().min_by_key(|outcome| outcome.seed) {
        return tell(outcome);
    }
    #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
    let rate = count as f64 / minutes;
    let violations = failed.len();
    println!(
        "{count} worlds from seed {first} on, {calls} calls of ports: {violations} with violations; \
         {rate:.0} worlds a minute"
    );
    if failed.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Tells the story of the smallest world that breaks the promise that a seed does.
fn tell_smallest(seed: u64) -> ExitCode {
    let Some(shrunk) = shrink(seed, &Options::default()) else {
        println!("seed {seed}: no violation");
        return ExitCode::SUCCESS;
    };
    let code = tell(&shrunk.outcome);
    let Options {
        interviews,
        instances,
        faults,
    } = &shrunk.options;
    let faults = match faults {
        Faults::All => shrunk.outcome.faults,
        Faults::First(count, without) => count - without.len() as u64,
    };
    println!(
        "the smallest of {} worlds: {interviews} interviews, {instances} instances, {faults} faults",
        shrunk.worlds
    );
    code
}

fn tell(outcome: &Outcome) -> ExitCode {
    for line in &outcome.story {
        println!("{line}");
    }
    println!("seed {}:", outcome.seed);
    for violation in &outcome.violations {
        println!("  {violation}");
    }
    if outcome.violations.is_empty() {
        println!("  no violation");
        return ExitCode::SUCCESS;
    }
    ExitCode::FAILURE
}
