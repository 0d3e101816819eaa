//! Collections of interviews: a role, a study, a story.
//!
//! An interview names its collection, and takes from it, when it is created, what the request
//! leaves out. A collection that is deleted keeps its interviews: first it is marked, from then
//! on it is gone for everyone; then its interviews are detached from it, and [`KEPT`] later once
//! more, because a request may have found the collection before it was marked and stored an
//! interview after that. Its themes are deleted right after the mark. Only then the sweep deletes its document, which is the mark.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::{
    Private, Timestamp, UserId,
    deletion::{self, DELETED_AT},
    interview::Kind,
    interview_store, paths,
    paths::DocPath,
    ports::{Direction, Query, Records, RecordsError, Version, Write},
    themes::{self, CollectionKey},
    versions::{UnknownFields, strip_unknown},
};

/// The most collections of a user.
pub const MAX_COLLECTIONS: usize = 1_000;

/// The field of an interview that names its collection.
pub const COLLECTION_ID: &str = "collection_id";

/// How long the mark of a deleted collection is kept: longer than any request lasts.
pub const KEPT: Duration = Duration::from_hours(24);

/// How many interviews are read at once.
const PAGE: usize = 100;

/// `users/{user}/collections/{id}`: a collection of interviews, and what new ones in it are
/// given.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Collection {
    /// Its id.
    pub id: String,
    /// The title.
    pub title: Private,
    /// The kind of conversation.
    pub kind: Option<Kind>,
    /// The stored rubric to assess by.
    pub rubric_id: Option<String>,
    /// Names and terms that are likely to be said.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub key_terms: Vec<Private>,
    /// For how many days from its creation an interview is kept.
    pub retention_days: Option<u32>,
    /// Where events go.
    pub webhook_url: Option<String>,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// Since when a step of it may be open ([`crate::themes`]).
    pub themes_due_at: Option<Timestamp>,
    /// When it was deleted: from then on it is gone for everyone.
    pub deleted_at: Option<Timestamp>,
    /// Fields of a newer release.
    #[serde(flatten)]
    pub unknown: UnknownFields,
}
strip_unknown!(Collection, kind);

/// A user's collection, unless there is none or it is deleted, and the version of its document.
pub async fn find(
    records: &dyn Records,
    user: &UserId,
    id: &str,
) -> Result<Option<(Collection, Version)>, RecordsError> {
    let Some(path) = paths::collection(user, id) else {
        return Ok(None);
    };
    let Some(document) = records.read(&path).await? else {
        return Ok(None);
    };
    let collection: Collection = document.decode()?;
    let is_there = collection.deleted_at.is_none();
    Ok(is_there.then_some((collection, document.version)))
}

/// The interviews of a collection, by their paths.
fn members(user: &UserId, id: &str) -> Query {
    Query {
        equal: vec![(COLLECTION_ID.to_owned(), json!(id))],
        ..Query::collection(paths::interviews_of(user))
    }
}

/// The same, newest first.
pub fn members_newest_first(user: &UserId, id: &str) -> Query {
    Query {
        order_by: Some("created_at".to_owned()),
        direction: Direction::Descending,
        ..members(user, id)
    }
}

/// Deletes a collection and detaches its interviews, whether or not it can be decoded. Should
/// it break off, the same call or the sweep goes on. `false` when there is nothing to do: no
/// such collection, or one that is deleted and has no interviews.
pub async fn delete(
    records: &dyn Records,
    user: &UserId,
    id: &str,
    now: Timestamp,
) -> Result<bool, RecordsError> {
    let Some(path) = paths::collection(user, id) else {
        return Ok(false);
    };
    let marking = |fields: &mut Map<String, Value>| {
        if deletion::is_marked(fields) {
            return None;
        }
        fields.insert(DELETED_AT.to_owned(), json!(now));
        fields.insert("updated_at".to_owned(), json!(now));
        Some(())
    };
    let marked = interview_store::amend(records, &path, marking).await?;
    if marked.is_none() && records.read(&path).await?.is_none() {
        return Ok(false);
    }
    themes::store::delete(records, &path).await?;
    let detached = detach(records, user, id, now).await?;
    Ok(marked.is_some() || detached > 0)
}

/// Detaches all interviews of a collection; answers how many there were.
async fn detach(
    records: &dyn Records,
    user: &UserId,
    id: &str,
    now: Timestamp,
) -> Result<u64, RecordsError> {
    let detaching = |fields: &mut Map<String, Value>| {
        if fields.get(COLLECTION_ID).and_then(Value::as_str) != Some(id) {
            return None;
        }
        fields.remove(COLLECTION_ID);
        fields.insert("updated_at".to_owned(), json!(now));
        Some(())
    };
    let query = Query {
        limit: PAGE,
        ..members(user, id)
    };
    let mut detached = 0;
    loop {
        let page = records.list(&query).await?;
        if page.is_empty() {
            return Ok(detached);
        }
        detached += interview_store::amend_all(records, page, detaching).await?;
    }
}

/// All collections that are marked as deleted, for the sweep.
pub fn marked() -> Query {
    Query {
        order_by: Some(DELETED_AT.to_owned()),
        ..Query::group(paths::COLLECTIONS)
    }
}

/// Goes on with the deletion of a marked collection, by its path and fields: detaches what is
/// still in it, and deletes its document where the mark is older than [`KEPT`]. Answers whether
/// that was the end of it.
pub async fn finish_deletion(
    records: &dyn Records,
    path: &DocPath,
    fields: &Value,
    now: Timestamp,
) -> Result<bool, RecordsError> {
    let Some(key) = CollectionKey::from_path(path) else {
        return Ok(false);
    };
    themes::store::delete(records, path).await?;
    detach(records, &key.user_id, &key.collection_id, now).await?;
    let marked_at = fields[DELETED_AT].as_str();
    let marked_at = marked_at.and_then(|text| Timestamp::parse(text).ok());
    if marked_at.is_some_and(|marked_at| now.since(marked_at) < KEPT) {
        return Ok(false);
    }
    records.commit(vec![Write::delete(path.clone())]).await?;
    Ok(true)
}
