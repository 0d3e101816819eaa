//! A check of a language model by one small question, and by what its server says of itself.

use std::time::Duration;

use domain::engine_check::Finding;
use serde_json::json;
use tokio::time::timeout;

use super::{
    AnalystOptions, LanguageModel, answer_object,
    model::{ModelFacts, ModelQuestion, ModelVariables, Reply, SchemaUse},
    prices,
};
use crate::provider::ProviderError;

/// How long the answer may take: a server at home may have to load the model first.
const TIME_LIMIT: Duration = Duration::from_mins(3);

/// Tokens of a question besides the transcript: prompt, rubric, schema and key terms. The
/// longest default question has some 3,500.
const PROMPT_TOKENS: u64 = 4_000;

/// The least that [`AnalystOptions::part_tokens`] can be set to.
const LEAST_PART_TOKENS: u32 = 1_000;

/// By which smaller parts are suggested, in tokens.
const STEP: u32 = 500;

/// Names of other models that are shown, at most.
const MAX_NAMES: usize = 8;

/// Asks the model one small question.
pub(super) async fn check(model: &dyn LanguageModel, options: AnalystOptions) -> Vec<Finding> {
    let variables = model.variables();
    let Ok(reply) = timeout(TIME_LIMIT, model.ask(&question())).await else {
        return vec![unanswered(variables)];
    };
    // Behind the question, which makes a server load the model.
    let facts = model.describe().await;
    let mut findings = match &reply.outcome {
        Ok(text) => vec![
            Finding::ok("engine_works", format!("`{}` answers", model.model())),
            structure(text, &reply, model.schema_use(), variables),
        ],
        Err(error) => vec![failure(error, model.model(), &facts, variables)],
    };
    findings.extend(context(&facts, options));
    if reply.outcome.is_ok() {
        findings.push(price(model.model(), &reply));
    }
    findings
}

fn question() -> ModelQuestion {
    ModelQuestion {
        instructions: "You answer with the JSON object that is described, and with nothing else."
            .to_owned(),
        content: "Are you ready? Answer with `ready` true.\n".to_owned(),
        name: "check",
        schema: json!({
            "type": "object",
            "properties": {"ready": {"type": "boolean"}},
            "required": ["ready"],
            "additionalProperties": false,
        }),
        answer_tokens: 1_024,
    }
}

fn unanswered(variables: ModelVariables) -> Finding {
    let seconds = TIME_LIMIT.as_secs();
    let message = format!(
        "there was no answer to a question of two lines within {seconds} s: use a smaller model \
         or a faster server"
    );
    Finding::error("engine_timeout", message).about(&[variables.model, variables.address])
}

/// Whether the answer has the form that was requested, and by which means.
fn structure(
    text: &str,
    reply: &Reply,
    schema_use: SchemaUse,
    variables: ModelVariables,
) -> Finding {
    let found = match answer_object::find(text, &question().schema) {
        Ok(found) => found,
        Err(error) => {
            let message = format!(
                "the answer is not the JSON object that was requested ({error}): analyses are \
                 likely to fail; use a model that follows instructions"
            );
            return Finding::error("answer_malformed", message).about(&[variables.model]);
        }
    };
    let how = match schema_use {
        SchemaUse::Schema => "answers are held to their JSON Schema by the server",
        SchemaUse::Json => {
            "the server holds answers to JSON, but not to a schema, which the model reads instead"
        }
        SchemaUse::Prompt => "the server does not hold answers to JSON; the model reads the schema",
    };
    if reply.is_misplaced || !found.repairs.is_empty() {
        let message = format!("{how}; the answer had to be repaired, as `usage.repairs` counts");
        return Finding::warning("answer_repaired", message).about(&[variables.model]);
    }
    if schema_use == SchemaUse::Schema {
        return Finding::ok("structured_output", how);
    }
    Finding::warning("structured_output", how).about(&[variables.model, variables.address])
}

fn failure(
    error: &ProviderError,
    model: &str,
    facts: &ModelFacts,
    variables: ModelVariables,
) -> Finding {
    let finding = Finding::from_step_error(&error.step_error());
    match error {
        ProviderError::UnknownModel => unknown_model(finding, model, facts, variables),
        ProviderError::Unauthorized | ProviderError::Forbidden => finding.about(&[variables.key]),
        ProviderError::Unreachable | ProviderError::Unreadable => {
            finding.about(&[variables.address])
        }
        ProviderError::TooLong | ProviderError::PromptCut => {
            finding.about(&["ANALYZER_PART_TOKENS"])
        }
        ProviderError::Quota { .. }
        | ProviderError::QuotaSpent
        | ProviderError::Overloaded { .. }
        | ProviderError::Unavailable { .. } => finding,
        _ => finding.about(&[variables.model, variables.address]),
    }
}

