//! Errors that all providers share.
//!
//! Each engine has one table from its provider's responses to these; language engines have
//! one from these to the errors of a step, and so have speech engines. A provider's text is
//! never kept: it may quote the request, which holds people's words.

use std::time::Duration;

use domain::steps::{Code, StepError};

/// Why a question was not answered, or audio not transcribed.
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
    /// The same, for which the server has a word.
    RefusedFor {
        /// The word, an identifier.
        reason: String,
    },
    /// The question or the audio is longer than the model can take.
    TooLong,
    /// The audio is shorter than the server accepts.
    TooShort,
    /// The audio is not accepted.
    Audio,
    /// The model does not know the language of the audio.
    UnknownLanguage,
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
pub(crate) const A_WHILE: Duration = Duration::from_mins(1);

impl ProviderError {
    /// A refusal for which the server has this word.
    pub(crate) fn refused_for(reason: impl Into<String>) -> Self {
        let reason = reason.into();
        Self::RefusedFor { reason }
    }

    /// A stable word for tables and logs.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Unauthorized => "unauthorized",
            Self::Forbidden => "forbidden",
            Self::UnknownModel => "unknown model",
            Self::Location => "location",
            Self::Refused | Self::RefusedFor { .. } => "refused",
            Self::TooLong => "too long",
            Self::TooShort => "too short",
            Self::Audio => "audio",
            Self::UnknownLanguage => "unknown language",
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

    /// The error of a step, in the words of its engine.
    pub(crate) fn to_step_error(&self, code: Code, message: &str) -> StepError {
        if let Self::RefusedFor { reason } = self {
            return StepError::permanent(code, format!("{message}: `{reason}`"));
        }
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
}
