//! Errors of transcription servers. vLLM answers some with status 200.

use serde_json::Value;

use super::request::TranscriptionFeature;
use crate::provider::{
    ProviderError, error_body::ErrorBody, http::Answer, request_profile::ProfileError,
};

/// Classifies a status and a body.
pub(super) fn refusal(body: &Value, answer: &Answer) -> ProfileError<TranscriptionFeature> {
    let error = ErrorBody::new(body, &answer.body);
    let status = match answer.status.as_u16() {
        200..=299 => error.status.unwrap_or(400),
        status => status,
    };
    let refusal = classified(&error, status, answer);
    tracing::warn!(
        event = "transcription.refused",
        status,
        code = error.code,
        kind = error.kind,
        failure = ?refusal.error,
    );
    refusal
}

fn classified(
    error: &ErrorBody,
    status: u16,
    answer: &Answer,
) -> ProfileError<TranscriptionFeature> {
    let after = answer.after;
    let failure = match status {
        _ if error.says(&[
            "insufficient_quota",
            "billing_hard_limit",
            "billing_not_active",
        ]) =>
        {
            ProviderError::QuotaSpent
        }
        401 => ProviderError::Unauthorized,
        402 => ProviderError::QuotaSpent,
        403 if error.says(&["unsupported_country"]) => ProviderError::Location,
        403 => ProviderError::Forbidden,
        429 => ProviderError::Quota { after },
        413 => ProviderError::TooLong,
        415 => ProviderError::Audio,
        _ if is_too_long(error) => ProviderError::TooLong,
        _ if error.says(&["audio_too_short", "too short"]) => ProviderError::TooShort,
        300..=399 | 404 | 405 => ProviderError::UnknownModel,
        498 | 503 | 529 => ProviderError::Overloaded { after },
        408 | 409 | 425 | 499 => ProviderError::Unavailable { after },
        500..=599 if feature(error).is_none() => ProviderError::Unavailable { after },
        _ => return rejected(error),
    };
    failure.into()
}

/// A request that the server rejects for its content.
fn rejected(error: &ErrorBody) -> ProfileError<TranscriptionFeature> {
    if error.says(&["model_not_found", "unknown model", "model not found"])
        || error.says(&["model `", "model '"]) && error.says(&["does not exist", "not exist"])
    {
        return ProviderError::UnknownModel.into();
    }
    let feature = feature(error);
    if feature.is_none() {
        let language = [
            "language '",
            "invalid language",
            "unsupported language",
            "unsupported_language",
        ];
        if error.is_param("language") || error.says(&language) {
            return ProviderError::UnknownLanguage.into();
        }
        let audio = ["file format", "audio data", "audio file", "wav file"];
        if error.is_param("file") || error.says(&audio) {
            return ProviderError::Audio.into();
        }
    }
    ProfileError {
        error: error
            .reason()
            .map_or(ProviderError::Refused, ProviderError::refused_for),
        feature,
    }
}

fn is_too_long(error: &ErrorBody) -> bool {
    error.says(&[
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
fn feature(error: &ErrorBody) -> Option<TranscriptionFeature> {
    if error.is_about(&["timestamp"]) {
        Some(TranscriptionFeature::Granularities)
    } else if error.is_about(&["response_format", "verbose_json"]) {
        Some(TranscriptionFeature::VerboseJson)
    } else if error.is_about(&["prompt"]) {
        Some(TranscriptionFeature::Prompt)
    } else {
        let temperature = error.is_about(&["temperature"]);
        temperature.then_some(TranscriptionFeature::Temperature)
    }
}
