//! Why a request was refused (RFC 9457), and which errors of the ports become which problem.

use std::{error::Error, io, time::Duration};

use domain::{
    ErrorCode, RunId, Timestamp,
    interview_store::TranscriptError,
    ledger::{BudgetExhausted, SpendError},
    ports::{AuthError, ObjectError, QueueError, RecordsError, StorageError},
};
use http::{HeaderName, HeaderValue, Response, StatusCode, header};
use serde::Serialize;
use serde_json::json;

use crate::http::{Body, answer, full};

/// Why a request was refused or failed: RFC 9457.
///
/// `detail` is for the caller; what the caller must not see goes to the log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {detail}")]
pub struct Problem {
    /// The status of the response: that of the code, unless the protocol of the sender gives
    /// statuses a meaning of its own.
    pub status: StatusCode,
    /// The reason, for programs.
    pub code: ErrorCode,
    /// What is wrong and, where something can be done, what to do.
    pub detail: String,
    /// How long the caller is to wait, for `Retry-After`.
    pub retry_after: Option<Duration>,
    /// When a budget that is used up begins anew.
    pub resets_at: Option<Timestamp>,
    /// The newest revision of a transcript, where the request was based on an older one.
    pub newest: Option<(RunId, u64)>,
    /// Further headers of the response.
    pub headers: Vec<(HeaderName, HeaderValue)>,
}

/// What went wrong: RFC 9457.
#[derive(Serialize)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(rename = "Problem")
)]
pub struct ProblemBody<'a> {
    /// `urn:interviewlens:problem:` and the code.
    #[serde(rename = "type")]
    kind: String,
    /// The status in words.
    title: &'static str,
    /// The status of the response.
    #[cfg_attr(feature = "openapi", schemars(range(min = 400, max = 599)))]
    status: u16,
    /// What is wrong and, where something can be done, what to do.
    detail: &'a str,
    /// A stable word for programs.
    #[cfg_attr(feature = "openapi", schemars(extend("enum" = ErrorCode::words())))]
    code: &'static str,
    /// The request's id.
    request_id: &'a str,
    /// Of `budget_exhausted`: when the budget begins anew.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schemars(with = "Timestamp"))]
    resets_at: Option<Timestamp>,
    /// Of `stale_revision`: the run that recognised the transcript.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schemars(with = "RunId"))]
    run_id: Option<RunId>,
    /// Of `stale_revision`: the newest revision of the transcript.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schemars(with = "u64"))]
    revision: Option<u64>,
}

impl Problem {
    /// A problem.
    pub fn new(code: ErrorCode, detail: impl Into<String>) -> Self {
        let status = StatusCode::from_u16(code.status());
        Self {
            status: status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
            code,
            detail: detail.into(),
            retry_after: None,
            resets_at: None,
            newest: None,
            headers: Vec::new(),
        }
    }

    /// The same, with a header that the response is to have; one that cannot stand in a
    /// header is left out.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: &str) -> Self {
        self.headers
            .extend(HeaderValue::from_str(value).map(|value| (name, value)));
        self
    }

    /// 500, about which the caller is told nothing.
    pub fn internal() -> Self {
        let detail = "an internal error occurred; it has been logged";
        Self::new(ErrorCode::Internal, detail)
    }

    /// 503 for a store that cannot be used, which is logged; or is full, which the
    /// caller is told too.
    pub fn unavailable(error: &(dyn Error + 'static)) -> Self {
        tracing::error!(event = "store.unavailable", error, "a request failed");
        if is_full(error) {
            let detail = "the service has no room left: nothing can be stored until some is made";
            return Self::new(ErrorCode::StorageFull, detail);
        }
        let detail = "the service is temporarily unavailable; try again";
        Self::new(ErrorCode::Unavailable, detail)
    }

    /// The problem as it is written.
    pub fn to_json(&self, request_id: &str) -> serde_json::Value {
        json!(ProblemBody {
            kind: format!("urn:interviewlens:problem:{}", self.code),
            title: self.status.canonical_reason().unwrap_or("Problem"),
            status: self.status.as_u16(),
            detail: &self.detail,
            code: self.code.as_str(),
            request_id,
            resets_at: self.resets_at,
            run_id: self.newest.map(|(run_id, _)| run_id),
            revision: self.newest.map(|(_, revision)| revision),
        })
    }

    /// The problem as a response.
    pub fn into_response(self, request_id: &str) -> Response<Body> {
        let body = full(self.to_json(request_id).to_string());
        let mut response = answer(self.status, "application/problem+json", body);
        let headers = response.headers_mut();
        headers.extend(self.headers);
        if let Some(wait) = self.retry_after {
            // Whole seconds, and never too early.
            headers.insert(header::RETRY_AFTER, (wait.as_secs() + 1).into());
        }
        response
    }
}