fn unknown_model(
    finding: Finding,
    model: &str,
    facts: &ModelFacts,
    variables: ModelVariables,
) -> Finding {
    if facts.models.is_empty() {
        return finding.about(&[variables.model, variables.address]);
    }
    let shown: Vec<String> = facts.models.iter().take(MAX_NAMES).cloned().collect();
    let more = facts.models.len().saturating_sub(MAX_NAMES);
    let more = if more > 0 {
        format!(" and {more} more")
    } else {
        String::new()
    };
    let message = format!(
        "the server has no model `{model}`; it has {}{more}",
        shown.join(", ")
    );
    Finding { message, ..finding }.about(&[variables.model])
}

/// Whether a question of the size that is set fits in, where the server says how much does.
fn context(facts: &ModelFacts, options: AnalystOptions) -> Option<Finding> {
    let context = facts.context_tokens?;
    let needed = needed_tokens(options);
    if context >= needed {
        let message = format!("the model reads {context} tokens, and a question needs {needed}");
        return Some(Finding::ok("context_size", message));
    }
    // Round numbers, the largest first.
    let most = options.part_tokens / STEP;
    let fitting = (LEAST_PART_TOKENS / STEP..=most).rev().find(|steps| {
        let smaller = AnalystOptions {
            part_tokens: steps * STEP,
            ..options
        };
        needed_tokens(smaller) <= context
    });
    let remedy = match fitting {
        Some(steps) => format!(
            "lower ANALYZER_PART_TOKENS to {}, or let the server give the model a longer context",
            steps * STEP
        ),
        None => "let the server give the model a longer context".to_owned(),
    };
    let message = format!(
        "the model reads {context} tokens at once, and a question needs {needed}: {remedy} \
         (Ollama: OLLAMA_CONTEXT_LENGTH, llama.cpp: --ctx-size, vLLM: --max-model-len)"
    );
    Some(Finding::error("context_size", message).about(&["ANALYZER_PART_TOKENS"]))
}

/// Tokens of a whole question and its answer.
fn needed_tokens(options: AnalystOptions) -> u64 {
    PROMPT_TOKENS + u64::from(options.part_tokens) + u64::from(options.answer_tokens())
}

/// Whether what is used can be counted in dollars.
fn price(model: &str, reply: &Reply) -> Finding {
    let Some(usage) = reply.usage else {
        let message = "the server does not count tokens: `usage` and `cost_usd` of analyses are \
            not known, and USER_COST_PER_MONTH does not count them";
        return Finding::warning("usage_unknown", message);
    };
    let answered = reply.model.as_deref().unwrap_or(model);
    let cost = prices::cost_usd(answered, usage).or_else(|| prices::cost_usd(model, usage));
    match cost {
        Some(_) => Finding::ok(
            "price_known",
            "tokens are counted, and their price is known",
        ),
        None => Finding::warning(
            "price_unknown",
            format!(
                "tokens are counted, but the price of `{model}` is not known: `cost_usd` of \
                 analyses is `null`, and USER_COST_PER_MONTH does not count them"
            ),
        ),
    }
}

#[cfg(test)]
mod tests {
    use domain::engine_check::Severity;

    use super::*;

    #[test]
    fn smaller_parts_are_suggested_where_the_context_is_too_short() {
        let options = AnalystOptions::new(12_000, 1);
        let of = |context_tokens| {
            let facts = ModelFacts {
                context_tokens,
                ..ModelFacts::default()
            };
            context(&facts, options)
        };
        assert_eq!(of(None), None);
        assert_eq!(of(Some(32_768)).unwrap().severity, Severity::Ok);
        let short = of(Some(16_384)).unwrap();
        assert_eq!(short.severity, Severity::Error);
        assert!(
            short
                .message
                .contains("lower ANALYZER_PART_TOKENS to 8000,"),
            "{}",
            short.message
        );
        let smaller = AnalystOptions::new(8_000, 1);
        assert!(needed_tokens(smaller) <= 16_384);
        let tiny = of(Some(4_096)).unwrap();
        assert!(!tiny.message.contains("lower"), "{}", tiny.message);
    }
}
