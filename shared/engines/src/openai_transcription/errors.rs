//! What the errors of transcription servers mean for a transcription.

use domain::{
    engine_check::{Finding, Severity},
    steps::{Code, StepError},
};

use super::settings::{BASE_URL, KEY, MODEL};
use crate::provider::ProviderError as E;

/// The error of the step that transcribes.
pub(super) fn step_error(error: &E) -> StepError {
    let (code, message) = description(error);
    error.to_step_error(code, message)
}

/// The finding of a check that fails with the error of a step. Its message names the settings.
pub(super) fn finding(error: &StepError) -> Finding {
    let is = |code: Code| code.as_str() == error.code;
    let finding = Finding::from_step_error(error);
    if is(Code::EngineUnauthorized) || is(Code::EngineForbidden) || is(Code::EngineOutOfCredit) {
        return finding.about(&[KEY]);
    }
    if is(Code::EngineUnavailable) || is(Code::EngineFailed) {
        return finding.about(&[BASE_URL]);
    }
    if finding.severity == Severity::Warning {
        return finding;
    }
    finding.about(&[MODEL, BASE_URL])
}

const fn description(error: &E) -> (Code, &'static str) {
    match error {
        E::Unauthorized => (
            Code::EngineUnauthorized,
            "the transcription server does not accept the key; check OPENAI_TRANSCRIPTION_API_KEY",
        ),
        E::Forbidden => (
            Code::EngineForbidden,
            "the transcription server does not permit this key to use the model",
        ),
        E::QuotaSpent => (
            Code::EngineOutOfCredit,
            "the account with the transcription provider has no credit left",
        ),
        E::UnknownModel => (
            Code::EngineMisconfigured,
            "the transcription server has no such model or address; \
             check OPENAI_TRANSCRIPTION_MODEL and OPENAI_TRANSCRIPTION_BASE_URL",
        ),
        E::Location => (
            Code::EngineMisconfigured,
            "the transcription provider does not serve the country where this service runs",
        ),
        E::UnknownLanguage => (
            Code::LanguageNotSupported,
            "the transcription model does not know the language of the interview",
        ),
        E::Audio | E::TooShort => (
            Code::EngineRefused,
            "the transcription server does not accept the audio, which is sent as WAV",
        ),
        E::TooLong => (
            Code::TooLarge,
            "the transcription server refuses even a single utterance as too large",
        ),
        E::Quota { .. } => (
            Code::EngineQuota,
            "the rate limit of the transcription server is exceeded",
        ),
        E::Overloaded { .. } => (
            Code::EngineOverloaded,
            "the transcription server is overloaded",
        ),
        E::Unavailable { .. } => (Code::EngineUnavailable, "the transcription server failed"),
        E::Unreachable => (
            Code::EngineUnavailable,
            "the transcription server could not be reached, or the connection broke off",
        ),
        E::Timeout => (
            Code::EngineTimeout,
            "the transcription server did not respond in time",
        ),
        E::Refused | E::RefusedFor { .. } => (
            Code::EngineRefused,
            "the transcription server refuses the request",
        ),
        _ => (
            Code::EngineFailed,
            "the response of the transcription server is not a transcription; \
             check OPENAI_TRANSCRIPTION_BASE_URL",
        ),
    }
}
