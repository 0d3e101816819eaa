//! Cues in the order of their start, as WebVTT demands and players of `SubRip` expect.

use std::collections::BTreeMap;

use domain::{
    transcript::{Turn, Word},
    turns::MAX_PHRASE_MS,
};

use super::cut;

/// What is shown at once.
pub(super) struct Cue {
    pub(super) start_ms: u64,
    pub(super) end_ms: u64,
    pub(super) speaker: u32,
    pub(super) name: String,
    /// One line or two.
    pub(super) lines: Vec<String>,
}

/// The cues that wait for others to be written before them.
///
/// Where people speak at once, a turn begins before the turn in front of it has ended. But no
/// word stands after words that begin more than [`MAX_PHRASE_MS`] later, so that a cue
/// waits only until a word is read that begins so long after it. The queue holds the cues of
/// eight seconds and those of the turn that was read last, however long the transcript is.
#[derive(Default)]
pub(super) struct CueQueue {
    /// By start, and in the order of reading where that is the same.
    waiting: BTreeMap<(u64, u64), Cue>,
    read: u64,
    latest_word_ms: u64,
    written_ms: u64,
}

impl CueQueue {
    /// Takes a turn; the cues that come before all cues of later turns.
    pub(super) fn push(&mut self, turn: &Turn, words: &[Word], name: &str) -> Vec<Cue> {
        for cue in cues(turn, words, name) {
            self.waiting.insert((cue.start_ms, self.read), cue);
            self.read += 1;
        }
        let latest = words.iter().map(|word| word.start_ms).max();
        self.latest_word_ms = self.latest_word_ms.max(latest.unwrap_or(0));
        let complete_ms = self.latest_word_ms.saturating_sub(MAX_PHRASE_MS);
        let waiting = self.waiting.split_off(&(complete_ms, 0));
        let complete = std::mem::replace(&mut self.waiting, waiting);
        self.in_order(complete)
    }

    /// The last cues.
    pub(super) fn finish(&mut self) -> Vec<Cue> {
        let complete = std::mem::take(&mut self.waiting);
        self.in_order(complete)
    }

    /// A transcript that an earlier release stored has words that come later than this one
    /// expects: their cues are shown late rather than out of order.
    fn in_order(&mut self, complete: BTreeMap<(u64, u64), Cue>) -> Vec<Cue> {
        let cues = complete.into_values().map(|mut cue| {
            let late_ms = self.written_ms.saturating_sub(cue.start_ms);
            cue.start_ms += late_ms;
            cue.end_ms = cue.end_ms.saturating_add(late_ms);
            self.written_ms = cue.start_ms;
            cue
        });
        cues.collect()
    }
}

/// The cues of a turn, each over when the next one begins.
fn cues(turn: &Turn, words: &[Word], name: &str) -> Vec<Cue> {
    let ranges = cut::cues(words);
    let starts = ranges.iter().skip(1).map(|next| words[next.start].start_ms);
    let limits = starts.map(Some).chain([None]);
    let cues = ranges.iter().zip(limits).map(|(range, limit)| {
        let own = &words[range.clone()];
        let (start_ms, end_ms) = cut::span(own);
        let limit = limit.map(|next| next.max(start_ms.saturating_add(1)));
        Cue {
            start_ms,
            end_ms: limit.map_or(end_ms, |limit| end_ms.min(limit)),
            speaker: turn.speaker,
            name: name.to_owned(),
            lines: cut::lines(own),
        }
    });
    let is_visible = |cue: &Cue| cue.lines.iter().any(|line| !line.trim().is_empty());
    cues.filter(is_visible).collect()
}
