//! What became of a delivery, as the status that its sender reads and as the
//! line in the log.

use std::time::Duration;

use domain::ErrorCode;
use http::{HeaderValue, Response, StatusCode, header};
use steps::Failure;

use crate::http::{Body, Problem, empty};

/// Who delivers, and so how the status is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sender {
    /// Pub/Sub: an event from Eventarc, which is a push of a subscription that
    /// Eventarc keeps, or a push of our own.
    Events,
    /// Cloud Tasks.
    Tasks,
}

/// What became of a delivery.
#[derive(Debug)]
pub(crate) enum DeliveryOutcome {
    /// Done.
    Handled,
    /// It comes from another sender than the one that is expected there.
    Foreign(anyhow::Error),
    /// It cannot be read.
    Unreadable(anyhow::Error),
    /// The function did not finish.
    Failed(Failure),
}

/// The status that says so to the sender.
///
/// | | Pub/Sub | Cloud Tasks |
/// |---|---|---|
/// | done | 204 | 204 |
/// | unreadable | 400 | 204 |
/// | permanent failure | 422 | 204 |
/// | transient failure | 503 | 500 |
/// | not the time for it | 503 | 409 |
///
/// Pub/Sub takes 102, 200, 201, 202 and 204 for done and delivers again after
/// anything else (<https://cloud.google.com/pubsub/docs/push#receive_push>). What
/// is beyond help is refused all the same: after its last try it becomes a dead
/// letter, so that nothing is lost, and one that only an older revision could
/// not read finds a newer one.
///
/// Cloud Tasks takes 2xx for done and has no dead letter: a task that is beyond
/// help would be tried until it is deleted without a word, and take a place in
/// the queue meanwhile. So it is dropped here, with an error in the log, and the
/// sweep settles its step. After 429 and 503 Cloud Tasks slows the whole queue
/// down (<https://cloud.google.com/tasks/docs/creating-http-target-tasks>), so
/// these are never answered; what it takes for a failed try is anything else.
pub(crate) const fn status(sender: Sender, outcome: &DeliveryOutcome) -> StatusCode {
    match (sender, outcome) {
        (_, DeliveryOutcome::Handled)
        | (
            Sender::Tasks,
            DeliveryOutcome::Unreadable(_) | DeliveryOutcome::Failed(Failure::Permanent(_)),
        ) => StatusCode::NO_CONTENT,
        (_, DeliveryOutcome::Foreign(_)) | (Sender::Events, DeliveryOutcome::Unreadable(_)) => {
            StatusCode::BAD_REQUEST
        }
        (Sender::Events, DeliveryOutcome::Failed(Failure::Permanent(_))) => {
            StatusCode::UNPROCESSABLE_ENTITY
        }
        (Sender::Events, DeliveryOutcome::Failed(_)) => StatusCode::SERVICE_UNAVAILABLE,
        (Sender::Tasks, DeliveryOutcome::Failed(Failure::Transient { .. })) => {
            StatusCode::INTERNAL_SERVER_ERROR
        }
        (Sender::Tasks, DeliveryOutcome::Failed(Failure::Later(_))) => StatusCode::CONFLICT,
    }
}

/// The whole answer.
pub(crate) fn answer(sender: Sender, outcome: &DeliveryOutcome) -> Response<Body> {
    let status = status(sender, outcome);
    let Some(code) = outcome.code().filter(|_| !status.is_success()) else {
        return empty(status);
    };
    let problem = Problem {
        status,
        ..Problem::new(code, outcome.detail())
    };
    let mut response = problem.into_response("");
    let wait = outcome.wait().filter(|_| sender == Sender::Events);
    if let Some(wait) = wait {
        let seconds = HeaderValue::from(whole_seconds(wait));
        response.headers_mut().insert(header::RETRY_AFTER, seconds);
    }
    response
}

/// Rounded up: who comes a little early comes in vain.
fn whole_seconds(wait: Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
}

impl DeliveryOutcome {
    /// A stable `snake_case` word.
    pub(crate) fn word(&self) -> &'static str {
        self.code().map_or("handled", ErrorCode::as_str)
    }

    const fn code(&self) -> Option<ErrorCode> {
        match self {
            Self::Handled => None,
            Self::Foreign(_) => Some(ErrorCode::WrongSender),
            Self::Unreadable(_) => Some(ErrorCode::Unreadable),
            Self::Failed(Failure::Permanent(_)) => Some(ErrorCode::PermanentFailure),
            Self::Failed(Failure::Transient { .. }) => Some(ErrorCode::TransientFailure),
            Self::Failed(Failure::Later(_)) => Some(ErrorCode::Later),
        }
    }

    /// For the sender; what went wrong inside goes to the log.
    fn detail(&self) -> String {
        match self {
            Self::Handled => String::new(),
            Self::Foreign(error) | Self::Unreadable(error) => format!("{error:#}"),
            Self::Failed(Failure::Permanent(_)) => "it can never be handled".to_owned(),
            Self::Failed(Failure::Transient { .. }) => "it may be handled next time".to_owned(),
            Self::Failed(Failure::Later(_)) => "it is not the time for it".to_owned(),
        }
    }

    const fn wait(&self) -> Option<Duration> {
        match self {
            Self::Failed(Failure::Later(wait)) => Some(*wait),
            Self::Failed(Failure::Transient { after, .. }) => *after,
            _ => None,
        }
    }

    /// Writes the one line that every delivery gets, into the span it is in.
    pub(crate) fn log(&self, path: &str, status: StatusCode, latency: Duration) {
        macro_rules! line {
            ($level:ident, $event:literal, $($message:tt)+) => {
                tracing::$level!(
                    event = $event,
                    http_request.request_method = "POST",
                    http_request.request_url = path,
                    http_request.status = status.as_u16(),
                    http_request.latency = format!("{:.6}s", latency.as_secs_f64()),
                    outcome = self.word(),
                    $($message)+
                )
            };
        }
        match self {
            Self::Handled => line!(info, "delivery.handled", "delivery handled"),
            Self::Failed(Failure::Later(wait)) => {
                line!(info, "delivery.deferred", "delivery deferred for {wait:?}");
            }
            Self::Failed(Failure::Transient { error, .. }) => {
                line!(
                    warn,
                    "delivery.retrying",
                    "delivery will be retried: {error:#}"
                );
            }
            Self::Failed(Failure::Permanent(error)) => {
                line!(error, "delivery.failed", "delivery failed: {error:#}");
            }
            Self::Foreign(error) | Self::Unreadable(error) => {
                line!(error, "delivery.rejected", "delivery rejected: {error:#}");
            }
        }
    }
}
