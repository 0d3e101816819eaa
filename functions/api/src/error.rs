//! Problems that several endpoints answer with.

use domain::steps::StepError;
use http::StatusCode;
use runtime::http::Problem;

/// 404 for an interview that does not exist or belongs to another user.
pub(crate) fn no_interview() -> Problem {
    Problem::not_found("interview_not_found", "there is no such interview")
}

/// 404 for an artifact that does not exist yet, or never will.
pub(crate) fn not_ready(part: &str) -> Problem {
    Problem::not_found(
        "not_ready",
        format!("the interview has no {part}, or not yet: see its steps"),
    )
}

/// The error of a step whose result the request waits for.
pub(crate) fn step_problem(error: &StepError) -> Problem {
    let status = if error.retryable {
        StatusCode::SERVICE_UNAVAILABLE
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    tracing::info!(
        event = "step.not_completed",
        code = error.code,
        "the awaited step failed: {}",
        error.message
    );
    let detail = format!("{}: {}", error.code, error.message);
    Problem::new(status, "not_done", detail)
}
