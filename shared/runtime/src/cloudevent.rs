//! Events as Eventarc delivers them, in the domain's terms. `binding` has the way from an
//! HTTP request to a `CloudEvent`.

use cloudevents::{AttributesReader, Data, Event as CloudEvent};
use domain::{
    ShapeError,
    event::{Event, StoredObject, WrittenDocument},
    paths::DocPath,
    pipeline::{MESSAGE_PUBLISHED, OBJECT_FINALIZED},
};
use prost::Message as _;
use serde::{Deserialize, Deserializer, de::Error as _};
use serde_json::Value;

use crate::{
    binding::media_type,
    firestore::{DocumentEventData, FirestoreDocument},
    pubsub,
};

/// What the types of events about documents begin with, and how they go on.
const DOCUMENT: &str = "google.cloud.firestore.document.v1.";
const CHANGES: [&str; 4] = ["created", "updated", "deleted", "written"];

/// An event that cannot be read. Its words repeat nothing of the body.
#[derive(Debug, thiserror::Error)]
pub enum EventError {
    /// It is no event at all.
    #[error("the request is neither a CloudEvent nor a push of Pub/Sub")]
    NotAnEvent,
    /// It is an event in a format that is not read here, such as a batch.
    #[error("events in the format `{0}` are not read here")]
    Format(String),
    /// It is in structured mode and larger than any that is sent.
    #[error("the event is too large for structured mode")]
    TooLarge,
    /// What surrounds the body makes no sense.
    #[error("the event's attributes make no sense")]
    Envelope(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Nothing here is known to listen to that type.
    #[error("events of type `{0}` are not known here")]
    UnknownType(String),
    /// An attribute is missing or makes no sense.
    #[error("the event's `{0}` is missing or makes no sense")]
    Attribute(&'static str),
    /// The body is not what the type promises.
    #[error("the event's body is not what its type promises")]
    Body(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The trigger sends JSON.
    #[error(
        "the event about a document has the content type `{0}`, but protobuf is needed: set the \
         trigger's event data content type to application/protobuf"
    )]
    ProtobufNeeded(String),
}

impl EventError {
    /// The body is not what the type promises.
    pub(crate) fn body(error: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self::Body(Box::new(error))
    }
}

impl From<ShapeError> for EventError {
    fn from(error: ShapeError) -> Self {
        Self::body(error)
    }
}

/// Reads an event that Eventarc delivered.
pub fn decode(event: &CloudEvent) -> Result<Event, EventError> {
    match event.ty() {
        OBJECT_FINALIZED => object(event),
        MESSAGE_PUBLISHED => pubsub::decode(event).map(Event::MessagePublished),
        kind if is_about_document(kind) => document(event),
        other => Err(EventError::UnknownType(other.to_owned())),
    }
}

/// Whether events of that type are about documents; with or without who wrote.
fn is_about_document(event_type: &str) -> bool {
    event_type.strip_prefix(DOCUMENT).is_some_and(|change| {
        let plain = change.strip_suffix(".withAuthContext").unwrap_or(change);
        CHANGES.contains(&plain)
    })
}

/// The body of a Storage event: int64 fields are texts in real events and
/// numbers in some samples.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ObjectBody {
    bucket: String,
    name: String,
    #[serde(deserialize_with = "number_or_text")]
    generation: i64,
    #[serde(default, deserialize_with = "number_or_text")]
    size: i64,
    #[serde(default)]
    content_type: String,
}

/// Bucket and name are taken from the body: the subject may be percent-encoded.
fn object(event: &CloudEvent) -> Result<Event, EventError> {
    let body: ObjectBody = json_body(event)?;
    Ok(Event::ObjectFinalized(StoredObject {
        bucket: body.bucket,
        name: body.name,
        generation: body.generation,
        size: u64::try_from(body.size).map_err(EventError::body)?,
        content_type: body.content_type,
    }))
}

