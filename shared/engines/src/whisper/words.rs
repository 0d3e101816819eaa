//! Words out of the bits of words that the model speaks in, without those that it
//! made up.

use crate::loops::without_loops;

/// A bit of a word, as the model says it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Token {
    /// UTF-8, of which a token may hold half a character. A space in front begins
    /// a new word.
    pub(super) bytes: Vec<u8>,
    /// When it begins, in milliseconds from the start of the window.
    pub(super) start_ms: u64,
    pub(super) end_ms: u64,
    /// How sure the model is, 0 to 1.
    pub(super) probability: f32,
}

/// What the model said in one breath.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Stretch {
    pub(super) tokens: Vec<Token>,
    /// How likely nobody speaks, 0 to 1; asked only of what is guessed.
    pub(super) no_speech: f32,
}

/// A word with its times in the window, in milliseconds.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Heard {
    pub(super) text: String,
    pub(super) start_ms: u64,
    pub(super) end_ms: u64,
    pub(super) confidence: f32,
}

impl Stretch {
    /// Whether the model did not know what it heard.
    pub(super) fn is_guessed(&self) -> bool {
        let logs = self.tokens.iter().map(|token| token.probability.ln());
        mean(logs) < GUESSED
    }

    /// Whether the model filled a silence with words: it doubts that anybody
    /// speaks, and what they say.
    fn is_silence(&self) -> bool {
        self.no_speech > NO_SPEECH && self.is_guessed()
    }
}

/// How a language tells words apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Spelling {
    /// With spaces.
    Spaced,
    /// Not at all: each token is shown as a word.
    Unspaced,
}

impl Spelling {
    /// The languages are those that `split_to_word_tokens` of `OpenAI`'s
    /// `whisper/tokenizer.py` splits by character.
    pub(super) fn of(language: Option<&str>) -> Self {
        match language {
            Some("zh" | "ja" | "th" | "lo" | "my" | "yue") => Self::Unspaced,
            _ => Self::Spaced,
        }
    }
}

/// Above this, `no_speech` speaks against a stretch; `OpenAI`'s default.
const NO_SPEECH: f32 = 0.6;

/// Below this mean log probability the model was guessing; `OpenAI`'s default.
const GUESSED: f32 = -1.0;

/// The words of a window in order, at times between 0 and `length_ms`.
pub(super) fn of_stretches(
    stretches: &[Stretch],
    spelling: Spelling,
    length_ms: u64,
) -> Vec<Heard> {
    let spoken = stretches.iter().filter(|stretch| !stretch.is_silence());
    let mut words = without_loops(
        spoken
            .flat_map(|stretch| joined(&stretch.tokens, spelling))
            .collect(),
        |word: &Heard| &word.text,
    );
    let mut reached = 0;
    for word in &mut words {
        word.start_ms = word.start_ms.max(reached).min(length_ms);
        word.end_ms = word.end_ms.clamp(word.start_ms, length_ms);
        reached = word.end_ms;
    }
    words
}

/// Tokens to words. Punctuation that stands alone goes with the word before it.
fn joined(tokens: &[Token], spelling: Spelling) -> Vec<Heard> {
    let mut words: Vec<Heard> = Vec::new();
    let mut rest = tokens;
    while !rest.is_empty() {
        let (word, left) = rest.split_at(length_of_word(rest, spelling));
        rest = left;
        let Some(heard) = spelled(word) else {
            continue;
        };
        if heard.text.chars().any(char::is_alphanumeric) {
            words.push(heard);
        } else if let Some(before) = words.last_mut() {
            before.text = format!("{} {}", before.text, heard.text);
        }
    }
    words
}

/// How many tokens the first word takes.
fn length_of_word(tokens: &[Token], spelling: Spelling) -> usize {
    let begins = |index: &usize| match spelling {
        Spelling::Spaced => tokens[*index].bytes.starts_with(b" "),
        Spelling::Unspaced => parts(&tokens[..*index], &tokens[*index]),
    };
    (1..tokens.len()).find(begins).unwrap_or(tokens.len())
}

/// Whether a word ends between these tokens where there are no spaces: not in a
/// character, not in front of punctuation and not in a foreign word.
fn parts(before: &[Token], next: &Token) -> bool {
    let bytes = bytes_of(before);
    let Ok(text) = std::str::from_utf8(&bytes) else {
        return false;
    };
    let first = next.bytes.first().copied().unwrap_or_default();
    if !first.is_ascii() {
        let text = String::from_utf8_lossy(&next.bytes);
        return text.chars().next().is_some_and(|character| {
            character.is_alphanumeric() || character == char::REPLACEMENT_CHARACTER
        });
    }
    let last = text.chars().next_back();
    let foreign = last.is_some_and(|last| last.is_ascii_alphanumeric());
    first == b' ' || (first.is_ascii_alphanumeric() && !foreign)
}

fn bytes_of(tokens: &[Token]) -> Vec<u8> {
    tokens
        .iter()
        .flat_map(|token| token.bytes.iter().copied())
        .collect()
}

/// One word; none where nothing is in it.
fn spelled(tokens: &[Token]) -> Option<Heard> {
    let bytes = bytes_of(tokens);
    let text = String::from_utf8_lossy(&bytes).trim().to_owned();
    let (first, last) = (tokens.first()?, tokens.last()?);
    (!text.is_empty()).then(|| Heard {
        text,
        start_ms: first.start_ms,
        end_ms: last.end_ms.max(first.start_ms),
        confidence: mean(tokens.iter().map(|token| token.probability)).clamp(0.0, 1.0),
    })
}

#[expect(clippy::cast_precision_loss, reason = "few tokens")]
fn mean(values: impl ExactSizeIterator<Item = f32>) -> f32 {
    let count = values.len().max(1) as f32;
    values.sum::<f32>() / count
}

#[cfg(test)]
mod tests;
