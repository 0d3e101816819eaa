//! Documents, with preconditions and transactions.

use async_trait::async_trait;
use futures::stream::BoxStream;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::{ShapeError, paths::DocPath, search::Phrases};

/// A version of a document; grows with each write of it, opaque otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Version(pub i64);

/// A stored document.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    /// Where it lies.
    pub path: DocPath,
    /// A JSON object.
    pub fields: Value,
    /// Which version of it this is.
    pub version: Version,
}

impl Document {
    /// Reads the fields as a `T`.
    pub fn decode<T: DeserializeOwned>(&self) -> Result<T, RecordsError> {
        T::deserialize(&self.fields).map_err(|error| RecordsError::Malformed {
            path: self.path.clone(),
            source: error.into(),
        })
    }
}

/// What must hold for a write to happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Precondition {
    /// Nothing.
    None,
    /// No such document.
    Absent,
    /// The document is there.
    Exists,
    /// The document is there in just this version.
    Version(Version),
}

/// One change in a transaction.
#[derive(Debug, Clone, PartialEq)]
pub enum Write {
    /// Stores the whole document.
    Put {
        /// Where.
        path: DocPath,
        /// What, a JSON object.
        fields: Value,
        /// When.
        precondition: Precondition,
    },
    /// Deletes the document, not its subcollections; a missing document is not an
    /// error.
    Delete {
        /// Which.
        path: DocPath,
        /// When.
        precondition: Precondition,
    },
}

impl Write {
    /// Stores `content` at `path` if `precondition` holds.
    pub fn put<T: Serialize>(
        path: DocPath,
        content: &T,
        precondition: Precondition,
    ) -> Result<Self, RecordsError> {
        match serde_json::to_value(content) {
            Ok(fields) => Ok(Self::Put {
                path,
                fields,
                precondition,
            }),
            Err(error) => Err(RecordsError::Malformed {
                path,
                source: error.into(),
            }),
        }
    }

    /// Stores `fields` at `path` in place of this version of the document.
    pub const fn replace(path: DocPath, fields: Value, version: Version) -> Self {
        Self::Put {
            path,
            fields,
            precondition: Precondition::Version(version),
        }
    }

    /// Deletes the document at `path` if there is one.
    pub const fn delete(path: DocPath) -> Self {
        let precondition = Precondition::None;
        Self::Delete { path, precondition }
    }

    /// The document that changes.
    pub const fn path(&self) -> &DocPath {
        match self {
            Self::Put { path, .. } | Self::Delete { path, .. } => path,
        }
    }
}

/// Which documents a query looks at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// The documents of one collection, by its path.
    Collection(String),
    /// The documents of all collections of that name.
    Group(String),
}

/// The order of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Smallest first.
    Ascending,
    /// Largest first.
    Descending,
}

/// A query for a list of documents.
///
/// Ordered by one field and then by path in the same direction, so that a page
/// continues exactly where the last one ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    /// Where to look.
    pub scope: Scope,
    /// Fields that must have a value: a name, or names joined by `.`.
    pub equal: Vec<(String, Value)>,
    /// A field that must be a list which has a value among its items.
    pub contains: Option<(String, Value)>,
    /// A field that must be a value or more: the field of `less_than`, where that is given.
    pub at_least: Option<(String, Value)>,
    /// A field that must be less than a value.
    pub less_than: Option<(String, Value)>,
    /// Words that documents of the collections [`PASSAGES`](crate::search::PASSAGES) must have
    /// in their text. The list has all documents that have them. A store that finds them by
    /// one word has others in it too: [`Phrases::find`] tells them apart. The list is one of a
    /// user's passages ([`crate::search::query`]).
    pub phrases: Option<Phrases>,
    /// The field to order by, which documents that lack it are not in the list
    /// for; without one the field of `at_least` or `less_than`, or by path alone.
    pub order_by: Option<String>,
    /// Which end first; downwards only by a field, since Firestore has no
    /// descending scan of names.
    pub direction: Direction,
    /// Continue after the document with this order value and path.
    pub after: Option<(Value, DocPath)>,
    /// How many at most.
    pub limit: usize,
}

impl Query {
    /// The field that the list is ordered by.
    pub fn order_field(&self) -> Option<&str> {
        let bounded = self.less_than.as_ref().or(self.at_least.as_ref());
        let bounded = bounded.map(|(field, _)| field);
        self.order_by.as_ref().or(bounded).map(String::as_str)
    }

    /// All documents of a collection by path.
    pub fn collection(path: impl Into<String>) -> Self {
        Self::over(Scope::Collection(path.into()))
    }

    /// All documents of all collections of a name, by path.
    pub fn group(name: impl Into<String>) -> Self {
        Self::over(Scope::Group(name.into()))
    }

    const fn over(scope: Scope) -> Self {
        Self {
            scope,
            equal: Vec::new(),
            contains: None,
            at_least: None,
            less_than: None,
            phrases: None,
            order_by: None,
            direction: Direction::Ascending,
            after: None,
            limit: usize::MAX,
        }
    }
}

/// Why records could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum RecordsError {
    /// A precondition did not hold: read and decide again.
    #[error("document `{path}` has changed since it was read")]
    Stale {
        /// The document.
        path: DocPath,
    },
    /// The document is larger than [`crate::documents::MAX_DOCUMENT_BYTES`], or than
    /// what an event can carry where a function listens to it.
    #[error("document `{path}` has {bytes} bytes, more than fit")]
    TooLarge {
        /// The document.
        path: DocPath,
        /// Its size.
        bytes: usize,
    },
    /// The document holds something that Firestore has no place for.
    #[error("document `{path}` cannot be stored: {reason}")]
    Unstorable {
        /// The document.
        path: DocPath,
        /// The value that cannot be stored.
        reason: &'static str,
    },
    /// A document does not hold what it should.
    #[error("document `{path}` is not what it should be")]
    Malformed {
        /// The document.
        path: DocPath,
        /// What is wrong with it.
        #[source]
        source: ShapeError,
    },
    /// The store cannot be reached, or broke while it was used.
    #[error("using the records")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl RecordsError {
    /// Whether a store may accept later what it did not accept now: it could not be reached, or
    /// other writers were faster for as long as the transaction waited.
    pub const fn may_pass(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::Stale { .. })
    }
}

/// A document each time it changes; `None` when it is not there.
pub type DocumentStream = BoxStream<'static, Result<Option<Document>, RecordsError>>;

/// Documents at paths.
///
/// A transaction is optimistic, as over HTTP it has to be: read, decide, then
/// [`Records::commit`] writes that hold the versions read as preconditions, and
/// start again when one is [`RecordsError::Stale`]. [`crate::interview_store`] has the loop.
#[async_trait]
pub trait Records: Send + Sync {
    /// The document at `path`, if there is one.
    async fn read(&self, path: &DocPath) -> Result<Option<Document>, RecordsError>;

    /// Makes all the changes or none of them.
    async fn commit(&self, writes: Vec<Write>) -> Result<(), RecordsError>;

    /// The documents that match a query.
    async fn list(&self, query: &Query) -> Result<Vec<Document>, RecordsError>;

    /// The paths of the documents that match a query. A store that can leave out the
    /// fields overrides it.
    async fn list_paths(&self, query: &Query) -> Result<Vec<DocPath>, RecordsError> {
        let documents = self.list(query).await?;
        Ok(documents.into_iter().map(|found| found.path).collect())
    }

    /// The document at `path` now, and again each time it has changed; changes
    /// in quick succession may be seen as one.
    fn watch(&self, path: &DocPath) -> DocumentStream;
}
