//! Why a file is refused.

use crate::{
    Format,
    found::Foreign,
    timing::{MAX_LINES, MAX_SPEAKERS, MAX_STORED_MS, MAX_TIME_MS, MAX_WORD_CHARS, MAX_WORDS},
};

/// Why a file cannot be taken for a transcript.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TranscriptFileError {
    /// It has none of the formats.
    #[error(
        "found {found}, which is none of the formats that are read: {}; {remedy}",
        Format::READ
    )]
    UnknownFormat {
        /// What was found in its place.
        found: String,
        /// What to do about it.
        remedy: &'static str,
    },
    /// A format was recognised, and its content is not as it should be.
    #[error("found {format} with an error in it: {reason}; export the transcript again")]
    Malformed {
        /// The format.
        format: Format,
        /// What is wrong.
        reason: String,
    },
    /// Nothing is said in it.
    #[error("the transcript has no words: at least one is needed")]
    NoWords,
    /// It has more words than are taken.
    #[error("the transcript has {words} words: at most {MAX_WORDS} words are accepted; divide it")]
    TooManyWords {
        /// How many.
        words: usize,
    },
    /// It has more lines than a transcript of that many words can have.
    #[error("the file has {lines} lines: at most {MAX_LINES} are accepted; divide it")]
    TooManyLines {
        /// How many.
        lines: usize,
    },
    /// It has more speakers than are taken.
    #[error(
        "the transcript has {speakers} speakers: at most {MAX_SPEAKERS} speakers are accepted; \
         give fewer names"
    )]
    TooManySpeakers {
        /// How many.
        speakers: usize,
    },
    /// A word is longer than any.
    #[error(
        "word {index} has {chars} characters: at most {MAX_WORD_CHARS} are accepted; remove what \
         was not said"
    )]
    WordTooLong {
        /// Its place, from 0.
        index: usize,
        /// How many.
        chars: usize,
    },
    /// It lasts longer than can be stored.
    #[error(
        "the transcript lasts {duration_ms} ms: at most {MAX_STORED_MS} are accepted; divide it"
    )]
    TooLong {
        /// How long.
        duration_ms: u64,
    },
    /// Something ends before it begins, or too late.
    #[error(
        "segment {index} is from {start_ms} to {end_ms} ms: it must not end before it begins, \
         nor after {MAX_TIME_MS} ms; correct its times"
    )]
    InvalidTime {
        /// The segment's place, from 0.
        index: usize,
        /// When it begins.
        start_ms: u64,
        /// When it ends.
        end_ms: u64,
    },
}

impl TranscriptFileError {
    /// Something that another format can be exported in place of.
    pub(crate) fn unknown(found: impl Into<String>) -> Self {
        Self::UnknownFormat {
            found: found.into(),
            remedy: "export the transcript in one of them",
        }
    }

    /// Something about which more is known.
    pub(crate) fn foreign(found: Foreign) -> Self {
        Self::UnknownFormat {
            found: found.what.to_owned(),
            remedy: found.remedy,
        }
    }
}
