//! Fifty worlds, and those that once broke a promise.

use std::{collections::BTreeSet, time::Instant};

use simulation::{Faults, Options, simulate};

/// Worlds that are simulated in every run of the tests.
const SEEDS: u64 = 50;

/// Seeds of worlds in which a promise was broken, with what it was.
const BROKEN_ONCE: &[(u64, &str)] = &[
    (34, "a step waited a day for a task that was lost"),
    (
        37,
        "the request after that whose late answer was taken was left",
    ),
    (
        413,
        "versions of a rubric were left, whose deletion was cut short",
    ),
    (
        1_595,
        "a report was left whose successor's commit had no answer",
    ),
    (
        1_875,
        "a report was left whose step had failed before it was stored",
    ),
    (408, "reports of a step that failed for good were left"),
    (550, "an earlier request was left after an answer"),
    (744, "reports of a step that failed for good were left"),
    (2_928, "a replaced report was left after a missed response"),
];

fn assert_holds(seed: u64) {
    let outcome = simulate(seed, &Options::default());
    let told: Vec<&str> = outcome.story.iter().map(String::as_str).collect();
    let last = told.len().saturating_sub(200);
    assert!(
        outcome.violations.is_empty(),
        "{}\nseed {seed}: {:#?}",
        told[last..].join("\n"),
        outcome.violations
    );
}

#[test]
fn worlds_keep_all_promises() {
    let begun = Instant::now();
    (1..=SEEDS).for_each(assert_holds);
    eprintln!("{SEEDS} worlds in {:.1} s", begun.elapsed().as_secs_f64());
}

#[test]
fn promises_that_were_broken_once_hold() {
    for (seed, _) in BROKEN_ONCE {
        assert_holds(*seed);
    }
}

#[test]
fn seed_determines_everything() {
    // Worlds with every kind of trouble, with listeners, callbacks and strangers.
    (1..=8).for_each(assert_determined);
}

fn assert_determined(seed: u64) {
    let [one, other] = [seed, seed].map(|seed| simulate(seed, &Options::default()));
    assert!(one.calls > 100, "{} calls", one.calls);
    let pairs = one.story.iter().zip(&other.story);
    let differing = pairs.clone().position(|(one, other)| one != other);
    assert_eq!(
        differing,
        None,
        "seed {seed}: {:?}",
        differing.map(|at| (&one.story[at], &other.story[at]))
    );
    assert_eq!(one.story.len(), other.story.len(), "seed {seed}");
}

#[test]
fn world_without_faults_has_none() {
    for seed in 1..=8 {
        let options = Options {
            faults: Faults::First(0, BTreeSet::new()),
            ..Options::default()
        };
        let outcome = simulate(seed, &options);
        assert_eq!(outcome.violations, [""; 0], "seed {seed}");
        let has_fault = |line: &&String| line.contains("  -> ") || line.contains("crashes");
        assert_eq!(outcome.story.iter().find(has_fault), None, "seed {seed}");
    }
}
