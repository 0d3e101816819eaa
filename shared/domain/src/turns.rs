//! Words put in reading order and grouped into turns.

mod reading_order;

pub use reading_order::{MAX_PHRASE_MS, order};

use crate::{
    corrections::Mark,
    text,
    transcript::{Quality, Turn, Word},
    versions::UnknownFields,
};

/// A pause after which the same speaker begins a new turn, in milliseconds.
pub(crate) const TURN_PAUSE_MS: u64 = 2_000;

/// Words after which a long turn is broken at the next breath.
const LONG_TURN_WORDS: usize = 120;

/// What counts as a breath in a long turn, in milliseconds.
const BREATH_MS: u64 = 300;

/// A pause inside a speaker's words that still counts as talking, in milliseconds.
const SHORT_PAUSE_MS: u64 = 500;

/// Groups words in reading order into turns: a turn ends when another speaker
/// begins, after a pause of two seconds, and at a breath once it is long.
pub fn group(words: &[Word]) -> Vec<Turn> {
    group_marked(words, &[])
}

/// The same where a person has split and joined turns: marks of the words, in their order.
pub fn group_marked(words: &[Word], marks: &[Mark]) -> Vec<Turn> {
    let mut turns = Vec::new();
    let (mut start, mut rule) = (0, TurnRule::default());
    for end in 1..=words.len() {
        let mark = marks.get(end).copied().unwrap_or_default();
        if end == words.len() || rule.begins(&words[end - 1], &words[end], mark) {
            turns.push(turn(turns.len(), start, &words[start..end]));
            start = end;
        }
    }
    turns
}

/// Decides word by word where turns begin. A person's marks do not change what is decided of
/// the words after them.
#[derive(Debug, Default)]
pub(crate) struct TurnRule {
    /// Words since a turn began by the words alone, its first one not counted.
    followed: usize,
}

impl TurnRule {
    /// Whether a turn begins with `next`, the word after `last`.
    pub(crate) fn begins(&mut self, last: &Word, next: &Word, mark: Mark) -> bool {
        let is_long = self.followed + 1 >= LONG_TURN_WORDS;
        let begins = Self::is_sure(last, next) || (is_long && pause(last, next) >= BREATH_MS);
        self.followed = if begins { 0 } else { self.followed + 1 };
        match mark {
            Mark::None => begins,
            Mark::Begins => true,
            Mark::Continues => last.speaker != next.speaker,
        }
    }

    /// Whether a turn begins with `next` by these two words alone, however long it is.
    pub(crate) const fn is_sure(last: &Word, next: &Word) -> bool {
        next.speaker != last.speaker || pause(last, next) >= TURN_PAUSE_MS
    }
}

const fn pause(last: &Word, next: &Word) -> u64 {
    next.start_ms.saturating_sub(last.end_ms)
}

/// The same of words that come one after the other: it holds those of one turn.
#[derive(Debug, Default)]
pub struct TurnGrouper {
    words: Vec<Word>,
    turns: usize,
    start: usize,
    rule: TurnRule,
}

impl TurnGrouper {
    /// Takes the next word, and whether a person says that a turn begins with it; the turn
    /// that ended before it, with its words.
    pub fn push(&mut self, word: Word, mark: Mark) -> Option<(Turn, Vec<Word>)> {
        let ended = match self.words.last() {
            Some(last) if self.rule.begins(last, &word, mark) => self.finish(),
            _ => None,
        };
        self.words.push(word);
        ended
    }

    /// The last turn, with its words.
    pub fn finish(&mut self) -> Option<(Turn, Vec<Word>)> {
        let words = std::mem::take(&mut self.words);
        if words.is_empty() {
            return None;
        }
        let ended = turn(self.turns, self.start, &words);
        self.turns += 1;
        self.start += words.len();
        Some((ended, words))
    }
}

/// The turn of these words, of which the first is the word at `start`.
fn turn(index: usize, start: usize, own: &[Word]) -> Turn {
    let texts = own.iter().map(|word| word.text.reveal());
    Turn {
        id: u32::try_from(index).unwrap_or(u32::MAX),
        speaker: own[0].speaker,
        start_ms: own[0].start_ms,
        end_ms: own.iter().map(|word| word.end_ms).max().unwrap_or(0),
        text: text::joined(texts).into(),
        words: start..start + own.len(),
    }
}

