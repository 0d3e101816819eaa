//! Words from the tokens that the model writes.

use whisper::{DecodedSegment, TextToken};

use crate::loops::without_loops;

/// A word with its times in the window, in milliseconds.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct RecognizedWord {
    pub(super) text: String,
    pub(super) start_ms: u64,
    pub(super) end_ms: u64,
    /// When its last letter ends: punctuation follows, to which a pause counts.
    letters_end_ms: u64,
    /// How sure the model is, 0 to 1.
    pub(super) confidence: f32,
}

/// How a language separates words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Spelling {
    /// With spaces.
    Spaced,
    /// Not at all: each token is shown as a word.
    Unspaced,
}

impl Spelling {
    /// The languages that `split_to_word_tokens` of `OpenAI`'s `whisper/tokenizer.py`
    /// splits by character.
    pub(super) fn from_language(language: Option<&str>) -> Self {
        match language {
            Some("zh" | "ja" | "th" | "lo" | "my" | "yue") => Self::Unspaced,
            _ => Self::Spaced,
        }
    }
}

/// Above this probability of no speech, an unsure segment is dropped.
const MAX_NO_SPEECH: f32 = 0.6;

/// Below this mean log probability the model was guessing; `OpenAI`'s default.
const MIN_LOG_PROBABILITY: f32 = -1.0;

/// Below this mean log probability of its tokens, one in twenty, a segment is always
/// dropped: noise gives such words.
const MIN_TOKEN_LOG_PROBABILITY: f32 = -3.0;

/// From this temperature on a guess is dropped regardless of the probability of no
/// speech: every more careful attempt had failed.
const MAX_TEMPERATURE: f32 = 0.8;

/// The longest plausible median length of a word, in milliseconds.
const LONGEST_MEDIAN_MS: u64 = 700;

/// Words that take less time than this were not said when the alignment has them: 30 ms.
const BRIEF_MS: u64 = 30;

/// So many of them in a row are text that the model wrote without hearing it.
const TOO_MANY_BRIEF: usize = 8;

/// The words of a window in order, at times between 0 and `length_ms`.
pub(super) fn from_segments(
    segments: &[DecodedSegment],
    spelling: Spelling,
    length_ms: u64,
) -> Vec<RecognizedWord> {
    let spoken = segments.iter().filter(|segment| !is_invented(segment));
    let words: Vec<RecognizedWord> = spoken
        .flat_map(|segment| joined(&segment.tokens, spelling))
        .collect();
    let words = without_loops(words, |word: &RecognizedWord| &word.text);
    let mut words = without_unheard(&words);
    shorten_around_pauses(&mut words);
    let mut reached_ms = 0;
    for word in &mut words {
        word.start_ms = word.start_ms.max(reached_ms).min(length_ms);
        word.end_ms = word.end_ms.clamp(word.start_ms, length_ms);
        reached_ms = word.end_ms;
    }
    words
}

/// Whether the model filled silence, music, or noise with words: it doubts that there is
/// speech, or that it found the right words at any temperature.
fn is_invented(segment: &DecodedSegment) -> bool {
    let probabilities = segment.tokens.iter().map(|token| token.probability.ln());
    let certainty = mean(probabilities);
    let is_guess = certainty.min(segment.log_probability) < MIN_LOG_PROBABILITY;
    certainty < MIN_TOKEN_LOG_PROBABILITY
        || is_guess && (segment.no_speech > MAX_NO_SPEECH || segment.temperature >= MAX_TEMPERATURE)
}

/// Leaves out text that the alignment finds nowhere in the recording. The model writes it
/// where it repeats itself: each word gets no time at all.
fn without_unheard(words: &[RecognizedWord]) -> Vec<RecognizedWord> {
    let is_brief = |word: &RecognizedWord| word.end_ms - word.start_ms < BRIEF_MS;
    words
        .chunk_by(|left, right| is_brief(left) == is_brief(right))
        .filter(|run| run.len() < TOO_MANY_BRIEF || !is_brief(&run[0]))
        .flat_map(<[RecognizedWord]>::to_vec)
        .collect()
}

