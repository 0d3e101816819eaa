//! Reads chat completions.

use serde_json::Value;

use super::{
    errors::{self, OpenAiFeature},
    prompt_count::{self, LowCount, PromptReading},
};
use crate::{
    language::{ModelQuestion, Reply, answer_object},
    provider::{ProviderError, error_body, http::Answer, request_profile::ProfileError},
};

/// What came back of a request. `low_count` is the server's.
pub(crate) fn read(
    answer: &Answer,
    question: &ModelQuestion,
    low_count: &LowCount,
) -> Result<Reply, ProfileError<OpenAiFeature>> {
    let body = answer.json().unwrap_or_default();
    // Gateways put errors into answers that are said to be good.
    if !answer.status.is_success() || error_body::is_error(&body) {
        let generated = failed_generation(&body, question);
        return generated.ok_or_else(|| errors::refusal(&body, answer));
    }
    let choice = &body["choices"][0];
    if choice["error"].is_object() {
        return Err(errors::refusal(choice, answer));
    }
    if !body.is_object() {
        return Err(ProviderError::Unreadable.into());
    }
    Ok(reply(&body, question, low_count))
}

fn reply(body: &Value, question: &ModelQuestion, low_count: &LowCount) -> Reply {
    let usage = prompt_count::usage(&body["usage"]);
    let reading = usage.map(|(_, prompt)| low_count.judge(question, prompt));
    let mut is_misplaced = false;
    let outcome = match reading {
        Some(PromptReading::Cut) => Err(ProviderError::PromptCut),
        _ => outcome(body, question, &mut is_misplaced),
    };
    Reply {
        outcome,
        usage: usage.map(|(usage, _)| usage),
        model: body["model"].as_str().map(str::to_owned),
        is_misplaced,
        is_count_doubtful: reading == Some(PromptReading::Doubtful),
    }
}

/// The answer in an error of Groq's, which checks the JSON that its models write.
fn failed_generation(body: &Value, question: &ModelQuestion) -> Option<Reply> {
    let text = body["error"]["failed_generation"].as_str()?;
    answer_object::find(text, &question.schema).ok()?;
    Some(Reply {
        outcome: Ok(text.to_owned()),
        usage: None,
        model: None,
        is_misplaced: true,
        is_count_doubtful: false,
    })
}

fn outcome(
    body: &Value,
    question: &ModelQuestion,
    is_misplaced: &mut bool,
) -> Result<String, ProviderError> {
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
    let missing = finished(choice["finish_reason"].as_str())?;
    let text = text(&message["content"]);
    if !text.trim().is_empty() {
        return Ok(text);
    }
    *is_misplaced = true;
    misplaced(message, question).ok_or(missing)
}

/// Whether an answer ended by itself; if so, the error where it has no text.
fn finished(reason: Option<&str>) -> Result<ProviderError, ProviderError> {
    match reason {
        None | Some("stop" | "eos" | "eos_token" | "end_turn") => Ok(ProviderError::Empty),
        Some("tool_calls" | "function_call") => Ok(ProviderError::Unfinished),
        Some("length" | "max_tokens") => Err(ProviderError::Truncated),
        Some("content_filter") => Err(ProviderError::AnswerBlocked),
        Some(_) => Err(ProviderError::Unfinished),
    }
}

/// A text, or a list of parts of it. Magistral and gateways have thoughts among them.
fn text(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(parts) => {
            let spoken = parts
                .iter()
                .filter(|part| part["type"] != "thinking" && part["type"] != "reasoning");
            spoken.filter_map(|part| part["text"].as_str()).collect()
        }
        _ => String::new(),
    }
}

/// The answer of a message without content: in the arguments of a call, or in the
/// reasoning, where vLLM puts it with a reasoning parser and a schema (vllm#17349,
/// vllm#48863).
fn misplaced(message: &Value, question: &ModelQuestion) -> Option<String> {
    let places = [
        &message["tool_calls"][0]["function"]["arguments"],
        &message["function_call"]["arguments"],
        &message["reasoning_content"],
        &message["reasoning"],
    ];
    let texts = places.into_iter().filter_map(|place| match place {
        Value::String(text) => Some(text.clone()),
        Value::Object(_) => Some(place.to_string()),
        _ => None,
    });
    let mut answers = texts.filter(|text| answer_object::find(text, &question.schema).is_ok());
    answers.next()
}
