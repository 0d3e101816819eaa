//! Makes the world of a violation smaller.
//!
//! First fewer interviews and instances, then the first faults only, by bisection, then
//! without one fault after the other. Every attempt is a world of its own that breaks the same
//! promise, so the smallest found is not the smallest there is.

use std::collections::BTreeSet;

use crate::{Faults, Options, Outcome, simulate};

/// How many worlds are tried at most.
const MAX_WORLDS: u32 = 150;

/// The smallest world found.
#[derive(Debug)]
pub struct Shrunk {
    /// How it is.
    pub options: Options,
    /// What becomes of it.
    pub outcome: Outcome,
    /// How many worlds were tried.
    pub worlds: u32,
}

struct Shrinking {
    /// The kind of violation.
    kind: String,
    found: Shrunk,
}

/// Makes a world smaller that breaks a promise; nothing where it breaks none.
pub fn shrink(seed: u64, options: &Options) -> Option<Shrunk> {
    let outcome = simulate(seed, options);
    let mut shrinking = Shrinking {
        kind: kind(outcome.violations.first()?),
        found: Shrunk {
            options: options.clone(),
            outcome,
            worlds: 1,
        },
    };
    for interviews in 1..options.interviews {
        let smaller = Options {
            interviews,
            ..shrinking.found.options.clone()
        };
        if shrinking.adopt(smaller) {
            break;
        }
    }
    shrinking.adopt(Options {
        instances: 1,
        ..shrinking.found.options.clone()
    });
    shrinking.bisect();
    shrinking.leave_out();
    Some(shrinking.found)
}

/// What is wrong, without ids and numbers.
fn kind(violation: &str) -> String {
    let words = violation.split_whitespace();
    let words = words.skip_while(|word| *word == "interview");
    let is_plain = |word: &&str| {
        let mut letters = word.chars();
        letters.all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_punctuation())
    };
    let is_id = |word: &&str| word.len() == 7 && word.ends_with(':');
    let plain = words.filter(|word| is_plain(word) && !is_id(word) && !word.contains('/'));
    plain.take(6).collect::<Vec<_>>().join(" ")
}

impl Shrinking {
    /// Takes a world instead of the one found if it breaks the same promise.
    fn adopt(&mut self, options: Options) -> bool {
        if self.found.worlds >= MAX_WORLDS {
            return false;
        }
        self.found.worlds += 1;
        let outcome = simulate(self.found.outcome.seed, &options);
        let is_same = outcome
            .violations
            .iter()
            .any(|violation| kind(violation) == self.kind);
        if is_same {
            self.found.options = options;
            self.found.outcome = outcome;
        }
        is_same
    }

    /// Finds a number of faults that suffices, while one fewer does not. What happens until
    /// the last one stays the same.
    fn bisect(&mut self) {
        let (mut low, mut high) = (0, self.found.outcome.faults);
        while low < high {
            let middle = low.midpoint(high);
            let faults = Faults::First(middle, BTreeSet::new());
            let options = Options {
                faults,
                ..self.found.options.clone()
            };
            if self.adopt(options) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
    }

    /// Leaves out one fault after the other, the last first.
    fn leave_out(&mut self) {
        let Faults::First(count, _) = self.found.options.faults else {
            return;
        };
        for number in (1..=count).rev() {
            let Faults::First(count, mut without) = self.found.options.faults.clone() else {
                return;
            };
            without.insert(number);
            let faults = Faults::First(count, without);
            self.adopt(Options {
                faults,
                ..self.found.options.clone()
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kind_of_a_violation_has_no_ids() {
        let one = kind("interview ab3def: deleted, and users/u/interviews/ab3def is left");
        let other = kind("interview xyzuvw: deleted, and users/u/interviews/xyzuvw/x is left");
        assert_eq!(one, other);
        assert_ne!(one, kind("interview xyzuvw: 3: it stays processing"));
    }

    #[test]
    fn world_without_a_violation_is_not_shrunk() {
        assert!(shrink(1, &Options::default()).is_none());
    }
}
