//! Passages: what is indexed.

use std::ops::Range;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::Phrases;
use crate::{
    Interview, InterviewId, InterviewKey, Private, Timestamp, UserId,
    paths::DocPath,
    ports::{Direction, Query},
    versions::{UnknownFields, open_enum, strip_unknown},
};

/// The name of the collections that hold passages, for all users.
pub const PASSAGES: &str = "passages";

/// The field of a passage with its text, by whose tokens it is found.
pub const TEXT: &str = "text";

/// The field of a passage that names its user.
pub const USER: &str = "user";

/// The field of a passage by which results are ordered, the largest first.
pub const ORDER: &str = "order";

open_enum! {
    /// What a passage is a part of.
    pub enum Field, unknown as Transcript {
        /// The title of an interview.
        Title = "title",
        /// Its transcript, as it is corrected.
        Transcript = "transcript",
        /// A note.
        Note = "note",
        /// Its analysis.
        Analysis = "analysis",
        /// Words of a transcript that a person has marked, and their tags.
        Highlight = "highlight",
    }
}

/// `passages/{id}` below an interview: a stretch of text that is found by its words.
///
/// The stores keep an index of these documents: whatever is written to a collection of this
/// name has `user`, `order` and `text`, and is found by the tokens of its text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Passage {
    /// Whose it is.
    pub user: UserId,
    /// Of which interview.
    pub interview: InterviewId,
    /// What it is a part of.
    pub field: Field,
    /// The fencing token of the run that recognised its words: a passage of a transcript that is
    /// not shown is not found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<u64>,
    /// Its place in the results, the largest first: see [`order`].
    pub order: i64,
    /// The text.
    pub text: Private,
    /// When its parts are said.
    #[serde(default, skip_serializing_if = "Moments::is_empty")]
    pub moments: Moments,
    /// Fields of a newer release.
    #[serde(flatten)]
    pub unknown: UnknownFields,
}
strip_unknown!(Passage);

impl Passage {
    /// The part of the text that has a byte: of a transcript what its speaker says there, so
    /// that no words of others stand with the speaker's name; of an analysis one statement.
    pub fn part(&self, byte: usize) -> Range<usize> {
        let Moments { at, speaker, .. } = &self.moments;
        let all = 0..self.text.reveal().len();
        let Some(index) = at.partition_point(|at| *at <= byte).checked_sub(1) else {
            return all;
        };
        let is_same = |other: usize| match self.field {
            Field::Transcript => speaker.get(other) == speaker.get(index),
            Field::Analysis => other == index,
            Field::Title | Field::Note | Field::Highlight | Field::Unknown(_) => true,
        };
        let first = (0..index).rev().take_while(|other| is_same(*other)).last();
        let start = at.get(first.unwrap_or(index)).copied().unwrap_or(0);
        let next = (index + 1..at.len()).find(|other| !is_same(*other));
        let end = next.and_then(|next| at.get(next)).copied();
        start..end.unwrap_or(all.end)
    }
}

/// When the parts of a passage are said and by whom, packed by column: the part from the byte
/// `at[n]` of the text begins at `start_ms[n]`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moments {
    /// Where each part begins in the text, in bytes; ascending.
    pub at: Vec<usize>,
    /// When it begins in the recording, in milliseconds; -1 where it has no time.
    pub start_ms: Vec<i64>,
    /// The id of the speaker; -1 where there is none.
    pub speaker: Vec<i64>,
}

/// The moment of one part.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Moment {
    /// When it begins in the recording, in milliseconds.
    pub start_ms: Option<u64>,
    /// The id of the speaker.
    pub speaker: Option<u32>,
}

impl Moments {
    /// Whether no time is known.
    pub const fn is_empty(&self) -> bool {
        self.at.is_empty()
    }

    /// The part that begins at a byte of the text, which is behind all others.
    pub fn push(&mut self, at: usize, moment: Moment) {
        let number =
            |value: Option<u64>| value.map_or(-1, |value| i64::try_from(value).unwrap_or(i64::MAX));
        self.at.push(at);
        self.start_ms.push(number(moment.start_ms));
        self.speaker.push(number(moment.speaker.map(u64::from)));
    }

    /// The moment of the part that has a byte of the text.
    pub fn of(&self, byte: usize) -> Moment {
        let index = self.at.partition_point(|at| *at <= byte);
        let Some(index) = index.checked_sub(1) else {
            return Moment::default();
        };
        let start_ms = self.start_ms.get(index).copied().unwrap_or(-1);
        let speaker = self.speaker.get(index).copied().unwrap_or(-1);
        Moment {
            start_ms: u64::try_from(start_ms).ok(),
            speaker: u32::try_from(speaker).ok(),
        }
    }
}

/// The places of an interview that come before all times: the title, and what is said about it
/// as a whole.
const PLACES_BEFORE: u64 = 1_024;

/// The places of an interview, some for each second: nine hours, and what comes later together.
pub const PLACES: u64 = 1 << 15;

