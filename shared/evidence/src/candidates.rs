//! Finds the places in a transcript that may match a quote.
//!
//! A quote with at most `k` changed words keeps all but `k` of its rare words, and none
//! of them is further than `k` words from its place. So only places where enough of
//! them come together are compared: no match is missed, and an invented quote costs
//! almost nothing.

use std::ops::Range;

/// Words that must be the same for a quote to count as found with changes.
pub(crate) const LEAST_SAME: usize = 3;

/// Words of a quote above which nothing but the very words is searched for.
pub(crate) const MAX_WORDS: usize = 200;

/// Places that are compared with a quote, at most.
const MAX_CANDIDATES: usize = 60;

/// Words of a quote that are searched for, the rarest first.
const ANCHORS: usize = 8;

/// A more common word is used as an anchor only if the quote has no rarer one.
const COMMON: usize = 1_000;

/// One word in this many may be changed, left out or added.
const TOLERANCE: usize = 5;

/// How many words of a quote of that length may differ.
pub(crate) fn tolerated(length: usize) -> usize {
    (length / TOLERANCE).max(1)
}

/// A word of a quote and where it occurs in the transcript.
#[derive(Debug)]
pub(crate) struct Anchor<'a> {
    /// Its place in the quote.
    pub(crate) offset: usize,
    /// Its places in the transcript, in order.
    pub(crate) places: &'a [usize],
}

/// Where the quote of `length` words may begin, the likeliest first. `known` are
/// those of its words that the transcript has, `away` says how far a place is
/// from where the quote should be.
pub(crate) fn starts(
    mut known: Vec<Anchor<'_>>,
    length: usize,
    away: impl Fn(usize) -> usize,
) -> Vec<usize> {
    // Words that the transcript does not have at all are changes already.
    let reach = tolerated(length);
    let Some(allowed) = reach.checked_sub(length - known.len()) else {
        return Vec::new();
    };
    known.sort_by_key(|anchor| anchor.places.len());
    let rare = known.partition_point(|anchor| anchor.places.len() <= COMMON);
    known.truncate(rare.clamp(1, ANCHORS));
    let needed = known.len().saturating_sub(allowed).max(1);
    let mut places: Vec<usize> = known
        .iter()
        .flat_map(|anchor| {
            anchor
                .places
                .iter()
                .map(|at| at.saturating_sub(anchor.offset))
        })
        .collect();
    places.sort_unstable();
    let mut ranked: Vec<(usize, usize, usize)> = distinct(&places)
        .map(|own| (places[own.start], own.len(), near(&places, &own, reach)))
        .filter(|(_, _, near)| *near >= needed)
        .map(|(start, votes, _)| (usize::MAX - votes, away(start), start))
        .collect();
    ranked.sort_unstable();
    let likeliest = ranked.into_iter().take(MAX_CANDIDATES);
    likeliest.map(|(_, _, start)| start).collect()
}

/// Stretches of the same number among sorted ones.
fn distinct(sorted: &[usize]) -> impl Iterator<Item = Range<usize>> {
    let mut start = 0;
    sorted.chunk_by(usize::eq).map(move |same| {
        let own = start..start + same.len();
        start = own.end;
        own
    })
}

/// How many of the sorted numbers are at most `reach` away from those at `own`.
fn near(sorted: &[usize], own: &Range<usize>, reach: usize) -> usize {
    let value = sorted[own.start];
    let before = sorted[..own.start].iter().rev();
    let after = sorted[own.end..].iter();
    own.len()
        + before.take_while(|other| value - **other <= reach).count()
        + after.take_while(|other| **other - value <= reach).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_places_with_enough_of_the_words_are_compared() {
        let anchors = || {
            vec![
                Anchor {
                    offset: 0,
                    places: &[10, 50],
                },
                Anchor {
                    offset: 1,
                    places: &[11, 90],
                },
                Anchor {
                    offset: 2,
                    places: &[13],
                },
            ]
        };
        assert_eq!(starts(anchors(), 3, |_| 0), [10, 11]);
        assert_eq!(starts(anchors(), 5, |_| 0), Vec::<usize>::new());
        assert_eq!(starts(Vec::new(), 0, |_| 0), Vec::<usize>::new());
    }
}
