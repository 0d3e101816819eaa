//! Words and turns with times, also where a file has none.

use domain::{
    text,
    transcript::{AudioFacts, Recognition, Speaker, Turn, Word},
    turns,
};

use crate::{Segment, TranscriptFile, TranscriptFileError};

/// The most words of a transcript.
pub const MAX_WORDS: usize = 300_000;

/// The most lines of a file: captions have some for each few words.
pub(crate) const MAX_LINES: usize = 2 * MAX_WORDS;

/// The most speakers: each is measured over the whole conversation.
pub const MAX_SPEAKERS: usize = 100;

/// The longest word that is stored, in characters.
pub const MAX_WORD_CHARS: usize = 1_000;

/// The latest time, in milliseconds: of a hundred days.
pub const MAX_TIME_MS: u64 = 100 * 24 * 3_600_000;

/// The latest time of a stored word, in milliseconds: some 49 days.
pub(crate) const MAX_STORED_MS: u64 = 0xffff_ffff;

/// How long a word takes where no times are given, in milliseconds: 150 words a minute.
pub const WORD_MS: u64 = 400;

/// A transcript of which every word has a time.
#[derive(Debug, Clone, PartialEq)]
pub struct Timed {
    /// Everyone who speaks; their ids are their places.
    pub speakers: Vec<Speaker>,
    /// The words in reading order.
    pub words: Vec<Word>,
    /// The turns in reading order: those of the file where it has any.
    pub turns: Vec<Turn>,
    /// Length in milliseconds: what the file says, at least up to the last word.
    pub duration_ms: u64,
}

impl TranscriptFile {
    /// Gives each word a time: its own, or its share of its segment. Where a segment has no
    /// times, it begins where the one before it ends, and a word takes [`WORD_MS`].
    ///
    /// # Errors
    ///
    /// More than the limits, no words, or times that make no sense.
    pub fn into_timed(self) -> Result<Timed, TranscriptFileError> {
        self.check()?;
        let mut timed = Timed {
            speakers: self.speakers,
            words: Vec::new(),
            turns: Vec::new(),
            duration_ms: 0,
        };
        let limits = next_starts(&self.segments);
        for ((index, segment), limit) in self.segments.into_iter().enumerate().zip(limits) {
            timed.push(index, segment, limit)?;
        }
        if timed.words.is_empty() {
            return Err(TranscriptFileError::NoWords);
        }
        if !self.format.has_turns() {
            timed.turns = turns::group(&timed.words);
        }
        let last = timed.words.iter().map(|word| word.end_ms).max();
        timed.duration_ms = last.max(self.duration_ms).unwrap_or(0).min(MAX_TIME_MS);
        Ok(timed)
    }

    /// The same as an engine would give it; the format stands as the model.
    ///
    /// # Errors
    ///
    /// As [`TranscriptFile::into_timed`], and words that are too long or too late to be stored.
    pub fn into_recognition(self) -> Result<Recognition, TranscriptFileError> {
        let (format, language) = (self.format, self.language.clone());
        let timed = self.into_timed()?;
        timed.check_stored()?;
        Ok(Recognition {
            speakers: timed.speakers,
            words: timed.words,
            language,
            audio: AudioFacts {
                duration_ms: timed.duration_ms,
                channels: 0,
                sample_rate_hz: 0,
            },
            speech_ms: None,
            model: format.as_str().to_owned(),
            diarization: None,
        })
    }

    /// Before anything is made of it: a word takes more room than its letters.
    fn check(&self) -> Result<(), TranscriptFileError> {
        if self.speakers.len() > MAX_SPEAKERS {
            let speakers = self.speakers.len();
            return Err(TranscriptFileError::TooManySpeakers { speakers });
        }
        let counts = self.segments.iter().map(Segment::count);
        let words = counts.sum();
        if words > MAX_WORDS {
            return Err(TranscriptFileError::TooManyWords { words });
        }
        Ok(())
    }
}

/// For each segment, when the next one begins that has a time.
fn next_starts(segments: &[Segment]) -> Vec<Option<u64>> {
    let mut next = None;
    let mut starts: Vec<Option<u64>> = segments
        .iter()
        .rev()
        .map(|segment| {
            let own = segment.start_ms.or(next);
            std::mem::replace(&mut next, own)
        })
        .collect();
    starts.reverse();
    starts
}

impl Segment {
    fn texts(&self) -> Box<dyn Iterator<Item = &str> + '_> {
        if self.words.is_empty() {
            Box::new(text::words(self.text.reveal()))
        } else {
            Box::new(self.words.iter().map(|word| word.text.reveal()))
        }
    }

    fn count(&self) -> usize {
        self.texts().count()
    }
}

impl Timed {
    /// Refuses words that do not fit into the documents of a transcript.
    fn check_stored(&self) -> Result<(), TranscriptFileError> {
        if self.words.iter().any(|word| word.end_ms > MAX_STORED_MS) {
            let duration_ms = self.duration_ms;
            return Err(TranscriptFileError::TooLong { duration_ms });
        }
        for (index, word) in self.words.iter().enumerate() {
            let chars = word.text.reveal().chars().count();
            if chars > MAX_WORD_CHARS {
                return Err(TranscriptFileError::WordTooLong { index, chars });
            }
        }
        Ok(())
    }

    /// Adds a segment. `limit` is when the next one with a time begins.
    fn push(
        &mut self,
        index: usize,
        segment: Segment,
        limit: Option<u64>,
    ) -> Result<(), TranscriptFileError> {
        let reached = self.turns.last().map_or(0, |turn| turn.end_ms);
        let own = segment.timed_words(index, reached, limit)?;
        let (Some(first), Some(end_ms)) = (own.first(), own.iter().map(|word| word.end_ms).max())
        else {
            return Ok(());
        };
        self.turns.push(Turn {
            id: u32::try_from(self.turns.len()).unwrap_or(u32::MAX),
            speaker: segment.speaker,
            start_ms: first.start_ms,
            end_ms,
            text: segment.text,
            words: self.words.len()..self.words.len() + own.len(),
        });
        self.words.extend(own);
        Ok(())
    }
}

impl Segment {
    fn timed_words(
        &self,
        index: usize,
        reached: u64,
        limit: Option<u64>,
    ) -> Result<Vec<Word>, TranscriptFileError> {
        let count = self.count() as u64;
        if count == 0 {
            return Ok(Vec::new());
        }
        let start = self.start_ms.unwrap_or(reached);
        let guessed = start.saturating_add(count * WORD_MS);
        // Only a start that the file has is a place to which the next one can be late.
        let limit = limit.filter(|limit| self.start_ms.is_some() && *limit > start);
        let guessed = limit.map_or(guessed, |limit| guessed.min(limit));
        let end = self.end_ms.unwrap_or(guessed.min(MAX_TIME_MS));
        if end < start || end > MAX_TIME_MS {
            return Err(TranscriptFileError::InvalidTime {
                index,
                start_ms: start,
                end_ms: end,
            });
        }
        if !self.words.is_empty() {
            return Ok(self.words.clone());
        }
        // Far below what a `u64` holds: nothing overflows.
        let at = |place: u64| start + (end - start) * place / count;
        let words = self.texts().zip(0..).map(|(text, place)| Word {
            text: text.into(),
            start_ms: at(place),
            end_ms: at(place + 1),
            speaker: self.speaker,
            confidence: 1.0,
            overlap: false,
        });
        Ok(words.collect())
    }
}
