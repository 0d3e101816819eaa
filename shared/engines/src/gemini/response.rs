//! Reads Gemini's responses.
//!
//! Every field may be missing and every enum value may be new. A text counts as an
//! answer only when the model stopped by itself: a response that was truncated, blocked
//! or ended for an unknown reason is an error, whatever text it has.

use domain::analysis::Usage;
use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use serde_json::Value;

use super::{
    chunks::chunks,
    errors::{self, GeminiFeature},
};
use crate::language::{ProviderError, Reply, http::Answer, request_profile::ProfileError};

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Body {
    #[serde(deserialize_with = "tolerant")]
    candidates: Option<Vec<Value>>,
    #[serde(deserialize_with = "tolerant")]
    prompt_feedback: Option<PromptFeedback>,
    #[serde(deserialize_with = "tolerant")]
    usage_metadata: Option<UsageMetadata>,
    #[serde(deserialize_with = "tolerant")]
    model_version: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct PromptFeedback {
    #[serde(deserialize_with = "tolerant")]
    block_reason: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Candidate {
    #[serde(deserialize_with = "tolerant")]
    content: Option<Content>,
    #[serde(deserialize_with = "tolerant")]
    finish_reason: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Content {
    #[serde(deserialize_with = "tolerant")]
    parts: Option<Vec<Value>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Part {
    #[serde(deserialize_with = "tolerant")]
    text: Option<String>,
    #[serde(deserialize_with = "tolerant")]
    thought: Option<bool>,
}

/// Of the counts, `candidatesTokenCount` is without thoughts.
#[derive(Clone, Copy, Default, Deserialize)]
#[serde(default)]
struct UsageMetadata {
    #[serde(rename = "promptTokenCount", deserialize_with = "tolerant")]
    prompt: Option<u64>,
    #[serde(rename = "toolUsePromptTokenCount", deserialize_with = "tolerant")]
    tools: Option<u64>,
    #[serde(rename = "candidatesTokenCount", deserialize_with = "tolerant")]
    candidates: Option<u64>,
    #[serde(rename = "thoughtsTokenCount", deserialize_with = "tolerant")]
    thoughts: Option<u64>,
}

/// Reads a value of another type as missing.
fn tolerant<'de, D: Deserializer<'de>, T: DeserializeOwned>(
    input: D,
) -> Result<Option<T>, D::Error> {
    let value = Value::deserialize(input)?;
    Ok(T::deserialize(value).ok())
}

/// What came back of a request.
pub(crate) fn read(answer: &Answer) -> Result<Reply, ProfileError<GeminiFeature>> {
    let objects = chunks(&answer.body);
    let error = objects
        .iter()
        .flatten()
        .find_map(|object| object.get("error"));
    if let Some(error) = error {
        return Err(errors::refusal(error, answer));
    }
    if !answer.status.is_success() {
        return Err(errors::without_words(answer).into());
    }
    let objects = objects.ok_or(ProviderError::Unreadable)?;
    Ok(reply(objects))
}

/// One reply of one object, or of the pieces of a stream.
fn reply(objects: Vec<Value>) -> Reply {
    let mut gathered = Gathered::default();
    for object in objects {
        let body = Body::deserialize(object).unwrap_or_default();
        gathered.add(body);
    }
    Reply {
        outcome: gathered.outcome(),
        usage: gathered.usage.map(Into::into),
        model: gathered.model,
    }
}

#[derive(Default)]
struct Gathered {
    text: String,
    /// The reason that is not `STOP`, or else that.
    finish_reason: Option<String>,
    /// Whether there was a list of candidates, and whether one was in it.
    candidates: Option<bool>,
    /// Whether the prompt was looked at, and blocked.
    blocked: Option<bool>,
    usage: Option<UsageMetadata>,
    model: Option<String>,
}

impl Gathered {
    fn add(&mut self, body: Body) {
        if let Some(feedback) = body.prompt_feedback {
            let before = self.blocked.unwrap_or(false);
            self.blocked = Some(before || feedback.block_reason.is_some());
        }
        self.usage = body.usage_metadata.or(self.usage);
        self.model = body.model_version.or(self.model.take());
        let Some(candidates) = body.candidates else {
            return;
        };
        let before = self.candidates.unwrap_or(false);
        self.candidates = Some(before || !candidates.is_empty());
        if let Some(first) = candidates.into_iter().next() {
            self.add_candidate(Candidate::deserialize(first).unwrap_or_default());
        }
    }

    fn add_candidate(&mut self, candidate: Candidate) {
        let stopped = |reason: &String| reason == "STOP";
        if self.finish_reason.as_ref().is_none_or(stopped) {
            self.finish_reason = candidate.finish_reason.or(self.finish_reason.take());
        }
        let parts = candidate.content.and_then(|content| content.parts);
        for part in parts.into_iter().flatten() {
            let part = Part::deserialize(part).unwrap_or_default();
            if part.thought != Some(true) {
                self.text.push_str(part.text.as_deref().unwrap_or(""));
            }
        }
    }

    fn outcome(&mut self) -> Result<String, ProviderError> {
        if self.blocked == Some(true) {
            return Err(ProviderError::PromptBlocked);
        }
        match self.candidates {
            Some(true) => self.finished(),
            // A list without candidates is how a blocked prompt looks without a
            // reason.
            Some(false) if self.blocked.is_some() => Err(ProviderError::PromptBlocked),
            Some(false) => Err(ProviderError::Empty),
            None if self.usage.is_some() || self.blocked.is_some() => Err(ProviderError::Empty),
            None => Err(ProviderError::Unreadable),
        }
    }

    /// By the reason for which it ended; without one it is whole, because it came
    /// in one piece.
    fn finished(&mut self) -> Result<String, ProviderError> {
        match self.finish_reason.as_deref() {
            None | Some("STOP") if self.text.trim().is_empty() => Err(ProviderError::Empty),
            None | Some("STOP") => Ok(std::mem::take(&mut self.text)),
            Some("MAX_TOKENS") => Err(ProviderError::Truncated),
            Some("RECITATION" | "IMAGE_RECITATION") => Err(ProviderError::Recited),
            Some(
                "SAFETY"
                | "LANGUAGE"
                | "BLOCKLIST"
                | "PROHIBITED_CONTENT"
                | "SPII"
                | "MODEL_ARMOR"
                | "IMAGE_SAFETY"
                | "IMAGE_PROHIBITED_CONTENT",
            ) => Err(ProviderError::AnswerBlocked),
            Some(_) => Err(ProviderError::Unfinished),
        }
    }
}

impl From<UsageMetadata> for Usage {
    fn from(usage: UsageMetadata) -> Self {
        let count = |tokens: Option<u64>| tokens.unwrap_or(0);
        Self {
            input_tokens: count(usage.prompt).saturating_add(count(usage.tools)),
            output_tokens: count(usage.candidates),
            thinking_tokens: count(usage.thoughts),
        }
    }
}
