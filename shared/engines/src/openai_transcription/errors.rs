//! Why a piece is not transcribed, and the errors of the step that this becomes.

use std::time::Duration;

use domain::steps::{Code, StepError};

/// Why a piece was not transcribed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum TranscriptionError {
    /// The key is not accepted.
    Unauthorized,
    /// The key is not permitted to do this.
    Forbidden,
    /// The account has no credit, or its quota is spent.
    OutOfCredit,
    /// No such model or address.
    NotFound,
    /// The provider does not serve this country.
    Location,
    /// The language is not known to the model.
    Language,
    /// The audio is not accepted.
    Audio,
    /// The audio is larger or longer than the server accepts.
    TooLarge,
    /// The audio is shorter than the server accepts.
    TooShort,
    /// Too many requests, or too much audio, for the moment.
    RateLimited(Option<Duration>),
    /// The server has too much to do.
    Overloaded(Option<Duration>),
    /// The server failed.
    Unavailable(Option<Duration>),
    /// There was no connection, or it broke off.
    Unreachable,
    /// No response came in time.
    Timeout,
    /// The response is not of this protocol.
    Unreadable,
    /// The request is refused for another reason: the server's own word for it.
    Refused(Option<String>),
}

/// How long to wait where the server does not say.
const A_MINUTE: Duration = Duration::from_mins(1);

impl TranscriptionError {
    /// How often a piece is sent in all before the step is given back.
    pub(super) const fn attempts(&self) -> u32 {
        match self {
            Self::RateLimited(_)
            | Self::Overloaded(_)
            | Self::Unavailable(_)
            | Self::Unreachable => 5,
            Self::Unreadable => 2,
            _ => 1,
        }
    }

    /// How long to wait, where the server says.
    pub(super) const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::RateLimited(after) | Self::Overloaded(after) | Self::Unavailable(after) => *after,
            _ => None,
        }
    }

    /// The error of the step.
    pub(super) fn to_step_error(&self) -> StepError {
        let (code, message) = self.description();
        if let Self::Refused(Some(reason)) = self {
            return StepError::permanent(code, format!("{message}: `{reason}`"));
        }
        if !self.is_transient() {
            return StepError::permanent(code, message);
        }
        let wait = match self {
            Self::RateLimited(after) => Some(after.unwrap_or(A_MINUTE)),
            _ => self.retry_after(),
        };
        StepError::transient(code, message).after(wait)
    }

    const fn is_transient(&self) -> bool {
        matches!(
            self,
            Self::RateLimited(_)
                | Self::Overloaded(_)
                | Self::Unavailable(_)
                | Self::Unreachable
                | Self::Timeout
                | Self::Unreadable
        )
    }

    const fn description(&self) -> (Code, &'static str) {
        match self {
            Self::Unauthorized => (
                Code::EngineUnauthorized,
                "the transcription server does not accept the key; check OPENAI_TRANSCRIPTION_API_KEY",
            ),
            Self::Forbidden => (
                Code::EngineForbidden,
                "the transcription server does not permit this key to use the model",
            ),
            Self::OutOfCredit => (
                Code::EngineOutOfCredit,
                "the account with the transcription provider has no credit left",
            ),
            Self::NotFound => (
                Code::EngineMisconfigured,
                "the transcription server has no such model or address; \
                 check OPENAI_TRANSCRIPTION_MODEL and OPENAI_TRANSCRIPTION_BASE_URL",
            ),
            Self::Location => (
                Code::EngineMisconfigured,
                "the transcription provider does not serve the country where this service runs",
            ),
            Self::Language => (
                Code::LanguageNotSupported,
                "the transcription model does not know the language of the interview",
            ),
            Self::Audio | Self::TooShort => (
                Code::EngineRefused,
                "the transcription server does not accept the audio, which is sent as WAV",
            ),
            Self::TooLarge => (
                Code::TooLarge,
                "the transcription server refuses even a single utterance as too large",
            ),
            Self::RateLimited(_) => (
                Code::EngineQuota,
                "the rate limit of the transcription server is exceeded",
            ),
            Self::Overloaded(_) => (
                Code::EngineOverloaded,
                "the transcription server is overloaded",
            ),
            Self::Unavailable(_) => (Code::EngineUnavailable, "the transcription server failed"),
            Self::Unreachable => (
                Code::EngineUnavailable,
                "the transcription server could not be reached, or the connection broke off",
            ),
            Self::Timeout => (
                Code::EngineTimeout,
                "the transcription server did not respond in time",
            ),
            Self::Unreadable => (
                Code::EngineFailed,
                "the response of the transcription server is not a transcription; \
                 check OPENAI_TRANSCRIPTION_BASE_URL",
            ),
            Self::Refused(_) => (
                Code::EngineRefused,
                "the transcription server refuses the request",
            ),
        }
    }
}
