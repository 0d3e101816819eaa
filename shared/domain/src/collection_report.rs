//! What the report of a collection is made from: its interviews beside each other, themes and
//! highlights, as they are when it is requested. Nothing of it is stored.

use crate::{
    InterviewId, Private, Timestamp,
    analysis::{CompetencyStatus, EvidenceStatus, Warning},
    interview::Kind,
};

/// Everything that the report of a collection holds.
#[derive(Debug, Clone)]
pub struct CollectionReport {
    /// The collection's id.
    pub id: String,
    /// The collection's title.
    pub title: Private,
    /// The kind of the collection, else those of its interviews.
    pub kinds: Vec<Kind>,
    /// The language of most of its interviews, as a BCP 47 tag.
    pub language: Option<String>,
    /// When the report was requested.
    pub created_at: Timestamp,
    /// Where the service is reached, without a slash at the end: times lead to the recordings
    /// there. Absent where that is not known.
    pub public_url: Option<String>,
    /// The rubric by which they are compared; absent where there are no interviews.
    pub rubric: Option<ReportedRubric>,
    /// The interviews, newest first.
    pub interviews: Vec<ReportedInterview>,
    /// Interviews of the collection that this release cannot read.
    pub unreadable: usize,
    /// What they have in common, where that was looked for.
    pub themes: Option<ReportedThemes>,
    /// The highlights, those of the newest interview first.
    pub highlights: Vec<ReportedHighlight>,
    /// Highlights beyond those, which there is no room for.
    pub more_highlights: u64,
}

/// A version of a rubric.
#[derive(Debug, Clone)]
pub struct ReportedRubric {
    /// What it is called: its name, or whose it is.
    pub name: String,
    /// Its version, where it is a stored one.
    pub version: Option<u64>,
    /// The names of its competencies, in their order.
    pub competencies: Vec<String>,
}

/// Whether and how an interview is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inclusion {
    /// It is assessed by the rubric.
    Compared,
    /// So it is, but the transcript or the speakers have changed since.
    Stale,
    /// It is assessed by another rubric or version.
    OtherRubric,
    /// It awaits its recording.
    AwaitsUpload,
    /// It is not analysed yet.
    NotAnalyzed,
    /// Its analysis, or a step before it, has failed.
    Failed,
}

impl Inclusion {
    /// Whether its ratings stand beside the others.
    pub const fn is_compared(self) -> bool {
        matches!(self, Self::Compared | Self::Stale)
    }
}

/// An interview of the collection.
#[derive(Debug, Clone)]
pub struct ReportedInterview {
    /// Its id.
    pub id: InterviewId,
    /// Its title.
    pub title: Private,
    /// When its recording was made, else when it was created.
    pub date: Timestamp,
    /// How long the recording is, in milliseconds.
    pub duration_ms: Option<u64>,
    /// Whether it is compared, and why not.
    pub inclusion: Inclusion,
    /// What it has for each competency of the rubric, in their order; empty where it is not
    /// compared.
    pub cells: Vec<ReportedCell>,
    /// What it says in a few sentences.
    pub summary: Option<Private>,
    /// What a person decided.
    pub decision: Option<Private>,
    /// Who assessed it, in their own words.
    pub author: Option<Private>,
    /// What the reader should know.
    pub warnings: Vec<Warning>,
    /// The engine that analysed it, and its model.
    pub engine: Option<(String, String)>,
}

/// What an interview has for a competency.
#[derive(Debug, Clone, Default)]
pub struct ReportedCell {
    /// Whether the engine could assess it; absent without an analysis.
    pub status: Option<CompetencyStatus>,
    /// The engine's rating, 1 to 5.
    pub rating: Option<u8>,
    /// The person's rating, 1 to 5.
    pub person_rating: Option<u8>,
    /// Why the person rates so.
    pub person_comment: Option<Private>,
    /// The best quote for it that is in the newest transcript.
    pub quote: Option<ReportedQuote>,
}

/// A quote that was found in a transcript.
#[derive(Debug, Clone)]
pub struct ReportedQuote {
    /// The words.
    pub text: Private,
    /// How it was found.
    pub status: EvidenceStatus,
    /// Who says it.
    pub speaker: Option<Private>,
    /// When the first word begins.
    pub start_ms: u64,
}

/// What interviews have in common.
#[derive(Debug, Clone)]
pub struct ReportedThemes {
    /// The themes, those of most interviews first.
    pub themes: Vec<ReportedTheme>,
    /// How many interviews they were derived from.
    pub interviews: usize,
    /// The titles of interviews that had no analysis then.
    pub left_out: Vec<Private>,
    /// What has changed since, as sentences; empty where nothing has.
    pub stale: Vec<String>,
    /// The engine, by its name in the settings.
    pub engine: String,
    /// The engine's model.
    pub model: String,
    /// What the reader should know.
    pub warnings: Vec<Warning>,
    /// When they were made.
    pub created_at: Timestamp,
}

/// A theme.
#[derive(Debug, Clone)]
pub struct ReportedTheme {
    /// A few words.
    pub title: Private,
    /// A few sentences; absent where an interview that had a part in it was deleted.
    pub summary: Option<Private>,
    /// The interviews that it rests on.
    pub supports: Vec<ReportedVoice>,
    /// Interviews that say the contrary.
    pub contradicts: Vec<ReportedVoice>,
}

/// What one interview says about a theme.
#[derive(Debug, Clone)]
pub struct ReportedVoice {
    /// The interview.
    pub interview: InterviewId,
    /// Its title.
    pub title: Private,
    /// Quotes that were in its transcript when the themes were made.
    pub quotes: Vec<ReportedQuote>,
}

/// Words that a person has marked.
#[derive(Debug, Clone)]
pub struct ReportedHighlight {
    /// The interview.
    pub interview: InterviewId,
    /// Its title.
    pub title: Private,
    /// What the words say now; what they said where all of them are deleted.
    pub text: Private,
    /// Whether the transcript still has any of the words.
    pub is_in_transcript: bool,
    /// Who says the first word.
    pub speaker: Private,
    /// When the first word begins.
    pub start_ms: u64,
    /// Its tags.
    pub tags: Vec<Private>,
}
