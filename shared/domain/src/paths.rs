//! Where records and objects lie.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{InterviewId, InterviewKey, UserId, ids::random_name, tombstone::TOMBSTONES};

/// The path of a document: collections and ids in turn, as in Firestore.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DocPath(String);

impl DocPath {
    /// From a path with an even number of segments; nothing otherwise.
    pub fn parse(path: &str) -> Option<Self> {
        let segments = path.split('/').count();
        let whole =
            segments.is_multiple_of(2) && path.split('/').all(|segment| !segment.is_empty());
        whole.then(|| Self(path.to_owned()))
    }

    /// The path as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A document in a collection below this one.
    #[must_use]
    pub fn child(&self, collection: &str, id: &str) -> Self {
        Self(format!("{}/{collection}/{id}", self.0))
    }

    /// The path of a collection below this document.
    pub fn collection(&self, collection: &str) -> String {
        format!("{}/{collection}", self.0)
    }

    /// The collection it lies in, as a path, and its id there.
    pub fn split(&self) -> (&str, &str) {
        self.0.rsplit_once('/').unwrap_or((&self.0, ""))
    }
}

impl fmt::Display for DocPath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// The fencing token of the run whose words or corrections this document has a part of, by
/// its id (`{token}-{number}`).
pub fn token_of_part(path: &DocPath) -> Option<u64> {
    let (token, _) = path.split().1.split_once('-')?;
    token.parse().ok()
}

/// When the sweep has come.
pub fn sweep() -> DocPath {
    DocPath("operations/sweep".to_owned())
}

/// How far stored interviews were indexed.
pub fn search() -> DocPath {
    DocPath("operations/search".to_owned())
}

/// The collection of a user's interviews.
pub fn interviews_of(user: &UserId) -> String {
    format!("users/{user}/interviews")
}

/// The collection of a user's rubrics.
pub fn rubrics_of(user: &UserId) -> String {
    format!("users/{user}/rubrics")
}

/// The name of the documents' collections that hold users' collections of interviews.
pub const COLLECTIONS: &str = "collections";

/// Where a user's collections of interviews lie.
pub fn collections_of(user: &UserId) -> String {
    format!("users/{user}/{COLLECTIONS}")
}

/// A user's collection of interviews; nothing for what cannot be an id.
pub fn collection(user: &UserId, id: &str) -> Option<DocPath> {
    is_ours(id).then(|| DocPath(format!("users/{user}/{COLLECTIONS}/{id}")))
}

/// What says that a user's interviews of earlier releases have their dates ([`crate::dates`]).
pub fn dates_migrated(user: &UserId) -> DocPath {
    DocPath(format!("users/{user}/migrations/dates"))
}

