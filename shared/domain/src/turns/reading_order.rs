//! Reading order: phrases by their start.
//!
//! A phrase is what the order keeps together: one sentence of one speaker at most, so that a
//! short answer follows its question. It also ends at a pause, where another speaker's words
//! fall between two of its own, and after [`MAX_PHRASE_MS`]. So what is said over a sentence
//! comes after it, and nothing else has to wait.

use crate::{text::ends_sentence, transcript::Word};

/// The longest time between the starts of two words of one phrase, in milliseconds. No
/// word stands in reading order after a word that begins later by more than that.
///
/// Nearly all spoken sentences fit into eight seconds, some 25 words. A longer sentence is
/// divided at its widest pause, so that what another speaker says over it is not too far from
/// its place.
pub const MAX_PHRASE_MS: u64 = 8_000;

/// A pause between two words of one speaker that ends a phrase, in milliseconds.
const PAUSE_MS: u64 = 700;

/// Engines give times with errors of this size, in milliseconds: words that overlap by less
/// are not said at the same time.
const TOLERANCE_MS: u64 = 80;

/// Puts words in reading order: by phrase, not by word, so that the sentences of two
/// speakers stay whole where they speak at once.
pub fn order(mut words: Vec<Word>) -> Vec<Word> {
    words.sort_by_key(|word| (word.speaker, word.start_ms, word.end_ms));
    let starts = phrase_starts(&words);
    let mut placed: Vec<(u64, Word)> = starts.into_iter().zip(words).collect();
    // The sort is stable: it keeps the words of a phrase in their order.
    placed.sort_by_key(|(start_ms, word)| (*start_ms, word.speaker));
    placed.into_iter().map(|(_, word)| word).collect()
}

/// For each word, when its phrase begins. The words are sorted by speaker and time.
fn phrase_starts(words: &[Word]) -> Vec<u64> {
    let speakers: Vec<&[Word]> = words
        .chunk_by(|left, right| left.speaker == right.speaker)
        .collect();
    let mut starts = Vec::with_capacity(words.len());
    for (index, own) in speakers.iter().enumerate() {
        let others = [&speakers[..index], &speakers[index + 1..]].concat();
        let phrases = own
            .chunk_by(|left, right| !is_end(left, right, &others))
            .flat_map(not_too_long);
        for phrase in phrases {
            starts.extend(phrase.iter().map(|_| phrase[0].start_ms));
        }
    }
    starts
}

/// Whether a phrase ends between two consecutive words of one speaker.
fn is_end(left: &Word, right: &Word, others: &[&[Word]]) -> bool {
    right.start_ms.saturating_sub(left.end_ms) > PAUSE_MS
        || ends_sentence(left.text.reveal())
        || others
            .iter()
            .any(|other| speaks_between(other, left, right))
}

/// Whether another speaker says something between two words, rather than over them.
fn speaks_between(other: &[Word], left: &Word, right: &Word) -> bool {
    let first =
        other.partition_point(|word| word.start_ms.saturating_add(TOLERANCE_MS) < left.end_ms);
    (first..other.len())
        .take_while(|index| other[*index].start_ms <= right.start_ms)
        .any(|index| {
            let previous = index.checked_sub(1).map(|previous| &other[previous]);
            lies_between(&other[index], left, right)
                && previous.is_none_or(|previous| is_over(previous, left))
        })
}

/// Whether a word begins after `left` and ends before `right`.
fn lies_between(word: &Word, left: &Word, right: &Word) -> bool {
    word.start_ms.saturating_add(tolerance(word)) >= left.end_ms
        && word.end_ms.saturating_sub(tolerance(word)) <= right.start_ms
}

/// Whether what a speaker said up to the word `previous` is over before `left` begins, or a
/// sentence of its own. Otherwise that speaker talks over `left`, and a later word only
/// happens to fall into a gap.
fn is_over(previous: &Word, left: &Word) -> bool {
    previous.end_ms.saturating_sub(tolerance(previous)) <= left.start_ms
        || ends_sentence(previous.text.reveal())
}

/// Of a short word a quarter.
fn tolerance(word: &Word) -> u64 {
    TOLERANCE_MS.min(word.end_ms.saturating_sub(word.start_ms) / 4)
}

/// A phrase divided so that none of its parts is too long.
fn not_too_long(mut rest: &[Word]) -> impl Iterator<Item = &[Word]> {
    std::iter::from_fn(move || {
        let (part, later) = rest.split_at(part_length(rest));
        rest = later;
        (!part.is_empty()).then_some(part)
    })
}

/// How many of the words are within the longest time: all, or those before the widest pause
/// in the second half of it.
fn part_length(words: &[Word]) -> usize {
    let Some(first) = words.first() else { return 0 };
    let count_until = |ms: u64| {
        let latest = first.start_ms.saturating_add(ms);
        words.partition_point(|word| word.start_ms <= latest)
    };
    let within = count_until(MAX_PHRASE_MS);
    if within == words.len() {
        return within;
    }
    let pause = |at: &usize| words[*at].start_ms.saturating_sub(words[*at - 1].end_ms);
    let half = count_until(MAX_PHRASE_MS / 2);
    (half..=within).max_by_key(pause).unwrap_or(within)
}

#[cfg(test)]
mod tests;
