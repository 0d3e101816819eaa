//! A transcript written out in lines, and cut into parts that a model can read.
//!
//! Nothing is left out: every line is in exactly one part, and the last lines of
//! the part before stand above it again, so that an answer is read with its
//! question. Turns are only cut where one alone would fill much of a part.

use domain::transcript::{Transcript, Turn};

/// Lines of the part before that are repeated, at most.
const OVERLAP_LINES: usize = 2;

/// Their share of a part, at most: one in so many tokens.
const OVERLAP_SHARE: u32 = 10;

/// A line's share of a part, at most: one in so many tokens.
const LINE_SHARE: u32 = 8;

/// Tokens below which a part is not cut in two any more.
const LEAST_TOKENS: u32 = 400;

/// Characters of a speaker's name that are shown.
const MAX_NAME: usize = 60;

/// A turn, or a piece of a long one, as the model reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    /// The turn's number.
    pub(crate) turn: u32,
    /// The line, without a line break.
    pub(crate) text: String,
    tokens: u32,
}

/// A stretch of lines: those from `from` were in the part before, those from
/// `start` to before `end` are this part's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TranscriptPart {
    pub(crate) from: usize,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

/// How many tokens a text is, roughly: four letters of English to one, and
/// nearly one to each character of other scripts.
pub(crate) fn tokens(text: &str) -> u32 {
    let quarters: usize = text
        .chars()
        .map(|character| if character.is_ascii() { 1 } else { 3 })
        .sum();
    u32::try_from(quarters.div_ceil(4)).unwrap_or(u32::MAX)
}

/// Every word of the transcript, in order, for parts of so many tokens.
pub(crate) fn lines(transcript: &Transcript, part_tokens: u32) -> Vec<Line> {
    let limit = (part_tokens / LINE_SHARE).max(1);
    let turns = transcript.turns.iter();
    turns
        .flat_map(|turn| lines_of(transcript, turn, limit))
        .collect()
}

fn lines_of(transcript: &Transcript, turn: &Turn, limit: u32) -> Vec<Line> {
    let name = transcript.speaker_name(turn.speaker);
    let mut name: String = one_line(name.reveal()).chars().take(MAX_NAME).collect();
    if let Some(role) = transcript.role(turn.speaker) {
        name = format!("{name} ({})", role.as_str());
    }
    let seconds = turn.start_ms / 1_000;
    let pieces = cut(&one_line(turn.text.reveal()), limit);
    let pieces = pieces.into_iter().enumerate().map(|(place, words)| {
        let when = match place {
            0 => format!("{:02}:{:02}", seconds / 60, seconds % 60),
            _ => "(continues)".to_owned(),
        };
        let text = format!("[{}] {when} {name}: {}", turn.id, words.trim_end());
        Line {
            turn: turn.id,
            tokens: tokens(&text),
            text,
        }
    });
    pieces.collect()
}

/// The text without line breaks and other control characters.
pub(crate) fn one_line(text: &str) -> String {
    let is_gap = |character: char| character.is_control() || character.is_whitespace();
    let words = text.split(is_gap).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ")
}

/// Pieces of at most `limit` tokens, cut between words where there are any.
fn cut(text: &str, limit: u32) -> Vec<String> {
    let (mut pieces, mut piece) = (Vec::new(), String::new());
    for word in text.split_inclusive(' ') {
        for bit in bits(word, limit) {
            if !piece.is_empty() && tokens(&piece) + tokens(&bit) > limit {
                pieces.push(std::mem::take(&mut piece));
            }
            piece.push_str(&bit);
        }
    }
    pieces.push(piece);
    pieces
}

/// A word in bits of at most `limit` tokens: one, unless its script has no
/// spaces.
fn bits(word: &str, limit: u32) -> Vec<String> {
    if tokens(word) <= limit {
        return vec![word.to_owned()];
    }
    let characters: Vec<char> = word.chars().collect();
    let bits = characters.chunks(limit.max(1) as usize);
    bits.map(|bit| bit.iter().collect()).collect()
}