/// Whether it can be an id of a rubric, a collection, a token or a share.
fn is_ours(id: &str) -> bool {
    id.len() == 24 && id.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// The name of the collections that hold versions of rubrics.
pub const VERSIONS: &str = "versions";

/// The newest version of a user's rubric; nothing for what cannot be an id.
pub fn rubric(user: &UserId, id: &str) -> Option<DocPath> {
    is_ours(id).then(|| DocPath(format!("users/{user}/rubrics/{id}")))
}

/// A version of a user's rubric, whose id is one of ours.
pub fn rubric_version(user: &UserId, id: &str, version: u64) -> DocPath {
    DocPath(format!("users/{user}/rubrics/{id}")).child(VERSIONS, &format!("{version:06}"))
}

/// The personal access token whose secret has this digest, which is in hexadecimal digits.
pub fn access_token(digest: &str) -> DocPath {
    DocPath(format!("access_tokens/{digest}"))
}

/// The collection that says where a user's personal access tokens lie.
pub fn tokens_of(user: &UserId) -> String {
    format!("users/{user}/tokens")
}

/// What says where a user's token lies; nothing for what cannot be an id.
pub fn token_entry(user: &UserId, id: &str) -> Option<DocPath> {
    is_ours(id).then(|| DocPath(format!("users/{user}/tokens/{id}")))
}

/// The collection of a user's webhooks for all interviews.
pub fn webhooks_of(user: &UserId) -> String {
    format!("users/{user}/webhooks")
}

/// A webhook for all interviews of a user; nothing for what cannot be an id.
pub fn user_webhook(user: &UserId, id: &str) -> Option<DocPath> {
    is_ours(id).then(|| DocPath(format!("users/{user}/webhooks/{id}")))
}

/// The secret that signs a user's webhooks.
pub fn webhook_secret(user: &UserId) -> DocPath {
    DocPath(format!("users/{user}/secrets/webhook"))
}

/// What is remembered of a user's webhook receiver that is slow or fails. `name` is safe in
/// a path.
pub fn webhook_receiver(user: &UserId, name: &str) -> DocPath {
    DocPath(format!("users/{user}/receivers/{name}"))
}

/// The name of the collections that hold what is remembered of receivers, for all users.
pub const RECEIVERS: &str = "receivers";

/// The name of the collections that hold results of earlier runs.
const RUNS: &str = "runs";

/// The name of the collections that hold interviews, for all users.
pub const INTERVIEWS: &str = "interviews";

impl InterviewKey {
    /// The interview document.
    pub fn document(&self) -> DocPath {
        DocPath(format!(
            "users/{}/interviews/{}",
            self.user_id, self.interview_id
        ))
    }

    /// The tombstone, once the interview is deleted.
    pub fn tombstone(&self) -> DocPath {
        DocPath(format!(
            "users/{}/{TOMBSTONES}/{}",
            self.user_id, self.interview_id
        ))
    }

    /// A product's document: `transcript`, `analysis`, `waveform` or `report`.
    pub fn data(&self, name: &str) -> DocPath {
        self.document().child("data", name)
    }

    /// What the holder of the lease with this fencing token renews.
    pub fn lease(&self, token: u64) -> DocPath {
        self.data(&format!("lease-{token}"))
    }

    /// A chunk of the transcript's words.
    pub fn chunk(&self, revision: u64, number: u32) -> DocPath {
        self.data("transcript")
            .child("chunks", &format!("{revision:06}-{number:06}"))
    }

    /// A part of the corrections of the transcript that was recognised under a fencing token.
    pub fn corrections(&self, token: u64, number: u32) -> DocPath {
        self.data("transcript")
            .child("corrections", &format!("{token:06}-{number:06}"))
    }

    /// The collection of the results of a step's runs that are kept beside the shown one: of
    /// `transcript` or `analysis`.
    pub fn kept_runs(&self, name: &str) -> String {
        self.data(name).collection(RUNS)
    }

    /// The result of the run that was done under a fencing token, kept beside the shown one.
    pub fn kept_run(&self, name: &str, token: u64) -> DocPath {
        self.data(name).child(RUNS, &format!("{token:06}"))
    }

    /// The collection of the versions of a person's assessment.
    pub fn assessments(&self) -> String {
        self.document().collection("assessments")
    }

    /// A version of a person's assessment.
    pub fn assessment(&self, version: u64) -> DocPath {
        self.document()
            .child("assessments", &format!("{version:06}"))
    }

    /// The collection of notes and bookmarks.
    pub fn notes(&self) -> String {
        self.document().collection("notes")
    }

    /// The collection of highlights.
    pub fn highlights(&self) -> String {
        self.document().collection("highlights")
    }

    /// A highlight.
    pub fn highlight(&self, id: &str) -> DocPath {
        self.document().child("highlights", id)
    }

    /// The collection of shares.
    pub fn shares(&self) -> String {
        self.document().collection("shares")
    }

    /// A share; nothing for what cannot be an id.
    pub fn share(&self, id: &str) -> Option<DocPath> {
        is_ours(id).then(|| self.document().child("shares", id))
    }

    /// The collection of the events for clients that changes of the interview made due.
    pub fn announcements(&self) -> String {
        self.document().collection("announcements")
    }

    /// The event for clients of this webhook id, once a change of the interview made it due.
    pub fn announcement(&self, id: &str) -> DocPath {
        self.document().child("announcements", id)
    }

    /// The log of one webhook.
    pub fn delivery(&self, id: &str) -> DocPath {
        self.document().child("deliveries", id)
    }

    /// What the names of all the interview's objects begin with, in both buckets.
    pub fn object_prefix(&self) -> String {
        format!("users/{}/interviews/{}/", self.user_id, self.interview_id)
    }

    /// A new name for the recording's object.
    pub fn new_audio_object(&self) -> String {
        format!("{}audio/{}", self.object_prefix(), random_name())
    }

    /// The name of the object of the report that is written under a fencing token: a
    /// superseded worker writes beside the newer report and not over it.
    pub fn report_object(&self, token: u64) -> String {
        format!("{}report-{token}.docx", self.object_prefix())
    }

    /// The name of the object of the same report as a page.
    pub fn report_page_object(&self, token: u64) -> String {
        format!("{}report-{token}.html", self.object_prefix())
    }

    /// The name of the object of the playable copy that is made under a fencing token.
    pub fn playback_object(&self, token: u64) -> String {
        format!("{}playback-{token}.m4a", self.object_prefix())
    }

    /// Whether `object` is of the same kind as `stored`, and was written under an older
    /// fencing token.
    pub fn is_replaced(&self, object: &str, stored: &str) -> bool {
        let (old, new) = (self.fenced(object), self.fenced(stored));
        old.zip(new)
            .is_some_and(|(old, new)| old.0 == new.0 && old.1 < new.1)
    }

    /// The kind of an object of the interview, and the fencing token in its name.
    fn fenced<'a>(&self, object: &'a str) -> Option<(&'a str, u64)> {
        let name = object.strip_prefix(&self.object_prefix())?;
        let (kind, token) = name.split_once('.')?.0.split_once('-')?;
        Some((kind, token.parse().ok()?))
    }

    /// The interview that an object or a document belongs to, by its name.
    pub fn from_path(path: &str) -> Option<Self> {
        Self::in_collection(path, INTERVIEWS)
    }

    /// The interview that a tombstone is of, by its path.
    pub fn from_tombstone(path: &DocPath) -> Option<Self> {
        Self::in_collection(path.as_str(), TOMBSTONES)
    }

    fn in_collection(path: &str, collection: &str) -> Option<Self> {
        let mut segments = path.split('/');
        let (users, user) = (segments.next()?, segments.next()?);
        let (found, interview) = (segments.next()?, segments.next()?);
        if users != "users" || found != collection {
            return None;
        }
        Some(Self {
            user_id: UserId::parse(user).ok()?,
            interview_id: InterviewId::parse(interview).ok()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_a_transcript_name_their_run() {
        let key = InterviewKey {
            user_id: UserId::parse("u").unwrap(),
            interview_id: InterviewId::generate(),
        };
        assert_eq!(token_of_part(&key.chunk(12, 3)), Some(12));
        assert_eq!(
            token_of_part(&key.corrections(1_234_567, 0)),
            Some(1_234_567)
        );
        assert_eq!(token_of_part(&key.document()), None);
    }

    #[test]
    fn an_interview_is_found_from_every_path_below_it() {
        let key = InterviewKey {
            user_id: UserId::parse("u").unwrap(),
            interview_id: InterviewId::generate(),
        };
        for path in [
            key.document().to_string(),
            key.lease(7).to_string(),
            key.chunk(1, 2).to_string(),
            key.corrections(1, 2).to_string(),
            key.new_audio_object(),
            key.report_object(1),
        ] {
            assert_eq!(InterviewKey::from_path(&path), Some(key.clone()), "{path}");
        }
        assert_eq!(InterviewKey::from_path("users/u/notes/n"), None);
        assert_eq!(InterviewKey::from_path("report.docx"), None);
    }

    #[test]
    fn newer_objects_of_a_kind_replace_older_ones() {
        let key = InterviewKey {
            user_id: UserId::parse("u").unwrap(),
            interview_id: InterviewId::generate(),
        };
        let stored = key.report_object(12);
        assert!(key.is_replaced(&key.report_object(9), &stored));
        assert!(key.is_replaced(&key.report_page_object(9), &stored));
        for kept in [
            stored.clone(),
            key.report_page_object(12),
            key.report_object(13),
            key.playback_object(9),
            key.new_audio_object(),
        ] {
            assert!(!key.is_replaced(&kept, &stored), "{kept}");
        }
    }

    #[test]
    fn a_document_path_has_an_even_number_of_segments() {
        assert!(DocPath::parse("a/b").is_some());
        assert!(DocPath::parse("a/b/c").is_none());
        assert!(DocPath::parse("a//b/c").is_none());
    }
}
