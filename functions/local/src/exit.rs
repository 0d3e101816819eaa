//! How commands end.

use std::{
    io::{self, Write as _},
    process::ExitCode,
};

use crate::print;

/// How a command ends, the worst last: of several files the worst counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Exit {
    /// All is done.
    Done,
    /// There is a transcript, and something else is missing.
    Partial,
    /// It failed.
    Failed,
    /// The service was not reached, or stayed unavailable.
    Unreachable,
    /// The service does not accept the token, or the token does not permit this.
    Denied,
    /// The command cannot be carried out as it was given.
    Usage,
}

impl Exit {
    /// The exit code.
    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Partial => 3,
            Self::Denied => 4,
            Self::Unreachable => 5,
        }
    }

    /// How a command ends whose interview has this status.
    pub(crate) fn of_status(status: &str) -> Self {
        match status {
            "completed" => Self::Done,
            "failed" => Self::Failed,
            _ => Self::Partial,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        exit.code().into()
    }
}

/// Says on standard error why a command failed.
pub(crate) fn complain(message: &str) {
    let message = print::plain_lines(message);
    let _ = writeln!(io::stderr(), "interviewlens: {message}");
}

/// The same, and how the command ends.
pub(crate) fn fail(message: &str, exit: Exit) -> ExitCode {
    complain(message);
    exit.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn worst_of_several_counts() {
        let worst = [Exit::Done, Exit::Failed, Exit::Partial].into_iter().max();
        assert_eq!(worst.map(Exit::code), Some(1));
        assert_eq!(Exit::Usage.max(Exit::Failed).code(), 2);
    }
}
