//! A question as a chat completion.

use serde_json::{Value, json};

use super::errors::OpenAiFeature;
use crate::{
    language::ModelQuestion,
    provider::request_profile::{RequestProfile, ResponseFormat},
};

/// How the length of an answer is limited.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum LengthLimit {
    /// By `max_tokens`.
    #[default]
    Tokens,
    /// By `max_completion_tokens`, as `OpenAI`'s reasoning models want it and others do not
    /// know it.
    CompletionTokens,
    /// By the server alone, which refuses numbers that others take.
    None,
}

impl LengthLimit {
    const fn plainer(self) -> Option<Self> {
        match self {
            Self::Tokens => Some(Self::CompletionTokens),
            Self::CompletionTokens => Some(Self::None),
            Self::None => None,
        }
    }
}

/// What the server is known to take.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct OpenAiProfile {
    pub(crate) format: ResponseFormat,
    pub(crate) limit: LengthLimit,
    /// The instructions in the user's message: the model has no role of the system's.
    pub(crate) one_message: bool,
    /// No temperature: reasoning models refuse any but their own.
    pub(crate) own_temperature: bool,
}

impl RequestProfile for OpenAiProfile {
    type Feature = OpenAiFeature;

    fn without(mut self, feature: OpenAiFeature) -> Option<Self> {
        let before = self;
        match feature {
            OpenAiFeature::SystemRole => self.one_message = true,
            OpenAiFeature::Format => self.format = self.format.plainer()?,
            OpenAiFeature::MaxTokens => self.limit = self.limit.plainer()?,
            OpenAiFeature::Temperature => self.own_temperature = true,
        }
        (self != before).then_some(self)
    }
}

/// The request's body.
pub(crate) fn body(question: &ModelQuestion, model: &str, request_profile: OpenAiProfile) -> Value {
    let instructions = request_profile.format.instructions(question);
    let mut body = json!({
        "model": model,
        "messages": messages(&instructions, &question.content, request_profile),
        "stream": false,
    });
    match request_profile.format {
        ResponseFormat::Schema => {
            let (name, schema) = (question.name, &question.schema);
            body["response_format"] = json!({
                "type": "json_schema",
                "json_schema": {"name": name, "strict": true, "schema": schema},
            });
        }
        ResponseFormat::Json => {
            body["response_format"] = json!({"type": "json_object"});
        }
        ResponseFormat::Words => {}
    }
    match request_profile.limit {
        LengthLimit::Tokens => body["max_tokens"] = json!(question.answer_tokens),
        // Reasoning is counted within the newer limit, and needs room.
        LengthLimit::CompletionTokens => {
            body["max_completion_tokens"] = json!(question.answer_tokens * 3);
        }
        LengthLimit::None => {}
    }
    if !request_profile.own_temperature {
        body["temperature"] = json!(0.2);
    }
    body
}

fn messages(instructions: &str, content: &str, request_profile: OpenAiProfile) -> Value {
    if request_profile.one_message {
        return json!([{"role": "user", "content": format!("{instructions}\n\n{content}")}]);
    }
    json!([
        {"role": "system", "content": instructions},
        {"role": "user", "content": content},
    ])
}
