//! The words by which [`crate::content`] and [`crate::injection`] judge a text: a list per
//! file of `words/`, an entry per line, normalized as [`domain::text::normalize`] does.

use std::sync::LazyLock;

/// Words or phrases.
pub(crate) type List = LazyLock<Vec<&'static str>>;

/// Words in a row, each one of several.
type Pattern = Vec<Vec<&'static str>>;

/// Judgements of a person wherever they stand.
pub(crate) static ALWAYS: List = List::new(|| lines(include_str!("words/always.txt")));

/// Phrases that judge a person wherever they stand.
pub(crate) static PHRASES: List = List::new(|| lines(include_str!("words/phrases.txt")));

/// States of mind: judged unless reported, or a third party's.
pub(crate) static FEELINGS: List = List::new(|| lines(include_str!("words/feelings.txt")));

/// Words that judge only where a person is said to seem like that.
pub(crate) static IMPRESSIONS: List = List::new(|| lines(include_str!("words/impressions.txt")));

/// How a person sounds, looks or is: judged beside a person and at the beginning
/// of a sentence, where the person is left out.
pub(crate) static MANNERS: List = List::new(|| lines(include_str!("words/manners.txt")));

/// What a person is, unless it is what they did to something: judged where they are said
/// to be it.
pub(crate) static CONDITIONS: List = List::new(|| lines(include_str!("words/conditions.txt")));

/// Forms of "to be".
pub(crate) static BEING: List = List::new(|| lines(include_str!("words/being.txt")));

/// What the law protects: judged beside a person.
pub(crate) static TRAITS: List = List::new(|| lines(include_str!("words/traits.txt")));

/// The persons an interview is about.
pub(crate) static PERSONS: List = List::new(|| lines(include_str!("words/persons.txt")));

/// Words that give a manner to a person who is not named.
pub(crate) static OWNERS: List = List::new(|| lines(include_str!("words/owners.txt")));

/// People who do not take part in the interview.
pub(crate) static OTHERS: List = List::new(|| lines(include_str!("words/others.txt")));

/// How impressions are introduced.
pub(crate) static WITNESSED: List = List::new(|| lines(include_str!("words/witnessed.txt")));

/// Words that introduce a person's own account.
pub(crate) static REPORTS: List = List::new(|| lines(include_str!("words/reports.txt")));

/// Pairs in which a word above means something else.
pub(crate) static HARMLESS: List = List::new(|| lines(include_str!("words/harmless.txt")));

/// How a transcript gives orders to its reader, with no words in between.
pub(crate) static ORDER_PHRASES: LazyLock<Vec<Pattern>> =
    LazyLock::new(|| patterns(include_str!("words/order_phrases.txt")));

/// The same with a few words in between, in the languages in which orders have been
/// tried most.
pub(crate) static ORDER_PATTERNS: LazyLock<Vec<Pattern>> =
    LazyLock::new(|| patterns(include_str!("words/order_patterns.txt")));

/// The entries of a list, without comments.
fn lines(text: &'static str) -> Vec<&'static str> {
    text.lines().filter(|line| !line.starts_with('#')).collect()
}

/// The entries of a list of patterns: `a|b c` is one of two words before a third.
fn patterns(text: &'static str) -> Vec<Pattern> {
    let words = |line: &'static str| line.split(' ').map(|word| word.split('|').collect());
    let patterns = lines(text).into_iter().map(|line| words(line).collect());
    patterns.collect()
}

#[cfg(test)]
mod tests {
    use domain::text::normalize;

    use super::*;

    #[test]
    fn entries_are_normalized() {
        let lists = [
            &ALWAYS,
            &PHRASES,
            &FEELINGS,
            &IMPRESSIONS,
            &MANNERS,
            &CONDITIONS,
            &BEING,
            &TRAITS,
            &PERSONS,
            &OWNERS,
            &OTHERS,
            &WITNESSED,
            &REPORTS,
            &HARMLESS,
        ];
        let patterns = ORDER_PHRASES.iter().chain(ORDER_PATTERNS.iter());
        let words = lists.into_iter().flat_map(|list| list.iter());
        let words = words.flat_map(|entry| entry.split(' '));
        for word in words.chain(patterns.flatten().flatten().copied()) {
            assert_eq!(normalize(word), word);
            assert!(!word.is_empty());
        }
    }

    #[test]
    fn a_pattern_is_read_with_its_alternatives() {
        assert_eq!(
            patterns("# French\na|b c\n"),
            [vec![vec!["a", "b"], vec!["c"]]]
        );
    }
}
