//! The provider's errors.
//!
//! They come in three shapes, `{err_code, err_msg}`, `{category, message}` and plain
//! text, and once with `error_code`. The text may quote the request, so it is searched
//! and never repeated.

use domain::steps::{Code, StepError};
use serde::Deserialize;

use super::scalar::Scalar;

/// Why the provider rejected a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DeepgramError {
    /// It does not know the key.
    Unauthorized,
    /// The key may not do this.
    Forbidden,
    /// The account is empty.
    OutOfCredit,
    /// The recording is of a kind that it does not know.
    UnsupportedAudio,
    /// The recording cannot be decoded.
    DamagedAudio,
    /// The recording is larger than it takes.
    TooLarge,
    /// It could not fetch the recording from the URL it was given.
    CannotFetchAudio,
    /// The model does not know the language.
    UnknownLanguage,
    /// The model, an option or the address is wrong.
    Misconfigured,
    /// It took too long.
    TooSlow,
    /// Too many requests at once.
    Busy,
    /// It is out of order, or something on the way to it.
    Unavailable,
    /// It says neither yes nor no.
    UnexpectedResponse,
}

/// A refusal as it is written.
#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct ErrorBody<'a> {
    err_code: Scalar<'a>,
    error_code: Scalar<'a>,
    category: Scalar<'a>,
    err_msg: Scalar<'a>,
    message: Scalar<'a>,
}

impl ErrorBody<'_> {
    /// The code in one spelling: `Too Many Requests` is `TOO_MANY_REQUESTS`.
    fn code(&self) -> String {
        let codes = [self.err_code, self.error_code, self.category];
        let code = codes.into_iter().find_map(Scalar::name).unwrap_or_default();
        code.to_ascii_uppercase().replace(' ', "_")
    }

    fn text(&self) -> String {
        let texts = [self.err_msg, self.message];
        let text = texts.into_iter().find_map(Scalar::text).unwrap_or_default();
        text.to_lowercase()
    }
}

impl DeepgramError {
    /// What is meant by a status and the body below it.
    pub(crate) fn from_status(status: u16, body: &[u8]) -> Self {
        Self::spelt(body).unwrap_or_else(|| Self::from_status_alone(status))
    }

    /// The error of a body without results, whatever its status.
    pub(crate) fn from_body(body: &[u8]) -> Self {
        Self::spelt(body).unwrap_or(Self::UnexpectedResponse)
    }

    fn spelt(body: &[u8]) -> Option<Self> {
        let complaint: ErrorBody<'_> = serde_json::from_slice(body).unwrap_or_default();
        Self::from_code(&complaint.code(), &complaint.text())
    }

    fn from_code(code: &str, text: &str) -> Option<Self> {
        Some(match code {
            "INVALID_AUTH" => Self::Unauthorized,
            "INSUFFICIENT_PERMISSIONS" => Self::Forbidden,
            "ASR_PAYMENT_REQUIRED" | "PAYMENT_REQUIRED" => Self::OutOfCredit,
            "REMOTE_CONTENT_ERROR" => Self::CannotFetchAudio,
            "PAYLOAD_TOO_LARGE" | "REQUEST_ENTITY_TOO_LARGE" => Self::TooLarge,
            "UNSUPPORTED_MEDIA_TYPE" => Self::UnsupportedAudio,
            "TOO_MANY_REQUESTS" => Self::Busy,
            "SERVICE_UNAVAILABLE" | "INTERNAL_SERVER_ERROR" | "BAD_GATEWAY" => Self::Unavailable,
            "REQUEST_TIMEOUT" | "GATEWAY_TIMEOUT" | "CLIENT_CLOSED_REQUEST" => Self::TooSlow,
            "BAD_REQUEST"
            | "INVALID_QUERY_PARAMETER"
            | "PAYLOAD_ERROR"
            | "INVALID_JSON"
            | "PROJECT_NOT_FOUND"
            | "UNPROCESSABLE_ENTITY" => Self::from_text(text),
            _ => return None,
        })
    }

    /// One code covers several errors; the text distinguishes them.
    fn from_text(text: &str) -> Self {
        if text.contains("corrupt") {
            Self::DamagedAudio
        } else if text.contains("unsupported audio") || text.contains("failed to process audio") {
            Self::UnsupportedAudio
        } else if text.contains("language") {
            Self::UnknownLanguage
        } else {
            Self::Misconfigured
        }
    }

    const fn from_status_alone(status: u16) -> Self {
        match status {
            401 => Self::Unauthorized,
            402 => Self::OutOfCredit,
            403 => Self::Forbidden,
            408 | 499 | 504 => Self::TooSlow,
            413 => Self::TooLarge,
            415 => Self::UnsupportedAudio,
            429 => Self::Busy,
            300..=499 => Self::Misconfigured,
            500..=599 => Self::Unavailable,
            _ => Self::UnexpectedResponse,
        }
    }

