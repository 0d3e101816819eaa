//! Turns cut into utterances, and the words that matter in them.

use std::{
    collections::{HashMap, HashSet},
    ops::Range,
};

use domain::{
    transcript::{Transcript, Word},
    wording::{joined, normalize},
};

use super::stopwords::stop_words;

/// A pause that ends an utterance, in milliseconds.
const PAUSE_MS: u64 = 450;

/// Words after which an utterance ends all the same.
pub(crate) const MAX_WORDS: usize = 40;

/// Letters below which a word of a script with letters means little.
const MIN_LETTERS: usize = 3;

/// A few words said in one breath.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Utterance {
    pub(crate) turn: u32,
    pub(crate) speaker: u32,
    /// Whether its turn begins with it.
    pub(crate) opens: bool,
    /// As it stands in the turn.
    pub(crate) text: String,
    /// How many words it has.
    pub(crate) length: usize,
    /// Its content words, normalized.
    pub(crate) terms: Vec<String>,
}

/// Cuts every turn at pauses and after sentences.
pub(crate) fn split(transcript: &Transcript) -> Vec<Utterance> {
    let normal: Vec<String> = transcript
        .words
        .iter()
        .map(|word| normalize(word.text.reveal()))
        .collect();
    let stop_words = stop_words(&normal);
    let is_term = |term: &&String| {
        let letters = term.chars().count();
        (letters >= MIN_LETTERS || !term.is_ascii() && letters > 0) && !stop_words.contains(*term)
    };
    let mut utterances = Vec::new();
    for turn in &transcript.turns {
        let words = &transcript.words[turn.words.clone()];
        for part in parts(words) {
            let texts: Vec<&str> = words[part.clone()]
                .iter()
                .map(|word| word.text.reveal())
                .collect();
            let own = &normal[turn.words.start + part.start..turn.words.start + part.end];
            utterances.push(Utterance {
                turn: turn.id,
                speaker: turn.speaker,
                opens: part.start == 0,
                length: texts.len(),
                text: joined(texts),
                terms: own.iter().filter(is_term).cloned().collect(),
            });
        }
    }
    utterances
}

/// A turn's sentences, or what is said between two pauses.
fn parts(words: &[Word]) -> Vec<Range<usize>> {
    let mut parts = Vec::new();
    let mut start = 0;
    for sentence in words.chunk_by(|word, next| !ends(word, next)) {
        let end = start + sentence.len();
        while end - start > MAX_WORDS {
            let cut = start + longest_gap(&words[start..end]);
            parts.push(start..cut);
            start = cut;
        }
        parts.push(start..end);
        start = end;
    }
    parts
}

fn ends(word: &Word, next: &Word) -> bool {
    word.text.reveal().ends_with(['.', '?', '!', '。', '؟'])
        || next.start_ms.saturating_sub(word.end_ms) >= PAUSE_MS
}

/// Where somebody who speaks without a pause pauses longest, not too early and
/// not too late: the number of words before it.
fn longest_gap(words: &[Word]) -> usize {
    let gap = |at: &usize| words[*at].start_ms.saturating_sub(words[*at - 1].end_ms);
    (MAX_WORDS / 2..=MAX_WORDS)
        .max_by_key(gap)
        .unwrap_or(MAX_WORDS)
}

/// How much each content word says about what the conversation is about.
pub(crate) struct Vocabulary {
    weights: HashMap<String, f64>,
}

impl Vocabulary {
    /// A word weighs by how often it comes up, less so when it comes up in every
    /// other utterance.
    #[expect(clippy::cast_precision_loss, reason = "counts of words")]
    pub(crate) fn new(utterances: &[Utterance]) -> Self {
        let mut holding: HashMap<&str, usize> = HashMap::new();
        for utterance in utterances {
            let distinct: HashSet<&str> = utterance.terms.iter().map(String::as_str).collect();
            for term in distinct {
                *holding.entry(term).or_default() += 1;
            }
        }
        let total = utterances.len().max(1) as f64;
        let weights = holding
            .into_iter()
            .map(|(term, count)| {
                let count = count as f64;
                (
                    term.to_owned(),
                    (1.0 + count).ln() * (1.0 + total / count).ln(),
                )
            })
            .collect();
        Self { weights }
    }

    /// The weight of a normalized word.
    pub(crate) fn weight(&self, term: &str) -> f64 {
        self.weights.get(term).copied().unwrap_or(0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(starts: &[u64]) -> Vec<Word> {
        let word = |start_ms: &u64| Word {
            text: "word".into(),
            start_ms: *start_ms,
            end_ms: start_ms + 200,
            speaker: 0,
            confidence: 0.9,
            overlap: false,
        };
        starts.iter().map(word).collect()
    }

    #[test]
    fn without_punctuation_pauses_end_an_utterance() {
        assert_eq!(parts(&words(&[0, 250, 900, 1_150])), [0..2, 2..4]);
    }

    #[test]
    fn a_long_utterance_is_cut_at_its_longest_gap() {
        let starts: Vec<u64> = (0..60)
            .map(|index| index * 200 + if index >= 30 { 100 } else { 0 })
            .collect();
        assert_eq!(parts(&words(&starts)), [0..30, 30..60]);
        let even: Vec<u64> = (0..100).map(|index| index * 200).collect();
        assert_eq!(parts(&words(&even)), [0..40, 40..80, 80..100]);
    }
}
