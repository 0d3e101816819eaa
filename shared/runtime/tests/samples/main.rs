//! Every sample that Google and others have published of an event, a message or
//! a task is read, or refused by name. See `data/SOURCES.md`.

mod table;

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use domain::event::Event;
use http::{HeaderMap, HeaderName, HeaderValue};
use runtime::delivery::{self, Delivery};
use serde_json::{Map, Value, json};
use steps::Trigger;

use crate::table::{COMPLEX, FIRESTORE_JSON, PUSH, ROWS, Row, STRUCTURED, WRITTEN};

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data")
        .join(name)
}

fn read(name: &str) -> Vec<u8> {
    fs::read(data(name)).expect(name)
}

fn json_of(name: &str) -> Value {
    serde_json::from_slice(&read(name)).expect(name)
}

fn headers(of: &Map<String, Value>) -> HeaderMap {
    let pairs = of.iter().map(|(name, value)| {
        let name: HeaderName = name.parse().expect("a name");
        let value = value.as_str().expect("a text");
        (name, HeaderValue::from_str(value).expect("a value"))
    });
    pairs.collect()
}

fn recorded(name: &str) -> Option<HeaderMap> {
    let file = json_of("eventarc-requests.json");
    let requests = file["requests"].as_array().expect("requests");
    let found = requests.iter().find(|request| request["name"] == name)?;
    Some(headers(found["headers"].as_object().expect("headers")))
}

fn around(name: &str) -> HeaderMap {
    let with = |of: &str, header: &'static str, value: &str| {
        let mut headers = recorded(of).expect("a request");
        headers.insert(header, value.parse().expect("a value"));
        headers
    };
    match name {
        FIRESTORE_JSON => with(WRITTEN, "content-type", "application/json; charset=utf-8"),
        kind if kind.starts_with("application/") => {
            headers(json!({"content-type": kind}).as_object().expect("a map"))
        }
        kind if kind.starts_with("google.") => with(WRITTEN, "ce-type", kind),
        name => recorded(name).expect(name),
    }
}

/// What a request comes to, in short.
fn in_short(headers: &HeaderMap, body: &[u8]) -> String {
    let delivery = match delivery::read_event(headers, body) {
        Ok(delivery) => delivery,
        Err(error) => return format!("refused: {:#}", anyhow::Error::from(error)),
    };
    let attempt = delivery
        .attempt
        .map(|attempt| format!(", attempt {attempt}"));
    let Delivery { trigger, .. } = delivery;
    let words = match trigger {
        Ok(Trigger::Event(Event::ObjectFinalized(object))) => format!(
            "object {} {} {} {} {}",
            object.bucket, object.name, object.generation, object.size, object.content_type
        ),
        Ok(Trigger::Event(Event::DocumentWritten(written))) => {
            let fields = |fields: Option<Value>| fields.unwrap_or_default();
            format!(
                "document {} {} -> {}",
                written.path,
                fields(written.old),
                fields(written.new)
            )
        }
        Ok(Trigger::Event(Event::MessagePublished(message))) => format!(
            "message {} {} {} bytes {} attributes",
            message.topic,
            message.id,
            message.data.len(),
            message.attributes.len()
        ),
        Ok(Trigger::Task(task)) => panic!("an event, not {task:?}"),
        Err(error) => return format!("refused: {:#}", anyhow::Error::from(error)),
    };
    words + &attempt.unwrap_or_default()
}

#[test]
fn every_sample_is_read_or_refused_as_it_should_be() {
    let mut wrong = 0;
    for Row {
        body,
        around: name,
        expected,
    } in ROWS
    {
        let actual = in_short(&around(name), &read(body));
        let as_expected = match expected.strip_prefix("refused: ") {
            Some(words) => actual.starts_with("refused: ") && actual.contains(words),
            None if *expected == COMPLEX => actual.starts_with(COMPLEX),
            None => actual == *expected,
        };
        let mark = if as_expected { "ok " } else { "NOT" };
        eprintln!("{mark} {body} as {name}\n      {actual}");
        wrong += usize::from(!as_expected);
    }
    assert_eq!(wrong, 0, "samples not read as they should be");
}

