//! Any bytes as a push of Pub/Sub: read or refused, and what is read is a message.
#![no_main]

use domain::event::Event;
use http::HeaderMap;
use libfuzzer_sys::fuzz_target;
use runtime::delivery::read_event;
use steps::Trigger;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(delivery) = read_event(&HeaderMap::new(), bytes) {
        let trigger = delivery.trigger.expect("a message");
        assert!(matches!(
            trigger,
            Trigger::Event(Event::MessagePublished(message)) if !message.topic.is_empty()
        ));
    }
});
