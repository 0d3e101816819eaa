//! A transcript cut into passages.
//!
//! The cuts are made by the words as they were recognised, which stay as they are. A corrected
//! word belongs to the passage of the recognised word that it is, or that comes before it. So a
//! correction changes the passages that it is in and no others.

use super::{Field, Indexed, Moment, Passage, Place};
use crate::{
    corrections::CorrectedTranscript,
    paths::DocPath,
    ports::{Precondition, RecordsError, Write},
    text,
    transcript::Word,
};

/// Words after which a passage ends with the sentence or the turn: some two minutes. `SQLite`
/// puts what is longer than a quarter of a page on a page of its own, which these fill.
const WORDS: usize = 300;

/// The most words of a passage that no sentence ends, as a multiple of those.
const LONGEST: usize = 2;

/// The most passages of a transcript: all of them fit into one transaction, which a correction
/// of every word needs.
const MAX_PASSAGES: usize = 400;

/// Words with one moment: what is found begins at most so many words before it is said.
const WORDS_WITH_MOMENT: usize = 8;

/// The most text of a passage that is found, in bytes. Only corrections make one longer.
const MAX_TEXT: usize = 100_000;

/// The passages of one recognition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passages {
    of: Indexed,
    token: u64,
    all: Vec<Option<Passage>>,
}

/// Where passages begin, as indices of recognised words in reading order; the first is 0.
pub fn cuts(recognized: &[Word]) -> Vec<usize> {
    let words = WORDS.max(recognized.len() * LONGEST / MAX_PASSAGES + 1);
    let mut cuts = vec![0];
    let mut start = 0;
    for (index, pair) in recognized.windows(2).enumerate() {
        let [last, next] = pair else { continue };
        let count = index + 1 - start;
        let ends = last.speaker != next.speaker || text::ends_sentence(last.text.reveal());
        let is_full = count >= words * LONGEST;
        if is_full || (count >= words && ends) {
            start = index + 1;
            // Cut in the middle of sentences, all may be as long as the longest.
            if cuts.len() < MAX_PASSAGES {
                cuts.push(start);
            }
        }
    }
    cuts
}

impl Passages {
    /// Of the words as they were recognised under a fencing token.
    pub fn recognized(of: Indexed, token: u64, words: &[Word]) -> Self {
        let cuts = cuts(words);
        let numbered = words.iter().enumerate();
        Self::cut(of, token, &cuts, numbered)
    }

    /// Of a corrected transcript, by the cuts of its recognised words.
    pub fn corrected(
        of: Indexed,
        token: u64,
        cuts: &[usize],
        corrected: &CorrectedTranscript,
    ) -> Self {
        let mut index = 0;
        let words = corrected.ids.iter().zip(&corrected.transcript.words);
        let numbered = words.map(|(id, word)| {
            index = id.recognized_index().unwrap_or(index);
            (index, word)
        });
        Self::cut(of, token, cuts, numbered)
    }

    /// `numbered` are words with the recognised ones that they belong to, which only grow.
    fn cut<'a>(
        of: Indexed,
        token: u64,
        cuts: &[usize],
        numbered: impl Iterator<Item = (usize, &'a Word)>,
    ) -> Self {
        let mut passages: Vec<Vec<&Word>> = vec![Vec::new(); cuts.len()];
        for (index, word) in numbered {
            let number = cuts.partition_point(|cut| *cut <= index).saturating_sub(1);
            if let Some(passage) = passages.get_mut(number) {
                passage.push(word);
            }
        }
        let mut second = 0;
        let made = passages.into_iter().map(|words| {
            let first = words.first()?;
            // Each has a place of its own, also where the words have no times.
            second = (first.start_ms / 1_000).max(second + 1);
            Some(passage(&of, token, Place::Second(second), &words))
        });
        let all = made.collect();
        Self { of, token, all }
    }

    /// Stores all of them.
    pub fn writes(&self) -> Result<Vec<Write>, RecordsError> {
        self.changes(None)
    }

    /// Stores those that are others than before, and deletes those that are not there any more.
    pub fn changed(&self, before: &Self) -> Result<Vec<Write>, RecordsError> {
        self.changes(Some(before))
    }

    fn changes(&self, before: Option<&Self>) -> Result<Vec<Write>, RecordsError> {
        let mut writes = Vec::new();
        for (number, passage) in self.all.iter().enumerate() {
            let old = before.map(|before| before.all.get(number).and_then(Option::as_ref));
            match (passage, old) {
                (Some(new), Some(Some(old))) if new == old => {}
                (Some(new), _) => {
                    writes.push(Write::put(self.path(number), new, Precondition::None)?);
                }
                (None, Some(Some(_))) => writes.push(Write::delete(self.path(number))),
                (None, _) => {}
            }
        }
        Ok(writes)
    }

    fn path(&self, number: usize) -> DocPath {
        self.of.key.transcript_passage(self.token, number)
    }
}

fn passage(of: &Indexed, token: u64, place: Place, words: &[&Word]) -> Passage {
    let mut passage = of.passage(Field::Transcript, place, String::new().into());
    passage.run = Some(token);
    let mut written = String::new();
    let (mut since, mut speaker) = (0, None);
    'turns: for part in words.chunk_by(|one, other| one.speaker == other.speaker) {
        for word in part {
            let before = written.len();
            append(&mut written, word.text.reveal());
            if written.len() > MAX_TEXT {
                written.truncate(before);
                break 'turns;
            }
            let is_due = since == WORDS_WITH_MOMENT || speaker != Some(word.speaker);
            if is_due {
                let moment = Moment {
                    start_ms: Some(word.start_ms),
                    speaker: Some(word.speaker),
                };
                passage.moments.push(before, moment);
                (since, speaker) = (0, Some(word.speaker));
            }
            since += 1;
        }
    }
    passage.text = written.into();
    passage
}

/// As [`text::joined`] writes words beside each other.
fn append(written: &mut String, word: &str) {
    let last = written.chars().next_back();
    let start = last.map(|last| written.len() - last.len_utf8());
    let tail = start.map_or("", |start| &written[start..]);
    let joined = text::joined([tail, word]);
    let added = joined[tail.len()..].to_owned();
    written.push_str(&added);
}
