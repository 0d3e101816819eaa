//! Passages of a transcript that a person has marked.
//!
//! A highlight names words of one run by their ids. It keeps the text as it was marked; what is
//! shown of it follows the corrections of that run ([`Highlight::resolve`]). Where all of its
//! words are deleted, its text is left.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::{
    Private, Timestamp,
    corrections::{CorrectedTranscript, WordId},
    text::joined,
    versions::{UnknownFields, strip_unknown},
};

/// The most highlights of an interview: a correction of all words stores what each says now in
/// its transaction.
pub const MAX_HIGHLIGHTS: u64 = 500;

/// The most words of a highlight.
pub const MAX_WORDS: usize = 1_000;

/// The most text of a highlight, in bytes.
pub const MAX_TEXT_BYTES: usize = 32 * 1024;

/// The most that all highlights of an interview have, in bytes: they are read together.
pub const MAX_ALL_BYTES: u64 = 1024 * 1024;

/// `highlights/{id}` below an interview: words that a person has marked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Highlight {
    /// Its id.
    pub id: String,
    /// The run that recognised its words, by its fencing token.
    pub run: u64,
    /// The revision of the transcript in which it was marked.
    pub revision: u64,
    /// Its words, in reading order: at least one.
    pub words: Vec<WordIdRange>,
    /// What they said when they were marked.
    pub text: Private,
    /// Who said the first of them then.
    pub speaker: u32,
    /// When the first of them began then, in milliseconds: by this highlights are in order.
    pub start_ms: u64,
    /// When the last of them ended then.
    pub end_ms: u64,
    /// Its tags, as its owner writes them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Private>,
    /// When it was marked.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// Fields of a newer release.
    #[serde(flatten)]
    pub unknown: UnknownFields,
}
strip_unknown!(Highlight);

/// Words whose ids follow each other, by the first and the last of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct WordIdRange {
    /// The first word.
    pub first: WordId,
    /// The last word.
    pub last: WordId,
}

impl WordIdRange {
    /// Ids in reading order as few ranges.
    pub fn cover(ids: &[WordId]) -> Vec<Self> {
        let parts = ids.chunk_by(|one, next| one.next() == Some(*next));
        let range = |part: &[WordId]| {
            let (first, last) = (*part.first()?, *part.last()?);
            Some(Self { first, last })
        };
        parts.filter_map(range).collect()
    }
}

/// Words of a transcript as they are marked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MarkedWords {
    /// The revision in which they are marked.
    pub revision: u64,
    /// The words.
    pub words: Vec<WordIdRange>,
    /// What they say.
    pub text: Private,
    /// Who says the first one.
    pub speaker: u32,
    /// When the first one begins.
    pub start_ms: u64,
    /// When the last one to end ends.
    pub end_ms: u64,
}

/// Why words cannot be marked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MarkError {
    /// There is no such word.
    #[error(
        "`{field}`: there is no word `{id}` in the newest revision; read the transcript again for \
         its ids"
    )]
    UnknownWord {
        /// The field that names it.
        field: &'static str,
        /// The id.
        id: WordId,
    },
    /// The last word comes before the first one.
    #[error("`to`: the word `{to}` comes before `{from}`; `from` must not come after `to`")]
    Reversed {
        /// The first word.
        from: WordId,
        /// The last word.
        to: WordId,
    },
    /// There are too many words.
    #[error(
        "`to`: there are {0} words from `from` to `to`, and a highlight has at most {MAX_WORDS}; \
         mark fewer"
    )]
    TooManyWords(usize),
    /// They are too long.
    #[error(
        "`to`: the words have {0} bytes, and a highlight has at most {MAX_TEXT_BYTES}; mark fewer"
    )]
    TooLong(usize),
}

/// Marks the words from one to another.
pub fn mark(
    transcript: &CorrectedTranscript,
    from: WordId,
    to: WordId,
) -> Result<MarkedWords, MarkError> {
    let place = |field, id| {
        let found = transcript.ids.iter().position(|own| *own == id);
        found.ok_or(MarkError::UnknownWord { field, id })
    };
    let (first, last) = (place("from", from)?, place("to", to)?);
    if last < first {
        return Err(MarkError::Reversed { from, to });
    }
    let words = &transcript.transcript.words[first..=last];
    if words.len() > MAX_WORDS {
        return Err(MarkError::TooManyWords(words.len()));
    }
    let text = joined(words.iter().map(|word| word.text.reveal()));
    if text.len() > MAX_TEXT_BYTES {
        return Err(MarkError::TooLong(text.len()));
    }
    Ok(MarkedWords {
        revision: transcript.revision,
        words: WordIdRange::cover(&transcript.ids[first..=last]),
        text: text.into(),
        speaker: words[0].speaker,
        start_ms: words[0].start_ms,
        end_ms: words.iter().map(|word| word.end_ms).max().unwrap_or(0),
    })
}

/// What corrections have made of a highlight.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resolved {
    /// Its words, as they are now.
    Words(ShownWords),
    /// None of its words is there any more.
    Gone,
}

