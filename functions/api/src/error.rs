//! Problems that several endpoints answer with.

use domain::{ErrorCode, steps::StepError};
use runtime::http::Problem;

/// 404 for an interview that does not exist or belongs to another user.
pub(crate) fn no_interview() -> Problem {
    Problem::new(ErrorCode::InterviewNotFound, "there is no such interview")
}

/// 404 for an artifact that does not exist yet, or never will.
pub(crate) fn not_ready(part: &str) -> Problem {
    Problem::new(ErrorCode::NotReady,
        format!("the interview has no {part}, or not yet: see its steps"),
    )
}

/// The error of a step whose result the request waits for.
pub(crate) fn step_problem(error: &StepError) -> Problem {
    let code = if error.retryable {
        ErrorCode::EngineUnavailable
    } else {
        ErrorCode::InputUnusable
    };
    tracing::info!(code = error.code, "not done: {}", error.message);
    let detail = format!("{}: {}", error.code, error.message);
    Problem::new(code, detail)
}
