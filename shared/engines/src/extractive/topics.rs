//! Where the conversation turns to something else.
//!
//! Lexical cohesion between the stretches before and after each turn, cut where
//! it has its valleys (Hearst, "`TextTiling`", Computational Linguistics 1997).

use std::collections::{BTreeMap, HashMap};

use domain::{analysis::DraftTopic, transcript::Transcript};

use super::utterances::{Utterance, Vocabulary};

/// Content words on each side that are compared.
const WINDOW: usize = 60;

/// The shortest topic, in milliseconds.
const SHORTEST_MS: u64 = 30_000;

/// Words in a title.
const TITLE_WORDS: usize = 3;

/// Cuts the transcript into topics, in order.
pub(crate) fn segment(
    transcript: &Transcript,
    utterances: &[Utterance],
    vocabulary: &Vocabulary,
) -> Vec<DraftTopic> {
    let terms: Vec<(u32, &str)> = utterances
        .iter()
        .flat_map(|utterance| {
            utterance
                .terms
                .iter()
                .map(|term| (utterance.turn, term.as_str()))
        })
        .collect();
    let Some(last) = transcript.turns.last() else {
        return Vec::new();
    };
    let mut bounds = boundaries(transcript, &terms);
    bounds.push(last.id + 1);
    let mut topics = Vec::new();
    let mut first = 0;
    for end in bounds {
        let own = terms
            .iter()
            .filter(|(turn, _)| (first..end).contains(turn))
            .map(|(_, term)| *term);
        if let Some(title) = title(own, vocabulary) {
            topics.push(DraftTopic {
                title: title.into(),
                first_turn: first,
                last_turn: end - 1,
            });
        }
        first = end;
    }
    topics
}

/// The turns with which a new topic begins.
fn boundaries(transcript: &Transcript, terms: &[(u32, &str)]) -> Vec<u32> {
    let gaps: Vec<(usize, u32)> = terms
        .windows(2)
        .enumerate()
        .filter(|(_, pair)| pair[0].0 != pair[1].0)
        .map(|(index, pair)| (index + 1, pair[1].0))
        .collect();
    let cohesion: Vec<f64> = gaps.iter().map(|(at, _)| similarity(terms, *at)).collect();
    let depths: Vec<f64> = (0..cohesion.len())
        .map(|gap| depth(&cohesion, gap))
        .collect();
    let cutoff = mean_and_a_half(&depths);
    let start_of = |turn: u32| {
        transcript
            .turns
            .get(turn as usize)
            .map_or(0, |turn| turn.start_ms)
    };
    let end_ms = transcript.turns.last().map_or(0, |turn| turn.end_ms);
    let (mut bounds, mut since) = (Vec::new(), 0);
    for (gap, (_, turn)) in gaps.iter().enumerate() {
        let start = start_of(*turn);
        let long_enough = start >= since + SHORTEST_MS && start + SHORTEST_MS <= end_ms;
        if depths[gap] > cutoff && long_enough {
            bounds.push(*turn);
            since = start;
        }
    }
    bounds
}

/// The cosine of the counts of words before and after.
fn similarity(terms: &[(u32, &str)], at: usize) -> f64 {
    let before = counts(&terms[at.saturating_sub(WINDOW)..at]);
    let after = counts(&terms[at..terms.len().min(at + WINDOW)]);
    let dot: f64 = before
        .iter()
        .map(|(term, count)| count * after.get(term).unwrap_or(&0.0))
        .sum();
    let length = |counts: &BTreeMap<&str, f64>| {
        counts
            .values()
            .map(|count| count * count)
            .sum::<f64>()
            .sqrt()
    };
    dot / (length(&before) * length(&after)).max(f64::MIN_POSITIVE)
}

fn counts<'a>(terms: &[(u32, &'a str)]) -> BTreeMap<&'a str, f64> {
    let mut counts = BTreeMap::new();
    for (_, term) in terms {
        *counts.entry(*term).or_insert(0.0) += 1.0;
    }
    counts
}

/// How deep the valley at a gap lies below the hills on both sides.
fn depth(cohesion: &[f64], gap: usize) -> f64 {
    let climb = |values: &mut dyn Iterator<Item = &f64>| {
        let mut top = cohesion[gap];
        for value in values {
            if *value < top {
                break;
            }
            top = *value;
        }
        top - cohesion[gap]
    };
    climb(&mut cohesion[..gap].iter().rev()) + climb(&mut cohesion[gap + 1..].iter())
}

/// Mean and half a standard deviation.
#[expect(clippy::cast_precision_loss, reason = "counts of turns")]
fn mean_and_a_half(values: &[f64]) -> f64 {
    let count = values.len().max(1) as f64;
    let mean = values.iter().sum::<f64>() / count;
    let variance = values
        .iter()
        .map(|value| (value - mean).powi(2))
        .sum::<f64>()
        / count;
    mean + variance.sqrt() / 2.0
}

/// The words that stand out.
fn title<'a>(terms: impl Iterator<Item = &'a str>, vocabulary: &Vocabulary) -> Option<String> {
    let mut counts: HashMap<&str, f64> = HashMap::new();
    for term in terms {
        *counts.entry(term).or_default() += 1.0;
    }
    let mut ranked: Vec<(f64, &str)> = counts
        .into_iter()
        .map(|(term, count)| (count * vocabulary.weight(term), term))
        .collect();
    ranked.sort_by(|left, right| right.0.total_cmp(&left.0).then(left.1.cmp(right.1)));
    let words: Vec<&str> = ranked
        .into_iter()
        .take(TITLE_WORDS)
        .map(|(_, term)| term)
        .collect();
    (!words.is_empty()).then(|| words.join(", "))
}
