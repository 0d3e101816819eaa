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

/// When the sweep has come.
pub fn sweep() -> DocPath {
    DocPath("operations/sweep".to_owned())
}

/// The collection of a user's interviews.
pub fn interviews_of(user: &UserId) -> String {
    format!("users/{user}/interviews")
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

    /// The collection of notes and bookmarks.
    pub fn notes(&self) -> String {
        self.document().collection("notes")
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
    fn an_interview_is_found_from_every_path_below_it() {
        let key = InterviewKey {
            user_id: UserId::parse("u").unwrap(),
            interview_id: InterviewId::generate(),
        };
        for path in [
            key.document().to_string(),
            key.lease(7).to_string(),
            key.chunk(1, 2).to_string(),
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
