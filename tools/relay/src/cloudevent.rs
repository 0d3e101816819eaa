//! Events as Eventarc would deliver them.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use cloudevents::{Event as CloudEvent, EventBuilder, EventBuilderV10, event::EventBuilderError};
use domain::{
    Timestamp,
    event::{Event, PublishedMessage, StoredObject, WrittenDocument},
    pipeline::{MESSAGE_PUBLISHED, OBJECT_FINALIZED},
    trace::TraceContext,
};
use prost::Message as _;
use runtime::firestore::{
    ArrayValue, DocumentEventData, FirestoreDocument, MapValue, Value, ValueType,
};
use serde_json::{Map, Value as Json, json};
use steps::trace::TRACEPARENT;

/// The project that events name.
const PROJECT: &str = "local";

/// Builds the event that Eventarc would deliver. A document that names its
/// trace hands it on in the distributed tracing extension.
pub fn encode(id: &str, time: Timestamp, event: &Event) -> Result<CloudEvent, EventBuilderError> {
    let builder = EventBuilderV10::new().id(id).time(time.to_string());
    match event {
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
            .ty(written.change().event_type())
            .source(format!(
                "//firestore.googleapis.com/projects/{PROJECT}/databases/(default)"
            ))
            .subject(format!("documents/{}", written.path))
            .extension("database", "(default)")
            .extension("document", written.path.to_string())
            .data("application/protobuf", document_body(written))
            .build(),
        Event::MessagePublished(message) => builder
            .ty(MESSAGE_PUBLISHED)
            .source(format!(
                "//pubsub.googleapis.com/projects/{PROJECT}/topics/{}",
                message.topic
            ))
            .data("application/json", published_body(message, time))
            .build(),
    }
}

fn traced(builder: EventBuilderV10, written: &WrittenDocument) -> EventBuilderV10 {
    let document = written.new.as_ref().or(written.old.as_ref());
    let trace = document.and_then(|fields| fields.get("trace")?.as_str());
    match trace.and_then(|text| TraceContext::parse(text).ok()) {
        Some(trace) => builder.extension(TRACEPARENT, trace.to_string()),
        None => builder,
    }
}

fn object_body(object: &StoredObject, time: Timestamp) -> Json {
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

fn published_body(message: &PublishedMessage, time: Timestamp) -> Json {
    json!({
        "message": {
            "data": BASE64.encode(&message.data),
            "attributes": message.attributes,
            "messageId": message.id,
            "publishTime": time,
        },
        "subscription": format!("projects/{PROJECT}/subscriptions/{}", message.topic),
    })
}

fn document_body(written: &WrittenDocument) -> Vec<u8> {
    let name = format!(
        "projects/{PROJECT}/databases/(default)/documents/{}",
        written.path
    );
    let document = |fields: &Json| FirestoreDocument {
        name: name.clone(),
        fields: fields.as_object().map(map).unwrap_or_default(),
        create_time: None,
        update_time: None,
    };
    DocumentEventData {
        value: written.new.as_ref().map(document),
        old_value: written.old.as_ref().map(document),
        update_mask: None,
    }
    .encode_to_vec()
}

fn map(object: &Map<String, Json>) -> BTreeMap<String, Value> {
    let fields = object.iter();
    fields
        .map(|(name, json)| (name.clone(), value(json)))
        .collect()
}

fn value(json: &Json) -> Value {
    let value_type = match json {
        Json::Null => ValueType::Null(0),
        Json::Bool(truth) => ValueType::Boolean(*truth),
        Json::Number(number) => number.as_i64().map_or_else(
            || ValueType::Double(number.as_f64().unwrap_or(f64::NAN)),
            ValueType::Integer,
        ),
        Json::String(text) => ValueType::String(text.clone()),
        Json::Array(items) => ValueType::Array(ArrayValue {
            values: items.iter().map(value).collect(),
        }),
        Json::Object(object) => ValueType::Map(MapValue {
            fields: map(object),
        }),
    };
    Value {
        value_type: Some(value_type),
    }
}
