//! Reads Gemini's responses.
//!
//! Every field may be missing and every enum value may be new. A text counts as an
//! answer only when the model stopped by itself: a response that was truncated, blocked
//! or ended for an unknown reason is an error, whatever text it has.

use domain::analysis::Usage;
use serde_json::Value;

use super::{
    chunks::chunks,
    errors::{self, GeminiFeature},
};
use crate::{
    language::{Reply, answer_object},
    provider::{ProviderError, http::Answer, request_profile::ProfileError},
};

/// What came back of a request for an answer by this schema.
pub(crate) fn read(answer: &Answer, schema: &Value) -> Result<Reply, ProfileError<GeminiFeature>> {
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
    Ok(reply(&objects, schema))
}

/// One reply of one object, or of the pieces of a stream.
fn reply(objects: &[Value], schema: &Value) -> Reply {
    let mut gathered = Gathered::default();
    for object in objects {
        gathered.add(object);
    }
    let is_answer = |text: &String| answer_object::find(text, schema).is_ok();
    gathered.arguments = gathered.arguments.take().filter(is_answer);
    let is_misplaced = gathered.text.trim().is_empty() && gathered.arguments.is_some();
    Reply {
        outcome: gathered.outcome(),
        usage: gathered.usage,
        model: gathered.model,
        is_misplaced,
        is_count_doubtful: false,
    }
}

#[derive(Default)]
struct Gathered {
    text: String,
    /// The arguments of the first function call.
    arguments: Option<String>,
    /// The reason that is not `STOP`, or else that.
    finish_reason: Option<String>,
    /// Whether there was a list of candidates, and whether one was in it.
    candidates: Option<bool>,
    /// Whether the prompt was looked at, and blocked.
    blocked: Option<bool>,
    usage: Option<Usage>,
    model: Option<String>,
}

impl Gathered {
    fn add(&mut self, body: &Value) {
        let feedback = &body["promptFeedback"];
        if feedback.is_object() {
            let before = self.blocked.unwrap_or(false);
            self.blocked = Some(before || feedback["blockReason"].is_string());
        }
        self.usage = usage(&body["usageMetadata"]).or(self.usage);
        if let Some(model) = body["modelVersion"].as_str() {
            self.model = Some(model.to_owned());
        }
        let Some(candidates) = body["candidates"].as_array() else {
            return;
        };
        let before = self.candidates.unwrap_or(false);
        self.candidates = Some(before || !candidates.is_empty());
        if let Some(first) = candidates.first() {
            self.add_candidate(first);
        }
    }

    fn add_candidate(&mut self, candidate: &Value) {
        let stopped = |reason: &String| reason == "STOP";
        if self.finish_reason.as_ref().is_none_or(stopped)
            && let Some(reason) = candidate["finishReason"].as_str()
        {
            self.finish_reason = Some(reason.to_owned());
        }
        let parts = candidate["content"]["parts"].as_array();
        for part in parts.into_iter().flatten() {
            if part["thought"] != true {
                self.text.push_str(part["text"].as_str().unwrap_or(""));
            }
            let arguments = &part["functionCall"]["args"];
            if self.arguments.is_none() && arguments.is_object() {
                self.arguments = Some(arguments.to_string());
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
            None | Some("STOP") if self.text.trim().is_empty() => {
                self.arguments.take().ok_or(ProviderError::Empty)
            }
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

/// Of the counts, `candidatesTokenCount` is without thoughts.
fn usage(metadata: &Value) -> Option<Usage> {
    let count = |name: &str| metadata[name].as_u64().unwrap_or(0);
    metadata.is_object().then(|| Usage {
        input_tokens: count("promptTokenCount").saturating_add(count("toolUsePromptTokenCount")),
        output_tokens: count("candidatesTokenCount"),
        thinking_tokens: count("thoughtsTokenCount"),
        repairs: 0,
    })
}
