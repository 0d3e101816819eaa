//! Some hundred worlds, and those that once broke a promise.

use std::time::Instant;

use simulation::{Options, simulate};

/// Worlds that are simulated in every run of the tests.
const SEEDS: u64 = 100;

/// Seeds of worlds in which a promise was broken, with what it was.
const BROKEN_ONCE: &[(u64, &str)] = &[];

fn assert_holds(seed: u64) {
    let outcome = simulate(seed, Options::default());
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
fn hundred_worlds_keep_all_promises() {
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
    let [one, other] = [7, 7].map(|seed| simulate(seed, Options::default()));
    assert!(one.calls > 100, "{} calls", one.calls);
    let differing = one
        .story
        .iter()
        .zip(&other.story)
        .position(|(one, other)| one != other);
    assert_eq!(
        differing,
        None,
        "{:?}",
        differing.map(|at| (&one.story[at], &other.story[at]))
    );
    assert_eq!(one.story.len(), other.story.len());
}
