//! Turns cut into utterances, and the words that matter in them.

use std::collections::{HashMap, HashSet};

use domain::{transcript::Transcript, wording::normalize};

/// A pause that ends an utterance, in milliseconds.
const PAUSE_MS: u64 = 450;

/// Words after which an utterance ends all the same.
const MAX_WORDS: usize = 40;

/// English words that say nothing about what is talked about.
const STOP_WORDS: &str = "a about above after again all also always am an and any anything are as at away back be \
    because been before being both but by came can come could day did do does doing done down each even ever every \
    everything few first for from gave get gets getting give go goes going good got had has have having he her here \
    hers him his how i if in into is it its just kind know last let like lot made make many maybe me mean more most \
    much my never new no not now of off oh okay on once one only or other our out over own people put quite really \
    right said same saw say see she should since so some something sort still such take tell than that the their \
    them then there these they thing things think this those three through time to today together told too took two \
    um uh under until up us use used very want was way we well went were what when where which while who why will \
    with without work would yeah year yes yet you your";

/// A few words said in one breath.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Utterance {
    pub(crate) turn: u32,
    pub(crate) speaker: u32,
    /// As it stands in the turn.
    pub(crate) text: String,
    /// How many words it has.
    pub(crate) length: usize,
    /// Its content words, normalized.
    pub(crate) terms: Vec<String>,
}

/// Cuts every turn at pauses and after sentences.
pub(crate) fn split(transcript: &Transcript) -> Vec<Utterance> {
    let stop_words: HashSet<String> = STOP_WORDS.split_whitespace().map(str::to_owned).collect();
    let mut utterances = Vec::new();
    for turn in &transcript.turns {
        let words = &transcript.words[turn.words.clone()];
        let mut start = 0;
        for end in 1..=words.len() {
            let ends = end == words.len()
                || end - start >= MAX_WORDS
                || words[end].start_ms.saturating_sub(words[end - 1].end_ms) >= PAUSE_MS
                || words[end - 1]
                    .text
                    .reveal()
                    .ends_with(['.', '?', '!', '。', '؟']);
            if ends {
                let texts: Vec<&str> = words[start..end]
                    .iter()
                    .map(|word| word.text.reveal())
                    .collect();
                utterances.push(Utterance {
                    turn: turn.id,
                    speaker: turn.speaker,
                    length: texts.len(),
                    terms: terms(&texts, &stop_words),
                    text: texts.join(" "),
                });
                start = end;
            }
        }
    }
    utterances
}

fn terms(texts: &[&str], stop_words: &HashSet<String>) -> Vec<String> {
    texts
        .iter()
        .map(|text| normalize(text))
        .filter(|term| term.chars().count() > 2 && !stop_words.contains(term))
        .collect()
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
