//! Why corrections are refused.

use super::{MAX_OPERATIONS, MAX_TEXT, MAX_TOTAL_TEXT};

/// Corrections that cannot be applied, all of them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CorrectionError {
    /// The list is empty.
    #[error("`operations` must have at least one operation")]
    NoOperations,
    /// The list is too long.
    #[error(
        "`operations` has {0} operations, and at most {MAX_OPERATIONS} are accepted at once; \
         send the rest with the next revision"
    )]
    TooManyOperations(usize),
    /// Together they add too much text.
    #[error(
        "the texts of `operations` have {0} bytes, and at most {MAX_TOTAL_TEXT} are accepted at \
         once; send the rest with the next revision"
    )]
    TooMuchText(usize),
    /// One of them cannot be applied.
    #[error("`operations[{index}].{field}`: {reason}")]
    Operation {
        /// Its index in the list.
        index: usize,
        /// The field that is wrong.
        field: &'static str,
        /// What is wrong with it, and what to do.
        reason: OperationError,
    },
}

impl CorrectionError {
    /// The error of the operation with this index, by its field and reason.
    pub(super) fn at(index: usize) -> impl Fn((&'static str, OperationError)) -> Self {
        move |(field, reason)| Self::Operation {
            index,
            field,
            reason,
        }
    }
}

/// Why one operation cannot be applied.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OperationError {
    /// There is no word of this id.
    #[error("there is no word `{0}` in this revision; read the transcript again for its ids")]
    UnknownWord(String),
    /// The last word of the range comes before its first one.
    #[error("the word `{to}` comes before `{from}`; `from` must not come after `to`")]
    Reversed {
        /// The first word.
        from: String,
        /// The last word.
        to: String,
    },
    /// The text has no word.
    #[error("the text must have at least one word; `delete_words` removes words")]
    EmptyText,
    /// The text is too long.
    #[error("the text has {0} characters, and at most {MAX_TEXT} are accepted")]
    LongText(usize),
    /// The text has characters that cannot be shown.
    #[error("the text must not have control characters")]
    ControlCharacter,
    /// The words of several speakers become another number of words.
    #[error(
        "the words are of several speakers; replace those of each speaker by an operation of \
         their own, or by as many words"
    )]
    SeveralSpeakers,
    /// No word would be left.
    #[error("no word would be left; a transcript keeps at least one")]
    NothingLeft,
    /// There is no such speaker.
    #[error("there is no speaker {speaker}; known are {known}, and {next} adds a new one")]
    UnknownSpeaker {
        /// The speaker's id.
        speaker: u32,
        /// The ids of those that there are.
        known: String,
        /// The id that a new speaker gets.
        next: u32,
    },
    /// There is no such speaker whose words could be merged.
    #[error("there is no speaker {speaker}; known are {known}")]
    UnknownMergedSpeaker {
        /// The speaker's id.
        speaker: u32,
        /// The ids of those that there are.
        known: String,
    },
    /// There are as many speakers as there can be.
    #[error("a transcript has at most {0} speakers")]
    TooManySpeakers(usize),
    /// A speaker is to be merged into itself.
    #[error("a speaker cannot be merged into itself; `from` and `into` must differ")]
    SameSpeaker,
    /// The word begins a turn already.
    #[error("the word `{0}` begins a turn already")]
    BeginsTurn(String),
    /// The word does not begin a turn.
    #[error("the word `{0}` does not begin a turn; name the first word of the later turn")]
    WithinTurn(String),
    /// The word is the first one of the transcript.
    #[error("there is no turn before the word `{0}`")]
    FirstTurn(String),
    /// The turns are of two speakers.
    #[error(
        "the turn of the word `{0}` is another speaker's than the one before it; assign both to \
         one speaker first"
    )]
    OtherSpeaker(String),
}
