//! `scripts/dev/simulate`: simulates worlds by their seeds, and tells the story of those
//! that break a promise.
#![allow(clippy::print_stdout, reason = "its output")]

use std::{
    process::ExitCode,
    sync::atomic::{AtomicU64, Ordering},
    thread,
    time::Instant,
};

use simulation::{Options, Outcome, simulate};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |index: usize, usual: u64| {
        let text = arguments.get(index);
        text.map_or(Some(usual), |text| text.parse().ok())
    };
    if arguments.first().is_some_and(|first| first == "story") {
        let Some(seed) = number(1, 1) else {
            println!("usage: simulate story SEED");
            return ExitCode::FAILURE;
        };
        return tell(&simulate(seed, Options::default()));
    }
    let (Some(count), Some(first)) = (number(0, 100), number(1, 1)) else {
        println!("usage: simulate [SEEDS [FIRST]] | simulate story SEED");
        return ExitCode::FAILURE;
    };
    run(first, count)
}

/// Simulates many worlds on all processors; stops at the first that breaks a promise.
fn run(first: u64, count: u64) -> ExitCode {
    let (next, calls) = (AtomicU64::new(first), AtomicU64::new(0));
    let begun = Instant::now();
    let work = || {
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= first + count {
                return None;
            }
            let outcome = simulate(seed, Options::default());
            calls.fetch_add(outcome.calls, Ordering::Relaxed);
            if !outcome.violations.is_empty() {
                next.store(first + count, Ordering::Relaxed);
                return Some(outcome);
            }
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
    if let Some(outcome) = failed.iter().min_by_key(|outcome| outcome.seed) {
        return tell(outcome);
    }
    #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
    let rate = count as f64 / minutes;
    println!(
        "{count} worlds from seed {first} on, {calls} calls of ports: no violation; {rate:.0} worlds a minute"
    );
    ExitCode::SUCCESS
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
