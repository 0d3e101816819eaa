//! Words cut into cues, and cues into lines.
//!
//! A cue ends with a sentence, at a pause, and where it would be too long or too wide. Within
//! a sentence it ends after a clause or at a pause rather than elsewhere. A word of the
//! transcript is never divided, which keeps Chinese and Japanese words whole where the engine
//! knows them.

use std::ops::Range;

use domain::{text, transcript::Word};
use unicode_width::UnicodeWidthStr as _;

/// The longest line, in columns of a terminal: a wide character takes two of them.
pub(super) const MAX_COLUMNS: usize = 42;

/// The longest cue, in milliseconds. Only a single word can be longer.
pub(super) const MAX_CUE_MS: u64 = 7_000;

/// A pause that ends a cue, in milliseconds.
const PAUSE_MS: u64 = 700;

/// A cue shorter than this joins its neighbour where both fit into one, in milliseconds.
const BRIEF_MS: u64 = 1_000;

/// The most words of a cue: two lines of words that are a column wide.
const MAX_WORDS: usize = 2 * MAX_COLUMNS;

/// What the end of a clause is worth where words are divided, in percent of their length.
const CLAUSE_BONUS: u64 = 60;

/// The most that a pause is worth; it grows by one for each ten milliseconds.
const PAUSE_BONUS: u64 = 40;

/// What ends a clause.
const CLAUSE_ENDS: [char; 12] = [
    ',', ';', ':', '–', '—', '，', '、', '；', '：', '､', '،', '؛',
];

/// The cues of one speaker's consecutive words, as ranges of the words.
pub(super) fn cues(words: &[Word]) -> Vec<Range<usize>> {
    let mut cues: Vec<Range<usize>> = Vec::new();
    for sentence in words.chunk_by(|left, right| !ends_cue(left, right)) {
        let mut rest = sentence;
        while !rest.is_empty() {
            let (cue, later) = rest.split_at(cue_length(rest));
            rest = later;
            add(&mut cues, cue.len(), words);
        }
    }
    cues
}

/// Adds a cue of the next `length` words, or adds these to the last cue where one of both is
/// too brief to be read.
fn add(cues: &mut Vec<Range<usize>>, length: usize, words: &[Word]) {
    let start = cues.last().map_or(0, |last| last.end);
    let own = start..start + length;
    if let Some(last) = cues.last_mut() {
        let is_brief = |cue: &Range<usize>| span_ms(&words[cue.clone()]) < BRIEF_MS;
        let both = last.start..own.end;
        if (is_brief(last) || is_brief(&own))
            && pause_before(words, start) < PAUSE_MS
            && fits(&words[both.clone()])
        {
            *last = both;
            return;
        }
    }
    cues.push(own);
}

/// Whether a cue ends between two consecutive words.
fn ends_cue(left: &Word, right: &Word) -> bool {
    let pause = right.start_ms.saturating_sub(left.end_ms);
    (pause >= PAUSE_MS || text::ends_sentence(left.text.reveal())) && !is_punctuation(right)
}

/// Punctuation that an engine gives as a word of its own stays with the word before it.
fn is_punctuation(word: &Word) -> bool {
    !word.text.reveal().contains(char::is_alphanumeric)
}

/// When the words begin and end; at least a millisecond, because players drop empty cues.
pub(super) fn span(words: &[Word]) -> (u64, u64) {
    let start = words.iter().map(|word| word.start_ms).min().unwrap_or(0);
    let end = words.iter().map(|word| word.end_ms).max().unwrap_or(0);
    (start, end.max(start.saturating_add(1)))
}

fn span_ms(words: &[Word]) -> u64 {
    let (start, end) = span(words);
    end - start
}

fn pause_before(words: &[Word], at: usize) -> u64 {
    words[at].start_ms.saturating_sub(words[at - 1].end_ms)
}

fn columns(words: &[Word]) -> usize {
    line(words).width()
}

/// The words as one line.
fn line(words: &[Word]) -> String {
    super::one_line(&text::joined(words.iter().map(|word| word.text.reveal())))
}

/// Whether the words can be one cue: a single word always can.
fn fits(words: &[Word]) -> bool {
    words.len() <= 1
        || words.len() <= MAX_WORDS
            && span_ms(words) <= MAX_CUE_MS
            && fits_line(&words[line_length(words)..])
}

fn fits_line(words: &[Word]) -> bool {
    words.len() <= 1 || columns(words) <= MAX_COLUMNS
}

/// How many of the words fit into a line.
fn line_length(words: &[Word]) -> usize {
    let fitting = (1..=words.len()).take_while(|length| fits_line(&words[..*length]));
    fitting.last().unwrap_or(0)
}

/// How many of the words are the next cue: all that fit, or those before the best place in
/// the second half of them. What is left for one more cue is shared evenly.
fn cue_length(words: &[Word]) -> usize {
    let fitting = (2..=words.len()).take_while(|length| fits(&words[..*length]));
    let most = fitting.last().unwrap_or(1);
    if most == words.len() {
        return most;
    }
    let wanted = most.min(words.len().div_ceil(2));
    let worth = |at: &usize| {
        let distance = 100 * wanted.abs_diff(*at) / most;
        worth(words, *at, distance)
    };
    (most.div_ceil(2)..=most).max_by_key(worth).unwrap_or(most)
}

/// How good a place it is to divide the words; it is worse with its distance from where it
/// is wanted, in percent.
fn worth(words: &[Word], at: usize, distance: usize) -> (bool, i64) {
    let before = words[at - 1].text.reveal();
    let is_clause = text::ends_sentence(before) || before.ends_with(CLAUSE_ENDS);
    let clause = if is_clause { CLAUSE_BONUS } else { 0 };
    let pause = (pause_before(words, at) / 10).min(PAUSE_BONUS);
    let distance = i64::try_from(distance).unwrap_or(i64::MAX);
    let bonus = i64::try_from(clause + pause).unwrap_or(0);
    (!is_punctuation(&words[at]), bonus.saturating_sub(distance))
}

/// A cue's words in one line or two, these of about the same width.
pub(super) fn lines(words: &[Word]) -> Vec<String> {
    if fits_line(words) {
        return vec![line(words)];
    }
    let worth = |at: &usize| {
        let (first, second) = (columns(&words[..*at]), columns(&words[*at..]));
        worth(
            words,
            *at,
            100 * first.abs_diff(second) / (first + second).max(1),
        )
    };
    let fits = |at: &usize| fits_line(&words[..*at]) && fits_line(&words[*at..]);
    let places = (1..words.len()).filter(fits);
    let at = places.max_by_key(worth).unwrap_or(words.len());
    let (first, second) = words.split_at(at);
    let lines = [first, second]
        .into_iter()
        .filter(|words| !words.is_empty());
    lines.map(line).collect()
}
