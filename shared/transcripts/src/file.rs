//! What all formats are read into.

use std::collections::HashMap;

use domain::{
    Private, text,
    transcript::{Speaker, Word},
};

use crate::Format;

/// The longest name of a speaker, in characters; the rest is cut off.
const MAX_NAME_CHARS: usize = 200;

/// A transcript as a file has it.
#[derive(Debug, Clone, PartialEq)]
pub struct TranscriptFile {
    /// What it was read as.
    pub format: Format,
    /// The language as a BCP 47 tag, where the file names it.
    pub language: Option<String>,
    /// Length of the recording in milliseconds, where the file has it.
    pub duration_ms: Option<u64>,
    /// Everyone who speaks; their ids are their places.
    pub speakers: Vec<Speaker>,
    /// What they say, in reading order.
    pub segments: Vec<Segment>,
}

/// What one speaker says.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Segment {
    /// The speaker's id.
    pub speaker: u32,
    /// When it begins, in milliseconds; guessed where the file does not say it.
    pub start_ms: Option<u64>,
    /// When it ends, in milliseconds; guessed where the file does not say it.
    pub end_ms: Option<u64>,
    /// What is said.
    pub text: Private,
    /// Its words, where the file has their times; otherwise none.
    pub words: Vec<Word>,
}

impl Segment {
    /// Consecutive words of one speaker.
    pub(crate) fn of_words(words: Vec<Word>) -> Self {
        let texts = words.iter().map(|word| word.text.reveal());
        Self {
            speaker: words.first().map_or(0, |word| word.speaker),
            start_ms: words.iter().map(|word| word.start_ms).min(),
            end_ms: words.iter().map(|word| word.end_ms).max(),
            text: text::joined(texts).into(),
            words,
        }
    }
}

/// The speakers of a file by their names, in the order in which they appear.
#[derive(Debug, Default)]
pub struct Speakers {
    list: Vec<Speaker>,
    ids: HashMap<String, u32>,
}

impl Speakers {
    /// The id of the speaker of that name; a new one where it is new.
    pub fn id(&mut self, name: &str) -> u32 {
        let name = clean_name(name);
        let next = u32::try_from(self.list.len()).unwrap_or(u32::MAX);
        let id = *self.ids.entry(name.clone()).or_insert(next);
        if id == next {
            let name = if name.is_empty() {
                Speaker::unnamed(id).name
            } else {
                name.into()
            };
            self.list.push(Speaker {
                name,
                ..Speaker::unnamed(id)
            });
        }
        id
    }

    /// The id of a speaker of whom only a number from 0 is known.
    pub fn number(&mut self, number: u32) -> u32 {
        self.id(Speaker::unnamed(number).name.reveal())
    }

    /// All of them.
    pub fn into_list(self) -> Vec<Speaker> {
        self.list
    }
}

/// A name in one line that is not too long.
pub(crate) fn clean_name(name: &str) -> String {
    let words: Vec<&str> = name.split_whitespace().collect();
    let line = words.join(" ");
    let shown = line.chars().filter(|one| !one.is_control());
    shown.take(MAX_NAME_CHARS).collect()
}
