//! Responses of transcription servers.
//!
//! They differ: `words` lie beside the segments (`OpenAI`, Groq), in them (whisper.cpp,
//! where a word is a token of the model) or in both (speaches), or are missing (vLLM,
//! LocalAI, faster-whisper-server). LocalAI counted in nanoseconds, and vLLM writes -1
//! for unknown values. Invalid values are left out.

use serde_json::Value;

use super::{request::TranscriptionFeature, response_error};
use crate::provider::{
    ProviderError, error_body::is_error, http::Answer, request_profile::ProfileError,
};

/// From this number on a time is in nanoseconds: no piece has a million seconds.
const NANOSECONDS: f64 = 1e6;

/// What a server recognised in a piece.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Response {
    pub(super) text: String,
    /// As the server spells it.
    pub(super) language: Option<String>,
    pub(super) segments: Vec<ResponseSegment>,
    /// Words outside of segments.
    pub(super) words: Vec<Timed>,
}

/// A sentence or so.
#[derive(Debug, Default, PartialEq)]
pub(super) struct ResponseSegment {
    pub(super) text: String,
    /// From the start of the piece.
    pub(super) start_ms: u64,
    pub(super) end_ms: u64,
    /// Mean logarithm of the probability of its tokens.
    pub(super) avg_logprob: Option<f64>,
    /// Probability that there is no speech, 0 to 1.
    pub(super) no_speech_prob: Option<f64>,
    pub(super) words: Vec<Timed>,
}

/// A word, or a part of one, with its times from the start of the piece.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Timed {
    pub(super) text: String,
    pub(super) start_ms: u64,
    pub(super) end_ms: u64,
    /// 0 to 1.
    pub(super) probability: Option<f64>,
}

/// Reads a response, or the refusal that it is.
pub(super) fn read(answer: &Answer) -> Result<Response, ProfileError<TranscriptionFeature>> {
    let body = answer.json().unwrap_or_default();
    if !answer.status.is_success() || is_error(&body) || !body["detail"].is_null() {
        return Err(response_error::refusal(&body, answer));
    }
    let segments = list(&body["segments"], segment);
    let text = match body["text"].as_str() {
        Some(text) => text.to_owned(),
        // An empty list of segments is a response as well: nothing was said.
        None if body["segments"].is_array() => segments
            .iter()
            .map(|segment| segment.text.as_str())
            .collect(),
        None => return Err(ProviderError::Unreadable.into()),
    };
    Ok(Response {
        text,
        language: body["language"].as_str().map(str::to_owned),
        segments,
        words: timed(&body["words"]),
    })
}

fn list<T>(values: &Value, read: impl FnMut(&Value) -> Option<T>) -> Vec<T> {
    let values = values.as_array().map(Vec::as_slice).unwrap_or_default();
    values.iter().filter_map(read).collect()
}

fn segment(value: &Value) -> Option<ResponseSegment> {
    let start_ms = milliseconds(&value["start"])?;
    let known = number(&value["compression_ratio"]).is_none_or(|ratio| ratio >= 0.0);
    let known = |value: &Value| number(value).filter(|_| known);
    Some(ResponseSegment {
        text: value["text"].as_str()?.to_owned(),
        start_ms,
        end_ms: milliseconds(&value["end"])
            .unwrap_or(start_ms)
            .max(start_ms),
        avg_logprob: known(&value["avg_logprob"]).filter(|log| *log <= 0.0),
        no_speech_prob: known(&value["no_speech_prob"]).filter(|p| (0.0..=1.0).contains(p)),
        words: timed(&value["words"]),
    })
}

/// Words; one without times is said right after the one before it.
fn timed(values: &Value) -> Vec<Timed> {
    let mut reached_ms = 0;
    let word = |value: &Value| {
        let text = value["word"].as_str()?.to_owned();
        let start_ms = milliseconds(&value["start"]).unwrap_or(reached_ms);
        let end_ms = milliseconds(&value["end"]).unwrap_or(start_ms);
        let end_ms = end_ms.max(start_ms);
        reached_ms = end_ms;
        Some(Timed {
            text,
            start_ms,
            end_ms,
            probability: number(&value["probability"]).filter(|p| (0.0..=1.0).contains(p)),
        })
    };
    list(values, word)
}

/// A number, also one that is written as a string.
fn number(value: &Value) -> Option<f64> {
    let number = match value {
        Value::String(text) => text.trim().parse().ok(),
        other => other.as_f64(),
    };
    number.filter(|number: &f64| number.is_finite())
}

/// Milliseconds of a time in seconds, or in nanoseconds.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a cast of a float saturates"
)]
fn milliseconds(value: &Value) -> Option<u64> {
    let number = number(value)?.max(0.0);
    let seconds = if number >= NANOSECONDS {
        number / 1e9
    } else {
        number
    };
    Some((seconds * 1_000.0).round() as u64)
}
