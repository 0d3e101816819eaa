//! Splits a transcript into sentences and finds their content words.

use std::{
    collections::{HashMap, HashSet},
    ops::Range,
};

use domain::{
    text::{ends_sentence, is_question, joined, normalize},
    transcript::{Transcript, Word},
};

use super::stopwords::stop_words;

/// Words of a list that are looked up often.
pub(crate) fn word_set(list: &'static str) -> HashSet<&'static str> {
    list.split_whitespace().collect()
}

/// A pause that ends a sentence where there is no punctuation, in milliseconds.
const PAUSE_MS: u64 = 450;

/// A pause that ends a sentence in any case, in milliseconds.
const LONG_PAUSE_MS: u64 = 8_000;

/// Words after which a sentence is cut all the same.
pub(crate) const MAX_WORDS: usize = 40;

/// Letters below which a word of a script with letters means little.
const MIN_LETTERS: usize = 3;

/// One sentence to so many words at least, where an engine writes punctuation.
const WORDS_EACH: usize = 60;

/// What belongs to the words after it, even with a comma.
const CONJUNCTIONS: [&str; 6] = ["so", "and", "but", "or", "then", "because"];

/// A sentence, or an utterance between two pauses.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Sentence {
    /// The turn it begins in.
    pub(crate) turn: u32,
    pub(crate) speaker: u32,
    /// Whether its speaker begins to speak with it.
    pub(crate) opens: bool,
    /// Whether it is complete: it ends as a sentence, and is not part of a long one.
    pub(crate) is_whole: bool,
    /// Word for word as in the transcript.
    pub(crate) text: String,
    /// Its words, as indices into the transcript's.
    pub(crate) words: Range<usize>,
    /// Its content words, normalized.
    pub(crate) terms: Vec<String>,
}

/// Words that turn a statement into a question only to be assured: "you know that, right?"
const TAGS: [&str; 8] = [
    "okay", "ok", "right", "yeah", "yes", "alright", "correct", "huh",
];

/// Words from which on a statement can end in such a word.
const TAGGED_WORDS: usize = 4;

impl Sentence {
    /// Whether it is a question, by its mark or its wording, and not a mere tag.
    pub(crate) fn asks(&self) -> bool {
        let mut words = self.text.split_whitespace().rev();
        let last = words.next().map(normalize).unwrap_or_default();
        let is_set_apart = words.next().is_some_and(|word| word.ends_with(','));
        let is_tagged = is_set_apart && TAGS.contains(&last.as_str());
        !(is_tagged && self.length() >= TAGGED_WORDS) && is_question(&self.text)
    }

    /// How many words it has.
    pub(crate) fn length(&self) -> usize {
        self.words.len()
    }
}

/// A transcript's sentences in order.
#[derive(Debug)]
pub(crate) struct Sentences {
    pub(crate) all: Vec<Sentence>,
    /// All words of the transcript, normalized.
    pub(crate) normal: Vec<String>,
    /// Whether the engine writes case and punctuation.
    pub(crate) is_punctuated: bool,
    /// Words that say nothing about what is talked about, normalized.
    pub(crate) stop_words: HashSet<String>,
}

/// Cuts what each speaker says before another does: after the punctuation that ends a
/// sentence, or where there is none at pauses.
pub(crate) fn split(transcript: &Transcript) -> Sentences {
    let words = &transcript.words;
    let normal: Vec<String> = words
        .iter()
        .map(|word| normalize(word.text.reveal()))
        .collect();
    let ends = words
        .iter()
        .filter(|word| ends_sentence(word.text.reveal()));
    let is_punctuated = ends.count() * WORDS_EACH > words.len();
    let stop_words = stop_words(&normal);
    let is_term = |term: &&String| {
        let letters = term.chars().count();
        (letters >= MIN_LETTERS || !term.is_ascii() && letters > 0) && !stop_words.contains(*term)
    };
    let mut all = Vec::new();
    for stretch in stretches(transcript, is_punctuated) {
        for (range, is_whole) in parts(words, stretch.clone(), is_punctuated) {
            let turn = transcript
                .turns
                .partition_point(|turn| turn.words.end <= range.start);
            all.push(Sentence {
                turn: transcript.turns.get(turn).map_or(0, |turn| turn.id),
                speaker: words[range.start].speaker,
                opens: range.start == stretch.start,
                is_whole,
                text: joined(words[range.clone()].iter().map(|word| word.text.reveal())),
                terms: normal[range.clone()]
                    .iter()
                    .filter(is_term)
                    .cloned()
                    .collect(),
                words: range,
            });
        }
    }
    Sentences {
        all,
        normal,
        is_punctuated,
        stop_words,
    }
}

