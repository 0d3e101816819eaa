//! The utterances that say most about what the conversation is about.

use std::collections::HashSet;

use domain::wording::is_question;

use super::utterances::{MAX_WORDS, Utterance, Vocabulary};

/// Words of an utterance that can stand by itself.
const LENGTHS: std::ops::RangeInclusive<usize> = 6..=MAX_WORDS;

/// Share of content words that two picked utterances may have in common.
const MAX_OVERLAP: f64 = 0.6;

/// What an utterance gains by opening a turn: answers begin with the answer.
const OPENING: f64 = 1.15;

/// Utterances picked from the same part of the conversation, at most, where the
/// parts are as many as utterances are wanted.
const MAX_PER_PART: usize = 2;

/// Up to `count` utterances, the most central first; no two say the same, and
/// not all come from the same few minutes.
pub(crate) fn central(
    utterances: &[Utterance],
    vocabulary: &Vocabulary,
    count: usize,
) -> Vec<usize> {
    let part = |index: usize| index * count / utterances.len().max(1);
    let mut picked: Vec<usize> = Vec::new();
    for index in ranked(utterances, vocabulary) {
        if picked.len() == count {
            break;
        }
        let neighbours = picked.iter().filter(|other| part(**other) == part(index));
        let says_more = picked
            .iter()
            .all(|other| overlap(&utterances[*other], &utterances[index]) < MAX_OVERLAP);
        if says_more && neighbours.count() < MAX_PER_PART {
            picked.push(index);
        }
    }
    picked
}

/// The utterances that can stand by themselves, the most central first.
fn ranked(utterances: &[Utterance], vocabulary: &Vocabulary) -> Vec<usize> {
    let mut scored: Vec<(f64, usize)> = utterances
        .iter()
        .enumerate()
        .filter(|(_, own)| LENGTHS.contains(&own.length) && !is_question(&own.text))
        .map(|(index, own)| (score(own, vocabulary), index))
        .filter(|(score, _)| *score > 0.0)
        .collect();
    scored.sort_by(|left, right| right.0.total_cmp(&left.0).then(left.1.cmp(&right.1)));
    scored.into_iter().map(|(_, index)| index).collect()
}

/// The weight of the distinct content words, tempered by the length, so that
/// neither long nor dense utterances win by that alone.
#[expect(clippy::cast_precision_loss, reason = "counts of words")]
fn score(utterance: &Utterance, vocabulary: &Vocabulary) -> f64 {
    let distinct: HashSet<&String> = utterance.terms.iter().collect();
    // Summed in a fixed order: the same transcript, the same draft.
    let mut weights: Vec<f64> = distinct
        .into_iter()
        .map(|term| vocabulary.weight(term))
        .collect();
    weights.sort_by(f64::total_cmp);
    let opening = if utterance.opens { OPENING } else { 1.0 };
    opening * weights.iter().sum::<f64>() / (utterance.length as f64).sqrt()
}

/// The Jaccard index of the content words.
#[expect(clippy::cast_precision_loss, reason = "counts of words")]
fn overlap(left: &Utterance, right: &Utterance) -> f64 {
    let left: HashSet<&String> = left.terms.iter().collect();
    let right: HashSet<&String> = right.terms.iter().collect();
    let shared = left.intersection(&right).count();
    shared as f64 / (left.len() + right.len() - shared).max(1) as f64
}
