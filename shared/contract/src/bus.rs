//! Messages.

use std::sync::Arc;

use async_trait::async_trait;
use domain::ports::{Bus, BusError, Message};

/// The text of the promises, by which their list is checked.
#[doc(hidden)]
pub const SOURCE: &str = include_str!("bus.rs");

/// The topic of our manifest that the promises use.
const TOPIC: &str = "interview-events";

/// A bus, and a subscriber to the topic.
#[async_trait]
pub trait BusFixture: Sync {
    /// The bus.
    fn bus(&self) -> Arc<dyn Bus>;

    /// The next message, once there is one; it is settled with that.
    async fn next(&self) -> Message;
}

/// Arbitrary bytes and attributes arrive unchanged.
pub async fn a_message_arrives_as_it_was_published(bench: &impl BusFixture) {
    for message in [
        Message {
            data: vec![0, 255, b'{'],
            attributes: [("a".into(), "ü".into()), ("traceparent".into(), "x".into())].into(),
        },
        Message {
            data: Vec::new(),
            attributes: [("only".into(), "attributes".into())].into(),
        },
    ] {
        bench.bus().publish(TOPIC, message.clone()).await.unwrap();
        assert_eq!(bench.next().await, message);
    }
}

/// None is lost; the order is undefined, and the emulator's pushes carry no ordering
/// key.
pub async fn many_at_once_all_arrive(bench: &impl BusFixture) {
    let bus = bench.bus();
    let publish = |n: u8| {
        let message = Message {
            data: vec![n],
            ..Message::default()
        };
        bus.publish(TOPIC, message)
    };
    for outcome in futures::future::join_all((0..50).map(publish)).await {
        outcome.unwrap();
    }
    let mut seen = Vec::new();
    while seen.len() < 50 {
        seen.extend(bench.next().await.data);
    }
    seen.sort_unstable();
    assert!(seen.iter().copied().eq(0..50), "{seen:?}");
}

/// By name.
pub async fn an_unknown_topic_is_refused(bench: &impl BusFixture) {
    let message = Message {
        data: vec![1],
        ..Message::default()
    };
    let refusal = bench.bus().publish("olds", message).await;
    assert!(matches!(refusal, Err(BusError::NoTopic(name)) if name == "olds"));
}

/// Pub/Sub wants data or an attribute.
pub async fn empty_message_is_rejected(bench: &impl BusFixture) {
    let refusal = bench.bus().publish(TOPIC, Message::default()).await;
    assert!(matches!(refusal, Err(BusError::Empty)));
}
