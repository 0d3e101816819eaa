//! What the engines have in common where speech is recognised as it comes.

use std::io;

use domain::{
    ports::Segment,
    steps::{Code, StepError},
    transcript::Word,
    wording,
};

/// A stretch of one speaker's words; none without any.
pub(crate) fn of_words(words: Vec<Word>, is_final: bool) -> Option<Segment> {
    let first = words.first()?;
    let texts = words.iter().map(|word| word.text.reveal());
    Some(Segment {
        speaker: first.speaker,
        start_ms: first.start_ms,
        end_ms: words.iter().map(|word| word.end_ms).max().unwrap_or(0),
        text: wording::joined(texts).into(),
        is_final,
        words,
    })
}

/// Why the samples stopped: a recording that could not be decoded says so itself.
pub(crate) fn interrupted(error: &io::Error) -> StepError {
    let inner = error.get_ref();
    if let Some(error) = inner.and_then(|inner| inner.downcast_ref::<StepError>()) {
        return error.clone();
    }
    if let Some(error) = inner.and_then(|inner| inner.downcast_ref::<media::Error>()) {
        return error.to_step_error();
    }
    StepError::transient(Code::RecordingInterrupted, "the recording broke off")
}
