//! From the encoder's output to tokens: greedy decoding with the rules for timestamps,
//! a beam search where the result is doubtful, and further attempts at higher temperatures
//! where it is implausible.
//!
//! <https://github.com/openai/whisper/blob/main/whisper/decoding.py> and
//! `decode_with_fallback` of `whisper/transcribe.py`.

mod beam;

use std::{io::Write as _, sync::Arc};

use flate2::{Compression, write::ZlibEncoder};
use rten::ThreadPool;

use crate::{
    RecognitionError,
    network::{Encoded, KvCache, Network, TEXT_CONTEXT},
    vocabulary::Vocabulary,
};

/// Tokens that are decoded for one window at most.
const MAX_TOKENS: usize = TEXT_CONTEXT / 2;

/// Tokens of earlier text that are given as context at most.
const MAX_CONTEXT: usize = TEXT_CONTEXT / 2 - 1;

/// The latest first timestamp, in steps of 20 ms: 1 s.
const MAX_INITIAL_TIMESTAMP: u32 = 50;

/// Temperatures of the attempts after the first two, until a result is plausible.
const TEMPERATURES: [f32; 5] = [0.2, 0.4, 0.6, 0.8, 1.0];

/// Below this mean log probability of the greedy result, a beam search may find a better
/// one: clear speech lies above it, telephone lines and noise below.
const CONFIDENT_LOG_PROBABILITY: f32 = -0.3;

/// A text that compresses better than this repeats itself.
const MAX_COMPRESSION_RATIO: f32 = 2.4;

/// Below this mean log probability the text is a guess.
pub(crate) const MIN_LOG_PROBABILITY: f32 = -1.0;

/// Above this probability of no speech, a guess is dropped.
pub(crate) const MAX_NO_SPEECH: f32 = 0.6;

/// A token that was chosen, text or timestamp.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Choice {
    pub(crate) token: u32,
    pub(crate) probability: f32,
}

/// The tokens of one window.
#[derive(Debug, Clone)]
pub(crate) struct Decoding {
    pub(crate) choices: Vec<Choice>,
    /// The probability that the window holds no speech, 0 to 1.
    pub(crate) no_speech: f32,
    /// Mean of the log probabilities of the tokens.
    pub(crate) log_probability: f32,
    /// How many times smaller the text gets by compression.
    pub(crate) compression_ratio: f32,
    pub(crate) temperature: f32,
}

impl Decoding {
    /// Whether the model doubts both that there is speech and its text.
    pub(crate) fn is_silence(&self) -> bool {
        self.no_speech > MAX_NO_SPEECH && self.log_probability < MIN_LOG_PROBABILITY
    }

    fn is_confident(&self) -> bool {
        self.compression_ratio <= MAX_COMPRESSION_RATIO
            && self.log_probability >= CONFIDENT_LOG_PROBABILITY
    }

    fn is_plausible(&self) -> bool {
        self.is_silence()
            || (self.compression_ratio <= MAX_COMPRESSION_RATIO
                && self.log_probability >= MIN_LOG_PROBABILITY)
    }
}

/// The decoder before the first token of the text.
struct Start {
    cache: KvCache,
    /// The probability that the window holds no speech, 0 to 1.
    no_speech: f32,
    /// How likely each token of the vocabulary comes first.
    logits: Vec<f32>,
}

/// Decodes one window.
pub(crate) struct WindowDecoder<'a> {
    pub(crate) network: &'a Network,
    pub(crate) vocabulary: &'a Vocabulary,
    pub(crate) encoded: &'a Encoded,
    pub(crate) pool: &'a Arc<ThreadPool>,
    pub(crate) is_cancelled: &'a dyn Fn() -> bool,
}

