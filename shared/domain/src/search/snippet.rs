//! A part of a passage that shows what was found.

use std::ops::Range;

/// The most bytes before the first place, and the least of a snippet behind that.
const BEFORE: usize = 70;

/// The most bytes of a snippet, without what stands for the parts that are left out.
const LENGTH: usize = 240;

/// Stands for a part of the text that is left out.
const LEFT_OUT: &str = "…";

/// A part of a text as plain text, and the places in it that were found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snippet {
    /// The text, in one line.
    pub text: String,
    /// What was found, as ranges of Unicode code points of the text.
    pub highlights: Vec<Range<usize>>,
}

/// The part of `text` with the first of the places that were found in it, which are in order.
pub fn snippet(text: &str, found: &[Range<usize>]) -> Snippet {
    let first = found.first().map_or(0, |range| range.start);
    let begin = begin(text, first);
    let end = end(text, begin, found.first().map_or(0, |range| range.end));
    let mut shown = String::new();
    let mut characters = 0;
    if begin > 0 {
        shown.push_str(LEFT_OUT);
        characters += 1;
    }
    let mut highlights = Vec::new();
    let mut reached = begin;
    for range in found.iter().filter(|range| range.end <= end) {
        characters += push(&mut shown, &text[reached..range.start]);
        let from = characters;
        characters += push(&mut shown, &text[range.clone()]);
        highlights.push(from..characters);
        reached = range.end;
    }
    push(&mut shown, &text[reached..end]);
    if end < text.len() {
        shown.push_str(LEFT_OUT);
    }
    Snippet {
        text: shown,
        highlights,
    }
}

/// Adds a text in one line; answers how many code points it has.
fn push(shown: &mut String, text: &str) -> usize {
    let plain = |character: char| {
        if character.is_control() {
            ' '
        } else {
            character
        }
    };
    shown.extend(text.chars().map(plain));
    text.chars().count()
}

/// Where the snippet begins: with a word, where one begins near enough.
fn begin(text: &str, first: usize) -> usize {
    if first <= BEFORE {
        return 0;
    }
    let earliest = text.ceil_char_boundary(first - BEFORE);
    let before = &text[earliest..first];
    let space = before
        .char_indices()
        .find(|(_, character)| character.is_whitespace());
    space.map_or(earliest, |(at, space)| earliest + at + space.len_utf8())
}

/// Where it ends: behind a word, where one ends near enough.
fn end(text: &str, begin: usize, first_end: usize) -> usize {
    let latest = (begin + LENGTH).max(first_end);
    if latest >= text.len() {
        return text.len();
    }
    let latest = text.ceil_char_boundary(latest);
    let after = &text[first_end..latest];
    let space = after
        .char_indices()
        .rev()
        .find(|(_, character)| character.is_whitespace());
    space.map_or(latest, |(at, _)| first_end + at)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::search::Phrases;

    fn of(text: &str, query: &str) -> Snippet {
        snippet(text, &Phrases::parse(query).find(text).unwrap())
    }

    fn marked(snippet: &Snippet) -> Vec<String> {
        let characters: Vec<char> = snippet.text.chars().collect();
        let ranges = snippet.highlights.iter();
        ranges
            .map(|range| characters[range.clone()].iter().collect())
            .collect()
    }

    #[test]
    fn a_short_text_is_shown_whole_in_one_line() {
        let found = of("Zoë built\na boat. A BOAT!", "boat zoe");
        assert_eq!(found.text, "Zoë built a boat. A BOAT!");
        assert_eq!(marked(&found), ["Zoë", "boat", "BOAT"]);
    }

    #[test]
    fn a_long_text_is_cut_between_words() {
        let text = format!(
            "{}needle in {}",
            "some hay ".repeat(40),
            "more straw ".repeat(40)
        );
        let found = of(&text, "needle");
        assert_eq!(marked(&found), ["needle"]);
        let inner = found
            .text
            .strip_prefix('…')
            .unwrap()
            .strip_suffix('…')
            .unwrap();
        assert!(text.contains(inner) && inner.len() <= LENGTH);
        assert!(
            inner.starts_with("hay ") || inner.starts_with("some "),
            "{inner}"
        );
        assert!(
            inner.ends_with("more") || inner.ends_with("straw"),
            "{inner}"
        );
    }

    proptest! {
        #[test]
        fn marked_words_are_those_that_were_found(
            before in "[a-zé東 \n]{0,200}", after in "[a-zé東 \n]{0,400}",
        ) {
            let text = format!("{before} Nädel {after}");
            let found = of(&text, "nadel");
            prop_assert!(found.text.len() <= LENGTH + 16);
            let marked = marked(&found);
            prop_assert_eq!(marked.first().map(String::as_str), Some("Nädel"));
        }
    }
}
