//! One table from what goes wrong inside to what a client is told.

use domain::{
    deletion::DeletionError,
    ports::{ObjectError, QueueError, RecordsError},
    steps::StepError,
    work::TranscriptError,
};
use http::StatusCode;
use runtime::http::Problem;

/// What went wrong inside, logged, as an answer.
pub(crate) trait IntoProblem {
    /// The answer.
    fn into_problem(self) -> Problem;
}

fn internal(error: &(dyn std::error::Error + 'static)) -> Problem {
    tracing::error!(error, "a request failed");
    Problem::internal()
}

impl IntoProblem for RecordsError {
    fn into_problem(self) -> Problem {
        match self {
            Self::Stale { .. } => Problem::new(
                StatusCode::CONFLICT,
                "conflict",
                "somebody else changed it at the same time",
            ),
            Self::TooLarge { .. } => Problem::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "too_large",
                "more than fits into an interview",
            ),
            Self::Malformed { .. } | Self::Unstorable { .. } => internal(&self),
            Self::Unavailable(_) => Problem::unavailable(&self),
        }
    }
}

impl IntoProblem for ObjectError {
    fn into_problem(self) -> Problem {
        match self {
            Self::NotFound { .. } => Problem::not_found("not_found", "there is no such file"),
            Self::OutOfRange { .. } => Problem::new(
                StatusCode::RANGE_NOT_SATISFIABLE,
                "range_not_satisfiable",
                "the range begins behind the end",
            ),
            _ => Problem::unavailable(&self),
        }
    }
}

impl IntoProblem for TranscriptError {
    fn into_problem(self) -> Problem {
        match self {
            Self::Records(error) => error.into_problem(),
            Self::Damaged(_) => internal(&self),
        }
    }
}

impl IntoProblem for DeletionError {
    fn into_problem(self) -> Problem {
        match self {
            Self::Records(error) => error.into_problem(),
            Self::Objects(error) => error.into_problem(),
        }
    }
}

/// 404 for an interview that is not there, or not the asker's.
pub(crate) fn no_interview() -> Problem {
    Problem::not_found("interview_not_found", "there is no such interview")
}

/// 404 for a part that is not there yet, or will never be.
pub(crate) fn not_ready(part: &str) -> Problem {
    Problem::not_found(
        "not_ready",
        format!("the interview has no {part}, or not yet: see its steps"),
    )
}

impl IntoProblem for QueueError {
    fn into_problem(self) -> Problem {
        Problem::unavailable(&self)
    }
}

/// A step's error where its answer is awaited.
pub(crate) fn step_problem(error: &StepError) -> Problem {
    let status = if error.retryable {
        StatusCode::SERVICE_UNAVAILABLE
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    tracing::info!(code = error.code, "not done: {}", error.message);
    let detail = format!("{}: {}", error.code, error.message);
    Problem::new(status, "not_done", detail)
}