/// The words of a highlight as they are now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownWords {
    /// The first word.
    pub from: WordId,
    /// The last word.
    pub to: WordId,
    /// What they say.
    pub text: Private,
    /// Who says the first one.
    pub speaker: u32,
    /// When the first one begins.
    pub start_ms: u64,
    /// When the last one to end ends.
    pub end_ms: u64,
}

impl Highlight {
    /// Its first and its last word, as they were marked.
    pub fn ends(&self) -> Option<(WordId, WordId)> {
        Some((self.words.first()?.first, self.words.last()?.last))
    }

    /// As it was marked.
    pub fn as_marked(&self) -> Resolved {
        let Some((from, to)) = self.ends() else {
            return Resolved::Gone;
        };
        Resolved::Words(ShownWords {
            from,
            to,
            text: self.text.clone(),
            speaker: self.speaker,
            start_ms: self.start_ms,
            end_ms: self.end_ms,
        })
    }

    /// Looks its words up among those of its run as they are now.
    ///
    /// It reaches from the first to the last of its words that are still there, with whatever
    /// was inserted between them. Where a person has replaced its last words by more words, it
    /// reaches to the last of those.
    pub fn resolve(&self, now: &WordPlaces<'_>) -> Resolved {
        let words = self.words.iter();
        let ids = words.flat_map(|range| range.first.up_to(range.last).take(MAX_WORDS));
        let places = ids.filter_map(|id| now.places.get(&id).copied());
        let (first, last) = places.fold((None, None), |(first, last), place| {
            let first = first.map_or(place, |own: usize| own.min(place));
            let last = last.map_or(place, |own: usize| own.max(place));
            (Some(first), Some(last))
        });
        let (Some(first), Some(mut last)) = (first, last) else {
            return Resolved::Gone;
        };
        let all = &now.transcript.transcript.words;
        while let (Some(id), Some(word)) = (now.transcript.ids.get(last + 1), all.get(last + 1)) {
            // What replaces words shares their time.
            if !id.is_added_after(self.revision) || word.start_ms >= self.end_ms {
                break;
            }
            last += 1;
        }
        let words = &all[first..=last];
        Resolved::Words(ShownWords {
            from: now.transcript.ids[first],
            to: now.transcript.ids[last],
            text: joined(words.iter().map(|word| word.text.reveal())).into(),
            speaker: words[0].speaker,
            start_ms: words[0].start_ms,
            end_ms: words.iter().map(|word| word.end_ms).max().unwrap_or(0),
        })
    }

    /// What counts of it towards [`MAX_ALL_BYTES`].
    fn bytes(&self) -> u64 {
        /// A range of ids as JSON.
        const RANGE: usize = 40;
        let tags = self.tags.iter().map(|tag| tag.reveal().len());
        let bytes = self.text.reveal().len() + tags.sum::<usize>() + self.words.len() * RANGE;
        bytes as u64
    }
}

/// The words of a transcript, and where each of them stands.
pub struct WordPlaces<'a> {
    transcript: &'a CorrectedTranscript,
    places: HashMap<WordId, usize>,
}

impl<'a> WordPlaces<'a> {
    /// Looks where each word stands.
    pub fn new(transcript: &'a CorrectedTranscript) -> Self {
        let ids = transcript.ids.iter().copied();
        Self {
            transcript,
            places: ids.zip(0..).collect(),
        }
    }
}

/// Puts highlights into the order in which they are shown: by when their words began when they
/// were marked, then by when they were marked.
pub fn order(highlights: &mut [Highlight]) {
    highlights.sort_by(|one, other| {
        let place = |own: &Highlight| (own.start_ms, own.created_at);
        place(one)
            .cmp(&place(other))
            .then_with(|| one.id.cmp(&other.id))
    });
}

/// How many highlights an interview has, and how large they are. It lies in the interview
/// document, so that those of the same moment do not pass the limits together.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HighlightTotals {
    /// The number of highlights.
    pub count: u64,
    /// Their texts, tags and words, in bytes.
    pub bytes: u64,
    /// How often one was marked, changed or deleted: a correction, which changes what they say,
    /// sees by it that those which it has read are still all of them.
    #[serde(default)]
    pub changes: u64,
    /// Fields of a newer release.
    #[serde(flatten)]
    pub unknown: UnknownFields,
}
strip_unknown!(HighlightTotals);

impl HighlightTotals {
    /// With one more.
    #[must_use]
    pub fn with(self, highlight: &Highlight) -> Self {
        Self {
            count: self.count + 1,
            bytes: self.bytes + highlight.bytes(),
            ..self.changed()
        }
    }

    /// With one less.
    #[must_use]
    pub fn without(self, highlight: &Highlight) -> Self {
        Self {
            count: self.count.saturating_sub(1),
            bytes: self.bytes.saturating_sub(highlight.bytes()),
            ..self.changed()
        }
    }

    /// As many, after a change.
    #[must_use]
    pub fn changed(self) -> Self {
        Self {
            changes: self.changes + 1,
            ..self
        }
    }

    /// Whether there are more, or larger ones, than an interview can have.
    pub const fn is_too_much(&self) -> bool {
        self.count > MAX_HIGHLIGHTS || self.bytes > MAX_ALL_BYTES
    }
}

#[cfg(test)]
mod tests;
