//! A question as Gemini takes it.

use serde_json::{Value, json};

use super::errors::GeminiFeature;
use crate::{
    language::ModelQuestion,
    provider::request_profile::{RequestProfile, ResponseFormat},
};

/// Tokens that a model of the 2.5 series may think, and room for them: thoughts
/// are counted within `maxOutputTokens`, and models overshoot a little.
const THINKING_BUDGET: u32 = 4_096;
const THINKING_ROOM: u32 = 6_144;

/// Token allowance for models whose thinking is set by level and not by length.
const LEVEL_ROOM: u32 = 24_576;

/// What to use of what newer models can do and others refuse.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct GeminiProfile {
    /// Say how much to think.
    pub(crate) thinking: bool,
    /// How the answer is decoded.
    pub(crate) format: ResponseFormat,
    /// The instructions in the user's content: Gemma has no others.
    pub(crate) one_content: bool,
}

impl Default for GeminiProfile {
    fn default() -> Self {
        Self {
            thinking: true,
            format: ResponseFormat::default(),
            one_content: false,
        }
    }
}

impl RequestProfile for GeminiProfile {
    type Feature = GeminiFeature;

    fn without(mut self, feature: GeminiFeature) -> Option<Self> {
        let before = self;
        match feature {
            GeminiFeature::Thinking => self.thinking = false,
            GeminiFeature::Format => self.format = self.format.plainer()?,
            GeminiFeature::Instructions => self.one_content = true,
        }
        (self != before).then_some(self)
    }
}

/// How to limit thinking (<https://ai.google.dev/gemini-api/docs/thinking>): the 2.5
/// series by a number of tokens, later ones by a level.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Thinking {
    None,
    Budget,
    Level,
}

fn thinking(model: &str) -> Thinking {
    if model.starts_with("gemini-2.5") {
        Thinking::Budget
    } else if model.starts_with("gemini-1") || model.starts_with("gemini-2") {
        Thinking::None
    } else {
        Thinking::Level
    }
}

/// The request's body.
pub(crate) fn body(question: &ModelQuestion, model: &str, request_profile: GeminiProfile) -> Value {
    let instructions = request_profile.format.instructions(question);
    let generation = generation(question, model, request_profile);
    if request_profile.one_content {
        let text = format!("{instructions}\n\n{}", question.content);
        return json!({
            "contents": [{"role": "user", "parts": [{"text": text}]}],
            "generationConfig": generation,
        });
    }
    json!({
        "systemInstruction": {"parts": [{"text": instructions}]},
        "contents": [{"role": "user", "parts": [{"text": question.content}]}],
        "generationConfig": generation,
    })
}

fn generation(question: &ModelQuestion, model: &str, request_profile: GeminiProfile) -> Value {
    let thinking = thinking(model);
    let room = match thinking {
        Thinking::None => 0,
        Thinking::Budget => THINKING_ROOM,
        Thinking::Level => LEVEL_ROOM,
    };
    let mut config = json!({
        "candidateCount": 1,
        "maxOutputTokens": question.answer_tokens + room,
    });
    if request_profile.format != ResponseFormat::Words {
        config["responseMimeType"] = json!("application/json");
    }
    if request_profile.format == ResponseFormat::Schema {
        config["responseJsonSchema"] = question.schema.clone();
    }
    if thinking != Thinking::Level {
        // Google advises against it from version 3 on: answers begin to loop.
        config["temperature"] = json!(0.2);
    }
    match thinking {
        Thinking::Budget if request_profile.thinking => {
            config["thinkingConfig"] = json!({"thinkingBudget": THINKING_BUDGET});
        }
        Thinking::Level if request_profile.thinking => {
            config["thinkingConfig"] = json!({"thinkingLevel": "LOW"});
        }
        _ => {}
    }
    config
}
