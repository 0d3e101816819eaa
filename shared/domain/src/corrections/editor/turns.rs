//! Who says the words, and where turns begin.

use super::{Checked, Editor};
use crate::{
    corrections::{MAX_SPEAKERS, Mark, OperationError, WordId},
    transcript::Speaker,
    turns::TurnRule,
};

impl Editor {
    pub(super) fn assign(&mut self, from: WordId, to: WordId, speaker: u32) -> Checked<()> {
        let range = self.range(from, to)?;
        if !self.knows(speaker) {
            if speaker != self.next_speaker {
                let (known, next) = (self.known_speakers(), self.next_speaker);
                let reason = OperationError::UnknownSpeaker {
                    speaker,
                    known,
                    next,
                };
                return Err(("speaker", reason));
            }
            if self.speakers.len() >= MAX_SPEAKERS {
                return Err(("speaker", OperationError::TooManySpeakers(MAX_SPEAKERS)));
            }
            self.speakers.push(Speaker::unnamed(speaker));
            self.next_speaker = self.next_speaker.saturating_add(1);
        }
        for at in range {
            self.nodes[at].word.speaker = speaker;
        }
        Ok(())
    }

    pub(super) fn merge(&mut self, from: u32, into: u32) -> Checked<()> {
        for (field, speaker) in [("from", from), ("into", into)] {
            if !self.knows(speaker) {
                let known = self.known_speakers();
                let reason = OperationError::UnknownMergedSpeaker { speaker, known };
                return Err((field, reason));
            }
        }
        if from == into {
            return Err(("into", OperationError::SameSpeaker));
        }
        for node in &mut self.nodes {
            if node.word.speaker == from {
                node.word.speaker = into;
            }
        }
        self.speakers.retain(|speaker| speaker.id != from);
        Ok(())
    }

    pub(super) fn split(&mut self, at: WordId) -> Checked<()> {
        let index = self.find("at", at)?;
        if self.begins_turn(index) {
            return Err(("at", OperationError::BeginsTurn(at.to_string())));
        }
        self.nodes[index].mark = Mark::Begins;
        Ok(())
    }

    pub(super) fn join(&mut self, at: WordId) -> Checked<()> {
        let index = self.find("at", at)?;
        let Some(before) = self.nodes[index].previous else {
            return Err(("at", OperationError::FirstTurn(at.to_string())));
        };
        if self.nodes[before].word.speaker != self.nodes[index].word.speaker {
            return Err(("at", OperationError::OtherSpeaker(at.to_string())));
        }
        if !self.begins_turn(index) {
            return Err(("at", OperationError::WithinTurn(at.to_string())));
        }
        self.nodes[index].mark = Mark::Continues;
        Ok(())
    }

    /// Whether a turn begins with the word: counted from the last place where one begins
    /// whatever was before.
    fn begins_turn(&self, index: usize) -> bool {
        let mut start = index;
        while let Some(before) = self.nodes[start].previous {
            let (left, right) = (&self.nodes[before].word, &self.nodes[start].word);
            if TurnRule::is_sure(left, right) && start != index {
                break;
            }
            start = before;
        }
        if start == index {
            return true;
        }
        let (mut rule, mut at) = (TurnRule::default(), start);
        while let Some(next) = self.nodes[at].next {
            let (left, right) = (&self.nodes[at].word, &self.nodes[next].word);
            let begins = rule.begins(left, right, self.nodes[next].mark);
            if next == index {
                return begins;
            }
            at = next;
        }
        false
    }

    fn knows(&self, speaker: u32) -> bool {
        self.speakers.iter().any(|known| known.id == speaker)
    }

    fn known_speakers(&self) -> String {
        let ids = self.speakers.iter().map(|speaker| speaker.id.to_string());
        ids.collect::<Vec<_>>().join(", ")
    }
}
