//! What happens to objects, documents and topics, in the domain's own terms.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    paths::DocPath,
    pipeline::{DocumentChange, TriggerKey},
};

/// Something that starts functions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Event {
    /// An object was stored.
    ObjectFinalized(StoredObject),
    /// A document was created, changed or deleted.
    DocumentWritten(WrittenDocument),
    /// A message was published.
    MessagePublished(PublishedMessage),
}

/// An object that was stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredObject {
    /// The bucket's name.
    pub bucket: String,
    /// The object's name.
    pub name: String,
    /// Which one of that name.
    pub generation: i64,
    /// Its size in bytes.
    pub size: u64,
    /// Its media type.
    pub content_type: String,
}

/// A document that was created, changed or deleted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WrittenDocument {
    /// Where it lies.
    pub path: DocPath,
    /// What it held before; absent when it was created.
    pub old: Option<Value>,
    /// What it holds now; absent when it was deleted.
    pub new: Option<Value>,
}

impl WrittenDocument {
    /// Whether it was created, changed or deleted.
    pub const fn change(&self) -> DocumentChange {
        match (&self.old, &self.new) {
            (None, Some(_)) => DocumentChange::Created,
            (_, None) => DocumentChange::Deleted,
            (Some(_), Some(_)) => DocumentChange::Updated,
        }
    }
}

/// A message that was published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublishedMessage {
    /// The topic's name.
    pub topic: String,
    /// The id that the bus gave it.
    pub id: String,
    /// The body.
    #[serde(with = "base64_bytes")]
    pub data: Vec<u8>,
    /// Short texts beside the body.
    pub attributes: BTreeMap<String, String>,
}

impl Event {
    /// What the manifest's triggers are held against. `role` says which role the
    /// bucket of that name plays.
    pub fn trigger_key<'a>(&'a self, role: impl Fn(&'a str) -> &'a str) -> TriggerKey<'a> {
        match self {
            Self::ObjectFinalized(object) => TriggerKey::Object {
                bucket: role(&object.bucket),
            },
            Self::DocumentWritten(document) => TriggerKey::Document {
                path: document.path.as_str(),
                change: document.change(),
            },
            Self::MessagePublished(message) => TriggerKey::Message {
                topic: &message.topic,
            },
        }
    }
}

mod base64_bytes {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(input: D) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(input)?;
        STANDARD.decode(text).map_err(D::Error::custom)
    }
}
