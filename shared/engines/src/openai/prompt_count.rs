//! Whether a server read all of a prompt, by its count of the prompt's tokens.
//!
//! Ollama leaves out what does not fit into its context and does not say so (ollama#2208);
//! a count that is too low gives it away. But counts are hints: some servers count only
//! what they had not cached (ollama#5370, ollama#16428). So a low count alone is doubtful.
//! It takes a second sign: that the count is a size that contexts have, or that prompts of
//! different lengths have the same.

use domain::analysis::Usage;
use parking_lot::Mutex;
use serde_json::Value;

use crate::language::ModelQuestion;

/// More characters of a prompt for one token than any tokenizer packs.
const MOST_CHARACTERS: u64 = 8;

/// Tokens of the smallest context that a server is run with.
const LEAST_CONTEXT: u64 = 512;

/// Contexts are powers of two or multiples of these, in tokens.
const CONTEXT_STEPS: [u64; 2] = [1_000, 1_024];

/// Tokens that may be missing from a full context.
const SLACK: u64 = 8;

/// What a count says of the reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PromptReading {
    /// All was read.
    Whole,
    /// The count is too low, and nothing else is known.
    Doubtful,
    /// Only a part was read.
    Cut,
}

/// The last count of a server that was too low, with the characters of its prompt.
#[derive(Debug, Default)]
pub(crate) struct LowCount(Mutex<Option<(u64, u64)>>);

impl LowCount {
    /// Judges the count of a prompt's tokens, cached ones included.
    pub(crate) fn judge(&self, question: &ModelQuestion, tokens: u64) -> PromptReading {
        let characters = question.instructions.chars().count() + question.content.chars().count();
        let characters = characters as u64;
        if tokens.saturating_mul(MOST_CHARACTERS) >= characters {
            return PromptReading::Whole;
        }
        let last = self.0.lock().replace((tokens, characters));
        let is_repeated = last.is_some_and(|(count, length)| {
            count == tokens && length.abs_diff(characters) > MOST_CHARACTERS * SLACK
        });
        if tokens >= LEAST_CONTEXT && (is_context_size(tokens) || is_repeated) {
            PromptReading::Cut
        } else {
            PromptReading::Doubtful
        }
    }
}

fn is_context_size(tokens: u64) -> bool {
    let is_multiple = |step: u64| (step - tokens % step) % step <= SLACK;
    let to_power = tokens.next_power_of_two() - tokens;
    to_power <= SLACK || CONTEXT_STEPS.into_iter().any(is_multiple)
}

/// The tokens of a response's `usage`, and those of the prompt with the cached ones.
///
/// `completion_tokens` includes those of reasoning. A count of 0 means unknown. Cached
/// tokens are a part of `prompt_tokens` where they are fewer, and missing from it where they
/// are more.
pub(crate) fn usage(usage: &Value) -> Option<(Usage, u64)> {
    let counted = |value: &Value| value.as_u64().unwrap_or(0);
    let prompt = counted(&usage["prompt_tokens"]);
    let cached = [
        &usage["prompt_tokens_details"]["cached_tokens"],
        // DeepSeek; Moonshot; Anthropic behind gateways.
        &usage["prompt_cache_hit_tokens"],
        &usage["cached_tokens"],
        &usage["cache_read_input_tokens"],
    ];
    let cached = cached.into_iter().map(counted).max().unwrap_or(0);
    let with_cached = prompt.saturating_add(cached);
    if with_cached == 0 {
        return None;
    }
    let completion = counted(&usage["completion_tokens"]);
    let reasoning = counted(&usage["completion_tokens_details"]["reasoning_tokens"]);
    let counts = Usage {
        input_tokens: if cached > prompt { with_cached } else { prompt },
        output_tokens: completion.saturating_sub(reasoning),
        thinking_tokens: reasoning.min(completion),
        repairs: 0,
    };
    Some((counts, with_cached))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn question(characters: usize) -> ModelQuestion {
        ModelQuestion {
            instructions: String::new(),
            content: "w".repeat(characters),
            name: "test",
            schema: Value::Null,
            answer_tokens: 1,
        }
    }

    #[test]
    fn low_count_needs_a_second_sign_to_be_a_cut() {
        for (tokens, expected) in [
            (5_000, PromptReading::Whole),
            (4_096, PromptReading::Cut),
            (4_090, PromptReading::Cut),
            (4_000, PromptReading::Cut),
            (2_048, PromptReading::Cut),
            (3_000, PromptReading::Cut),
            (4_097, PromptReading::Doubtful),
            (3_333, PromptReading::Doubtful),
            (256, PromptReading::Doubtful),
            (37, PromptReading::Doubtful),
            (1, PromptReading::Doubtful),
        ] {
            let count = LowCount::default();
            assert_eq!(count.judge(&question(40_000), tokens), expected, "{tokens}");
        }
    }

    #[test]
    fn the_same_low_count_of_prompts_of_other_lengths_is_a_cut() {
        let count = LowCount::default();
        assert_eq!(
            count.judge(&question(40_000), 3_333),
            PromptReading::Doubtful
        );
        // The same prompt once more has the same count.
        assert_eq!(
            count.judge(&question(40_000), 3_333),
            PromptReading::Doubtful
        );
        assert_eq!(count.judge(&question(50_000), 3_333), PromptReading::Cut);
        assert_eq!(
            count.judge(&question(60_000), 3_334),
            PromptReading::Doubtful
        );
        // What is cached may leave the same few tokens of any prompt.
        assert_eq!(count.judge(&question(40_000), 37), PromptReading::Doubtful);
        assert_eq!(count.judge(&question(50_000), 37), PromptReading::Doubtful);
    }

    #[test]
    fn cached_tokens_are_added_where_they_are_missing() {
        for (counts, input, with_cached) in [
            (json!({"prompt_tokens": 1_500}), 1_500, 1_500),
            (
                json!({"prompt_tokens": 1_500, "prompt_tokens_details": {"cached_tokens": 1_463}}),
                1_500,
                2_963,
            ),
            (
                json!({"prompt_tokens": 37, "prompt_tokens_details": {"cached_tokens": 1_463}}),
                1_500,
                1_500,
            ),
            (
                json!({"prompt_tokens": 0, "cached_tokens": 1_500}),
                1_500,
                1_500,
            ),
            (
                json!({"prompt_tokens": 1_500, "prompt_cache_hit_tokens": 1_400, "prompt_cache_miss_tokens": 100}),
                1_500,
                2_900,
            ),
        ] {
            let (usage, prompt) = usage(&counts).unwrap();
            assert_eq!(
                (usage.input_tokens, prompt),
                (input, with_cached),
                "{counts}"
            );
        }
        assert_eq!(
            usage(&json!({"prompt_tokens": 0, "completion_tokens": 7})),
            None
        );
        assert_eq!(usage(&Value::Null), None);
    }
}
