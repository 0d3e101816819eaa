//! A question as a chat completion.

use serde_json::{Value, json};

use super::errors::OpenAiFeature;
use crate::{language::ModelQuestion, provider::request_profile};

/// How JSON is requested.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum ResponseFormat {
    /// Decoded by the schema.
    #[default]
    Schema,
    /// Decoded as any JSON; the prompt has the schema.
    Json,
    /// By the prompt alone.
    Words,
}

/// What the server is known to take.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct OpenAiProfile {
    pub(crate) format: ResponseFormat,
    /// `max_completion_tokens` in place of `max_tokens`, which `OpenAI`'s reasoning
    /// models refuse and others do not know.
    pub(crate) completion_tokens: bool,
    /// No temperature: reasoning models refuse any but their own.
    pub(crate) own_temperature: bool,
}

impl request_profile::RequestProfile for OpenAiProfile {
    type Feature = OpenAiFeature;

    fn without(self, feature: OpenAiFeature) -> Option<Self> {
        match feature {
            OpenAiFeature::Format => Some(Self {
                format: match self.format {
                    ResponseFormat::Schema => ResponseFormat::Json,
                    ResponseFormat::Json => ResponseFormat::Words,
                    ResponseFormat::Words => return None,
                },
                ..self
            }),
            OpenAiFeature::MaxTokens => (!self.completion_tokens).then_some(Self {
                completion_tokens: true,
                ..self
            }),
            OpenAiFeature::Temperature => (!self.own_temperature).then_some(Self {
                own_temperature: true,
                ..self
            }),
        }
    }
}

/// The request's body.
pub(crate) fn body(question: &ModelQuestion, model: &str, request_profile: OpenAiProfile) -> Value {
    let mut instructions = question.instructions.clone();
    if request_profile.format != ResponseFormat::Schema {
        instructions.push_str("\nThe answer's JSON Schema:\n");
        instructions.push_str(&question.schema.to_string());
    }
    let mut body = json!({
        "model": model,
        "messages": [
            {"role": "system", "content": instructions},
            {"role": "user", "content": question.content},
        ],
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
    // Reasoning is counted within the newer limit, and needs room.
    let (limit, room) = if request_profile.completion_tokens {
        ("max_completion_tokens", 3)
    } else {
        ("max_tokens", 1)
    };
    body[limit] = json!(question.answer_tokens * room);
    if !request_profile.own_temperature {
        body["temperature"] = json!(0.2);
    }
    body
}
