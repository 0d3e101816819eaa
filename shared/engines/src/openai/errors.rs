//! Errors of `OpenAI` and of compatible servers.
//!
//! Known bodies: `OpenAI`'s `{error: {message, type, param, code}}`; vLLM the same, or
//! `{object: "error", message, type, param, code}` before 0.10; Ollama the first, or
//! `{error: "…"}` from its own handlers; gateways the first with a number as `code`, at
//! times with status 200.

use serde_json::Value;

use crate::language::{ProviderError, http::Answer, request_profile::ProfileError};

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

/// Whether a body is an error, regardless of its status.
pub(crate) fn is_error(body: &Value) -> bool {
    !body["error"].is_null() || body["object"] == "error"
}

/// By status and body. Its message is looked at, and never kept.
pub(crate) fn refusal(body: Option<&Value>, answer: &Answer) -> ProfileError<OpenAiFeature> {
    let words = Words::new(body);
    let status = match answer.status.as_u16() {
        200..=299 => words.status.unwrap_or(500),
        status => status,
    };
    tracing::info!(
        event = "analysis.rejected",
        status,
        "the language model rejected the request"
    );
    let after = answer.after;
    let error = match status {
        402 => ProviderError::QuotaSpent,
        _ if words.say(&["insufficient_quota", "billing_hard_limit"]) => ProviderError::QuotaSpent,
        _ if words.say(&[
            "content_filter",
            "content_policy",
            "content management policy",
        ]) =>
        {
            ProviderError::PromptBlocked
        }
        401 => ProviderError::Unauthorized,
        403 if words.say(&["unsupported_country"]) => ProviderError::Location,
        403 => ProviderError::Forbidden,
        300..=399 | 404 => ProviderError::UnknownModel,
        413 => ProviderError::TooLong,
        429 => ProviderError::Quota { after },
        503 | 529 => ProviderError::Overloaded { after },
        501 => return words.refused(),
        500 if words.say(&["schema", "grammar", "response_format"]) => return words.refused(),
        408 | 409 | 425 | 499 | 500..=599 => ProviderError::Unavailable { after },
        _ if words.is_too_long() => ProviderError::TooLong,
        _ if words.say(&["model_not_found"]) => ProviderError::UnknownModel,
        _ => return words.refused(),
    };
    error.into()
}

/// What an error says, in lower case.
struct Words {
    text: String,
    param: String,
    /// A status in `code`.
    status: Option<u16>,
}

impl Words {
    fn new(body: Option<&Value>) -> Self {
        let error = body.map_or(&Value::Null, |body| match &body["error"] {
            Value::Null => body,
            error => error,
        });
        let word = |value: &Value| value.as_str().unwrap_or("").to_lowercase();
        let fields = [error, &error["message"], &error["type"], &error["code"]];
        Self {
            text: fields.map(word).join("\n"),
            param: word(&error["param"]),
            status: error["code"]
                .as_u64()
                .and_then(|code| u16::try_from(code).ok()),
        }
    }

    fn say(&self, any: &[&str]) -> bool {
        any.iter().any(|words| self.text.contains(words))
    }

    fn is_too_long(&self) -> bool {
        self.say(&[
            "context_length_exceeded",
            "maximum context length",
            "context size",
            "context window",
        ])
    }

    /// A request refused for something that may be left out of it.
    fn refused(&self) -> ProfileError<OpenAiFeature> {
        let about = |word: &str| self.param.contains(word) || self.text.contains(word);
        let feature = if about("max_tokens") {
            Some(OpenAiFeature::MaxTokens)
        } else if about("temperature") {
            Some(OpenAiFeature::Temperature)
        } else if [
            "response_format",
            "schema",
            "json",
            "grammar",
            "guided",
            "structured",
        ]
        .into_iter()
        .any(about)
        {
            Some(OpenAiFeature::Format)
        } else {
            None
        };
        ProfileError {
            error: ProviderError::Refused,
            feature,
        }
    }
}
