//! From the errors of the ports to the problems that clients are told of.

use domain::{
    deletion::DeletionError,
    interview_store::TranscriptError,
    ports::{ObjectError, QueueError, RecordsError},
};
use http::StatusCode;

use crate::http::Problem;

/// An error that is ours: the log has the cause, the client does not.
fn internal(error: &(dyn std::error::Error + 'static)) -> Problem {
    tracing::error!(event = "request.failed", error, "a request failed");
    Problem::internal()
}

impl From<RecordsError> for Problem {
    fn from(error: RecordsError) -> Self {
        match error {
            RecordsError::Stale { .. } => Self::new(
                StatusCode::CONFLICT,
                "conflict",
                "another request changed it at the same time",
            ),
            RecordsError::TooLarge { .. } => Self::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "too_large",
                "more than fits into an interview",
            ),
            RecordsError::Malformed { .. } | RecordsError::Unstorable { .. } => internal(&error),
            RecordsError::Unavailable(_) => Self::unavailable(&error),
        }
    }
}

impl From<ObjectError> for Problem {
    fn from(error: ObjectError) -> Self {
        match error {
            ObjectError::NotFound { .. } => Self::not_found("not_found", "there is no such file"),
            ObjectError::OutOfRange { .. } => Self::new(
                StatusCode::RANGE_NOT_SATISFIABLE,
                "range_not_satisfiable",
                "the range begins behind the end",
            ),
            _ => Self::unavailable(&error),
        }
    }
}

impl From<TranscriptError> for Problem {
    fn from(error: TranscriptError) -> Self {
        match error {
            TranscriptError::Records(error) => error.into(),
            TranscriptError::Damaged(_) => internal(&error),
        }
    }
}

impl From<DeletionError> for Problem {
    fn from(error: DeletionError) -> Self {
        match error {
            DeletionError::Records(error) => error.into(),
            DeletionError::Objects(error) => error.into(),
        }
    }
}

impl From<QueueError> for Problem {
    fn from(error: QueueError) -> Self {
        Self::unavailable(&error)
    }
}
