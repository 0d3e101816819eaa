//! Events as Eventarc delivers them, to and from the domain's terms.
//!
//! The local host builds the same types and shapes as the cloud, so that a
//! function cannot tell where it runs.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use cloudevents::{AttributesReader, Data, Event as CloudEvent, EventBuilder, EventBuilderV10};
use domain::{
    Timestamp,
    event::{Event, PublishedMessage, StoredObject, WrittenDocument},
    paths::DocPath,
    pipeline::{DOCUMENT_WRITTEN, MESSAGE_PUBLISHED, OBJECT_FINALIZED},
};
use prost::Message as _;
use serde::{Deserialize, Deserializer, de::Error as _};
use serde_json::{Value, json};

use crate::firestore::{Document, DocumentEventData};

/// The project that local events name.
const LOCAL_PROJECT: &str = "local";

/// An event that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum EventError {
    /// Nothing here is known to listen to that type.
    #[error("events of type `{0}` are not known here")]
    UnknownType(String),
    /// An attribute is missing or makes no sense.
    #[error("the event's `{0}` is missing or makes no sense")]
    Attribute(&'static str),
    /// The body is not what the type promises.
    #[error("the event's body is not what its type promises")]
    Body(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The body is that of a database in Datastore mode.
    #[error("the database is in Datastore mode, but native mode is needed")]
    DatastoreMode,
}

/// Reads an event that Eventarc delivered.
pub fn decode(event: &CloudEvent) -> Result<Event, EventError> {
    let event_type = event.ty().trim_end_matches(".withAuthContext");
    match event_type {
        OBJECT_FINALIZED => object(event),
        MESSAGE_PUBLISHED => message(event),
        kind if kind.starts_with("google.cloud.firestore.document.v1.") => document(event),
        kind if kind.starts_with("google.cloud.datastore.") => Err(EventError::DatastoreMode),
        other => Err(EventError::UnknownType(other.to_owned())),
    }
}

/// Builds the event that Eventarc would deliver.
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
        Event::DocumentWritten(written) => builder
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
            .data("application/json", message_body(message, time))
            .build(),
    };
    built.map_err(|error| EventError::Body(Box::new(error)))
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
    let document = |fields: &Value| Document::from_json(name.clone(), fields);
    DocumentEventData {
        value: written.new.as_ref().map(document),
        old_value: written.old.as_ref().map(document),
        update_mask: None,
    }
    .encode_to_vec()
}

fn message_body(message: &PublishedMessage, time: Timestamp) -> Value {
    json!({
        "message": {
            "data": BASE64.encode(&message.data),
            "attributes": message.attributes,
            "messageId": message.id,
            "publishTime": time,
        },
        "subscription": format!("projects/{LOCAL_PROJECT}/subscriptions/{}", message.topic),
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

fn object(event: &CloudEvent) -> Result<Event, EventError> {
    let body: ObjectBody = json_body(event)?;
    Ok(Event::ObjectFinalized(StoredObject {
        bucket: body.bucket,
        name: body.name,
        generation: body.generation,
        size: u64::try_from(body.size).map_err(body_error)?,
        content_type: body.content_type,
    }))
}

fn document(event: &CloudEvent) -> Result<Event, EventError> {
    let path = match (event.extension("document"), event.subject()) {
        (Some(path), _) => Some(path.to_string()),
        (None, Some(subject)) => subject.strip_prefix("documents/").map(str::to_owned),
        (None, None) => None,
    };
    let path = path.as_deref().and_then(DocPath::parse);
    let path = path.ok_or(EventError::Attribute("document"))?;
    let Some(Data::Binary(bytes)) = event.data() else {
        return Err(EventError::Attribute("datacontenttype"));
    };
    let data = DocumentEventData::decode(&**bytes).map_err(body_error)?;
    Ok(Event::DocumentWritten(WrittenDocument {
        path,
        old: data.old_value.as_ref().map(Document::to_json),
        new: data.value.as_ref().map(Document::to_json),
    }))
}

/// The body of a Pub/Sub event. Real bodies may repeat fields in snake case.
#[derive(Deserialize)]
struct MessageBody {
    message: InnerMessage,
}

#[derive(Deserialize)]
struct InnerMessage {
    #[serde(default)]
    data: String,
    #[serde(default)]
    attributes: BTreeMap<String, String>,
    #[serde(rename = "messageId", default)]
    id: Option<String>,
    #[serde(rename = "message_id", default)]
    snake_id: Option<String>,
}

fn message(event: &CloudEvent) -> Result<Event, EventError> {
    let source = event.source().clone();
    let (_, topic) = source
        .split_once("/topics/")
        .ok_or(EventError::Attribute("source"))?;
    let MessageBody { message } = json_body(event)?;
    Ok(Event::MessagePublished(PublishedMessage {
        topic: topic.to_owned(),
        id: message
            .id
            .or(message.snake_id)
            .unwrap_or_else(|| event.id().to_owned()),
        data: BASE64.decode(&message.data).map_err(body_error)?,
        attributes: message.attributes,
    }))
}

fn json_body<T: for<'de> Deserialize<'de>>(event: &CloudEvent) -> Result<T, EventError> {
    match event.data() {
        Some(Data::Json(value)) => T::deserialize(value).map_err(body_error),
        Some(Data::Binary(bytes)) => serde_json::from_slice(bytes).map_err(body_error),
        Some(Data::String(text)) => serde_json::from_str(text).map_err(body_error),
        None => Err(EventError::Attribute("data")),
    }
}

fn body_error(error: impl std::error::Error + Send + Sync + 'static) -> EventError {
    EventError::Body(Box::new(error))
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
    fn what_cannot_be_read_is_refused_by_name() {
        let refusal = |kind: &str, data: Vec<u8>| {
            let builder = EventBuilderV10::new().id("1").ty(kind).source("//s");
            let event = builder
                .extension("document", "users/u")
                .data("application/protobuf", data);
            decode(&event.build().unwrap()).unwrap_err().to_string()
        };
        let unknown = refusal("com.example.unknown", Vec::new());
        assert!(unknown.contains("com.example.unknown"), "{unknown}");
        let datastore = refusal("google.cloud.datastore.entity.v1.written", Vec::new());
        assert!(datastore.contains("Datastore mode"), "{datastore}");
        let broken = refusal(DOCUMENT_WRITTEN, vec![0xff; 9]);
        assert!(broken.contains("body"), "{broken}");
    }
}
