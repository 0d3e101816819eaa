//! The one error type of handlers, and problems that several endpoints respond with.

use std::time::Duration;

use axum::response::{IntoResponse, Response};
use domain::{ErrorCode, steps::StepError};
use runtime::http::Problem;

/// Why a handler refuses a request; whatever is a problem converts by `?`.
#[derive(Debug)]
pub(crate) struct ApiError(pub(crate) Problem);

impl<E: Into<Problem>> From<E> for ApiError {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for ApiError {
    /// The service writes the body, which names the request's id.
    fn into_response(self) -> Response {
        let mut response = self.0.status.into_response();
        response.extensions_mut().insert(self.0);
        response
    }
}

/// Marks a response with an error status whose body is not a problem: a page for people, or an
/// error of another protocol.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OwnBody;

/// 404 for an interview that does not exist or belongs to another user.
pub(crate) fn no_interview() -> Problem {
    Problem::new(ErrorCode::InterviewNotFound, "there is no such interview")
}

/// 404 for a path that leads nowhere.
pub(crate) fn no_such_path() -> Problem {
    Problem::new(ErrorCode::NoSuchPath, "there is nothing at this path")
}

/// 404 for an artifact that does not exist yet, or never will.
pub(crate) fn not_ready(part: &str) -> Problem {
    let detail = format!("the interview has no {part}, or not yet: see its steps");
    Problem::new(ErrorCode::NotReady, detail)
}

/// A refusal of what may succeed after `wait`.
pub(crate) fn later(code: ErrorCode, detail: impl Into<String>, wait: Duration) -> Problem {
    Problem {
        retry_after: Some(wait),
        ..Problem::new(code, detail)
    }
}

/// The error of a step whose result the request waits for.
pub(crate) fn step_problem(error: &StepError) -> Problem {
    let code = if error.retryable {
        ErrorCode::EngineUnavailable
    } else {
        ErrorCode::InputUnusable
    };
    tracing::info!(
        event = "step.not_completed",
        code = error.code,
        "the awaited step failed: {}",
        error.message
    );
    Problem::new(code, format!("{}: {}", error.code, error.message))
}
