//! The utterances that say most about what the conversation is about.

use std::collections::HashSet;

use domain::wording::is_question;

use super::utterances::{Utterance, Vocabulary};

/// Words of an utterance that can stand by itself.
const LENGTHS: std::ops::RangeInclusive<usize> = 6..=40;

/// Share of content words that two picked utterances may have in common.
const MAX_OVERLAP: f64 = 0.6;

/// Up to `count` utterances, the most central first; no two say the same.
pub(crate) fn central(
    utterances: &[Utterance],
    vocabulary: &Vocabulary,
    count: usize,
) -> Vec<usize> {
    let mut ranked: Vec<(f64, usize)> = utterances
        .iter()
        .enumerate()
        .filter(|(_, utterance)| {
            LENGTHS.contains(&utterance.length) && !is_question(&utterance.text)
        })
        .map(|(index, utterance)| (score(utterance, vocabulary), index))
        .filter(|(score, _)| *score > 0.0)
        .collect();
    ranked.sort_by(|left, right| right.0.total_cmp(&left.0).then(left.1.cmp(&right.1)));
    let mut picked: Vec<usize> = Vec::new();
    for (_, index) in ranked {
        if picked.len() == count {
            break;
        }
        if picked
            .iter()
            .all(|other| overlap(&utterances[*other], &utterances[index]) < MAX_OVERLAP)
        {
            picked.push(index);
        }
    }
    picked
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
    weights.iter().sum::<f64>() / (utterance.length as f64).sqrt()
}

/// The Jaccard index of the content words.
#[expect(clippy::cast_precision_loss, reason = "counts of words")]
fn overlap(left: &Utterance, right: &Utterance) -> f64 {
    let left: HashSet<&String> = left.terms.iter().collect();
    let right: HashSet<&String> = right.terms.iter().collect();
    let shared = left.intersection(&right).count();
    shared as f64 / (left.len() + right.len() - shared).max(1) as f64
}