/// Measures how far a transcript of a recording of `duration_ms` can be trusted.
#[expect(
    clippy::cast_precision_loss,
    reason = "shares and means need no more than f32"
)]
pub fn quality(words: &[Word], duration_ms: u64) -> Quality {
    let count = words.len() as f32;
    if words.is_empty() || duration_ms == 0 {
        return Quality::default();
    }
    let total: f32 = words.iter().map(|word| word.confidence).sum();
    let low = words.iter().filter(|word| word.confidence < 0.5).count();
    Quality {
        words: words.len() as u64,
        mean_confidence: total / count,
        low_confidence_share: low as f32 / count,
        speech_coverage: (covered_ms(words) as f32 / duration_ms as f32).min(1.0),
        words_per_minute: count * 60_000.0 / duration_ms as f32,
        repetition_share: looped(words) as f32 / count,
        unknown: UnknownFields::default(),
    }
}

/// Length of the union of the words' spans, short pauses included.
pub fn covered_ms<'a>(words: impl IntoIterator<Item = &'a Word>) -> u64 {
    let spans = words.into_iter().map(|word| (word.start_ms, word.end_ms));
    let mut spans: Vec<(u64, u64)> = spans.collect();
    spans.sort_unstable();
    let mut covered = 0;
    let mut reached = spans.first().map_or(0, |first| first.0);
    for (start, end) in spans {
        let from = if start <= reached + SHORT_PAUSE_MS {
            reached
        } else {
            start
        };
        covered += end.saturating_sub(from);
        reached = reached.max(end);
    }
    covered
}

/// Number of words that repeat the phrase of 1 to 8 words right before them at
/// least for the third time.
fn looped(words: &[Word]) -> usize {
    let lowered: Vec<String> = words
        .iter()
        .map(|word| word.text.reveal().to_lowercase())
        .collect();
    let mut marked = vec![false; words.len()];
    for length in 1..=8 {
        for end in (3 * length)..=lowered.len() {
            let phrase = &lowered[end - length..end];
            let repeats = phrase == &lowered[end - 2 * length..end - length]
                && phrase == &lowered[end - 3 * length..end - 2 * length];
            if repeats {
                marked[end - length..end].fill(true);
            }
        }
    }
    marked.iter().filter(|marked| **marked).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(text: &str, start_ms: u64, speaker: u32) -> Word {
        Word {
            text: text.into(),
            start_ms,
            end_ms: start_ms + 200,
            speaker,
            confidence: 0.9,
            overlap: false,
        }
    }

    fn texts(turns: &[Turn]) -> Vec<(u32, &str)> {
        turns
            .iter()
            .map(|turn| (turn.speaker, turn.text.reveal()))
            .collect()
    }

    #[test]
    fn a_long_pause_begins_a_new_turn() {
        let turns = group(&order(vec![word("well", 0, 0), word("yes", 5_000, 0)]));
        assert_eq!(texts(&turns), [(0, "well"), (0, "yes")]);
    }

    #[test]
    fn order_and_groups_lose_no_word() {
        let words: Vec<Word> = (0..500)
            .map(|index| word("a", (index * 7919) % 60_000, u32::from(index % 3 == 0)))
            .collect();
        let ordered = order(words.clone());
        let turns = group(&ordered);
        assert_eq!(ordered.len(), words.len());
        assert_eq!(
            turns.iter().map(|turn| turn.words.len()).sum::<usize>(),
            500
        );
        assert!(
            turns
                .windows(2)
                .all(|pair| pair[0].words.end == pair[1].words.start)
        );
    }

    #[test]
    fn loops_are_noticed_and_normal_speech_is_not() {
        let loops: Vec<Word> = "thank you thank you thank you thank you"
            .split(' ')
            .zip(0..)
            .map(|(text, index)| word(text, index * 300, 0))
            .collect();
        assert!(quality(&loops, 3_000).repetition_share > 0.4);
        let normal = [
            word("very", 0, 0),
            word("very", 300, 0),
            word("good", 600, 0),
        ];
        assert!(quality(&normal, 3_000).repetition_share.abs() < f32::EPSILON);
    }

    #[test]
    fn silence_does_not_divide_by_zero() {
        assert_eq!(quality(&[], 1_000), Quality::default());
        assert_eq!(quality(&[word("a", 0, 0)], 0), Quality::default());
        assert!(group(&order(Vec::new())).is_empty());
    }
}
