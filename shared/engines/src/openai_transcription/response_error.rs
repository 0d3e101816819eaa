//! Errors of transcription servers.
//!
//! Known bodies: `{error: {message, type, param, code}}` (`OpenAI`, Groq without
//! `param`, LocalAI with a number as `code`), `{error: "…"}` (whisper.cpp), `{object:
//! "error", message, type, param, code}` (vLLM before 0.10), `{detail: "…"}`, `{detail:
//! [{msg, loc}]}` and `{detail: {error: {…}}}` (speaches and other `FastAPI` servers).
//! vLLM answers some errors with status 200.

use std::time::Duration;

use serde_json::Value;

use super::{errors::TranscriptionError, request::TranscriptionFeature};
use crate::language::ProviderError;

/// A failure, and the part of the request that it seems to be about.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ResponseError {
    pub(super) failure: TranscriptionError,
    /// What may be left out of the request.
    pub(super) feature: Option<TranscriptionFeature>,
}

impl From<TranscriptionError> for ResponseError {
    fn from(failure: TranscriptionError) -> Self {
        Self {
            failure,
            feature: None,
        }
    }
}

impl From<ProviderError> for ResponseError {
    fn from(error: ProviderError) -> Self {
        let failure = match error {
            ProviderError::Timeout => TranscriptionError::Timeout,
            ProviderError::Unreachable => TranscriptionError::Unreachable,
            _ => TranscriptionError::Unreadable,
        };
        failure.into()
    }
}

/// Whether a body is an error, regardless of its status.
pub(super) fn is_error(body: &Value) -> bool {
    !body["error"].is_null() || body["object"] == "error" || !body["detail"].is_null()
}

/// Classifies a status and a body. The message is searched and never kept: it may quote
/// the recording.
pub(super) fn refusal(
    status: u16,
    after: Option<Duration>,
    body: &Value,
    raw: &[u8],
) -> ResponseError {
    let complaint = ErrorBody::new(body, raw);
    let status = match status {
        200..=299 => complaint.status.unwrap_or(400),
        status => status,
    };
    let refusal = complaint.refusal(status, after);
    let (code, kind) = (complaint.code.as_deref(), complaint.kind.as_deref());
    tracing::warn!(
        event = "transcription.refused",
        status,
        code,
        r#type = kind,
        failure = ?refusal.failure,
    );
    refusal
}

/// What an error says.
struct ErrorBody {
    /// All its texts in lower case.
    text: String,
    param: String,
    /// Its `code`, where that is a word.
    code: Option<String>,
    /// Its `type`.
    kind: Option<String>,
    /// A status in `code`.
    status: Option<u16>,
}

impl ErrorBody {
    fn new(body: &Value, raw: &[u8]) -> Self {
        let outer = match &body["detail"] {
            detail @ Value::Object(_) => detail,
            _ => body,
        };
        let error = match &outer["error"] {
            Value::Null => outer,
            error => error,
        };
        let lower = |value: &Value| value.as_str().unwrap_or_default().to_lowercase();
        let mut text = [error, &error["message"], &error["type"], &error["code"]]
            .map(lower)
            .join("\n");
        match &error["detail"] {
            Value::Null if error.is_null() => {
                text.push_str(&String::from_utf8_lossy(raw).to_lowercase());
            }
            detail => text.push_str(&detail.to_string().to_lowercase()),
        }
        Self {
            text,
            param: lower(&error["param"]),
            code: plain(&error["code"]),
            kind: plain(&error["type"]),
            status: error["code"]
                .as_u64()
                .and_then(|code| u16::try_from(code).ok())
                .filter(|code| (400..600).contains(code)),
        }
    }

    fn says(&self, any: &[&str]) -> bool {
        any.iter().any(|words| self.text.contains(words))
    }

    fn refusal(&self, status: u16, after: Option<Duration>) -> ResponseError {
        let failure = match status {
            _ if self.says(&[
                "insufficient_quota",
                "billing_hard_limit",
                "billing_not_active",
            ]) =>
            {
                TranscriptionError::OutOfCredit
            }
            401 => TranscriptionError::Unauthorized,
            402 => TranscriptionError::OutOfCredit,
            403 if self.says(&["unsupported_country"]) => TranscriptionError::Location,
            403 => TranscriptionError::Forbidden,
            429 => TranscriptionError::RateLimited(after),
            413 => TranscriptionError::TooLarge,
            415 => TranscriptionError::Audio,
            _ if self.is_too_large() => TranscriptionError::TooLarge,
            _ if self.says(&["audio_too_short", "too short"]) => TranscriptionError::TooShort,
            300..=399 | 404 | 405 => TranscriptionError::NotFound,
            498 | 503 | 529 => TranscriptionError::Overloaded(after),
            408 | 409 | 425 | 499 => TranscriptionError::Unavailable(after),
            500..=599 if self.feature().is_none() => TranscriptionError::Unavailable(after),
            _ => return self.rejected(),
        };
        failure.into()
    }

    /// A request that the server rejects for its content.
    fn rejected(&self) -> ResponseError {
        if self.says(&["model_not_found", "unknown model", "model not found"])
            || self.says(&["model `", "model '"]) && self.says(&["does not exist", "not exist"])
        {
            return TranscriptionError::NotFound.into();
        }
        if let Some(feature) = self.feature() {
            return ResponseError {
                failure: TranscriptionError::Refused(self.reason()),
                feature: Some(feature),
            };
        }
        if self.param == "language"
            || self.says(&[
                "language '",
                "invalid language",
                "unsupported language",
                "unsupported_language",
            ])
        {
            return TranscriptionError::Language.into();
        }
        if self.param == "file"
            || self.says(&["file format", "audio data", "audio file", "wav file"])
        {
            return TranscriptionError::Audio.into();
        }
        TranscriptionError::Refused(self.reason()).into()
    }

    fn is_too_large(&self) -> bool {
        self.says(&[
            "too large",
            "too_large",
            "too long",
            "content size limit",
            "file size exceeded",
            "clip duration",
            "decode duration",
            "duration exceeded",
            "longer than",
            "exceeds maximum",
            "exceeds the",
        ])
    }

    /// The part of the request that it is about, where that can be left out.
    fn feature(&self) -> Option<TranscriptionFeature> {
        let about = |word: &str| self.param.contains(word) || self.text.contains(word);
        if about("timestamp") {
            Some(TranscriptionFeature::Granularities)
        } else if about("response_format") || about("verbose_json") {
            Some(TranscriptionFeature::VerboseJson)
        } else if about("prompt") {
            Some(TranscriptionFeature::Prompt)
        } else if about("temperature") {
            Some(TranscriptionFeature::Temperature)
        } else {
            None
        }
    }

    /// The server's own word for it.
    fn reason(&self) -> Option<String> {
        self.code.clone().or_else(|| self.kind.clone())
    }
}

/// An identifier that is safe in a log and in a message; no free text.
fn plain(value: &Value) -> Option<String> {
    let word = value.as_str()?;
    let known = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
    let plain = !word.is_empty() && word.len() <= 64 && word.bytes().all(known);
    plain.then(|| word.to_owned())
}
