//! Reads chat completions.

use domain::analysis::Usage;
use serde_json::Value;

use super::errors::{self, OpenAiFeature};
use crate::{
    language::{ModelQuestion, Reply},
    provider::{ProviderError, error_body, http::Answer, request_profile::ProfileError},
};

/// More characters of a prompt for one token than any tokenizer packs: a server that
/// counts fewer tokens has not read all of it.
const MOST_CHARACTERS: u64 = 8;

/// What came back of a request.
pub(crate) fn read(
    answer: &Answer,
    question: &ModelQuestion,
) -> Result<Reply, ProfileError<OpenAiFeature>> {
    let body = answer.json().filter(Value::is_object).unwrap_or_default();
    // Gateways put errors into answers that are said to be good.
    if !answer.status.is_success() || error_body::is_error(&body) {
        return Err(errors::refusal(&body, answer));
    }
    if body.is_null() {
        return Err(ProviderError::Unreadable.into());
    }
    let usage = usage(&body["usage"]);
    let outcome = match usage {
        Some(usage) if is_cut(question, usage) => Err(ProviderError::PromptCut),
        _ => outcome(&body),
    };
    Ok(Reply {
        outcome,
        usage,
        model: body["model"].as_str().map(str::to_owned),
    })
}

fn outcome(body: &Value) -> Result<String, ProviderError> {
    let Some(choices) = body["choices"].as_array() else {
        return Err(ProviderError::Unreadable);
    };
    let Some(choice) = choices.first() else {
        return Err(ProviderError::Empty);
    };
    let message = &choice["message"];
    if message["refusal"]
        .as_str()
        .is_some_and(|words| !words.is_empty())
    {
        return Err(ProviderError::AnswerBlocked);
    }
    match choice["finish_reason"].as_str() {
        None | Some("stop" | "eos" | "end_turn") => {}
        Some("length" | "max_tokens") => return Err(ProviderError::Truncated),
        Some("content_filter") => return Err(ProviderError::AnswerBlocked),
        Some(_) => return Err(ProviderError::Unfinished),
    }
    let text = text(&message["content"]);
    if text.trim().is_empty() {
        return Err(ProviderError::Empty);
    }
    Ok(text)
}

/// A text, or a list of parts of it.
fn text(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(parts) => {
            let texts = parts.iter().filter_map(|part| part["text"].as_str());
            texts.collect()
        }
        _ => String::new(),
    }
}

/// `completion_tokens` includes those of reasoning. A count of 0 means unknown.
fn usage(usage: &Value) -> Option<Usage> {
    let prompt = usage["prompt_tokens"].as_u64().filter(|count| *count > 0)?;
    let completion = usage["completion_tokens"].as_u64().unwrap_or(0);
    let details = &usage["completion_tokens_details"];
    let reasoning = details["reasoning_tokens"].as_u64().unwrap_or(0);
    Some(Usage {
        input_tokens: prompt,
        output_tokens: completion.saturating_sub(reasoning),
        thinking_tokens: reasoning.min(completion),
    })
}

/// Whether the server has read less than it was sent: Ollama leaves out what does
/// not fit into its context, and does not say so (ollama#2208).
fn is_cut(question: &ModelQuestion, usage: Usage) -> bool {
    let characters = question.instructions.chars().count() + question.content.chars().count();
    usage.input_tokens.saturating_mul(MOST_CHARACTERS) < characters as u64
}
