//! Text on its way into XML and HTML, and times for people.

use std::borrow::Cow;

use domain::text::capitalized;

/// Only what XML 1.0 permits: docx-rs writes control characters as they are, and
/// readers refuse the whole file. What would turn the text around it (U+202D,
/// U+202E) is left out as well.
pub(crate) fn clean(text: &str) -> Cow<'_, str> {
    if text.chars().all(is_permitted) {
        return Cow::Borrowed(text);
    }
    text.chars()
        .filter(|character| is_permitted(*character))
        .collect()
}

const fn is_permitted(character: char) -> bool {
    match character {
        '\u{202d}' | '\u{202e}' => false,
        '\t' | '\n' | '\r' | '\u{20}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'.. => {
            true
        }
        _ => false,
    }
}

/// Text as the value of an attribute or the content of an element, of XML and of HTML.
pub(crate) fn escape(text: &str) -> String {
    let cleaned = clean(text);
    let escaped = cleaned.replace('&', "&amp;").replace('<', "&lt;");
    escaped.replace('>', "&gt;").replace('"', "&quot;")
}

/// By the first letter: Hebrew, Arabic and their relatives.
pub(crate) fn is_right_to_left(text: &str) -> bool {
    let first = text.chars().find(|character| character.is_alphabetic());
    first.is_some_and(|letter| {
        matches!(letter, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{feff}' | '\u{10800}'..='\u{10fff}' | '\u{1e800}'..='\u{1efff}')
    })
}

/// Hours where there are any, minutes and seconds.
pub(crate) fn clock(millis: u64) -> String {
    let seconds = millis / 1_000;
    let (hours, minutes, seconds) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    if hours > 0 {
        format!("{hours}:{minutes:02}:{seconds:02}")
    } else {
        format!("{minutes}:{seconds:02}")
    }
}

/// A text as a sentence: with a capital at its beginning and one full stop at its end.
pub(crate) fn sentence(text: &str) -> String {
    let text = capitalized(text.trim());
    if text.ends_with(['.', '!', '?', '。', '！', '？', '…']) {
        text
    } else {
        text + "."
    }
}

/// A number with its noun: `1 turn`, `2 turns`.
pub(crate) fn counted(number: u64, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}

/// A text of at most so many characters, cut between words.
pub(crate) fn shortened(text: &str, most: usize) -> Cow<'_, str> {
    let Some((end, _)) = text.char_indices().nth(most) else {
        return Cow::Borrowed(text);
    };
    let cut = text[..end].rfind(' ').filter(|at| *at > end / 2);
    Cow::Owned(format!("{} …", text[..cut.unwrap_or(end)].trim_end()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_invalid_in_xml_are_removed() {
        assert_eq!(
            clean("a\u{202e}\u{0}\u{8}\u{1b}b\u{ffff}\u{1F600}\tc"),
            "ab\u{1F600}\tc"
        );
    }

    #[test]
    fn direction_is_that_of_the_first_letter() {
        assert!(is_right_to_left("12 مرحبا hello"));
        assert!(is_right_to_left("שלום"));
        assert!(!is_right_to_left("hello مرحبا"));
        assert!(!is_right_to_left("日本"));
    }

    #[test]
    fn sentences_have_one_stop_and_texts_are_cut_between_words() {
        assert_eq!(sentence("it works"), "It works.");
        assert_eq!(sentence("Does it work?"), "Does it work?");
        assert_eq!(
            [counted(1, "turn"), counted(2, "turn")],
            ["1 turn", "2 turns"]
        );
        assert_eq!(shortened("one two three", 13), "one two three");
        assert_eq!(shortened("one two three", 10), "one two …");
        assert_eq!(shortened("日本語の会話です", 3), "日本語 …");
    }

    #[test]
    fn times_are_short_where_they_can_be() {
        assert_eq!(
            (clock(65_000).as_str(), clock(3_723_000).as_str()),
            ("1:05", "1:02:03")
        );
    }
}
