//! Any bytes as the body of an event about a document: read or refused, and what
//! is read says the same once more.
#![no_main]

use domain::{Timestamp, event::Event};
use libfuzzer_sys::fuzz_target;
use runtime::delivery::read_event;
use steps::Trigger;

// The encoder of the emulators; their crate has many dependencies.
#[path = "../../tools/relay/src/cloudevent.rs"]
mod cloudevent;

use cloudevent::encode;

fuzz_target!(|bytes: &[u8]| {
    let pairs = [
        ("content-type", "application/protobuf"),
        ("ce-id", "1"),
        ("ce-specversion", "1.0"),
        (
            "ce-source",
            "//firestore.googleapis.com/projects/p/databases/d",
        ),
        ("ce-type", "google.cloud.firestore.document.v1.written"),
    ];
    let pairs = pairs.map(|(name, value)| {
        let name = http::HeaderName::from_static(name);
        (name, http::HeaderValue::from_static(value))
    });
    let delivery = read_event(&pairs.into_iter().collect(), bytes).expect("a CloudEvent");
    let Ok(Trigger::Event(Event::DocumentWritten(written))) = delivery.trigger else {
        return;
    };
    let event = Event::DocumentWritten(written);
    let again = encode("1", Timestamp::from_millis(0), &event).expect("an event");
    let again = runtime::cloudevent::decode(&again).expect("what was read before");
    assert_eq!(again, event);
});
