//! The transcript as clients see it.

use domain::{
    RunId,
    corrections::WordId,
    transcript::{Quality, Speaker, Transcript, Turn, Word},
    usable::Usable,
};
use schemars::JsonSchema;
use serde::Serialize;

/// The transcript: words and turns with their speakers and times.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Transcript")]
pub(crate) struct TranscriptBody<'a> {
    #[serde(flatten)]
    facts: TranscriptFacts<'a>,
    /// The words by who speaks, in reading order.
    turns: &'a [Turn],
    /// The words in reading order.
    words: Vec<TranscriptWord<'a>>,
}

/// A word and its id.
#[derive(Serialize, JsonSchema)]
pub(crate) struct TranscriptWord<'a> {
    /// What names it in corrections: it stays the same, whatever is corrected around it.
    pub(crate) id: WordId,
    #[serde(flatten)]
    pub(crate) word: &'a Word,
}

/// All of a transcript but its words.
#[derive(Serialize, JsonSchema)]
pub(crate) struct TranscriptFacts<'a> {
    /// The run that recognised it; `null` where nothing is stored.
    run_id: Option<RunId>,
    /// How often it has been corrected since it was recognised.
    revision: u64,
    /// The engine that made it.
    engine: &'a str,
    /// The engine's model.
    model: &'a str,
    /// The models that separated the speakers by voice, where the engine itself did not.
    diarization: Option<&'a str>,
    /// The language as a BCP 47 tag; `null` where it is not known.
    language: Option<&'a str>,
    /// Length of the recording.
    duration_ms: u64,
    /// Everyone who speaks.
    speakers: &'a [Speaker],
    /// How far it can be trusted.
    quality: &'a Quality,
    /// Whether it can be relied on.
    usable: Usable,
}

impl TranscriptBody<'_> {
    /// The same of a stored transcript.
    pub(crate) fn of_run(self, run_id: RunId, revision: u64) -> Self {
        let facts = self.facts.of_run(run_id, revision);
        Self { facts, ..self }
    }
}

impl TranscriptFacts<'_> {
    /// The same of a stored transcript.
    pub(crate) fn of_run(self, run_id: RunId, revision: u64) -> Self {
        Self {
            run_id: Some(run_id),
            revision,
            ..self
        }
    }
}

impl<'a> From<&'a Transcript> for TranscriptBody<'a> {
    fn from(transcript: &'a Transcript) -> Self {
        Self {
            facts: transcript.into(),
            turns: &transcript.turns,
            words: transcript
                .words
                .iter()
                .enumerate()
                .map(|(index, word)| TranscriptWord {
                    id: WordId::recognized(index),
                    word,
                })
                .collect(),
        }
    }
}

impl<'a> From<&'a Transcript> for TranscriptFacts<'a> {
    fn from(transcript: &'a Transcript) -> Self {
        let head = &transcript.head;
        Self {
            run_id: None,
            revision: 0,
            engine: &head.engine,
            model: &head.model,
            diarization: head.diarization.as_deref(),
            language: head.language.as_deref(),
            duration_ms: head.duration_ms,
            speakers: &head.speakers,
            quality: &head.quality,
            usable: transcript.usable(1),
        }
    }
}
