//! Errors of `OpenAI` and of compatible servers.
//!
//! Servers agree on few statuses and on no words. The lists here hold words of Ollama,
//! llama.cpp, vLLM, SGLang, LM Studio, TGI, LiteLLM, OpenRouter, Groq, Mistral, Azure and
//! `OpenAI`; `tests/data/openai/errors.json` has the bodies that they are from, and what
//! becomes of each.

use serde_json::Value;

use crate::provider::{
    ProviderError, error_body::ErrorBody, http::Answer, request_profile::ProfileError,
};

/// What a server may not know, and what can be left out or said otherwise for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OpenAiFeature {
    /// A message of the system's role.
    SystemRole,
    /// `response_format`.
    Format,
    /// `max_tokens`.
    MaxTokens,
    /// `temperature`.
    Temperature,
}

const QUOTA_SPENT: &[&str] = &[
    "insufficient_quota",
    "insufficient balance",
    "billing_hard_limit",
    "billing_not_active",
    "credit balance is too low",
];

const PROMPT_BLOCKED: &[&str] = &[
    "content_filter",
    "content_policy",
    "content management policy",
    "responsibleaipolicyviolation",
    "input was flagged",
];

/// The question and its answer do not fit into the model's context.
const TOO_LONG: &[&str] = &[
    "context_length_exceeded",
    "context length",
    "context size",
    "context window",
    "context limit",
    "exceed_context_size",
    "maximum model length",
    "maximum prompt length",
    "maximum allowed length",
    "maximum number of tokens allowed",
    "input tokens exceed",
    "prompt is too long",
    "prompt token count",
    "input is too long",
    "reduce the length of the messages",
    "string_above_max_length",
    // vLLM before 0.8 subtracts the prompt from the context; TGI.
    "max_tokens must be at least 1, got",
    "`inputs` must have less than",
    "`inputs` tokens + `max_new_tokens` must be",
];

const UNKNOWN_MODEL: &[&str] = &[
    "model_not_found",
    "invalid_model",
    "invalid model",
    "is not a valid model",
    "model_decommissioned",
    "could not find real modelid",
    "unexpected endpoint",
];

const UNAUTHORIZED: &[&str] = &["invalid_api_key", "api key not valid", "api_key_invalid"];

const OVERLOADED: &[&str] = &["model is overloaded", "capacity exceeded"];

/// Chat templates and models without a message of the system.
const SYSTEM_ROLE: &[&str] = &[
    "system role",
    "role 'system'",
    "role: system",
    "'system' role",
    "does not support 'system'",
    "does not support system",
    "only user and assistant roles",
    "roles must alternate",
    "developer instruction is not enabled",
    "system message is not supported",
    "system messages are not supported",
];

const FORMAT: &[&str] = &[
    "response_format",
    "response format",
    "for format",
    "invalid format",
    "schema",
    "json",
    "grammar",
    "guided",
    "structured",
    "requested parameters",
];

/// The same where a server breaks down over it.
const FORMAT_BREAKS: &[&str] = &["schema", "grammar", "response_format", "for format"];

/// By status and body.
pub(crate) fn refusal(body: &Value, answer: &Answer) -> ProfileError<OpenAiFeature> {
    let error = ErrorBody::new(body, &answer.body);
    let status = match answer.status.as_u16() {
        200..=299 => error.status.unwrap_or(500),
        status => status,
    };
    let refusal = classified(&error, status, answer);
    tracing::info!(
        event = "analysis.rejected",
        status,
        code = error.code,
        kind = error.kind,
        failure = refusal.error.as_str(),
        feature = ?refusal.feature,
        "the language model rejected the request"
    );
    refusal
}

fn classified(error: &ErrorBody, status: u16, answer: &Answer) -> ProfileError<OpenAiFeature> {
    let after = answer.after;
    let failure = match status {
        402 => ProviderError::QuotaSpent,
        _ if error.says(QUOTA_SPENT) => ProviderError::QuotaSpent,
        _ if error.says(PROMPT_BLOCKED) => ProviderError::PromptBlocked,
        401 => ProviderError::Unauthorized,
        403 if error.says(&["unsupported_country"]) => ProviderError::Location,
        403 => ProviderError::Forbidden,
        413 => ProviderError::TooLong,
        // Larger than what may be used in a minute: waiting does not help.
        429 if error.says(&["request too large for"]) => ProviderError::TooLong,
        429 if error.says(OVERLOADED) => ProviderError::Overloaded { after },
        429 => ProviderError::Quota { after },
        _ if error.says(TOO_LONG) => ProviderError::TooLong,
        498 | 529 => ProviderError::Overloaded { after },
        300..=399 => ProviderError::UnknownModel,
        404 if !error.says(&["requested parameters"]) => ProviderError::UnknownModel,
        _ if error.says(SYSTEM_ROLE) => return refused(error, status),
        501 => return refused(error, status),
        500 if error.says(FORMAT_BREAKS) => return refused(error, status),
        _ if error.says(UNKNOWN_MODEL) => ProviderError::UnknownModel,
        503 => ProviderError::Overloaded { after },
        408 | 409 | 425 | 499 | 500..=599 => ProviderError::Unavailable { after },
        _ if error.says(UNAUTHORIZED) => ProviderError::Unauthorized,
        _ => return refused(error, status),
    };
    failure.into()
}

/// A request refused for something that may be left out of it, or for a reason that is not
/// known here: the server's word for it, or the status.
fn refused(error: &ErrorBody, status: u16) -> ProfileError<OpenAiFeature> {
    let reason = error.reason().map(str::to_owned);
    let reason = reason.unwrap_or_else(|| format!("HTTP {status}"));
    ProfileError {
        error: ProviderError::RefusedFor { reason },
        feature: feature(error),
    }
}

fn feature(error: &ErrorBody) -> Option<OpenAiFeature> {
    if error.is_about(SYSTEM_ROLE) || error.is_param("messages[0].role") {
        Some(OpenAiFeature::SystemRole)
    } else if error.is_about(&["max_tokens", "max_completion_tokens"]) {
        Some(OpenAiFeature::MaxTokens)
    } else if error.is_about(&["temperature"]) {
        Some(OpenAiFeature::Temperature)
    } else {
        error.is_about(FORMAT).then_some(OpenAiFeature::Format)
    }
}
