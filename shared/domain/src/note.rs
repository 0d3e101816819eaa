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

/// Puts notes into the order in which they are shown: by the moment they are
/// about, those about none first; then by when they were written.
pub fn order(notes: &mut [Note]) {
    notes.sort_by(|a, b| {
        let key = |note: &Note| (note.at_ms, note.created_at);
        key(a).cmp(&key(b)).then_with(|| a.id.cmp(&b.id))
    });
}
