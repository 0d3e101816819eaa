//! What people write down about an interview.

use serde::{Deserialize, Serialize};

use crate::{
    Private, Timestamp,
    versions::{UnknownFields, open_enum, strip_unknown},
};

open_enum! {
    /// The kind of note.
    #[derive(Default)]
    pub enum NoteKind, unknown as Note {
        /// Something to remember.
        #[default]
        Note = "note",
        /// A place to come back to.
        Bookmark = "bookmark",
    }
}

/// A note or a bookmark.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct Note {
    /// Its id.
    pub id: String,
    /// The text.
    pub text: Private,
    /// What moment of the recording it is about, from its start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schemars(with = "u64"))]
    pub at_ms: Option<u64>,
    /// The kind of note.
    #[serde(default)]
    pub kind: NoteKind,
    /// When it was written.
    pub created_at: Timestamp,
    /// Fields of a newer release.
    #[serde(flatten)]
    pub unknown: UnknownFields,
}
strip_unknown!(Note, kind);

/// How many notes an interview has, and how long their texts are. It lies in the interview
/// document, so that notes written at the same moment do not pass the limits together.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoteTotals {
    /// The number of notes.
    pub count: u64,
    /// Their texts, in bytes.
    pub bytes: u64,
    /// Fields of a newer release.
    #[serde(flatten)]
    pub unknown: UnknownFields,
}

strip_unknown!(NoteTotals);

impl NoteTotals {
    /// Counts notes.
    pub fn new<'a>(notes: impl IntoIterator<Item = &'a Note>) -> Self {
        notes.into_iter().fold(Self::default(), Self::with)
    }

    /// With one more.
    #[must_use]
    pub fn with(self, note: &Note) -> Self {
        Self {
            count: self.count + 1,
            bytes: self.bytes + note.text.reveal().len() as u64,
            ..self
        }
    }

    /// With one less.
    #[must_use]
    pub fn without(self, note: &Note) -> Self {
        Self {
            count: self.count.saturating_sub(1),
            bytes: self.bytes.saturating_sub(note.text.reveal().len() as u64),
            ..self
        }
    }
}

/// Puts notes into the order in which they are shown: by the moment they are
/// about, those about none first; then by when they were written.
pub fn order(notes: &mut [Note]) {
    notes.sort_by(|a, b| {
        let key = |note: &Note| (note.at_ms, note.created_at);
        key(a).cmp(&key(b)).then_with(|| a.id.cmp(&b.id))
    });
}