#[test]
fn every_sample_is_in_the_table() {
    fn walk(folder: &Path, found: &mut BTreeSet<String>) {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                walk(&path, found);
            } else {
                let name = path.strip_prefix(data("")).expect("below").to_owned();
                found.insert(name.to_string_lossy().into_owned());
            }
        }
    }
    let mut found = BTreeSet::new();
    walk(&data(""), &mut found);
    for Row { body, .. } in ROWS {
        found.remove(*body);
    }
    let besides = [
        "SOURCES.md",
        "eventarc-requests.json",
        "pubsub-tasks/requests.json",
    ];
    assert_eq!(found, besides.map(str::to_owned).into());
}

#[test]
fn all_values_of_firestore_arrive() {
    let body = read("proto-encoded/DocumentEventData-complex.pb");
    let delivery = delivery::read_event(&around(WRITTEN), &body).expect("an event");
    let Ok(Trigger::Event(Event::DocumentWritten(written))) = delivery.trigger else {
        panic!("a document, not {:?}", delivery.trigger);
    };
    assert_eq!(written.old, None, "an empty document stands for none");
    let expected = json!({
        "arrayValue": [1, 2],
        "booleanValue": true,
        "doubleValue": 5.5,
        "geoPointValue": {"latitude": 51.4543, "longitude": -0.9781},
        "intValue": 50,
        "mapValue": {"field1": "x", "field2": ["x", 1]},
        "nullValue": null,
        "referenceValue": "projects/project-id/databases/(default)/documents/foo/bar/baz/qux",
        "stringValue": "text",
        "timestampValue": "2020-04-23T14:23:53.241Z",
    });
    assert_eq!(written.new, Some(expected));
}

#[test]
fn document_events_have_four_types_with_or_without_auth_context() {
    let body = read("proto-encoded/firestore-updated.pb");
    for change in ["created", "updated", "deleted", "written"] {
        for suffix in ["", ".withAuthContext"] {
            let kind = format!("google.cloud.firestore.document.v1.{change}{suffix}");
            let words = in_short(&around(&kind), &body);
            assert!(words.starts_with("document foo/"), "{kind}: {words}");
        }
    }
    for kind in [
        "google.cloud.firestore.document.v1.read",
        "google.cloud.firestore.document.v1.written.withAuthContext.withAuthContext",
        "google.cloud.storage.object.v1.finalized.withAuthContext",
        "google.cloud.storage.object.v1.deleted",
    ] {
        let words = in_short(&around(kind), &body);
        assert!(
            words.starts_with("refused") && words.contains(kind),
            "{words}"
        );
    }
}

#[test]
fn structured_mode_may_carry_protobuf() {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    let event = json!({
        "specversion": "1.0", "id": "1", "source": "//firestore.googleapis.com/projects/p",
        "type": "google.cloud.firestore.document.v1.created", "document": "foo/bar",
        "datacontenttype": "application/protobuf",
        "data_base64": STANDARD.encode(read("proto-encoded/firestore-created.pb")),
    });
    let words = in_short(&around(STRUCTURED), event.to_string().as_bytes());
    assert!(words.starts_with("document foo/fGRod"), "{words}");
}

#[test]
fn a_notification_of_a_bucket_is_a_message_with_attributes() {
    let requests = json_of("pubsub-tasks/requests.json");
    let attributes = &requests["gcs_pubsub_notification_attributes"]["attributes"];
    let body = json!({"message": {"messageId": "1", "attributes": attributes},
        "subscription": "projects/p/subscriptions/uploads.transcribe"});
    let words = in_short(&around(PUSH), body.to_string().as_bytes());
    assert_eq!(words, "message uploads 1 0 bytes 8 attributes");
}

#[test]
fn a_recorded_task_is_read() {
    let requests = json_of("pubsub-tasks/requests.json");
    let headers = headers(
        requests["cloud_tasks"]["headers"]
            .as_object()
            .expect("headers"),
    );
    let delivery = delivery::read_task(&headers, b"{\"generation\": 5}").expect("a task");
    let Ok(Trigger::Task(task)) = delivery.trigger else {
        panic!("a task, not {:?}", delivery.trigger);
    };
    assert_eq!((task.queue.as_str(), task.attempt), ("analysis", 3));
    assert_eq!(task.name, "a1b2c3-interview-42-analyse-v1");
    assert_eq!(task.body, json!({"generation": 5}));
    assert!(delivery::read_task(&headers, b"").is_err());
    assert!(delivery::read_task(&HeaderMap::new(), b"{}").is_err());
}
