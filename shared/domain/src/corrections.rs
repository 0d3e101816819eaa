//! What people correct in a transcript, as operations on its words.
//!
//! What was recognised stays as it is. Corrections are a log beside it: each revision is a
//! list of [`Operation`]s, or takes an earlier revision back. The corrected transcript is what
//! was recognised with the operations of the revisions that hold, applied in their order
//! ([`correct`]), so that every revision can be shown again, and undoing all of them gives
//! what was recognised.
//!
//! The log lies in documents below the transcript ([`LogSegment`]), each of bounded size. The
//! interview document has its length ([`LogState`]): by that a revision is committed against
//! the newest one, in one transaction.

mod editor;
mod error;
mod log;
mod timing;
mod word_id;

use serde::{Deserialize, Serialize};

use crate::{
    Private, Timestamp, UserId,
    transcript::{Transcript, TranscriptHead, Word},
    turns, usable,
    versions::{UnknownFields, strip_unknown},
};
use editor::Editor;

pub use error::{CorrectionError, OperationError};
pub use log::{ChangeKind, Difference, difference, holding};
pub use word_id::WordId;

/// The most operations of one revision.
pub const MAX_OPERATIONS: usize = 2_000;

/// The longest text of one operation, in characters.
pub const MAX_TEXT: usize = 10_000;

/// The most text of one revision, in bytes: with what was in its document before it fits into
/// a document of Firestore.
pub const MAX_TOTAL_TEXT: usize = 200_000;

/// The most speakers of a transcript, corrections included.
pub const MAX_SPEAKERS: usize = 64;

/// The size of a document of the log, in bytes of JSON, from which the next revision begins
/// another one. It is written anew with every revision.
pub const SEGMENT_BYTES: u64 = 64 * 1024;

/// The most revisions of a transcript.
pub const MAX_REVISIONS: u64 = 50_000;

/// The largest log of a transcript, in bytes of JSON: it is read with the words.
pub const MAX_LOG_BYTES: u64 = 16 * 1024 * 1024;

/// A correction. Words are named by their ids, a range by its first and its last word.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(rename = "Operation")
)]
#[serde(tag = "op", rename_all = "snake_case", deny_unknown_fields)]
pub enum Operation<Id = WordId> {
    /// Puts words in place of others. Words that stay keep their ids and times; the times of
    /// the others are interpolated.
    ReplaceWords {
        /// The first word.
        from: Id,
        /// The last word.
        to: Id,
        /// What was said.
        #[cfg_attr(feature = "openapi", schemars(length(min = 1, max = MAX_TEXT), regex(pattern = crate::text::NOT_BLANK)))]
        text: Private,
    },
    /// Adds words that were not recognised; the speaker of the word before says them.
    InsertWords {
        /// The word before them; `null` where they come first.
        after: Option<Id>,
        /// What was said.
        #[cfg_attr(feature = "openapi", schemars(length(min = 1, max = MAX_TEXT), regex(pattern = crate::text::NOT_BLANK)))]
        text: Private,
    },
    /// Removes words that were not said.
    DeleteWords {
        /// The first word.
        from: Id,
        /// The last word.
        to: Id,
    },
    /// Says who says the words: a speaker of the transcript, or a new one by the next free id.
    AssignSpeaker {
        /// The first word.
        from: Id,
        /// The last word.
        to: Id,
        /// The id of the speaker.
        speaker: u32,
    },
    /// Makes two speakers one.
    MergeSpeakers {
        /// The id of the speaker who is removed.
        from: u32,
        /// The id of the speaker who gets the words.
        into: u32,
    },
    /// Begins a turn with a word.
    SplitTurn {
        /// The first word of the new turn.
        at: Id,
    },
    /// Joins a turn with the one before it, of the same speaker.
    JoinTurns {
        /// The first word of the later turn.
        at: Id,
    },
}

impl Operation<String> {
    /// The same with ids of words, if each of them can be one.
    fn parsed(self) -> Result<Operation, (&'static str, OperationError)> {
        let word = |field: &'static str, id: String| {
            WordId::parse(&id).ok_or((field, OperationError::UnknownWord(shortened(&id))))
        };
        Ok(match self {
            Self::ReplaceWords { from, to, text } => Operation::ReplaceWords {
                from: word("from", from)?,
                to: word("to", to)?,
                text,
            },
            Self::InsertWords { after, text } => Operation::InsertWords {
                after: after.map(|after| word("after", after)).transpose()?,
                text,
            },
            Self::DeleteWords { from, to } => Operation::DeleteWords {
                from: word("from", from)?,
                to: word("to", to)?,
            },
            Self::AssignSpeaker { from, to, speaker } => Operation::AssignSpeaker {
                from: word("from", from)?,
                to: word("to", to)?,
                speaker,
            },
            Self::MergeSpeakers { from, into } => Operation::MergeSpeakers { from, into },
            Self::SplitTurn { at } => Operation::SplitTurn {
                at: word("at", at)?,
            },
            Self::JoinTurns { at } => Operation::JoinTurns {
                at: word("at", at)?,
            },
        })
    }
}

/// As much of a client's text as an error may repeat.
fn shortened(text: &str) -> String {
    text.escape_debug().take(40).collect()
}

