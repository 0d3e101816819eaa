//! What is a speaker's name, and what only stands before a colon.
//!
//! A name looks like one, with capitals or in a script without them, or it comes back. "As I
//! said before: …" does neither.

use std::collections::HashMap;

use domain::text::is_unspaced;

/// The longest name that stands before a colon, in characters.
const MAX_CHARS: usize = 60;

/// The most words of a name.
const MAX_WORDS: usize = 5;

/// The most characters of a name without spaces between words that is taken for one at once:
/// Chinese and Japanese names have two to four.
const MAX_UNSPACED: usize = 4;

/// What is written in lower case within names.
const PARTICLES: [&str; 25] = [
    "de", "da", "di", "do", "dos", "du", "del", "della", "der", "den", "van", "von", "vom", "zu",
    "la", "le", "al", "el", "bin", "ibn", "ben", "y", "and", "of", "the",
];

/// What stands before a colon without speaking, in lower case.
const NOT_NAMES: [&str; 50] = [
    "note",
    "notes",
    "example",
    "warning",
    "caution",
    "tip",
    "remember",
    "ps",
    "nb",
    "http",
    "https",
    "mailto",
    "ftp",
    "date",
    "time",
    "title",
    "subject",
    "location",
    "duration",
    "attendees",
    "participants",
    "recording",
    "transcript",
    "summary",
    "first",
    "second",
    "third",
    "finally",
    "so",
    "but",
    "and",
    "well",
    "because",
    "however",
    "therefore",
    "also",
    "actually",
    "again",
    "yes",
    "no",
    "okay",
    "ok",
    "like",
    "meaning",
    "namely",
    "including",
    "that",
    "it",
    "this",
    "kind",
];

/// Words of sentences, in lower case: no name that comes back has them.
const SENTENCE_WORDS: [&str; 36] = [
    "i", "it", "he", "she", "we", "they", "you", "is", "was", "are", "were", "said", "say", "says",
    "that", "this", "which", "but", "so", "because", "if", "as", "what", "when", "how", "why",
    "there", "then", "not", "to", "for", "with", "in", "on", "at", "my",
];

/// How often each possible name stands at the beginning of a line.
#[derive(Debug, Default)]
pub(crate) struct Names(HashMap<String, usize>);

impl Names {
    /// Counts a possible name.
    pub(crate) fn count(&mut self, name: &str) {
        *self.0.entry(name.trim().to_owned()).or_default() += 1;
    }

    /// Whether it is taken for a speaker's name.
    pub(crate) fn has(&self, name: &str) -> bool {
        let name = name.trim();
        let lower = name.to_lowercase();
        let begins_well =
            name.starts_with(char::is_alphanumeric) && name.contains(char::is_alphabetic);
        if !begins_well || name.chars().count() > MAX_CHARS || NOT_NAMES.contains(&lower.as_str()) {
            return false;
        }
        looks_like_name(name) || (self.comes_back(name) && is_no_sentence(&lower))
    }

    fn comes_back(&self, name: &str) -> bool {
        self.0.get(name).is_some_and(|count| *count > 1)
    }

    /// Whether any of these names comes back, or they are so few that none has to.
    pub(crate) fn are_plausible<'a>(&self, names: impl IntoIterator<Item = &'a str>) -> bool {
        let mut distinct: Vec<&str> = names.into_iter().collect();
        let comes_back = distinct.iter().any(|name| self.comes_back(name.trim()));
        distinct.sort_unstable();
        distinct.dedup();
        !distinct.is_empty() && (comes_back || distinct.len() <= 3)
    }
}

fn looks_like_name(name: &str) -> bool {
    let words: Vec<&str> = name.split_whitespace().collect();
    if words.len() > MAX_WORDS
        || name.contains(['?', '!', ';', '=', '{', '}', '<', '>', '/', '\\', '"'])
    {
        return false;
    }
    let is_long = |word: &&str| word.chars().filter(|one| is_unspaced(*one)).count() > MAX_UNSPACED;
    !words.iter().any(is_long) && words.iter().all(|word| is_name_word(word))
}

fn is_name_word(word: &str) -> bool {
    // A role behind a name: `Ada (host)`.
    if word.starts_with('(') || word.ends_with(')') {
        return true;
    }
    let word = word.trim_matches(['(', ')', '[', ']', '\'', '’', '*', '#', '&', '-', ',']);
    if PARTICLES.contains(&word) || word.is_empty() {
        return true;
    }
    // An initial or a title ends in a full stop, a sentence does not begin a line with one.
    let is_abbreviated = word.trim_end_matches('.').contains('.') && word.len() > 8;
    let first = word.chars().next();
    !is_abbreviated && first.is_some_and(|first| first.is_alphanumeric() && !first.is_lowercase())
}

fn is_no_sentence(lower: &str) -> bool {
    let words: Vec<&str> = lower.split_whitespace().collect();
    words.len() <= MAX_WORDS && !words.iter().any(|word| SENTENCE_WORDS.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_told_from_beginnings_of_sentences() {
        let mut names = Names::default();
        for name in [
            "interviewer",
            "interviewer",
            "as I said",
            "as I said",
            "moderator",
            "Note",
            "Note",
        ] {
            names.count(name);
        }
        for name in [
            "Ada",
            "Ada Lovelace",
            "Dr. A. Lovelace",
            "Speaker 1",
            "Ludwig van Beethoven",
            "甲",
            "田中",
            "Ада",
            "SPEAKER_00",
            "O’Neil",
            "Ada (host)",
            "interviewer",
            "Q",
            "1st Voice",
        ] {
            assert!(names.has(name), "{name}");
        }
        for name in [
            "It was 10",
            "As I said before",
            "as I said",
            "moderator",
            "Note",
            "https",
            "",
            "10",
            "So",
            "我想要说的就是这个",
            "What? No",
            "- ",
            "We met at the Tower",
        ] {
            assert!(!names.has(name), "{name}");
        }
    }

    #[test]
    fn many_names_of_which_none_comes_back_are_no_speakers() {
        let mut names = Names::default();
        let headers = ["Host", "Accept", "User-Agent", "Cookie"];
        for name in headers {
            names.count(name);
        }
        assert!(!names.are_plausible(headers));
        assert!(names.are_plausible(["Host", "Accept"]));
        names.count("Host");
        assert!(names.are_plausible(headers));
        assert!(!names.are_plausible([]));
    }
}