/// What one speaker says before another does. A turn ends at a pause; with punctuation,
/// a sentence continues after it.
fn stretches(transcript: &Transcript, is_punctuated: bool) -> Vec<Range<usize>> {
    let (words, mut stretches) = (&transcript.words, Vec::<Range<usize>>::new());
    for turn in transcript
        .turns
        .iter()
        .filter(|turn| !turn.words.is_empty())
    {
        let goes_on = |before: &Range<usize>| {
            let last = &words[before.end - 1];
            let pause = turn.start_ms.saturating_sub(last.end_ms);
            is_punctuated && last.speaker == turn.speaker && pause < LONG_PAUSE_MS
        };
        match stretches.last_mut() {
            Some(before) if goes_on(before) => before.end = turn.words.end,
            _ => stretches.push(turn.words.clone()),
        }
    }
    stretches
}

/// A stretch's sentences, each with whether it is whole.
fn parts(words: &[Word], stretch: Range<usize>, is_punctuated: bool) -> Vec<(Range<usize>, bool)> {
    let ends = |at: usize| ends_sentence(words[at].text.reveal());
    let breaks = |at: usize| {
        let pause = words[at + 1].start_ms.saturating_sub(words[at].end_ms);
        ends(at) || !is_punctuated && pause >= PAUSE_MS
    };
    let (mut parts, mut start) = (Vec::new(), stretch.start);
    for at in stretch.clone() {
        if at + 1 < stretch.end && !breaks(at) {
            continue;
        }
        let end = at + 1;
        let fits = end - start <= MAX_WORDS;
        while end - start > MAX_WORDS {
            let cut = start + longest_gap(&words[start..end]);
            parts.push((start..cut, false));
            start = cut;
        }
        let is_whole = fits && (!is_punctuated || ends(at));
        parts.push((start..end, is_whole));
        start = end;
    }
    parts
}

/// Where a long sentence is cut, not too early and not too late: at its longest pause,
/// after a comma rather than elsewhere; the number of words before it.
fn longest_gap(words: &[Word]) -> usize {
    let gap = |at: &usize| {
        let before = words[*at - 1].text.reveal();
        let leads_on = CONJUNCTIONS.contains(&normalize(before).as_str());
        let comma = before.ends_with([',', ';', ':', '、', '，']) && !leads_on;
        let pause = words[*at].start_ms.saturating_sub(words[*at - 1].end_ms);
        (comma, pause)
    };
    (MAX_WORDS / 2..=MAX_WORDS)
        .max_by_key(gap)
        .unwrap_or(MAX_WORDS)
}

/// How much each content word says about what the conversation is about.
pub(crate) struct WordWeights {
    weights: HashMap<String, f64>,
}

impl WordWeights {
    /// A word weighs by how often it comes up, less so when it comes up in every
    /// other sentence.
    #[expect(clippy::cast_precision_loss, reason = "counts of words")]
    pub(crate) fn new(sentences: &[Sentence]) -> Self {
        let mut holding: HashMap<&str, usize> = HashMap::new();
        for sentence in sentences {
            let distinct: HashSet<&str> = sentence.terms.iter().map(String::as_str).collect();
            for term in distinct {
                *holding.entry(term).or_default() += 1;
            }
        }
        let total = sentences.len().max(1) as f64;
        let weights = holding.into_iter().map(|(term, count)| {
            let count = count as f64;
            let weight = (1.0 + count).ln() * (1.0 + total / count).ln();
            (term.to_owned(), weight)
        });
        Self {
            weights: weights.collect(),
        }
    }

    /// The weight of a normalized word.
    pub(crate) fn weight(&self, term: &str) -> f64 {
        self.weights.get(term).copied().unwrap_or(0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str, starts: impl Fn(usize) -> u64) -> Vec<Word> {
        let words = text.split_whitespace().enumerate();
        let words = words.map(|(index, text)| Word {
            text: text.into(),
            start_ms: starts(index),
            end_ms: starts(index) + 200,
            speaker: 0,
            confidence: 0.9,
            overlap: false,
        });
        words.collect()
    }

    fn cut(words: &[Word], is_punctuated: bool) -> Vec<(Range<usize>, bool)> {
        parts(words, 0..words.len(), is_punctuated)
    }

    #[test]
    fn pauses_end_a_sentence_only_without_punctuation() {
        let starts = |index| [0, 250, 900, 1_150][index];
        let plain = words("a b c d", starts);
        assert_eq!(cut(&plain, false), [(0..2, true), (2..4, true)]);
        let written = words("Dr. King asked. Then", starts);
        assert_eq!(cut(&written, true), [(0..3, true), (3..4, false)]);
    }

    #[test]
    fn a_long_sentence_is_cut_at_a_comma_or_its_longest_gap() {
        let even = |index: usize| index as u64 * 200;
        let with_gap = |index: usize| index as u64 * 200 + if index >= 30 { 100 } else { 0 };
        let sixty = "word ".repeat(60);
        assert_eq!(
            cut(&words(&sixty, with_gap), false),
            [(0..30, false), (30..60, false)]
        );
        let comma = format!("{}list, {}end.", "word ".repeat(24), "word ".repeat(31));
        assert_eq!(
            cut(&words(&comma, even), true),
            [(0..25, false), (25..57, false)]
        );
    }
}