impl WindowDecoder<'_> {
    /// The most likely language, as an index into [`crate::LANGUAGES`].
    pub(crate) fn detect_language(&self) -> Result<usize, RecognitionError> {
        let mut cache = self.network.empty_cache();
        let start = [self.vocabulary.start_of_transcript];
        let logits = self
            .network
            .decode(&start, &[0], self.encoded, &mut cache, self.pool)?;
        let first = self.vocabulary.first_language as usize;
        let languages = first..first + self.vocabulary.languages as usize;
        let scores = &logits[0][languages];
        Ok(argmax(scores))
    }

    /// Decodes greedily, by a beam search where that is doubtful, and at rising
    /// temperatures until the text is plausible. `instructions` are the tokens from the
    /// start of the transcript on, `context` is earlier text.
    pub(crate) fn decode(
        &self,
        instructions: &[u32],
        context: &[u32],
    ) -> Result<Decoding, RecognitionError> {
        let mut best = self.attempt(instructions, context, 0.0)?;
        if best.is_confident() || best.is_silence() {
            return Ok(best);
        }
        best = better(best, self.beam_search(instructions, context)?);
        for temperature in TEMPERATURES {
            if best.is_plausible() {
                break;
            }
            best = better(best, self.attempt(instructions, context, temperature)?);
        }
        Ok(best)
    }

    fn attempt(
        &self,
        instructions: &[u32],
        context: &[u32],
        temperature: f32,
    ) -> Result<Decoding, RecognitionError> {
        let Start {
            mut cache,
            no_speech,
            logits: mut last,
        } = self.start(instructions, context)?;
        let mut choices: Vec<Choice> = Vec::new();
        let mut sum = 0.0;
        let mut random = Random(0x9e37_79b9_7f4a_7c15);
        let most = most_tokens(&cache);
        while choices.len() < most {
            if (self.is_cancelled)() {
                return Err(RecognitionError::Cancelled);
            }
            self.apply_rules(&mut last, &choices);
            let (token, log_probability) = choose(&last, temperature, &mut random);
            sum += log_probability;
            if token == self.vocabulary.end_of_text {
                break;
            }
            choices.push(Choice {
                token,
                probability: log_probability.exp(),
            });
            let next = self
                .network
                .decode(&[token], &[0], self.encoded, &mut cache, self.pool)?;
            last = next.into_iter().next().unwrap_or_default();
        }
        Ok(self.decoding(choices, sum, no_speech, temperature))
    }

    /// Gives the decoder everything that comes before the text.
    fn start(&self, instructions: &[u32], context: &[u32]) -> Result<Start, RecognitionError> {
        let prompt = self.prompt(instructions, context);
        let rows = [prompt.len() - instructions.len(), prompt.len() - 1];
        let mut cache = self.network.empty_cache();
        let mut logits =
            self.network
                .decode(&prompt, &rows, self.encoded, &mut cache, self.pool)?;
        Ok(Start {
            cache,
            no_speech: softmax_at(&logits[0], self.vocabulary.no_speech),
            logits: logits.pop().unwrap_or_default(),
        })
    }

    /// The decoded tokens; `sum` is that of their log probabilities, the end included.
    fn decoding(
        &self,
        choices: Vec<Choice>,
        sum: f32,
        no_speech: f32,
        temperature: f32,
    ) -> Decoding {
        Decoding {
            no_speech,
            log_probability: sum / count_with_end(choices.len()),
            compression_ratio: self.compression_ratio(&choices),
            choices,
            temperature,
        }
    }

    fn prompt(&self, instructions: &[u32], context: &[u32]) -> Vec<u32> {
        if context.is_empty() {
            return instructions.to_vec();
        }
        let newest = &context[context.len().saturating_sub(MAX_CONTEXT)..];
        [&[self.vocabulary.previous], newest, instructions].concat()
    }

    /// Rules out what must not come next.
    fn apply_rules(&self, logits: &mut [f32], choices: &[Choice]) {
        let vocabulary = self.vocabulary;
        for token in &vocabulary.suppressed {
            forbid(logits, *token..*token + 1);
        }
        forbid(
            logits,
            vocabulary.end_of_text + 1..vocabulary.first_timestamp,
        );
        let is_timestamp = |choice: &Choice| choice.token >= vocabulary.first_timestamp;
        let all = vocabulary.first_timestamp..u32::MAX;
        let Some(last) = choices.last() else {
            // The first token is an early timestamp.
            forbid(logits, 0..vocabulary.first_timestamp);
            forbid(
                logits,
                vocabulary.first_timestamp + MAX_INITIAL_TIMESTAMP + 1..u32::MAX,
            );
            return;
        };
        let before = choices.len().checked_sub(2).map(|index| choices[index]);
        let is_pair = before.as_ref().is_none_or(is_timestamp);
        if is_timestamp(last) {
            if is_pair {
                forbid(logits, all);
            } else {
                forbid(logits, 0..vocabulary.end_of_text);
            }
        }
        // Time does not run back, and a segment is longer than nothing.
        if let Some(newest) = choices.iter().rev().find(|choice| is_timestamp(choice)) {
            let may_repeat = is_timestamp(last) && !is_pair;
            let earliest = newest.token + u32::from(!may_repeat);
            forbid(logits, vocabulary.first_timestamp..earliest);
        }
        // A timestamp comes next where one is likelier than every text.
        let first = vocabulary.first_timestamp as usize;
        let (text, timestamps) = logits.split_at(first);
        if log_sum_exp(timestamps) > text.iter().copied().fold(f32::NEG_INFINITY, f32::max) {
            forbid(logits, 0..vocabulary.first_timestamp);
        }
    }

    fn compression_ratio(&self, choices: &[Choice]) -> f32 {
        let text = choices
            .iter()
            .filter(|choice| self.vocabulary.is_text(choice.token));
        let bytes: Vec<u8> = text
            .flat_map(|choice| self.vocabulary.bytes(choice.token).iter().copied())
            .collect();
        compression_ratio(&bytes)
    }
}

