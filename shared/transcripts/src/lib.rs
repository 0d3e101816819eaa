//! Transcripts from elsewhere, without input or output: files that people have of meetings
//! and from other systems, and those that this service exports.
//!
//! In reading order:
//!
//! - [`read`], [`read_text`] and [`read_fields`]: find out which [`Format`] a file has, and
//!   read it into a [`TranscriptFile`];
//! - [`TranscriptFile::into_timed`]: its words and turns, each with a time;
//! - `captions` with `markup`: `SubRip` and `WebVTT`; `json`: engines' answers and the
//!   service's own export; `markdown` and `text`: lines for people, with `heads` and `names`,
//!   which decide what is a speaker's name;
//! - [`TranscriptFileError`]: why a file is refused, with what was found in its place.
//!
//! Readers tolerate what the exporting programs and people's editors do to a format. What has
//! neither speakers nor times is refused: an analysis of it would mean nothing.

mod captions;
mod clock;
mod error;
mod file;
mod format;
mod found;
mod heads;
mod json;
mod markdown;
mod markup;
mod names;
mod text;
mod timing;

pub use error::TranscriptFileError;
pub use file::{Segment, Speakers, TranscriptFile};
pub use format::Format;
pub use json::read_fields;
pub use timing::{MAX_SPEAKERS, MAX_TIME_MS, MAX_WORD_CHARS, MAX_WORDS, Timed, WORD_MS};

/// Reads a file of any of the formats.
///
/// # Errors
///
/// [`TranscriptFileError::UnknownFormat`] names what was found; the others name a field or
/// a limit.
pub fn read(bytes: &[u8]) -> Result<TranscriptFile, TranscriptFileError> {
    let text = found::decode(bytes)?;
    read_text(&text)
}

/// Reads the text of such a file.
///
/// # Errors
///
/// As [`read`].
pub fn read_text(text: &str) -> Result<TranscriptFile, TranscriptFileError> {
    let text = text.trim_start_matches('\u{feff}');
    if let Some(found) = found::foreign(text) {
        return Err(TranscriptFileError::foreign(found));
    }
    if json::is_json(text) {
        return json::read(text);
    }
    check_size(text)?;
    let read = captions::read(text)
        .or_else(|| markdown::read(text))
        .or_else(|| text::read(text));
    read.ok_or_else(|| TranscriptFileError::foreign(found::describe(text)))
}

/// Refuses what takes far more memory to read than it has bytes.
fn check_size(text: &str) -> Result<(), TranscriptFileError> {
    let lines = text.lines().count();
    if lines > timing::MAX_LINES {
        return Err(TranscriptFileError::TooManyLines { lines });
    }
    // Each voice says a word at least.
    let words = text.matches("<v").count();
    if words > MAX_WORDS {
        return Err(TranscriptFileError::TooManyWords { words });
    }
    Ok(())
}
