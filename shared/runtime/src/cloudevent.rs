//! Events as Eventarc delivers them, to and from the domain's terms.
//!
//! `binding` has the way from an HTTP request to a `CloudEvent`; events are
//! encoded for the emulated cloud and for tests.

use cloudevents::{AttributesReader, Data, Event as CloudEvent, EventBuilder, EventBuilderV10};
use domain::{
    ShapeError, Timestamp,
    event::{Event, PublishedMessage, StoredObject, WrittenDocument},
    paths::DocPath,
    pipeline::{DOCUMENT_WRITTEN, MESSAGE_PUBLISHED, OBJECT_FINALIZED},
    trace::TraceContext,
};
use prost::Message as _;
use serde::{Deserialize, Deserializer, de::Error as _};
use serde_json::{Value, json};
use steps::trace::TRACEPARENT;

use crate::{
    binding::media_type,
    firestore::{DocumentEventData, FirestoreDocument},
    pubsub,
};

/// The project that encoded events name.
const LOCAL_PROJECT: &str = "local";

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

/// Builds the event that Eventarc would deliver. A document that names its
/// trace hands it on in the distributed tracing extension.
pub fn encode(id: &str, time: Timestamp, event: &Event) -> Result<CloudEvent, EventError> {
    let builder = EventBuilderV10::new().id(id).time(time.to_string());
    let built = match event {
        Event::ObjectFinalized(object) => builder
            .ty(OBJECT_FINALIZED)
            .source(format!(
                "//storage.googleapis.com/projects/_/buckets/{}",
                object.bucket
            ))
            .subject(format!("objects/{}", object.name))
            .extension("bucket", object.bucket.clone())
            .data("application/json", object_body(object, time))
            .build(),
        Event::DocumentWritten(written) => traced(builder, written)
            .ty(DOCUMENT_WRITTEN)
            .source(format!(
                "//firestore.googleapis.com/projects/{LOCAL_PROJECT}/databases/(default)"
            ))
            .subject(format!("documents/{}", written.path))
            .extension("database", "(default)")
            .extension("document", written.path.to_string())
            .data("application/protobuf", document_body(written))
            .build(),
        Event::MessagePublished(message) => builder
            .ty(MESSAGE_PUBLISHED)
            .source(format!(
                "//pubsub.googleapis.com/projects/{LOCAL_PROJECT}/topics/{}",
                message.topic
            ))
            .data("application/json", published_body(message, time))
            .build(),
    };
    built.map_err(|error| EventError::Envelope(Box::new(error)))
}

fn traced(builder: EventBuilderV10, written: &WrittenDocument) -> EventBuilderV10 {
    let document = written.new.as_ref().or(written.old.as_ref());
    let trace = document.and_then(|fields| fields.get("trace")?.as_str());
    match trace.and_then(|text| TraceContext::parse(text).ok()) {
        Some(trace) => builder.extension(TRACEPARENT, trace.to_string()),
        None => builder,
    }
}

fn object_body(object: &StoredObject, time: Timestamp) -> Value {
    json!({
        "kind": "storage#object",
        "bucket": object.bucket,
        "name": object.name,
        "generation": object.generation.to_string(),
        "metageneration": "1",
        "size": object.size.to_string(),
        "contentType": object.content_type,
        "timeCreated": time,
        "updated": time,
    })
}

fn document_body(written: &WrittenDocument) -> Vec<u8> {
    let name = format!(
        "projects/{LOCAL_PROJECT}/databases/(default)/documents/{}",
        written.path
    );
    let document = |fields: &Value| FirestoreDocument::from_json(name.clone(), fields);
    DocumentEventData {
        value: written.new.as_ref().map(document),
        old_value: written.old.as_ref().map(document),
        update_mask: None,
    }
    .encode_to_vec()
}

fn published_body(message: &PublishedMessage, time: Timestamp) -> Value {
    let subscription = format!("projects/{LOCAL_PROJECT}/subscriptions/{}", message.topic);
    let time = time.to_string();
    pubsub::message_body(
        &message.id,
        Some(&time),
        &subscription,
        &message.data,
        &message.attributes,
    )
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
    use super::*;

    fn round_trip(event: &Event) {
        let time = Timestamp::from_millis(1_764_000_000_000);
        let encoded = encode("1", time, event).unwrap();
        assert_eq!(decode(&encoded).unwrap(), *event);
    }

    #[test]
    fn every_kind_of_event_survives_the_way_through_a_cloudevent() {
        round_trip(&Event::ObjectFinalized(StoredObject {
            bucket: "uploads".into(),
            name: "users/u/interviews/i/audio/a".into(),
            generation: 1_764_000_000_000_001,
            size: 12,
            content_type: "audio/wav".into(),
        }));
        round_trip(&Event::DocumentWritten(WrittenDocument {
            path: DocPath::parse("users/u/interviews/i").unwrap(),
            old: None,
            new: Some(json!({"steps": {"waveform": {"token": 3}}, "metadata": {}})),
        }));
        round_trip(&Event::MessagePublished(PublishedMessage {
            topic: "sweep".into(),
            id: "7".into(),
            data: b"{}".to_vec(),
            attributes: [("a".to_owned(), "b".to_owned())].into(),
        }));
    }

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
