//! Whatever is told as an event arrives as it was told, in either mode.

use cloudevents::{Data, Event as CloudEvent};
use domain::{
    Timestamp,
    event::{Event, PublishedMessage, StoredObject, WrittenDocument},
    paths::DocPath,
    trace::TraceContext,
};
use http::{HeaderMap, HeaderName, HeaderValue};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use proptest::{
    collection::{btree_map, vec},
    option,
    prelude::*,
    sample::Index,
};
use relay::cloudevent::encode;
use runtime::{
    delivery::{Delivery, read_event},
    trace,
};
use serde_json::{Map, Value, json};
use steps::{Trigger, trace::TRACEPARENT};

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-1.0e9..1.0e9).prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            fields(inner).prop_map(Value::from),
        ]
    })
}

fn fields(value: impl Strategy<Value = Value>) -> impl Strategy<Value = Map<String, Value>> {
    btree_map(any::<String>(), value, 0..4).prop_map(|fields| fields.into_iter().collect())
}

fn object() -> impl Strategy<Value = Event> {
    (".+", ".+", any::<i64>(), 0..i64::MAX as u64, ".*").prop_map(
        |(bucket, name, generation, size, content_type)| {
            Event::ObjectFinalized(StoredObject {
                bucket,
                name,
                generation,
                size,
                content_type,
            })
        },
    )
}

fn document() -> impl Strategy<Value = Event> {
    let path = vec("[^/]{1,6}", 1..4).prop_map(|ids| {
        let path: Vec<String> = ids.iter().map(|id| format!("documents/{id}")).collect();
        DocPath::parse(&path.join("/")).expect("collections and ids in turn")
    });
    let some = || fields(value()).prop_map(Value::from);
    (path, option::of(some()), option::of(some()))
        .prop_filter("a write has something before or after", |(_, old, new)| {
            old.is_some() || new.is_some()
        })
        .prop_map(|(path, old, new)| Event::DocumentWritten(WrittenDocument { path, old, new }))
}

fn message() -> impl Strategy<Value = Event> {
    let attributes = btree_map(".*", ".*", 0..4);
    ("[a-z-]{1,9}", ".*", any::<Vec<u8>>(), attributes).prop_map(|(topic, id, data, attributes)| {
        Event::MessagePublished(PublishedMessage {
            topic,
            id,
            data,
            attributes,
        })
    })
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![object(), document(), message()]
}

fn binary(event: &CloudEvent) -> (HeaderMap, Vec<u8>) {
    let attributes = event.iter().map(|(name, value)| {
        let name = match name {
            "datacontenttype" => "content-type".to_owned(),
            name => format!("ce-{name}"),
        };
        let text = value.to_string();
        let text = match name.as_str() {
            "content-type" | "ce-specversion" | "ce-time" => text,
            _ => utf8_percent_encode(&text, NON_ALPHANUMERIC).to_string(),
        };
        let name: HeaderName = name.parse().expect("a name");
        (name, HeaderValue::from_str(&text).expect("a value"))
    });
    let body = match event.data().expect("a body") {
        Data::Binary(bytes) => bytes.clone(),
        Data::String(text) => text.clone().into_bytes(),
        Data::Json(json) => json.to_string().into_bytes(),
    };
    (attributes.collect(), body)
}

fn structured(event: &CloudEvent) -> (HeaderMap, Vec<u8>) {
    let kind = HeaderValue::from_static("application/cloudevents+json");
    let headers = HeaderMap::from_iter([(http::header::CONTENT_TYPE, kind)]);
    (headers, serde_json::to_vec(event).expect("JSON"))
}

fn arrives(request: &(HeaderMap, Vec<u8>)) -> Delivery {
    read_event(&request.0, &request.1).expect("an event")
}

proptest! {
    #[test]
    fn an_event_survives_either_mode(event in event(), millis in 0_i64..4_000_000_000_000) {
        let encoded = encode("1", Timestamp::from_millis(millis), &event).unwrap();
        for request in [binary(&encoded), structured(&encoded)] {
            prop_assert_eq!(arrives(&request).trigger.unwrap(), Trigger::Event(event.clone()));
        }
    }

    #[test]
    fn a_damaged_event_is_read_or_refused(
        event in event(),
        damage in vec((any::<Index>(), any::<u8>()), 1..4),
    ) {
        let encoded = encode("1", Timestamp::from_millis(0), &event).unwrap();
        for (headers, mut body) in [binary(&encoded), structured(&encoded)] {
            for (at, byte) in &damage {
                if !body.is_empty() {
                    let at = at.index(body.len());
                    body[at] = *byte;
                }
            }
            let _ = read_event(&headers, &body);
        }
    }
}

#[test]
fn a_document_hands_its_trace_on() {
    let kept = TraceContext::generate();
    let event = |old: Option<Value>, new: Option<Value>| {
        let path = DocPath::parse("users/u").expect("a path");
        let event = Event::DocumentWritten(WrittenDocument { path, old, new });
        encode("1", Timestamp::from_millis(0), &event).expect("an event")
    };
    let traced = || Some(json!({"trace": kept}));
    for encoded in [event(None, traced()), event(traced(), None)] {
        for request in [binary(&encoded), structured(&encoded)] {
            assert_eq!(arrives(&request).trace, Some(kept));
        }
    }
    for trace in [json!(5), json!("no trace")] {
        let encoded = event(None, Some(json!({"trace": trace})));
        assert_eq!(trace::from_event(&encoded), None);
    }
}

#[test]
fn the_trace_of_the_cause_goes_before_that_of_the_delivery() {
    let (cause, hop) = (TraceContext::generate(), TraceContext::generate());
    let path = DocPath::parse("users/u").expect("a path");
    let written = |new| WrittenDocument {
        path: path.clone(),
        old: None,
        new: Some(new),
    };
    for (document, expected) in [(json!({"trace": cause}), cause), (json!({}), hop)] {
        let event = Event::DocumentWritten(written(document));
        let encoded = encode("1", Timestamp::from_millis(0), &event).expect("an event");
        let (mut headers, body) = binary(&encoded);
        let value = HeaderValue::from_str(&hop.to_string()).expect("a value");
        headers.insert(TRACEPARENT, value);
        assert_eq!(arrives(&(headers, body)).trace, Some(expected));
    }
}
