//! Errors of `OpenAI` and of compatible servers.

use serde_json::Value;

use crate::provider::{
    ProviderError, error_body::ErrorBody, http::Answer, request_profile::ProfileError,
};

/// What a server may not know, and what can be left out or said otherwise for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OpenAiFeature {
    /// `response_format`.
    Format,
    /// `max_tokens`.
    MaxTokens,
    /// `temperature`.
    Temperature,
}

/// By status and body.
pub(crate) fn refusal(body: &Value, answer: &Answer) -> ProfileError<OpenAiFeature> {
    let error = ErrorBody::new(body, b"");
    let status = match answer.status.as_u16() {
        200..=299 => error.status.unwrap_or(500),
        status => status,
    };
    tracing::info!(
        event = "analysis.rejected",
        status,
        "the language model rejected the request"
    );
    let after = answer.after;
    let failure = match status {
        402 => ProviderError::QuotaSpent,
        _ if error.says(&["insufficient_quota", "billing_hard_limit"]) => ProviderError::QuotaSpent,
        _ if error.says(&[
            "content_filter",
            "content_policy",
            "content management policy",
        ]) =>
        {
            ProviderError::PromptBlocked
        }
        401 => ProviderError::Unauthorized,
        403 if error.says(&["unsupported_country"]) => ProviderError::Location,
        403 => ProviderError::Forbidden,
        300..=399 | 404 => ProviderError::UnknownModel,
        413 => ProviderError::TooLong,
        429 => ProviderError::Quota { after },
        503 | 529 => ProviderError::Overloaded { after },
        501 => return refused(&error),
        500 if error.says(&["schema", "grammar", "response_format"]) => return refused(&error),
        408 | 409 | 425 | 499 | 500..=599 => ProviderError::Unavailable { after },
        _ if is_too_long(&error) => ProviderError::TooLong,
        _ if error.says(&["model_not_found"]) => ProviderError::UnknownModel,
        _ => return refused(&error),
    };
    failure.into()
}

fn is_too_long(error: &ErrorBody) -> bool {
    error.says(&[
        "context_length_exceeded",
        "maximum context length",
        "context size",
        "context window",
    ])
}

/// A request refused for something that may be left out of it.
fn refused(error: &ErrorBody) -> ProfileError<OpenAiFeature> {
    let format = [
        "response_format",
        "schema",
        "json",
        "grammar",
        "guided",
        "structured",
    ];
    let feature = if error.is_about(&["max_tokens"]) {
        Some(OpenAiFeature::MaxTokens)
    } else if error.is_about(&["temperature"]) {
        Some(OpenAiFeature::Temperature)
    } else {
        error.is_about(&format).then_some(OpenAiFeature::Format)
    };
    ProfileError {
        error: ProviderError::Refused,
        feature,
    }
}
