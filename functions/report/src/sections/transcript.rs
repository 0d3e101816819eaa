//! Everything that was said.

use domain::transcript::Transcript;

use crate::document::{Block, Section, Turn};

/// A block to each turn; who speaks is said where that changes.
pub(super) fn section(transcript: &Transcript) -> Section<'_> {
    let mut last = None;
    let turns = transcript.turns.iter().map(|turn| {
        let is_new = last.replace(turn.speaker) != Some(turn.speaker);
        let name = || transcript.speaker_name(turn.speaker).reveal().to_owned();
        Block::Turn(Turn {
            id: turn.id,
            speaker: is_new.then(|| name().into()),
            start_ms: turn.start_ms,
            text: turn.text.reveal(),
        })
    });
    Section::new("transcript", "Transcript", turns)
}
