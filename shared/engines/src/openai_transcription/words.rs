//! Words with times from a response, without what the model invented.
//!
//! The text of a segment is the transcript, punctuation included; its words, where a
//! server sends any, are only used for their times: `OpenAI` leaves punctuation out of
//! them, and those of whisper.cpp are parts of words. Both are aligned by their
//! letters. Without them, times are interpolated over the speech of the segment.

use domain::text;

use super::{
    pieces::Piece,
    response::{Response, ResponseSegment, Timed},
};
use crate::loops::without_loops;

/// Above this `no_speech_prob` speaks against a segment; `OpenAI`'s default.
const NO_SPEECH: f64 = 0.6;

/// Below this `avg_logprob` the model was guessing; `OpenAI`'s default.
const GUESSED: f64 = -1.0;

/// The confidence of a word where the server gives none, and the highest of a word
/// whose times are interpolated.
const UNKNOWN: f64 = 0.7;

/// A word with its times from the start of the piece.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Recognized {
    pub(super) text: String,
    pub(super) start_ms: u64,
    pub(super) end_ms: u64,
    /// 0 to 1.
    pub(super) confidence: f32,
}

/// The words of a response in order, within the piece.
pub(super) fn recognized_words(response: Response, piece: &Piece) -> Vec<Recognized> {
    let segments = segments(response, piece.length_ms());
    let said = segments.iter().filter(|segment| !is_invented(segment));
    let words = said.flat_map(|segment| words(segment, piece)).collect();
    let mut words = without_loops(words, |word: &Recognized| &word.text);
    let mut reached = 0;
    for word in &mut words {
        word.start_ms = word.start_ms.max(reached).min(piece.length_ms());
        word.end_ms = word.end_ms.clamp(word.start_ms, piece.length_ms());
        reached = word.start_ms;
    }
    words
}

/// The segments with their words in them; one of the whole piece where there are none.
fn segments(response: Response, length_ms: u64) -> Vec<ResponseSegment> {
    let Response {
        text,
        mut segments,
        words,
        ..
    } = response;
    if segments.is_empty() {
        return vec![ResponseSegment {
            text,
            end_ms: length_ms,
            words,
            ..ResponseSegment::default()
        }];
    }
    segments.sort_by_key(|segment| segment.start_ms);
    if segments.iter().all(|segment| segment.words.is_empty()) {
        for word in words {
            let middle = u64::midpoint(word.start_ms, word.end_ms);
            let behind = segments.partition_point(|segment| segment.start_ms <= middle);
            segments[behind.saturating_sub(1)].words.push(word);
        }
    }
    segments
}

/// Whether the model filled a silence with words, or describes a sound.
fn is_invented(segment: &ResponseSegment) -> bool {
    let silence = segment.no_speech_prob.is_some_and(|p| p > NO_SPEECH)
        && segment.avg_logprob.is_some_and(|log| log < GUESSED);
    let text = segment.text.trim();
    let marks = [('[', ']'), ('(', ')'), ('*', '*'), ('♪', '♪')];
    let is_sound = marks.into_iter().any(|(open, close)| {
        let inner = text
            .strip_prefix(open)
            .and_then(|text| text.strip_suffix(close));
        inner.is_some_and(|inner| !inner.contains([open, close]))
    });
    silence || is_sound
}

/// The words of one segment.
fn words(segment: &ResponseSegment, piece: &Piece) -> Vec<Recognized> {
    let texts = texts(&segment.text);
    let letters = letters(&segment.words);
    let confidence = segment.avg_logprob.map_or(UNKNOWN, f64::exp);
    if letters.is_empty() {
        interpolated(texts, segment, piece, confidence.min(UNKNOWN))
    } else {
        aligned(texts, &letters, confidence)
    }
}

/// The words of a text; punctuation that stands alone goes with the word before it.
fn texts(text: &str) -> Vec<String> {
    let mut texts: Vec<String> = Vec::new();
    for word in text::words(text) {
        if weight(word) > 0 {
            texts.push(word.to_owned());
        } else if let Some(before) = texts.last_mut() {
            before.push(' ');
            before.push_str(word);
        }
    }
    texts
}

/// Letters and digits of a word.
fn weight(word: &str) -> usize {
    text::normalize(word).chars().count()
}

/// One letter of a timed word.
#[derive(Debug, Clone, Copy)]
struct Letter {
    start_ms: u64,
    end_ms: u64,
    probability: Option<f64>,
}

/// The letters of timed words, each with its share of the word's time.
fn letters(words: &[Timed]) -> Vec<Letter> {
    let of_word = |word: &Timed| {
        let (start, end) = (word.start_ms, word.end_ms);
        let (probability, count) = (word.probability, weight(&word.text) as u64);
        let at = move |index: u64| start + (end - start) * index / count;
        (0..count).map(move |index| Letter {
            start_ms: at(index),
            end_ms: at(index + 1),
            probability,
        })
    };
    words.iter().flat_map(of_word).collect()
}

/// Words with the times of their letters. Where there are more or fewer of them than
/// in the texts, they are matched by their share of the whole.
fn aligned(texts: Vec<String>, letters: &[Letter], confidence: f64) -> Vec<Recognized> {
    let total: usize = texts.iter().map(|text| weight(text)).sum();
    let mut passed = 0;
    let mut found = Vec::with_capacity(texts.len());
    for text in texts {
        let next = passed + weight(&text);
        let first = (passed * letters.len() / total).min(letters.len() - 1);
        let behind = (next * letters.len()).div_ceil(total);
        let span = &letters[first..behind.clamp(first + 1, letters.len())];
        passed = next;
        let known = span.iter().filter_map(|letter| letter.probability);
        found.push(Recognized {
            text,
            start_ms: span[0].start_ms,
            end_ms: span[span.len() - 1].end_ms,
            confidence: share(mean(known).unwrap_or(confidence)),
        });
    }
    found
}

/// Words spread over the speech of a segment, longer words over more of it.
fn interpolated(
    texts: Vec<String>,
    segment: &ResponseSegment,
    piece: &Piece,
    confidence: f64,
) -> Vec<Recognized> {
    let speech = piece.speech_between(segment.start_ms, segment.end_ms);
    let spoken_ms: u64 = speech.iter().map(|(from, to)| to - from).sum();
    let total: usize = texts.iter().map(|text| weight(text)).sum();
    // The time at which so many letters are said.
    let at = |letters: usize, ends: bool| {
        let mut left = spoken_ms * letters as u64 / (total as u64).max(1);
        for (from, to) in &speech {
            if left < to - from || (ends && left == to - from) {
                return from + left;
            }
            left -= to - from;
        }
        speech.last().map_or(segment.start_ms, |(_, to)| *to)
    };
    let mut passed = 0;
    let spread = |text: String| {
        let start_ms = at(passed, false);
        passed += weight(&text);
        Recognized {
            text,
            start_ms,
            end_ms: at(passed, true),
            confidence: share(confidence),
        }
    };
    texts.into_iter().map(spread).collect()
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (count, sum) = values.fold((0_u32, 0.0), |(count, sum), value| (count + 1, sum + value));
    (count > 0).then(|| sum / f64::from(count))
}

#[expect(clippy::cast_possible_truncation, reason = "between 0 and 1")]
fn share(value: f64) -> f32 {
    value.clamp(0.0, 1.0) as f32
}

#[cfg(test)]
mod tests;
