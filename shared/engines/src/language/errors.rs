//! What the errors of providers mean for an analysis.

use domain::steps::{Code, StepError};

use crate::provider::ProviderError;

impl ProviderError {
    /// The error of the step that analyzes.
    pub fn step_error(&self) -> StepError {
        let (code, message) = self.code_and_message();
        self.to_step_error(code, message)
    }

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
            Self::Refused
            | Self::RefusedFor { .. }
            | Self::TooShort
            | Self::Audio
            | Self::UnknownLanguage => (
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
    use std::time::Duration;

    use super::*;
    use crate::provider::A_WHILE;

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