fn document(event: &CloudEvent) -> Result<Event, EventError> {
    let bytes = match (event.data(), event.datacontenttype()) {
        (Some(Data::Binary(bytes)), kind) if !kind.is_some_and(is_json) => bytes,
        (None, _) => return Err(EventError::Attribute("data")),
        (_, kind) => {
            let kind = kind.unwrap_or("application/json");
            return Err(EventError::ProtobufNeeded(kind.to_owned()));
        }
    };
    let (old, new) = documents(bytes)?;
    let named = new
        .as_ref()
        .or(old.as_ref())
        .and_then(FirestoreDocument::path);
    let path = named.ok_or(EventError::Attribute("document"))?;
    Ok(Event::DocumentWritten(WrittenDocument {
        path: DocPath::parse(path).ok_or(EventError::Attribute("document"))?,
        old: old.as_ref().map(FirestoreDocument::to_json),
        new: new.as_ref().map(FirestoreDocument::to_json),
    }))
}

/// The document before and after the write.
fn documents(
    bytes: &[u8],
) -> Result<(Option<FirestoreDocument>, Option<FirestoreDocument>), EventError> {
    let data = DocumentEventData::decode(bytes).map_err(EventError::body)?;
    // Some samples have an empty document where there is none.
    let real = |document: &FirestoreDocument| *document != FirestoreDocument::default();
    let (old, new) = (data.old_value.filter(real), data.value.filter(real));
    let mut all = old.iter().chain(&new);
    if (old.is_none() && new.is_none()) || all.any(|document| document.path().is_none()) {
        return Err(EventError::body(Nameless));
    }
    Ok((old, new))
}

/// No document, or one that is not called as documents are.
#[derive(Debug, thiserror::Error)]
#[error("it holds no document with a name")]
struct Nameless;

fn is_json(content_type: &str) -> bool {
    let essence = media_type(content_type);
    essence == "application/json" || essence.ends_with("+json")
}

/// Reads the body as JSON, whichever way it came.
pub(crate) fn json_body<T: for<'de> Deserialize<'de>>(event: &CloudEvent) -> Result<T, EventError> {
    let read = match event.data() {
        Some(Data::Json(value)) => T::deserialize(value),
        Some(Data::Binary(bytes)) => serde_json::from_slice(bytes),
        Some(Data::String(text)) => serde_json::from_str(text),
        None => return Err(EventError::Attribute("data")),
    };
    read.map_err(|error| ShapeError::from(error).into())
}

fn number_or_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
    .ok_or_else(|| D::Error::custom("expected a whole number"))
}

#[cfg(test)]
mod tests {
    use cloudevents::{EventBuilder, EventBuilderV10};
    use domain::pipeline::DOCUMENT_WRITTEN;
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_may_be_texts_and_fields_may_be_repeated() {
        let event = |kind: &str, source: &str, body: Value| {
            let builder = EventBuilderV10::new().id("1").ty(kind).source(source);
            decode(&builder.data("application/json", body).build().unwrap())
        };
        for generation in [json!("1587627537231057"), json!(1_587_627_537_231_057_i64)] {
            let body = json!({"bucket": "b", "name": "n", "generation": generation, "size": "5"});
            assert!(matches!(event(OBJECT_FINALIZED, "//s", body),
                Ok(Event::ObjectFinalized(object)) if object.generation == 1_587_627_537_231_057));
        }
        let body = json!({"message": {"data": "e30=", "messageId": "1", "message_id": "1"}});
        let source = "//pubsub.googleapis.com/projects/p/topics/sweep";
        assert!(matches!(event(MESSAGE_PUBLISHED, source, body),
            Ok(Event::MessagePublished(message)) if message.data == b"{}"));
    }

    #[test]
    fn unreadable_event_is_named() {
        let refusal = |kind: &str, data: Vec<u8>| {
            let builder = EventBuilderV10::new().id("1").ty(kind).source("//s");
            let event = builder
                .extension("document", "users/u")
                .data("application/protobuf", data);
            decode(&event.build().unwrap()).unwrap_err().to_string()
        };
        let unknown = refusal("com.example.unknown", Vec::new());
        assert!(unknown.contains("com.example.unknown"), "{unknown}");
        let broken = refusal(DOCUMENT_WRITTEN, vec![0xff; 9]);
        assert!(broken.contains("body"), "{broken}");
    }
}