/// Pauses count to the words around the end of a sentence: such a word is cut to twice
/// the median length, as in `add_word_timestamps` of
/// <https://github.com/openai/whisper/blob/main/whisper/timing.py>. A sentence of one word
/// has its pause where the letters are longer than that: in front of them.
fn shorten_around_pauses(words: &mut [RecognizedWord]) {
    let mut lengths: Vec<u64> = words
        .iter()
        .map(|word| word.end_ms - word.start_ms)
        .collect();
    lengths.retain(|length| *length > 0);
    lengths.sort_unstable();
    let median = lengths.get(lengths.len() / 2).copied().unwrap_or(0);
    let longest = 2 * median.min(LONGEST_MEDIAN_MS);
    let mut begins_sentence = true;
    for word in words {
        let ends_sentence = word.text.ends_with(['.', '!', '?', '。', '！', '？']);
        if word.end_ms - word.start_ms > longest {
            let pause_is_before = word.letters_end_ms.saturating_sub(word.start_ms) > longest;
            if begins_sentence && pause_is_before {
                word.start_ms = word.letters_end_ms - longest;
            }
            if begins_sentence || ends_sentence {
                word.end_ms = word.end_ms.min(word.start_ms + longest);
            }
        }
        begins_sentence = ends_sentence;
    }
}

/// Tokens to words. Punctuation that stands alone goes with the word before it.
fn joined(tokens: &[TextToken], spelling: Spelling) -> Vec<RecognizedWord> {
    let mut words: Vec<RecognizedWord> = Vec::new();
    let mut rest = tokens;
    while !rest.is_empty() {
        let (word, left) = rest.split_at(length_of_word(rest, spelling));
        rest = left;
        let Some(found) = spelled(word) else {
            continue;
        };
        if found.text.chars().any(char::is_alphanumeric) {
            words.push(found);
        } else if let Some(before) = words.last_mut() {
            before.text = format!("{} {}", before.text, found.text);
        }
    }
    words
}

/// How many tokens the first word takes.
fn length_of_word(tokens: &[TextToken], spelling: Spelling) -> usize {
    let begins = |index: &usize| match spelling {
        Spelling::Spaced => tokens[*index].bytes.starts_with(b" "),
        Spelling::Unspaced => splits(&tokens[..*index], &tokens[*index]),
    };
    (1..tokens.len()).find(begins).unwrap_or(tokens.len())
}

/// Whether a word ends between these tokens where there are no spaces: not in a
/// character, not in front of punctuation and not in a foreign word.
fn splits(before: &[TextToken], next: &TextToken) -> bool {
    let bytes = bytes_of(before);
    let Ok(text) = std::str::from_utf8(&bytes) else {
        return false;
    };
    let first = next.bytes.first().copied().unwrap_or_default();
    if !first.is_ascii() {
        let text = String::from_utf8_lossy(&next.bytes);
        return text.chars().next().is_some_and(is_letter);
    }
    let last = text.chars().next_back();
    let foreign = last.is_some_and(|last| last.is_ascii_alphanumeric());
    first == b' ' || (first.is_ascii_alphanumeric() && !foreign)
}

/// Whether a character of a token belongs to a word; a token may hold half a letter.
fn is_letter(character: char) -> bool {
    character.is_alphanumeric() || character == char::REPLACEMENT_CHARACTER
}

fn bytes_of(tokens: &[TextToken]) -> Vec<u8> {
    tokens
        .iter()
        .flat_map(|token| token.bytes.iter().copied())
        .collect()
}

/// One word; none without text.
fn spelled(tokens: &[TextToken]) -> Option<RecognizedWord> {
    let bytes = bytes_of(tokens);
    let text = String::from_utf8_lossy(&bytes).trim().to_owned();
    let (first, last) = (tokens.first()?, tokens.last()?);
    let has_letters = |token: &&TextToken| {
        let text = String::from_utf8_lossy(&token.bytes);
        text.chars().any(is_letter)
    };
    let end_ms = last.end_ms.max(first.start_ms);
    let letters_end_ms = tokens
        .iter()
        .rfind(has_letters)
        .map_or(end_ms, |token| token.end_ms.clamp(first.start_ms, end_ms));
    (!text.is_empty()).then(|| RecognizedWord {
        text,
        start_ms: first.start_ms,
        end_ms,
        letters_end_ms,
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
