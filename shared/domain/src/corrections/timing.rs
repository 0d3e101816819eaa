//! Times of words that a person wrote: interpolated by the lengths of the words.

/// How long a spoken character takes, in milliseconds: some 15 a second.
const CHARACTER_MS: u64 = 65;

/// How much of the time that words need a gap must have to be enough for them.
const ENOUGH: u64 = 4;

/// What a word weighs: its characters and the space behind it.
pub(super) fn weight(text: &str) -> u64 {
    text.chars().count() as u64 + 1
}

/// How long words of these weights take, in milliseconds.
pub(super) fn usual_ms(weights: &[u64]) -> u64 {
    weights.iter().sum::<u64>() * CHARACTER_MS
}

/// Whether words of these weights can be spoken in a gap of this length.
pub(super) fn is_enough(gap_ms: u64, weights: &[u64]) -> bool {
    gap_ms > 0 && gap_ms.saturating_mul(ENOUGH) >= usual_ms(weights)
}

/// Start and end of words of these weights that fill a span, one after the other.
pub(super) fn spread(start_ms: u64, end_ms: u64, weights: &[u64]) -> Vec<(u64, u64)> {
    let length = u128::from(end_ms.saturating_sub(start_ms));
    let total = weights
        .iter()
        .map(|weight| u128::from(*weight))
        .sum::<u128>();
    let mut reached = 0_u128;
    let mut at = |weight: u64| {
        reached += u128::from(weight);
        let part = (length * reached).checked_div(total).unwrap_or(0);
        start_ms + u64::try_from(part).unwrap_or(0)
    };
    let mut begin = start_ms;
    let spans = weights.iter().map(|weight| {
        let end = at(*weight);
        (std::mem::replace(&mut begin, end), end)
    });
    spans.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_fill_a_span_by_their_lengths() {
        assert_eq!(
            spread(1_000, 2_000, &[1, 3]),
            [(1_000, 1_250), (1_250, 2_000)]
        );
        assert_eq!(spread(5, 5, &[2, 2]), [(5, 5), (5, 5)]);
        assert_eq!(spread(0, 10, &[]), []);
    }

    #[test]
    fn a_short_gap_is_not_enough() {
        let weights = [weight("boat"), weight("house")];
        assert_eq!(usual_ms(&weights), 715);
        assert!(is_enough(400, &weights));
        assert!(!is_enough(100, &weights));
        assert!(!is_enough(0, &[]));
    }
}
