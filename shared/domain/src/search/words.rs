//! What is searched for, and where a text has it.

use std::{fmt, ops::Range};

use super::tokens::{Token, tokens};

/// What a query wants: phrases, each of which a passage must have. A word is a phrase of one
/// token; `3.5` and `東京都` are phrases of two.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Phrases(Vec<Vec<String>>);

impl Phrases {
    /// Reads what a person types: words, and phrases in quotation marks. The last phrase may
    /// lack its closing mark. A phrase without letters and digits wants nothing.
    pub fn parse(query: &str) -> Self {
        let is_mark = |character| matches!(character, '"' | '“' | '”' | '„' | '«' | '»');
        let parts = query.split(is_mark).enumerate();
        let parts = parts.flat_map(|(index, part)| match index % 2 {
            0 => part.split_whitespace().collect(),
            _ => vec![part],
        });
        let phrase =
            |part| -> Vec<String> { tokens(part).into_iter().map(|token| token.text).collect() };
        let mut phrases: Vec<Vec<String>> = Vec::new();
        for phrase in parts.map(phrase) {
            if !phrase.is_empty() && !phrases.contains(&phrase) {
                phrases.push(phrase);
            }
        }
        Self(phrases)
    }

    /// The phrases, each of at least one token.
    pub fn phrases(&self) -> &[Vec<String>] {
        &self.0
    }

    /// Whether nothing is wanted, and so nothing found.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The token by which the fewest passages are to be expected: the longest.
    pub fn rarest(&self) -> Option<&str> {
        let all = self.0.iter().flatten();
        all.max_by_key(|token| token.chars().count())
            .map(String::as_str)
    }

    /// Where a text has them, in bytes and in order, if it has all of them.
    pub fn find(&self, text: &str) -> Option<Vec<Range<usize>>> {
        let found = tokens(text);
        let mut ranges = Vec::new();
        for phrase in &self.0 {
            let before = ranges.len();
            ranges.extend(occurrences(phrase, &found));
            if ranges.len() == before {
                return None;
            }
        }
        if ranges.is_empty() {
            return None;
        }
        ranges.sort_by_key(|range| (range.start, range.end));
        Some(joined(ranges))
    }

    /// Whether a text has all of them.
    pub fn are_in(&self, text: &str) -> bool {
        self.find(text).is_some()
    }
}

/// Each place where the tokens stand one after the other.
fn occurrences(phrase: &[String], found: &[Token]) -> Vec<Range<usize>> {
    let alone = phrase.len() == 1;
    let windows = found.windows(phrase.len());
    let matching = windows.filter(|window| {
        let mut pairs = phrase.iter().zip(*window);
        pairs.all(|(wanted, token)| token.is(wanted, alone))
    });
    matching
        .filter_map(|window| Some(window.first()?.at.start..window.last()?.at.end))
        .collect()
}

/// Ranges that overlap made one.
fn joined(ranges: Vec<Range<usize>>) -> Vec<Range<usize>> {
    let mut joined: Vec<Range<usize>> = Vec::new();
    for range in ranges {
        match joined.last_mut() {
            Some(last) if range.start < last.end => last.end = last.end.max(range.end),
            _ => joined.push(range),
        }
    }
    joined
}

/// What a person searches for does not reach a log.
impl fmt::Debug for Phrases {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Phrases({})", self.0.len())
    }
}