/// Checks a client's operations as far as that is possible without the transcript.
pub fn parse(operations: Vec<Operation<String>>) -> Result<Vec<Operation>, CorrectionError> {
    match operations.len() {
        0 => return Err(CorrectionError::NoOperations),
        more if more > MAX_OPERATIONS => return Err(CorrectionError::TooManyOperations(more)),
        _ => {}
    }
    let text = |operation: &Operation<String>| match operation {
        Operation::ReplaceWords { text, .. } | Operation::InsertWords { text, .. } => {
            text.reveal().len()
        }
        _ => 0,
    };
    let bytes = operations.iter().map(text).sum();
    if bytes > MAX_TOTAL_TEXT {
        return Err(CorrectionError::TooMuchText(bytes));
    }
    let parsed = operations
        .into_iter()
        .enumerate()
        .map(|(index, operation)| operation.parsed().map_err(CorrectionError::at(index)));
    parsed.collect()
}

/// Whether a turn begins with a word, where a person says so.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Mark {
    /// As the words say.
    #[default]
    None,
    /// A turn begins.
    Begins,
    /// The turn continues.
    Continues,
}

/// One revision of a transcript: who corrected what, when.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revision {
    /// Its number, from 1.
    pub revision: u64,
    /// When it was stored.
    pub created_at: Timestamp,
    /// Who made it.
    pub author: UserId,
    /// What was corrected; empty where it takes an earlier revision back.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub operations: Vec<Operation>,
    /// The revision that it takes back.
    pub undoes: Option<u64>,
    /// A digest of the idempotency key that it was requested with.
    pub request: Option<String>,
    /// Fields of a newer release.
    #[serde(flatten)]
    pub unknown: UnknownFields,
}
strip_unknown!(Revision);

/// `data/transcript/corrections/{token}-{number}`: a part of the log of one recognition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogSegment {
    /// The recognition that is corrected: the fencing token of its run.
    pub run: u64,
    /// Its place in the log, from 0.
    pub number: u32,
    /// Its revisions, in order.
    pub revisions: Vec<Revision>,
    /// Fields of a newer release.
    #[serde(flatten)]
    pub unknown: UnknownFields,
}

/// How long the log of a recognition is. It lies in the interview document, whose transaction
/// orders the revisions.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogState {
    /// The newest revision.
    pub revision: u64,
    /// The number of documents.
    pub segments: u32,
    /// The size of the last document, in bytes of JSON.
    pub last_bytes: u64,
    /// The size of all of them.
    pub bytes: u64,
    /// Fields of a newer release.
    #[serde(flatten)]
    pub unknown: UnknownFields,
}
strip_unknown!(LogState);

impl LogState {
    /// The number of the document that the next revision goes to, and whether it is a new one.
    pub const fn next_segment(&self) -> (u32, bool) {
        if self.segments == 0 || self.last_bytes >= SEGMENT_BYTES {
            (self.segments, true)
        } else {
            (self.segments - 1, false)
        }
    }

    /// The state with one more revision of that size, in bytes of JSON.
    #[must_use]
    pub fn with(&self, bytes: u64) -> Self {
        let (number, is_new) = self.next_segment();
        let before = if is_new { 0 } else { self.last_bytes };
        Self {
            revision: self.revision + 1,
            segments: number + 1,
            last_bytes: before + bytes,
            bytes: self.bytes + bytes,
            unknown: self.unknown.clone(),
        }
    }

    /// Whether another revision of that size fits.
    pub const fn has_room(&self, bytes: u64) -> bool {
        self.revision < MAX_REVISIONS && self.bytes.saturating_add(bytes) <= MAX_LOG_BYTES
    }
}

/// A transcript with its corrections.
#[derive(Debug, Clone, PartialEq)]
pub struct CorrectedTranscript {
    /// The transcript as everyone reads it.
    pub transcript: Transcript,
    /// The ids of its words.
    pub ids: Vec<WordId>,
    /// Where a person says whether a turn begins, for each word.
    pub marks: Vec<Mark>,
    /// How many revisions it has; 0 as it was recognised.
    pub revision: u64,
}

/// Applies revisions to what was recognised: words in reading order with their head.
///
/// `least_speakers` is how many the conversation must have, see [`usable::least_speakers`].
pub fn correct(
    mut head: TranscriptHead,
    words: Vec<Word>,
    revisions: &[&Revision],
    revision: u64,
    least_speakers: u32,
) -> Result<CorrectedTranscript, CorrectionError> {
    let speakers = std::mem::take(&mut head.speakers);
    let mut editor = Editor::new(words, speakers, head.duration_ms);
    for applied in revisions {
        editor.begin(applied.revision);
        for (index, operation) in applied.operations.iter().enumerate() {
            let applied = editor.apply(operation);
            applied.map_err(CorrectionError::at(index))?;
        }
    }
    let edited = editor.finish();
    head.speakers = edited.speakers;
    if !revisions.is_empty() {
        head.quality = turns::quality(&edited.words, head.duration_ms);
        let recognized = head.usable.take();
        head.usable = recognized.map(|recognized| {
            usable::corrected(&recognized, &head.quality, &edited.words, least_speakers)
        });
    }
    let turns = turns::group_marked(&edited.words, &edited.marks);
    Ok(CorrectedTranscript {
        transcript: Transcript {
            head,
            words: edited.words,
            turns,
        },
        ids: edited.ids,
        marks: edited.marks,
        revision,
    })
}

#[cfg(test)]
mod tests;
