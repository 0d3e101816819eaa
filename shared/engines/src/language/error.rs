//! Errors that all providers share.
//!
//! Each engine has one table from its provider's responses to these; here is the one
//! from these to the errors of a step. A provider's text is never kept: it may quote
//! the request, which holds people's words.

use std::time::Duration;

use domain::steps::{Code, StepError};

/// Why a question was not answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProviderError {
    /// The key or token is not accepted.
    Unauthorized,
    /// The key or token is good, but not for this.
    Forbidden,
    /// No such model, or no such address.
    UnknownModel,
    /// The provider does not serve the place where the service runs.
    Location,
    /// The request is refused for a reason of its own.
    Refused,
    /// The question is longer than the model can take.
    TooLong,
    /// The server read only a part of the question and answered that.
    PromptCut,
    /// Too many requests or tokens for the moment.
    Quota {
        /// How long to wait, where the provider says.
        after: Option<Duration>,
    },
    /// The quota of a day, or the money, is used up.
    QuotaSpent,
    /// The provider has too much to do.
    Overloaded {
        /// How long to wait, where the provider says.
        after: Option<Duration>,
    },
    /// Something broke at the provider.
    Unavailable {
        /// How long to wait, where the provider says.
        after: Option<Duration>,
    },
    /// There was no connection, or it broke off.
    Unreachable,
    /// No answer came in time.
    Timeout,
    /// What came back is not the provider's protocol.
    Unreadable,
    /// The question is taken for something that must not be answered.
    PromptBlocked,
    /// The answer was stopped for what it said.
    AnswerBlocked,
    /// The answer was stopped for repeating a known text.
    Recited,
    /// The answer was cut off at its greatest length.
    Truncated,
    /// The answer ended for a reason that is not known here.
    Unfinished,
    /// The answer holds no text.
    Empty,
    /// The answer is not the JSON that the schema demands.
    Malformed {
        /// What is wrong with it, for the model to read.
        why: String,
    },
}

/// How long to wait after a spent quota without a reset time.
const A_WHILE: Duration = Duration::from_mins(1);

