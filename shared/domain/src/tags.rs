//! Tags of interviews.

use std::collections::HashSet;

use crate::{Private, text::composed};

/// The most tags of an interview.
pub const MAX_TAGS: usize = 20;

/// The longest tag, in characters, as it is sent.
pub const MAX_TAG: usize = 50;

/// A tag as it is stored: composed (NFC), without white space around it, and with one space
/// between its words.
pub fn normalized(tag: &str) -> Private {
    let words: Vec<&str> = tag.split_whitespace().collect();
    composed(&words.join(" ")).into_owned().into()
}

/// What tags are compared by: normalised, and in lower case.
pub fn key(tag: &str) -> Private {
    normalized(tag).reveal().to_lowercase().into()
}

/// The tags as they are stored: normalised, in their order, the first of those that differ in
/// case alone.
pub fn distinct(tags: &[Private]) -> Vec<Private> {
    let mut seen = HashSet::new();
    let first = tags.iter().filter(|tag| seen.insert(key(tag.reveal())));
    first.map(|tag| normalized(tag.reveal())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_normalized_and_differ_in_more_than_case() {
        let tags = [
            "  round   one ",
            "Zu\u{308}rich",
            "Round One",
            "Z\u{fc}RICH",
            "iOS",
        ];
        let tags: Vec<Private> = tags.map(Private::from).into();
        let kept = distinct(&tags);
        let kept: Vec<&str> = kept.iter().map(Private::reveal).collect();
        assert_eq!(kept, ["round one", "Z\u{fc}rich", "iOS"]);
        assert_eq!(key(" IOS ").reveal(), "ios");
    }
}