/// Parts of at most so many tokens and about the same size.
pub(crate) fn split(lines: &[Line], part_tokens: u32) -> Vec<TranscriptPart> {
    let total = tokens_of(lines);
    let count = total.div_ceil(part_tokens.into()).max(1);
    let even = total.div_ceil(count);
    let (mut parts, mut start, mut filled) = (Vec::new(), 0, 0_u64);
    for (end, line) in lines.iter().enumerate() {
        let next = u64::from(line.tokens);
        if end > start && (filled >= even || filled + next > part_tokens.into()) {
            parts.push(part(lines, start, end, part_tokens));
            (start, filled) = (end, 0);
        }
        filled += next;
    }
    if start < lines.len() {
        parts.push(part(lines, start, lines.len(), part_tokens));
    }
    parts
}

fn part(lines: &[Line], start: usize, end: usize, part_tokens: u32) -> TranscriptPart {
    let allowed = part_tokens / OVERLAP_SHARE;
    let mut from = start;
    while from > 0
        && start - from < OVERLAP_LINES
        && tokens_of(&lines[from - 1..start]) <= allowed.into()
    {
        from -= 1;
    }
    TranscriptPart { from, start, end }
}

fn tokens_of(lines: &[Line]) -> u64 {
    lines.iter().map(|line| u64::from(line.tokens)).sum()
}

impl TranscriptPart {
    /// The turn that it ends with.
    pub(crate) fn last_turn(self, lines: &[Line]) -> u32 {
        lines[..self.end].last().map_or(0, |line| line.turn)
    }

    /// Both halves, unless it is too small for that.
    pub(crate) fn halves(self, lines: &[Line]) -> Option<[Self; 2]> {
        let total = tokens_of(&lines[self.start..self.end]);
        if total < 2 * u64::from(LEAST_TOKENS) || self.end - self.start < 2 {
            return None;
        }
        let mut middle = self.start + 1;
        while middle + 1 < self.end && tokens_of(&lines[self.start..middle]) < total / 2 {
            middle += 1;
        }
        let budget = u32::try_from(total / 2).unwrap_or(u32::MAX);
        let first = Self {
            end: middle,
            ..self
        };
        Some([first, part(lines, middle, self.end, budget)])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(count: usize, tokens: u32) -> Vec<Line> {
        let line = |turn| Line {
            turn,
            text: String::new(),
            tokens,
        };
        (0..u32::try_from(count).unwrap()).map(line).collect()
    }

    fn ranges(parts: &[TranscriptPart]) -> Vec<(usize, usize, usize)> {
        parts
            .iter()
            .map(|part| (part.from, part.start, part.end))
            .collect()
    }

    #[test]
    fn every_line_is_in_one_part_and_two_are_repeated() {
        let parts = split(&written(10, 10), 40);
        assert_eq!(ranges(&parts), [(0, 0, 4), (4, 4, 8), (8, 8, 10)]);
        let parts = split(&written(100, 10), 400);
        assert_eq!(ranges(&parts), [(0, 0, 34), (32, 34, 68), (66, 68, 100)]);
    }

    #[test]
    fn short_transcript_is_one_part_and_empty_transcript_has_none() {
        assert_eq!(ranges(&split(&written(3, 10), 40)), [(0, 0, 3)]);
        assert!(split(&[], 40).is_empty());
    }

    #[test]
    fn halves_have_all_lines_and_end_at_last() {
        let lines = written(64, 100);
        let mut parts = split(&lines, 10_000);
        while let Some(at) = parts.iter().position(|part| part.halves(&lines).is_some()) {
            let halves = parts[at].halves(&lines).unwrap();
            parts.splice(at..=at, halves);
        }
        assert_eq!((parts[0].start, parts.last().unwrap().end), (0, 64));
        assert!(parts.windows(2).all(|pair| pair[0].end == pair[1].start));
        assert!(parts.len() > 8);
    }

    #[test]
    fn long_words_and_scripts_without_spaces_are_cut_without_loss() {
        for text in [
            "a bb ccc dddd eeeee ffffff",
            &"我们".repeat(50),
            "",
            "onelongword",
        ] {
            let pieces = cut(text, 3);
            assert_eq!(pieces.concat(), text);
            assert!(pieces.iter().all(|piece| tokens(piece) <= 3), "{pieces:?}");
        }
    }

    #[test]
    fn nothing_in_a_line_begins_another() {
        assert_eq!(
            one_line("a\n[7] 00:01 B:\u{2028}c\u{0} d"),
            "a [7] 00:01 B: c d"
        );
    }
}
