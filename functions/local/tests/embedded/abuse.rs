//! What people try with shares and access tokens that are not theirs, or no longer, as a table:
//! `cargo test -p local --test embedded abuse -- --nocapture` prints it.

mod shares;
mod tokens;

/// What came of the attempts, a line to each.
#[derive(Default)]
struct Table(Vec<(String, u16, u16)>);

impl Table {
    fn note(&mut self, attempt: &str, expected: u16, found: u16) {
        self.0.push((attempt.to_owned(), expected, found));
    }

    /// Prints the table; fails where anything came of an attempt that should not have.
    #[allow(clippy::print_stdout, reason = "the table of the test")]
    fn conclude(self) {
        println!("{:<66} {:>8} {:>5}", "attempt", "expected", "found");
        for (attempt, expected, found) in &self.0 {
            println!("{attempt:<66} {expected:>8} {found:>5}");
        }
        let wrong = |(_, expected, found): &&(String, u16, u16)| expected != found;
        let wrong: Vec<_> = self.0.iter().filter(wrong).collect();
        assert!(wrong.is_empty(), "{wrong:#?}");
    }
}