/// Whether an error or one of its causes is an I/O error of one of those kinds.
pub fn is_caused_by(error: &(dyn Error + 'static), kinds: &[io::ErrorKind]) -> bool {
    anyhow::Chain::new(error).any(|cause| {
        let cause = cause.downcast_ref::<io::Error>();
        cause.is_some_and(|error| kinds.contains(&error.kind()))
    })
}

/// Whether a disk, or a quota on it, is used up.
fn is_full(error: &(dyn Error + 'static)) -> bool {
    is_caused_by(
        error,
        &[io::ErrorKind::StorageFull, io::ErrorKind::QuotaExceeded],
    )
}

/// An error that is ours: the log has the cause, the client does not.
fn internal(error: &(dyn Error + 'static)) -> Problem {
    tracing::error!(event = "request.failed", error, "a request failed");
    Problem::internal()
}

impl From<RecordsError> for Problem {
    fn from(error: RecordsError) -> Self {
        match error {
            RecordsError::Stale { .. } => Self::new(
                ErrorCode::Conflict,
                "another request changed it at the same time",
            ),
            RecordsError::TooLarge { .. } => {
                Self::new(ErrorCode::TooLarge, "more than fits into an interview")
            }
            RecordsError::Malformed { .. } | RecordsError::Unstorable { .. } => internal(&error),
            RecordsError::Unavailable(_) => Self::unavailable(&error),
        }
    }
}

impl From<ObjectError> for Problem {
    fn from(error: ObjectError) -> Self {
        match error {
            ObjectError::NotFound { .. } => Self::new(ErrorCode::NotFound, "there is no such file"),
            ObjectError::OutOfRange { .. } => Self::new(
                ErrorCode::RangeNotSatisfiable,
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
            TranscriptError::Damaged(_) | TranscriptError::DamagedLog => internal(&error),
        }
    }
}

impl From<StorageError> for Problem {
    fn from(error: StorageError) -> Self {
        match error {
            StorageError::Records(error) => error.into(),
            StorageError::Objects(error) => error.into(),
        }
    }
}

impl From<BudgetExhausted> for Problem {
    fn from(error: BudgetExhausted) -> Self {
        Self {
            resets_at: Some(error.resets_at),
            ..Self::new(ErrorCode::BudgetExhausted, error.to_string())
        }
    }
}

impl From<SpendError> for Problem {
    fn from(error: SpendError) -> Self {
        match error {
            SpendError::Exhausted(error) => error.into(),
            SpendError::Records(error) => error.into(),
        }
    }
}

impl From<QueueError> for Problem {
    fn from(error: QueueError) -> Self {
        Self::unavailable(&error)
    }
}

impl From<AuthError> for Problem {
    fn from(error: AuthError) -> Self {
        let problem = Self::new(error.code, error.message);
        match (error.code, problem.status) {
            // RFC 6750, section 3.1: no error where no token was shown.
            (ErrorCode::TokenMissing, _) => problem.with_header(header::WWW_AUTHENTICATE, "Bearer"),
            (_, StatusCode::UNAUTHORIZED) => {
                let challenge = "Bearer error=\"invalid_token\"";
                problem.with_header(header::WWW_AUTHENTICATE, challenge)
            }
            _ => problem,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caller_is_told_of_a_full_disk_and_of_nothing_else() {
        for (kind, code) in [
            (io::ErrorKind::StorageFull, ErrorCode::StorageFull),
            (io::ErrorKind::QuotaExceeded, ErrorCode::StorageFull),
            (io::ErrorKind::PermissionDenied, ErrorCode::Unavailable),
        ] {
            let error = anyhow::Error::new(io::Error::from(kind)).context("using the store");
            let problem = Problem::unavailable(error.as_ref());
            assert_eq!((problem.status.as_u16(), problem.code), (503, code));
        }
    }
}