/// The interviews that are told apart of those created in the same millisecond.
const TWINS: u64 = 1 << 6;

/// The largest time of creation that has a place of its own: in the year 2109.
const MAX_CREATED: u64 = (1 << 42) - 1;

/// Where in an interview a passage stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The title.
    Title,
    /// What is about the interview as a whole, in order, from 0.
    Whole(u64),
    /// What is said at a second of the recording.
    Second(u64),
}

/// The number by which results are ordered, the largest first: the newest interview first, and
/// within it by time. It is positive and fits into 63 bits: 42 for the time of creation in
/// milliseconds, 6 that tell interviews of one millisecond apart, and 15 for the place.
pub fn order(interview: &InterviewId, created_at: Timestamp, place: Place) -> i64 {
    let created = u64::try_from(created_at.as_millis()).unwrap_or(0);
    let digest = Sha256::digest(interview.as_str());
    let twin = u64::from(digest[0]) % TWINS;
    let place = match place {
        Place::Title => 0,
        Place::Whole(number) => (1 + number).min(PLACES_BEFORE - 1),
        Place::Second(second) => second.saturating_add(PLACES_BEFORE).min(PLACES - 1),
    };
    let order = (created.min(MAX_CREATED) * TWINS + twin) * PLACES + (PLACES - 1 - place);
    i64::try_from(order).unwrap_or(i64::MAX)
}

/// The interview whose passages are made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Indexed {
    /// User and interview.
    pub key: InterviewKey,
    /// When it was created.
    pub created_at: Timestamp,
}

impl From<&Interview> for Indexed {
    fn from(interview: &Interview) -> Self {
        Self {
            key: interview.key(),
            created_at: interview.created_at,
        }
    }
}

impl Indexed {
    /// A passage at a place, without moments.
    pub(super) fn passage(&self, field: Field, place: Place, text: Private) -> Passage {
        Passage {
            user: self.key.user_id.clone(),
            interview: self.key.interview_id.clone(),
            field,
            run: None,
            order: order(&self.key.interview_id, self.created_at, place),
            text,
            moments: Moments::default(),
            unknown: UnknownFields::default(),
        }
    }
}

impl InterviewKey {
    /// The collection of the interview's passages.
    pub fn passages(&self) -> String {
        self.document().collection(PASSAGES)
    }

    /// The passage with the title.
    pub fn title_passage(&self) -> DocPath {
        self.passage("title")
    }

    /// The passage with a note.
    pub fn note_passage(&self, id: &str) -> DocPath {
        self.passage(&format!("note-{id}"))
    }

    /// The passage with a highlight.
    pub fn highlight_passage(&self, id: &str) -> DocPath {
        self.passage(&format!("highlight-{id}"))
    }

    /// A passage of the analysis, numbered from 0.
    pub fn analysis_passage(&self, number: u32) -> DocPath {
        self.passage(&format!("analysis-{number:03}"))
    }

    /// A passage of the transcript that was recognised under a fencing token.
    pub fn transcript_passage(&self, token: u64, number: usize) -> DocPath {
        self.passage(&format!("transcript-{token:06}-{number:04}"))
    }

    fn passage(&self, id: &str) -> DocPath {
        self.document().child(PASSAGES, id)
    }
}

/// The fencing token of the run that a passage is of, by its path; nothing for one that is not
/// of a transcript.
pub fn run_of(path: &DocPath) -> Option<u64> {
    let (_, id) = path.split();
    let rest = id.strip_prefix("transcript-")?;
    rest.split_once('-')?.0.parse().ok()
}

/// Asks for the passages of a user that may have `phrases`, in the order of results, from
/// behind a place: all that have them, and others of which [`Phrases::find`] says so. At most
/// `limit`, so that fewer than that are the last ones.
pub fn query(
    user: &UserId,
    phrases: Phrases,
    after: Option<(i64, DocPath)>,
    limit: usize,
) -> Query {
    Query {
        equal: vec![(USER.to_owned(), serde_json::json!(user))],
        phrases: Some(phrases),
        order_by: Some(ORDER.to_owned()),
        direction: Direction::Descending,
        after: after.map(|(order, path)| (serde_json::json!(order), path)),
        limit,
        ..Query::group(PASSAGES)
    }
}

/// The same of one interview alone, whose places a store reads without those of other interviews.
/// Another one that was created in the same millisecond may have the same places: the caller
/// tells them apart by their paths.
pub fn query_of(
    interview: &Indexed,
    phrases: Phrases,
    after: Option<(i64, DocPath)>,
    limit: usize,
) -> Query {
    let InterviewKey {
        user_id,
        interview_id,
    } = &interview.key;
    let last = order(interview_id, interview.created_at, Place::Title);
    let first = last - i64::try_from(PLACES - 1).unwrap_or(i64::MAX);
    Query {
        at_least: Some((ORDER.to_owned(), serde_json::json!(first))),
        less_than: Some((ORDER.to_owned(), serde_json::json!(last.saturating_add(1)))),
        ..query(user_id, phrases, after, limit)
    }
}
