//! Themes across the interviews of a collection: a step of the collection.
//!
//! The step lies in two documents below the collection: `themes/run` says where it stands
//! ([`ThemesRun`]), `themes/result` is what the last one that succeeded has made ([`Themes`]).
//! What the steps of an interview promise holds here too: a worker acquires a lease with a
//! fencing token, renews it and commits its result with it, all in `themes/run` ([`store`]). A
//! request notes on the collection that a step is open ([`DUE`]), by which the sweep finds it
//! should its task be lost.
//!
//! Deleting the collection deletes both documents. Deleting an interview removes what the
//! result has of it ([`forget()`]): its quotes, the summaries that it had a part in, and themes
//! that rest on fewer than two interviews then.

mod forget;
mod run;
pub mod store;

use serde::{Deserialize, Serialize};

use crate::{
    InterviewId, Private, Timestamp, UserId,
    analysis::{Evidence, Usage, Warning},
    paths::{self, DocPath},
    versions::{Extended, UnknownFields, strip_unknown},
};

pub use forget::forget;
pub use run::{AcquireThemes, ThemesLease, ThemesRun};

/// The name of the collections that hold the step and its result, for all users.
pub const THEMES: &str = "themes";

/// The field of a collection of interviews that says since when a step is open.
pub const DUE: &str = "themes_due_at";

/// The field of a result with the interviews that it has something of.
pub const INTERVIEWS: &str = "interviews";

/// The most interviews that themes are derived from.
pub const MAX_INTERVIEWS: usize = 300;

/// The fewest interviews that a theme rests on.
pub const LEAST_INTERVIEWS: usize = 2;

/// The most themes of a result.
pub const MAX_THEMES: usize = 12;

/// A user's collection of interviews; also the task by which a worker begins its themes.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct CollectionKey {
    /// Whose it is.
    pub user_id: UserId,
    /// Its id.
    pub collection_id: String,
}

impl CollectionKey {
    /// The document of the collection; nothing where the id is none that this service gives.
    pub fn document(&self) -> Option<DocPath> {
        paths::collection(&self.user_id, &self.collection_id)
    }

    /// From the path of a collection's document.
    pub fn from_path(path: &DocPath) -> Option<Self> {
        let segments: Vec<&str> = path.as_str().split('/').collect();
        let ["users", user, paths::COLLECTIONS, id] = segments[..] else {
            return None;
        };
        Some(Self {
            user_id: UserId::parse(user).ok()?,
            collection_id: id.to_owned(),
        })
    }
}

/// Where the step of a collection stands.
pub fn run_path(collection: &DocPath) -> DocPath {
    collection.child(THEMES, "run")
}

/// The result of the last step of a collection that succeeded.
pub fn result_path(collection: &DocPath) -> DocPath {
    collection.child(THEMES, "result")
}

/// `themes/result` below a collection.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Themes {
    /// The interviews that it has something of, by which their deletion finds it.
    pub interviews: Vec<InterviewId>,
    /// The interviews that it was derived from, as they were.
    pub derived_from: Vec<ThemeSource>,
    /// Interviews of the collection that had no analysis.
    pub left_out: Vec<InterviewId>,
    /// The engine, by its name in the settings.
    pub engine: String,
    /// The engine's model.
    pub model: String,
    /// The version of the prompt, or of the method.
    pub prompt_version: String,
    /// Tokens counted by the provider.
    pub usage: Extended<Usage>,
    /// The cost in US dollars; `None` where no price is known.
    pub cost_usd: Option<f64>,
    /// The themes, those of most interviews first.
    pub themes: Vec<Theme>,
    /// What the reader should know.
    pub warnings: Vec<Extended<Warning>>,
    /// How many interviews were deleted since, of which nothing is left in it.
    #[serde(default)]
    pub forgotten: u32,
    /// When it was made.
    pub created_at: Timestamp,
    /// Fields of a newer release.
    #[serde(flatten)]
    pub unknown: UnknownFields,
}
strip_unknown!(Themes, derived_from, usage, themes, warnings);

/// An interview as themes were derived from it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ThemeSource {
    /// The interview.
    pub interview: InterviewId,
    /// The fencing token of the run that recognised its transcript.
    pub transcript: u64,
    /// The revision of the transcript, in which the quotes were found.
    pub revision: u64,
    /// When its analysis was made.
    pub analyzed_at: Timestamp,
    /// Fields of a newer release.
    #[serde(flatten)]
    pub unknown: UnknownFields,
}
strip_unknown!(ThemeSource);

/// What several interviews have in common.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Theme {
    /// A few words.
    pub title: Private,
    /// A few sentences; `None` where an interview that had a part in it was deleted.
    pub summary: Option<Private>,
    /// The interviews that it rests on, at least two.
    pub supports: Vec<ThemeVoice>,
    /// Interviews that say the contrary.
    pub contradicts: Vec<ThemeVoice>,
    /// All interviews that the summary was written from, also those of which no quote is shown.
    #[serde(default)]
    pub cited: Vec<InterviewId>,
    /// Fields of a newer release.
    #[serde(flatten)]
    pub unknown: UnknownFields,
}
strip_unknown!(Theme, supports, contradicts);

/// What one interview says about a theme.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ThemeVoice {
    /// The interview.
    pub interview: InterviewId,
    /// Quotes that are in its transcript, at least one.
    pub quotes: Vec<Evidence>,
    /// Fields of a newer release.
    #[serde(flatten)]
    pub unknown: UnknownFields,
}
strip_unknown!(ThemeVoice, quotes);

/// What an engine proposes; nothing is verified yet.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ThemesDraft {
    /// The model that answered.
    pub model: String,
    /// The version of the prompt, or of the method.
    pub prompt_version: String,
    /// Tokens counted by the provider.
    pub usage: Usage,
    /// What the answer cost, in US dollars, where a price is known.
    pub cost_usd: Option<f64>,
    /// The proposed themes.
    pub themes: Vec<DraftTheme>,
    /// What the reader should know.
    pub warnings: Vec<Warning>,
}

/// A proposed theme.
#[derive(Debug, Clone, PartialEq)]
pub struct DraftTheme {
    /// A few words.
    pub title: Private,
    /// A few sentences.
    pub summary: Private,
    /// The statements that it rests on.
    pub supports: Vec<StatementRef>,
    /// Statements that say the contrary.
    pub contradicts: Vec<StatementRef>,
}

/// A statement of an interview, by their places in the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StatementRef {
    /// The place of the interview, from 0.
    pub interview: usize,
    /// The place of the statement in it, from 0.
    pub statement: usize,
}
