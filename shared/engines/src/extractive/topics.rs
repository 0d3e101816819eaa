//! Where the conversation turns to something else.
//!
//! Lexical cohesion between the stretches before and after each turn, cut where
//! it has its deepest valleys (Hearst, "`TextTiling`", Computational Linguistics
//! 1997); [`titles`] names each topic.

use std::collections::BTreeMap;

use domain::{analysis::DraftTopic, text::capitalized, transcript::Transcript};

use super::{
    sentences::{Sentence, Sentences},
    titles::titles,
};

/// Content words on each side that are compared.
const WINDOW: usize = 60;

/// The shortest topic, in milliseconds.
const SHORTEST_MS: u64 = 30_000;

/// Places that are tried as boundaries, about; between them nothing is missed but
/// a few words' difference.
const PLACES: usize = 4_000;

/// The most topics of a recording: more are not an overview.
const MAX_TOPICS: usize = 24;

/// A content word and the turn it is said in.
type Term<'a> = (u32, &'a str);

/// A stretch of turns about one thing.
pub(crate) struct TopicSection {
    /// What it is about, as it would be written inside a sentence.
    pub(crate) phrases: Vec<String>,
    first_turn: u32,
    last_turn: u32,
}

impl TopicSection {
    pub(crate) fn draft(&self) -> DraftTopic {
        DraftTopic {
            title: capitalized(&self.phrases.join(", ")).into(),
            first_turn: self.first_turn,
            last_turn: self.last_turn,
        }
    }
}

/// Cuts the transcript into topics, in order.
pub(crate) fn segment(transcript: &Transcript, sentences: &Sentences) -> Vec<TopicSection> {
    let terms: Vec<Term<'_>> = sentences
        .all
        .iter()
        .flat_map(|own| own.terms.iter().map(|term| (own.turn, term.as_str())))
        .collect();
    let Some(last) = transcript.turns.last() else {
        return Vec::new();
    };
    let mut bounds = boundaries(transcript, &terms);
    bounds.push(last.id + 1);
    let (mut groups, mut rest): (Vec<&[Sentence]>, _) = (Vec::new(), &sentences.all[..]);
    for end in &bounds {
        let (own, later) = rest.split_at(rest.partition_point(|sentence| sentence.turn < *end));
        groups.push(own);
        rest = later;
    }
    let titles = titles(sentences, &transcript.words, &groups);
    let firsts = std::iter::once(0).chain(bounds.iter().copied());
    let topics = firsts.zip(&bounds).zip(titles);
    topics
        .filter(|(_, phrases)| !phrases.is_empty())
        .map(|((first_turn, end), phrases)| TopicSection {
            phrases,
            first_turn,
            last_turn: end - 1,
        })
        .collect()
}

/// The turns with which a new topic begins: the deepest valleys, not too near to
/// each other nor to the ends.
fn boundaries(transcript: &Transcript, terms: &[Term<'_>]) -> Vec<u32> {
    let mut gaps: Vec<(usize, u32)> = terms
        .windows(2)
        .enumerate()
        .filter(|(_, pair)| pair[0].0 != pair[1].0)
        .map(|(index, pair)| (index + 1, pair[1].0))
        .collect();
    gaps.dedup_by_key(|(at, _)| *at / (terms.len() / PLACES + 1));
    let cohesion: Vec<f64> = gaps.iter().map(|(at, _)| similarity(terms, *at)).collect();
    let depths = depths(&cohesion);
    let cutoff = mean_and_a_half(&depths);
    let mut valleys: Vec<(f64, u32)> = depths
        .into_iter()
        .zip(&gaps)
        .filter(|(depth, _)| *depth > cutoff)
        .map(|(depth, (_, turn))| (depth, *turn))
        .collect();
    valleys.sort_by(|left, right| right.0.total_cmp(&left.0).then(left.1.cmp(&right.1)));
    apart(transcript, valleys.into_iter().map(|(_, turn)| turn))
}

/// Those turns, best first, that leave every topic its length; in order.
fn apart(transcript: &Transcript, turns: impl Iterator<Item = u32>) -> Vec<u32> {
    let start_ms = |turn: u32| transcript.turns[turn as usize].start_ms;
    let end_ms = transcript.turns.last().map_or(0, |turn| turn.end_ms);
    let shortest = SHORTEST_MS.max(end_ms / MAX_TOPICS as u64);
    let mut taken = vec![0, end_ms];
    let mut picked: Vec<u32> = turns
        .filter(|turn| {
            let start = start_ms(*turn);
            let fits = taken.iter().all(|other| start.abs_diff(*other) >= shortest);
            if fits {
                taken.push(start);
            }
            fits
        })
        .collect();
    picked.sort_unstable();
    picked
}

/// The cosine of the counts of words before and after.
fn similarity(terms: &[Term<'_>], at: usize) -> f64 {
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

fn counts<'a>(terms: &[Term<'a>]) -> BTreeMap<&'a str, f64> {
    let mut counts = BTreeMap::new();
    for (_, term) in terms {
        *counts.entry(*term).or_insert(0.0) += 1.0;
    }
    counts
}

/// How deep each gap lies below the hills on both sides.
fn depths(cohesion: &[f64]) -> Vec<f64> {
    let left = hilltops(cohesion.iter());
    let right = hilltops(cohesion.iter().rev());
    let sides = left.iter().zip(right.iter().rev());
    sides
        .zip(cohesion)
        .map(|((left, right), own)| left + right - 2.0 * own)
        .collect()
}

/// For each value the height that is reached by going back without a descent.
fn hilltops<'a>(values: impl Iterator<Item = &'a f64>) -> Vec<f64> {
    let mut tops = Vec::new();
    let mut before: Option<(f64, f64)> = None;
    for value in values {
        let top = match before {
            Some((last, top)) if last >= *value => top,
            _ => *value,
        };
        before = Some((*value, top));
        tops.push(top);
    }
    tops
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depths_are_measured_from_the_hills_on_both_sides() {
        let depths = depths(&[3.0, 1.0, 2.0, 2.0, 5.0, 0.0]);
        assert_eq!(depths, [0.0, 6.0 - 0.0 - 0.0, 3.0, 3.0, 0.0, 5.0]);
    }
}
