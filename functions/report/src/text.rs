//! Text on its way into XML, and times for people.

use std::borrow::Cow;

use docx_rs::{BreakType, Paragraph, ParagraphProperty, Run};

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

/// The name of the style of text from right to left.
pub(crate) const RIGHT_TO_LEFT: &str = "RightToLeft";

/// Text as an attribute's value.
pub(crate) fn escape(text: &str) -> String {
    let cleaned = clean(text);
    let escaped = cleaned.replace('&', "&amp;").replace('<', "&lt;");
    escaped.replace('>', "&gt;").replace('"', "&quot;")
}

/// A run in which line feeds are breaks.
pub(crate) fn run(text: &str) -> Run {
    let cleaned = clean(text);
    let mut lines = cleaned.split('\n');
    let mut first = Run::new().add_text(lines.next().unwrap_or(""));
    if is_right_to_left(text) {
        first = first.style(RIGHT_TO_LEFT);
    }
    lines.fold(first, |run, line| {
        run.add_break(BreakType::TextWrapping).add_text(line)
    })
}

/// A paragraph of that text, right to left where it is written so.
pub(crate) fn paragraph(text: &str) -> Paragraph {
    directed(Paragraph::new().add_run(run(text)), text)
}

/// Turns a paragraph around when its text begins right to left.
pub(crate) fn directed(mut paragraph: Paragraph, text: &str) -> Paragraph {
    if is_right_to_left(text) {
        paragraph.property = ParagraphProperty::bidi(paragraph.property, true);
    }
    paragraph
}

/// By the first letter: Hebrew, Arabic and their relatives.
fn is_right_to_left(text: &str) -> bool {
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
    fn times_are_short_where_they_can_be() {
        assert_eq!(
            (clock(65_000).as_str(), clock(3_723_000).as_str()),
            ("1:05", "1:02:03")
        );
    }
}