/// Of two texts the better: one that does not repeat itself, then the likelier.
fn better(one: Decoding, other: Decoding) -> Decoding {
    let repeats = |decoding: &Decoding| decoding.compression_ratio > MAX_COMPRESSION_RATIO;
    let other_is_better = match (repeats(&one), repeats(&other)) {
        (true, false) => true,
        (false, true) => false,
        _ => other.log_probability > one.log_probability,
    };
    if other_is_better { other } else { one }
}

#[expect(clippy::cast_precision_loss, reason = "few bytes")]
fn compression_ratio(bytes: &[u8]) -> f32 {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    let written = encoder.write_all(bytes).and_then(|()| encoder.finish());
    written.map_or(1.0, |compressed| {
        bytes.len() as f32 / compressed.len().max(1) as f32
    })
}

/// Tokens that can follow what the cache holds.
fn most_tokens(cache: &KvCache) -> usize {
    MAX_TOKENS.min(TEXT_CONTEXT.saturating_sub(cache.length()))
}

/// So many tokens and the one that ends the text.
#[expect(clippy::cast_precision_loss, reason = "few tokens")]
const fn count_with_end(tokens: usize) -> f32 {
    (tokens + 1) as f32
}

fn forbid(logits: &mut [f32], tokens: std::ops::Range<u32>) {
    let end = (tokens.end as usize).min(logits.len());
    let start = (tokens.start as usize).min(end);
    logits[start..end].fill(f32::NEG_INFINITY);
}

fn argmax(values: &[f32]) -> usize {
    let largest = values.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1));
    largest.map_or(0, |(index, _)| index)
}

fn log_sum_exp(values: &[f32]) -> f32 {
    let largest = values.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    if largest == f32::NEG_INFINITY {
        return largest;
    }
    largest
        + values
            .iter()
            .map(|value| (value - largest).exp())
            .sum::<f32>()
            .ln()
}

fn softmax_at(logits: &[f32], token: u32) -> f32 {
    let logit = logits.get(token as usize).copied();
    logit.map_or(0.0, |logit| (logit - log_sum_exp(logits)).exp())
}

/// The next token and its log probability: the likeliest, or a random one at a
/// temperature above 0.
fn choose(logits: &[f32], temperature: f32, random: &mut Random) -> (u32, f32) {
    let index = if temperature > 0.0 {
        let scaled: Vec<f32> = logits.iter().map(|logit| logit / temperature).collect();
        let total = log_sum_exp(&scaled);
        let mut left = random.next_unit();
        let drawn = scaled.iter().position(|logit| {
            left -= (logit - total).exp();
            left < 0.0
        });
        drawn.unwrap_or_else(|| argmax(logits))
    } else {
        argmax(logits)
    };
    let log_probability = logits[index] - log_sum_exp(logits);
    (u32::try_from(index).unwrap_or(0), log_probability)
}

/// `SplitMix64`: the same numbers in every run, so that a recording gives the same text
/// each time.
struct Random(u64);

impl Random {
    /// A number from 0 to 1.
    #[expect(clippy::cast_precision_loss, reason = "24 bits")]
    fn next_unit(&mut self) -> f32 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ bits >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ bits >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((bits ^ bits >> 31) >> 40) as f32 / 16_777_216.0
    }
}

#[cfg(test)]
mod tests;