    /// What is meant by the code and reason with which a live connection is
    /// closed.
    pub(crate) fn from_close(code: u16, reason: &str) -> Self {
        match (code, reason) {
            (_, reason) if reason.contains("NET-0001") => Self::TooSlow,
            (_, reason) if reason.contains("DATA-0000") => Self::DamagedAudio,
            (1_008, _) => Self::Misconfigured,
            (1_009, _) => Self::TooLarge,
            (1_013, _) => Self::Busy,
            _ => Self::Unavailable,
        }
    }

    /// The error for the interview's owner to read.
    pub(crate) fn to_step_error(self) -> StepError {
        let (code, message) = self.code_and_message();
        match self {
            Self::CannotFetchAudio
            | Self::TooSlow
            | Self::Busy
            | Self::Unavailable
            | Self::UnexpectedResponse => StepError::transient(code, message),
            _ => StepError::permanent(code, message),
        }
    }

    const fn code_and_message(self) -> (Code, &'static str) {
        match self {
            Self::Unauthorized => (
                Code::EngineUnauthorized,
                "the speech engine does not know this service's key; its operator has to see to it",
            ),
            Self::Forbidden => (
                Code::EngineForbidden,
                "this service's key may not use the speech engine in this way; its operator has to see to it",
            ),
            Self::OutOfCredit => (
                Code::EngineOutOfCredit,
                "this service's account with the speech engine is empty; its operator has to see to it",
            ),
            Self::UnsupportedAudio => (
                Code::UnsupportedAudio,
                "the speech engine does not know recordings of this kind; \
                 convert the recording to M4A (AAC-LC), MP3, FLAC or WAV",
            ),
            Self::DamagedAudio => (
                Code::DamagedAudio,
                "the speech engine could not decode the recording",
            ),
            Self::TooLarge => (
                Code::TooLarge,
                "the recording is larger than the speech engine takes; \
                 convert it to M4A (AAC-LC), MP3 or FLAC",
            ),
            Self::CannotFetchAudio => (
                Code::RecordingUnreachable,
                "the speech engine could not fetch the recording",
            ),
            Self::UnknownLanguage => (
                Code::LanguageNotSupported,
                "the speech engine does not know the language of the interview",
            ),
            Self::Misconfigured => (
                Code::EngineMisconfigured,
                "the speech engine does not take requests as this service makes them; \
                 its operator has to see to it",
            ),
            Self::TooSlow => (Code::EngineTimeout, "the speech engine took too long"),
            Self::Busy => (
                Code::EngineBusy,
                "the speech engine has too much to do at the moment",
            ),
            Self::Unavailable => (
                Code::EngineUnavailable,
                "the speech engine cannot be reached at the moment",
            ),
            Self::UnexpectedResponse => (
                Code::EngineFailed,
                "the speech engine gave an answer that makes no sense",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_error_is_recognized_in_every_shape() {
        for (status, body, expected) in [
            (
                429,
                r#"{"err_code": "TOO_MANY_REQUESTS"}"#,
                DeepgramError::Busy,
            ),
            (429, "slow down", DeepgramError::Busy),
            (
                503,
                r#"{"error_code": "Service Unavailable"}"#,
                DeepgramError::Unavailable,
            ),
            (
                400,
                r#"{"category": "INVALID_JSON", "message": "m"}"#,
                DeepgramError::Misconfigured,
            ),
            (401, "<html>", DeepgramError::Unauthorized),
            (404, "UUID parsing failed", DeepgramError::Misconfigured),
            (414, "", DeepgramError::Misconfigured),
            (302, "", DeepgramError::Misconfigured),
            (504, "[]", DeepgramError::TooSlow),
            (
                400,
                r#"{"err_code": "Bad Request", "err_msg": "No such model/language/tier combination found."}"#,
                DeepgramError::UnknownLanguage,
            ),
        ] {
            assert_eq!(
                DeepgramError::from_status(status, body.as_bytes()),
                expected,
                "{status} {body}"
            );
        }
    }

    #[test]
    fn a_closed_connection_says_why_by_its_reason() {
        assert_eq!(
            DeepgramError::from_close(1_008, "DATA-0000"),
            DeepgramError::DamagedAudio
        );
        assert_eq!(
            DeepgramError::from_close(1_011, "NET-0001"),
            DeepgramError::TooSlow
        );
        assert_eq!(
            DeepgramError::from_close(1_011, "NET-0000"),
            DeepgramError::Unavailable
        );
        assert_eq!(
            DeepgramError::from_close(1_006, ""),
            DeepgramError::Unavailable
        );
    }
}