impl ProviderError {
    /// A stable word for tables and logs.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Unauthorized => "unauthorized",
            Self::Forbidden => "forbidden",
            Self::UnknownModel => "unknown model",
            Self::Location => "location",
            Self::Refused => "refused",
            Self::TooLong => "too long",
            Self::PromptCut => "prompt cut",
            Self::Quota { .. } => "quota",
            Self::QuotaSpent => "quota spent",
            Self::Overloaded { .. } => "overloaded",
            Self::Unavailable { .. } => "unavailable",
            Self::Unreachable => "unreachable",
            Self::Timeout => "timeout",
            Self::Unreadable => "unreadable",
            Self::PromptBlocked => "prompt blocked",
            Self::AnswerBlocked => "answer blocked",
            Self::Recited => "recited",
            Self::Truncated => "truncated",
            Self::Unfinished => "unfinished",
            Self::Empty => "empty",
            Self::Malformed { .. } => "malformed",
        }
    }

    /// The most attempts before the step fails: errors that pass soon are retried;
    /// those that took minutes, or were paid for, hardly.
    pub(crate) const fn attempts(&self) -> u32 {
        match self {
            Self::Quota { .. }
            | Self::Overloaded { .. }
            | Self::Unavailable { .. }
            | Self::Unreachable => 5,
            Self::Empty | Self::Unreadable => 2,
            _ => 1,
        }
    }

    /// How long to wait, where the provider says.
    pub const fn after(&self) -> Option<Duration> {
        match self {
            Self::Quota { after } | Self::Overloaded { after } | Self::Unavailable { after } => {
                *after
            }
            _ => None,
        }
    }

    /// Whether less to read, and so less to say, would help.
    pub(crate) const fn is_too_much(&self) -> bool {
        matches!(self, Self::Truncated | Self::TooLong)
    }

    /// The step's error.
    pub fn step_error(&self) -> StepError {
        let (code, message) = self.code_and_message();
        if !self.may_pass() {
            return StepError::permanent(code, message);
        }
        let wait = match self {
            Self::Quota { after } => Some(after.unwrap_or(A_WHILE)),
            _ => self.after(),
        };
        let Some(wait) = wait else {
            return StepError::transient(code, message);
        };
        let seconds = wait.as_secs_f64().ceil();
        StepError::transient(code, format!("{message}; again in {seconds} s")).after(Some(wait))
    }

    /// Whether the same question may be answered later without any change.
    const fn may_pass(&self) -> bool {
        matches!(
            self,
            Self::Quota { .. }
                | Self::Overloaded { .. }
                | Self::Unavailable { .. }
                | Self::Unreachable
                | Self::Timeout
                | Self::Unreadable
                | Self::Unfinished
                | Self::Empty
                | Self::Malformed { .. }
        )
    }

    /// Code and message.
    const fn code_and_message(&self) -> (Code, &'static str) {
        match self {
            Self::Unauthorized => (
                Code::EngineUnauthorized,
                "the language engine does not accept the key it is given: check the settings",
            ),
            Self::Forbidden => (
                Code::EngineForbidden,
                "the language engine does not permit this account to use it: check that its API is enabled",
            ),
            Self::UnknownModel => (
                Code::EngineMisconfigured,
                "the language engine knows no such model or address: check the settings",
            ),
            Self::Location => (
                Code::EngineMisconfigured,
                "the language engine does not serve the place where this service runs",
            ),
            Self::Refused => (
                Code::EngineRefused,
                "the language engine does not accept the request",
            ),
            Self::TooLong => (
                Code::EngineMisconfigured,
                "the language model cannot take in a part of the transcript: lower ANALYZER_PART_TOKENS",
            ),
            Self::PromptCut => (
                Code::EngineMisconfigured,
                "the server read only a part of what it was sent: raise its context length or lower ANALYZER_PART_TOKENS",
            ),
            Self::Quota { .. } => (Code::EngineQuota, "the language engine's quota is used up"),
            Self::QuotaSpent => (
                Code::EngineQuota,
                "the language engine's quota for today, or its credit, is used up: ask again when there is some",
            ),
            Self::Overloaded { .. } => {
                (Code::EngineOverloaded, "the language engine is overloaded")
            }
            Self::Unavailable { .. } => (Code::EngineUnavailable, "the language engine broke down"),
            Self::Unreachable => (
                Code::EngineUnavailable,
                "the language engine could not be reached, or broke off",
            ),
            Self::Timeout => (
                Code::EngineTimeout,
                "the language engine did not answer in time",
            ),
            Self::Unreadable => (
                Code::AnswerMalformed,
                "what answers at the language engine's address does not speak its protocol",
            ),
            Self::PromptBlocked => (
                Code::AnswerBlocked,
                "the language engine refuses to read this transcript",
            ),
            Self::AnswerBlocked => (
                Code::AnswerBlocked,
                "the language engine stopped its own answer for what it said",
            ),
            Self::Recited => (
                Code::AnswerBlocked,
                "the language engine stopped its own answer because it repeats a published text",
            ),
            Self::Truncated => (
                Code::AnswerTruncated,
                "the language engine's answer was cut off, even for a small part of the transcript",
            ),
            Self::Unfinished => (
                Code::AnswerUnfinished,
                "the language engine ended its answer early and did not say why",
            ),
            Self::Empty => (Code::AnswerEmpty, "the language engine answered nothing"),
            Self::Malformed { .. } => (
                Code::AnswerMalformed,
                "the language engine's answer is not the JSON that it was asked for",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_of_the_provider_is_kept() {
        let after = Some(Duration::from_millis(25_400));
        let error = ProviderError::Overloaded { after }.step_error();
        assert_eq!(
            (&error.code[..], error.retryable),
            ("engine_overloaded", true)
        );
        assert_eq!(error.retry_after, after);
        assert!(
            error.message.ends_with("again in 26 s"),
            "{}",
            error.message
        );
    }

    #[test]
    fn a_quota_of_a_minute_passes_and_that_of_a_day_does_not() {
        let minute = ProviderError::Quota { after: None }.step_error();
        assert_eq!(
            (minute.retryable, minute.retry_after),
            (true, Some(A_WHILE))
        );
        let day = ProviderError::QuotaSpent.step_error();
        assert_eq!((&day.code[..], day.retryable), ("engine_quota", false));
    }

    #[test]
    fn error_does_not_contain_the_models_answer() {
        let why = "it says `secret`".to_owned();
        let error = ProviderError::Malformed { why }.step_error();
        assert!(!error.to_string().contains("secret"));
    }
}
