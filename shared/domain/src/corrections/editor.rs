//! A transcript while operations are applied to it: a linked list of its words, so that each
//! operation costs what it changes and not the length of the transcript.

mod turns;

use std::collections::HashMap;

use super::{
    MAX_TEXT, Mark, Operation, OperationError, WordId,
    timing::{is_enough, spread, usual_ms, weight},
};
use crate::{
    Private, text,
    transcript::{Speaker, Word},
    turns::TURN_PAUSE_MS,
};

type Checked<T> = Result<T, (&'static str, OperationError)>;

#[derive(Debug)]
struct Node {
    id: WordId,
    word: Word,
    mark: Mark,
    previous: Option<usize>,
    next: Option<usize>,
    is_there: bool,
}

/// The words and speakers of a transcript while they are corrected.
#[derive(Debug)]
pub(super) struct Editor {
    nodes: Vec<Node>,
    first: Option<usize>,
    count: usize,
    /// Where the words lie that were added.
    added: HashMap<WordId, usize>,
    speakers: Vec<Speaker>,
    next_speaker: u32,
    duration_ms: u64,
    /// The revision that is being applied, and how many words it has added.
    revision: u64,
    numbered: u32,
}

/// What a transcript consists of after its corrections.
pub(super) struct Edited {
    pub(super) words: Vec<Word>,
    pub(super) ids: Vec<WordId>,
    pub(super) marks: Vec<Mark>,
    pub(super) speakers: Vec<Speaker>,
}

impl Editor {
    /// Words in reading order as they were recognised.
    pub(super) fn new(words: Vec<Word>, speakers: Vec<Speaker>, duration_ms: u64) -> Self {
        let count = words.len();
        let node = |(index, word): (usize, Word)| Node {
            id: WordId::recognized(index),
            word,
            mark: Mark::None,
            previous: index.checked_sub(1),
            next: Some(index + 1).filter(|next| *next < count),
            is_there: true,
        };
        let nodes: Vec<Node> = words.into_iter().enumerate().map(node).collect();
        let ids = speakers.iter().map(|speaker| speaker.id);
        let spoken = nodes.iter().map(|node| node.word.speaker);
        let highest = ids.chain(spoken).max();
        Self {
            first: (count > 0).then_some(0),
            nodes,
            count,
            added: HashMap::new(),
            speakers,
            next_speaker: highest.map_or(0, |id| id.saturating_add(1)),
            duration_ms,
            revision: 0,
            numbered: 0,
        }
    }

    /// What follows belongs to this revision.
    pub(super) const fn begin(&mut self, revision: u64) {
        self.revision = revision;
        self.numbered = 0;
    }

    /// Applies one operation; an error names its field.
    pub(super) fn apply(&mut self, operation: &Operation) -> Checked<()> {
        match operation {
            Operation::ReplaceWords { from, to, text } => self.replace(*from, *to, text),
            Operation::InsertWords { after, text } => self.insert(*after, text),
            Operation::DeleteWords { from, to } => {
                let range = self.range(*from, *to)?;
                self.delete(&range)
            }
            Operation::AssignSpeaker { from, to, speaker } => self.assign(*from, *to, *speaker),
            Operation::MergeSpeakers { from, into } => self.merge(*from, *into),
            Operation::SplitTurn { at } => self.split(*at),
            Operation::JoinTurns { at } => self.join(*at),
        }
    }

    /// The words in reading order.
    pub(super) fn finish(mut self) -> Edited {
        let mut edited = Edited {
            words: Vec::with_capacity(self.count),
            ids: Vec::with_capacity(self.count),
            marks: Vec::with_capacity(self.count),
            speakers: std::mem::take(&mut self.speakers),
        };
        let mut next = self.first;
        while let Some(node) = next.and_then(|at| self.nodes.get_mut(at)) {
            edited.ids.push(node.id);
            edited.marks.push(node.mark);
            let text = std::mem::take(&mut node.word.text);
            edited.words.push(Word {
                text,
                ..node.word.clone()
            });
            next = node.next;
        }
        edited
    }

    fn find(&self, field: &'static str, id: WordId) -> Checked<usize> {
        let recognized = id.recognized_index();
        let at = recognized.or_else(|| self.added.get(&id).copied());
        at.filter(|at| self.nodes.get(*at).is_some_and(|node| node.is_there))
            .ok_or_else(|| (field, OperationError::UnknownWord(id.to_string())))
    }

    /// The words from one to another.
    fn range(&self, from: WordId, to: WordId) -> Checked<Vec<usize>> {
        let first = self.find("from", from)?;
        let last = self.find("to", to)?;
        let mut range = vec![first];
        let mut at = first;
        while at != last {
            let Some(next) = self.nodes[at].next else {
                let (from, to) = (from.to_string(), to.to_string());
                return Err(("to", OperationError::Reversed { from, to }));
            };
            range.push(next);
            at = next;
        }
        Ok(range)
    }

    fn replace(&mut self, from: WordId, to: WordId, text: &Private) -> Checked<()> {
        let new = words_of(text)?;
        let range = self.range(from, to)?;
        if new.len() == range.len() {
            for (at, text) in range.iter().zip(new) {
                self.write(*at, text);
            }
            return Ok(());
        }
        let speaker = self.nodes[range[0]].word.speaker;
        if range
            .iter()
            .any(|at| self.nodes[*at].word.speaker != speaker)
        {
            return Err(("to", OperationError::SeveralSpeakers));
        }
        // Words that stay at both ends keep their times.
        let is_same = |(at, text): (&usize, &&str)| self.nodes[*at].word.text.reveal() == *text;
        let head = range.iter().zip(&new).take_while(|pair| is_same(*pair));
        let head = head.count();
        let (old, new) = (&range[head..], &new[head..]);
        let tail = old.iter().rev().zip(new.iter().rev());
        let tail = tail.take_while(|pair| is_same(*pair)).count();
        let kept = &old[old.len() - tail..];
        let (old, new) = (&old[..old.len() - tail], &new[..new.len() - tail]);
        if old.is_empty() {
            let before = head.checked_sub(1).map(|last| range[last]);
            let anchor = before.or(kept.first().copied());
            self.insert_beside(anchor.unwrap_or(range[0]), before.is_some(), new);
            return Ok(());
        }
        if new.is_empty() {
            return self.delete(old);
        }
        self.rewrite(old, new);
        Ok(())
    }

    /// Puts words in place of others, of which there are not as many. They share the time of
    /// those before.
    fn rewrite(&mut self, old: &[usize], new: &[&str]) {
        let start_ms = self.nodes[old[0]].word.start_ms;
        let ends = old.iter().map(|at| self.nodes[*at].word.end_ms);
        let end_ms = ends.max().unwrap_or(start_ms);
        let weights: Vec<u64> = new.iter().map(|text| weight(text)).collect();
        let spans = spread(start_ms, end_ms, &weights);
        let mut last = old[0];
        for (index, (text, (start_ms, end_ms))) in new.iter().zip(spans).enumerate() {
            last = match old.get(index) {
                Some(at) => {
                    self.write(*at, text);
                    *at
                }
                None => self.add_after(Some(last), last, text),
            };
            let word = &mut self.nodes[last].word;
            (word.start_ms, word.end_ms) = (start_ms, end_ms);
        }
        for at in old.iter().skip(new.len()) {
            self.unlink(*at);
        }
    }

    fn insert(&mut self, after: Option<WordId>, text: &Private) -> Checked<()> {
        let new = words_of(text)?;
        match (after, self.first) {
            (Some(after), _) => {
                let at = self.find("after", after)?;
                self.insert_beside(at, true, &new);
            }
            (None, Some(first)) => self.insert_beside(first, false, &new),
            // A transcript has words: there is nothing else to say them.
            (None, None) => return Err(("after", OperationError::NothingLeft)),
        }
        Ok(())
    }

    /// Adds words after or before `anchor`, whose speaker says them: in the gap there, or where
    /// that is too short, in a part of the anchor's own time.
    fn insert_beside(&mut self, anchor: usize, is_after: bool, new: &[&str]) {
        let (before, after) = if is_after {
            (Some(anchor), self.nodes[anchor].next)
        } else {
            (self.nodes[anchor].previous, Some(anchor))
        };
        let mut weights: Vec<u64> = new.iter().map(|text| weight(text)).collect();
        let usual = usual_ms(&weights);
        let from = before.map_or(0, |at| self.nodes[at].word.end_ms);
        let until = after.map_or_else(
            || from.saturating_add(usual).min(self.duration_ms),
            |at| self.nodes[at].word.start_ms,
        );
        let gap = until.saturating_sub(from);
        let own = weight(self.nodes[anchor].word.text.reveal());
        let (start_ms, end_ms) = (
            self.nodes[anchor].word.start_ms,
            self.nodes[anchor].word.end_ms,
        );
        let mut spans = if is_enough(gap, &weights) {
            let length = gap.min(usual);
            if is_after {
                spread(from, from + length, &weights)
            } else {
                spread(until - length, until, &weights)
            }
        } else if is_after {
            weights.insert(0, own);
            spread(start_ms, end_ms.max(start_ms) + gap, &weights)
        } else {
            weights.push(own);
            spread(start_ms.saturating_sub(gap), end_ms, &weights)
        };
        if spans.len() > new.len() {
            let shared = if is_after { 0 } else { new.len() };
            let (start_ms, end_ms) = spans.remove(shared);
            let word = &mut self.nodes[anchor].word;
            (word.start_ms, word.end_ms) = (start_ms, end_ms);
        }
        let mut last = before;
        for (text, (start_ms, end_ms)) in new.iter().zip(spans) {
            let at = self.add_after(last, anchor, text);
            let word = &mut self.nodes[at].word;
            (word.start_ms, word.end_ms) = (start_ms, end_ms);
            last = Some(at);
        }
        if !is_after && let Some(at) = before.map_or(self.first, |at| self.nodes[at].next) {
            // The turn now begins with the first of them.
            self.nodes[at].mark = std::mem::take(&mut self.nodes[anchor].mark);
        }
    }

    fn delete(&mut self, range: &[usize]) -> Checked<()> {
        if range.len() == self.count {
            return Err(("to", OperationError::NothingLeft));
        }
        let before = self.nodes[range[0]].previous;
        let after = self.nodes[range[range.len() - 1]].next;
        if let (Some(before), Some(after)) = (before, after)
            && self.nodes[after].mark == Mark::None
        {
            self.nodes[after].mark = self.mark_over(before, range, after);
        }
        for at in range {
            self.unlink(*at);
        }
        Ok(())
    }

    /// How the word after a range is marked when the range is deleted, so that turns begin
    /// where they began.
    fn mark_over(&self, before: usize, range: &[usize], after: usize) -> Mark {
        let begins = range.iter().any(|at| self.nodes[*at].mark == Mark::Begins);
        if begins {
            return Mark::Begins;
        }
        let pause = |left: usize, right: usize| {
            let end_ms = self.nodes[left].word.end_ms;
            self.nodes[right].word.start_ms.saturating_sub(end_ms)
        };
        let continues = |left: usize, right: usize| {
            let next = &self.nodes[right];
            self.nodes[left].word.speaker == next.word.speaker
                && (next.mark == Mark::Continues || pause(left, right) < TURN_PAUSE_MS)
        };
        let chain: Vec<usize> = [&[before], range, &[after]].concat();
        let is_one_turn = chain.windows(2).all(|pair| continues(pair[0], pair[1]));
        if is_one_turn && pause(before, after) >= TURN_PAUSE_MS {
            Mark::Continues
        } else {
            Mark::None
        }
    }

    /// Changes what a word says; a person is certain of it.
    fn write(&mut self, at: usize, text: &str) {
        let word = &mut self.nodes[at].word;
        if word.text.reveal() != text {
            word.text = text.into();
            word.confidence = 1.0;
        }
    }

    /// Adds a word behind another one, or before all, as the speaker of `like` says it.
    fn add_after(&mut self, before: Option<usize>, like: usize, text: &str) -> usize {
        let id = WordId::added(self.revision, self.numbered);
        self.numbered += 1;
        let at = self.nodes.len();
        let next = before.map_or(self.first, |before| self.nodes[before].next);
        let like = &self.nodes[like].word;
        let word = Word {
            text: text.into(),
            confidence: 1.0,
            ..like.clone()
        };
        self.nodes.push(Node {
            id,
            word,
            mark: Mark::None,
            previous: before,
            next,
            is_there: true,
        });
        match before {
            Some(before) => self.nodes[before].next = Some(at),
            None => self.first = Some(at),
        }
        if let Some(next) = next {
            self.nodes[next].previous = Some(at);
        }
        self.added.insert(id, at);
        self.count += 1;
        at
    }

    fn unlink(&mut self, at: usize) {
        let (previous, next) = (self.nodes[at].previous, self.nodes[at].next);
        match previous {
            Some(previous) => self.nodes[previous].next = next,
            None => self.first = next,
        }
        if let Some(next) = next {
            self.nodes[next].previous = previous;
        }
        self.nodes[at].is_there = false;
        self.count -= 1;
    }
}

/// The words of what a person wrote.
fn words_of(text: &Private) -> Checked<Vec<&str>> {
    let text = text.reveal();
    let characters = text.chars().count();
    if characters > MAX_TEXT {
        return Err(("text", OperationError::LongText(characters)));
    }
    if text
        .chars()
        .any(|character| character.is_control() && !character.is_whitespace())
    {
        return Err(("text", OperationError::ControlCharacter));
    }
    let words: Vec<&str> = text::words(text).collect();
    if words.is_empty() {
        return Err(("text", OperationError::EmptyText));
    }
    Ok(words)
}
