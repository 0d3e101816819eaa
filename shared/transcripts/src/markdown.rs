//! This service's Markdown: `**Name** (0:00:12)` above what is said, as
//! `functions/api/src/transcript_forms.rs` writes it.

use std::sync::LazyLock;

use regex::Regex;

use crate::{
    Format, Segment, Speakers, TranscriptFile,
    clock::{self, pattern},
    text::Paragraphs,
};

static HEAD: LazyLock<Regex> = LazyLock::new(|| pattern(r"^\*\*(.+)\*\* \((TIME)\)$"));

/// Reads it; `None` where no line is such a beginning.
pub(crate) fn read(text: &str) -> Option<TranscriptFile> {
    let mut speakers = Speakers::default();
    let mut paragraphs = Paragraphs::default();
    for line in text.lines().map(str::trim) {
        let head = HEAD.captures(line).and_then(|found| {
            let start_ms = clock::parse(&found[2])?;
            Some((unescaped(&found[1]), start_ms))
        });
        match head {
            Some((name, start_ms)) => paragraphs.begin(Segment {
                speaker: speakers.id(&name),
                start_ms: Some(start_ms),
                ..Segment::default()
            }),
            None => paragraphs.append(&unescaped(line)),
        }
    }
    let segments = paragraphs.finish();
    (!segments.is_empty()).then(|| TranscriptFile {
        format: Format::Markdown,
        language: None,
        duration_ms: None,
        speakers: speakers.into_list(),
        segments,
    })
}

/// Text without the backslashes before punctuation.
fn unescaped(text: &str) -> String {
    let mut characters = text.chars().peekable();
    let mut plain = String::with_capacity(text.len());
    while let Some(character) = characters.next() {
        let escaped = characters
            .peek()
            .copied()
            .filter(char::is_ascii_punctuation);
        match escaped {
            Some(escaped) if character == '\\' => {
                plain.push(escaped);
                characters.next();
            }
            _ => plain.push(character),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_taken_off_once() {
        assert_eq!(unescaped(r"\*\*x\*\* \\n a\b \"), r"**x** \n a\b \");
    }
}
