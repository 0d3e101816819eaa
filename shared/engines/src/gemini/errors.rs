//! Gemini's errors: `google.rpc.Status` with its details, or the body of a proxy in its
//! place.

use std::time::Duration;

use serde_json::Value;

use crate::provider::{ProviderError, http::Answer, request_profile::ProfileError};

/// What a model may not know, and what can be left out for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum GeminiFeature {
    /// How much to think.
    Thinking,
    /// An answer in JSON, by a schema.
    Format,
    /// Instructions apart from the question.
    Instructions,
}

/// By the `error` of a body. Its own code counts: errors also come within streams
/// that began well.
pub(crate) fn refusal(error: &Value, answer: &Answer) -> ProfileError<GeminiFeature> {
    let status = answer.status.as_u16();
    let code = error["code"].as_u64().unwrap_or(status.into());
    let name = error["status"].as_str().unwrap_or("").to_owned();
    let message = error["message"].as_str().unwrap_or("").to_lowercase();
    let details = Details(error["details"].as_array().map_or(&[], Vec::as_slice));
    let after = details.retry_delay().or(answer.after);
    log(code, &name, &details);
    let error = match code {
        400 if details.has_reason("API_KEY") => ProviderError::Unauthorized,
        400 if details.mentions("user location is not supported") => ProviderError::Location,
        400 if message.contains("token count") && message.contains("exceeds") => {
            ProviderError::TooLong
        }
        400 => {
            return ProfileError {
                error: refused(&name, code),
                feature: feature(&name, &message),
            };
        }
        402 => ProviderError::QuotaSpent,
        429 if details.is_daily() => ProviderError::QuotaSpent,
        499 => ProviderError::Unavailable { after },
        _ => by_status(code, after).unwrap_or_else(|| refused(&name, code)),
    };
    error.into()
}

/// What is meant by a status, with or without words.
const fn by_status(status: u64, after: Option<Duration>) -> Option<ProviderError> {
    Some(match status {
        401 => ProviderError::Unauthorized,
        403 => ProviderError::Forbidden,
        404 => ProviderError::UnknownModel,
        413 => ProviderError::TooLong,
        429 => ProviderError::Quota { after },
        503 => ProviderError::Overloaded { after },
        408 | 500..=599 => ProviderError::Unavailable { after },
        _ => return None,
    })
}

/// A request refused for a reason that is not known here: Google's word, or the status.
fn refused(name: &str, code: u64) -> ProviderError {
    let word = word(name);
    ProviderError::refused_for(if word.is_empty() {
        format!("HTTP {code}")
    } else {
        word
    })
}

/// By the status alone.
pub(crate) fn without_words(answer: &Answer) -> ProviderError {
    let status = u64::from(answer.status.as_u16());
    match status {
        300..=399 => ProviderError::UnknownModel,
        _ => by_status(status, answer.after).unwrap_or_else(|| refused("", status)),
    }
}

/// What an invalid argument is about. Schemas with too many states are refused
/// without a word about which argument it is (python-genai#2170).
fn feature(name: &str, message: &str) -> Option<GeminiFeature> {
    if message.contains("thinking") {
        return Some(GeminiFeature::Thinking);
    }
    // Gemma has no instructions of its own (rig#788) and no JSON mode.
    if message.contains("developer instruction") || message.contains("system instruction") {
        return Some(GeminiFeature::Instructions);
    }
    let words = [
        "schema",
        "json mode",
        "too many states",
        "contains an invalid argument",
    ];
    let is_about_format = words.iter().any(|word| message.contains(word));
    (name == "INVALID_ARGUMENT" && is_about_format).then_some(GeminiFeature::Format)
}

/// Only words of Google's own vocabulary: a message may quote the request.
fn log(code: u64, name: &str, details: &Details<'_>) {
    let quota = details.quotas().next().unwrap_or("");
    let reason = details.reasons().next().unwrap_or("");
    tracing::info!(
        event = "analysis.rejected",
        code,
        status = word(name),
        reason = word(reason),
        quota = word(quota),
        "the language model rejected the request"
    );
}

/// An identifier; nothing of what is none.
fn word(text: &str) -> String {
    let known = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
    let is_plain = text.len() <= 80 && text.bytes().all(known);
    if is_plain {
        text.to_owned()
    } else {
        String::new()
    }
}

/// `details` of a `google.rpc.Status`.
struct Details<'a>(&'a [Value]);

impl<'a> Details<'a> {
    fn reasons(&self) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter_map(|detail| detail["reason"].as_str())
    }

    /// `API_KEY_INVALID`, `API_KEY_EXPIRED`, …
    fn has_reason(&self, prefix: &str) -> bool {
        self.reasons().any(|reason| reason.starts_with(prefix))
    }

    fn mentions(&self, text: &str) -> bool {
        let details = self.0.iter().filter_map(|detail| detail["detail"].as_str());
        let mut details = details.map(str::to_lowercase);
        details.any(|detail| detail.contains(text))
    }

    /// The ids of the quotas that are used up.
    fn quotas(&self) -> impl Iterator<Item = &'a str> {
        let violations = self
            .0
            .iter()
            .filter_map(|detail| detail["violations"].as_array());
        let violations = violations.flatten();
        violations.filter_map(|violation| violation["quotaId"].as_str())
    }

    /// Whether a quota is daily: it returns at midnight in California, whatever delay
    /// stands beside it.
    fn is_daily(&self) -> bool {
        self.quotas().any(|id| id.contains("PerDay"))
    }

    /// `RetryInfo`, a duration such as `26s` or `0.5s`.
    fn retry_delay(&self) -> Option<Duration> {
        let delays = self
            .0
            .iter()
            .filter_map(|detail| detail["retryDelay"].as_str());
        let mut seconds = delays.filter_map(|delay| delay.strip_suffix('s')?.parse().ok());
        Duration::try_from_secs_f64(seconds.next()?).ok()
    }
}
