//! Events and tasks reach their functions, more than once where that is needed.

use std::time::Duration;

use domain::{
    event::Event,
    ports::{Bus as _, Message, Precondition, Queue as _, Records as _, Task},
};
use embedded::deliveries::{Backlog, Content, Requeue};
use serde_json::{Value, json};

use crate::{Fixture, delete, put};

fn tick() -> Message {
    Message {
        data: b"{}".to_vec(),
        ..Message::default()
    }
}

#[tokio::test]
async fn a_change_is_delivered_with_what_was_and_what_is() {
    let bench = Fixture::new().await;
    for write in [
        put("users/u/notes/n", json!({"n": 1}), Precondition::None),
        put("users/u/notes/n", json!({"n": 2}), Precondition::None),
        delete("users/u/notes/n", Precondition::None),
        delete("users/u/notes/n", Precondition::None),
        put("users/u/other/n", json!({}), Precondition::None),
    ] {
        bench.store.commit(vec![write]).await.unwrap();
    }
    let changes: Vec<(Option<Value>, Option<Value>)> = bench
        .due("function:reader")
        .await
        .into_iter()
        .map(|delivery| match delivery.content {
            Content::Event(Event::DocumentWritten(written)) => (written.old, written.new),
            other => panic!("{other:?}"),
        })
        .collect();
    let (one, two) = (Some(json!({"n": 1})), Some(json!({"n": 2})));
    assert_eq!(
        changes,
        [(None, one.clone()), (one, two.clone()), (two, None)]
    );
}

#[tokio::test]
async fn a_message_reaches_each_listener_once() {
    let bench = Fixture::new().await;
    let message = Message {
        data: vec![0, 255],
        attributes: [("a".into(), "b".into())].into(),
    };
    bench.store.publish("news", message).await.unwrap();
    for lane in ["function:reader", "function:worker"] {
        let due = bench.due(lane).await;
        assert_eq!(due.len(), 1, "{lane}");
        assert!(matches!(&due[0].content,
            Content::Event(Event::MessagePublished(message)) if message.data == [0, 255]));
    }
    assert!(bench.store.publish("olds", tick()).await.is_err());
}

#[tokio::test]
async fn in_flight_delivery_is_redelivered_after_a_crash() {
    let bench = Fixture::new().await;
    bench.store.publish("news", tick()).await.unwrap();
    let first = bench.due("function:reader").await;
    assert_eq!(bench.due("function:reader").await, [], "in flight");
    let bench = bench.reopened().await;
    let second = bench.due("function:reader").await;
    assert_eq!((second[0].id, second[0].attempt), (first[0].id, 2));
}

#[tokio::test]
async fn a_failure_waits_longer_each_time_and_ends_as_a_dead_letter() {
    let bench = Fixture::new().await;
    let task = Task {
        name: "t".into(),
        body: json!({}),
        delay: Duration::ZERO,
        trace: None,
    };
    bench.store.enqueue("work", task).await.unwrap();
    let deliveries = bench.store.deliveries();
    let mut waits = Vec::new();
    for attempt in 1..=3 {
        let due = bench.due("queue:work").await;
        assert_eq!(due[0].attempt, attempt);
        deliveries
            .requeue(&due[0], Requeue::Failed { after: None }, "no")
            .await
            .unwrap();
        if let Some(next) = deliveries.next_due().await.unwrap() {
            waits.push(next.as_millis() - domain::ports::Clock::now(&*bench.clock).as_millis());
            bench.clock.advance_to(next);
        }
    }
    assert!(
        (8_750..=11_250).contains(&waits[0]) && (17_500..=22_500).contains(&waits[1]),
        "{waits:?}"
    );
    assert_eq!(
        bench.backlog().await,
        Backlog {
            pending: 0,
            dead: 1
        }
    );
}

#[tokio::test]
async fn waiting_for_ones_turn_is_no_failure() {
    let bench = Fixture::new().await;
    let task = Task {
        name: "t".into(),
        body: json!({}),
        delay: Duration::ZERO,
        trace: None,
    };
    bench.store.enqueue("work", task).await.unwrap();
    for _ in 0..10 {
        let due = bench.due("queue:work").await;
        assert_eq!(due[0].attempt, 1);
        let again = Requeue::Later(Duration::from_secs(5));
        bench
            .store
            .deliveries()
            .requeue(&due[0], again, "")
            .await
            .unwrap();
        assert_eq!(bench.due("queue:work").await, []);
        bench.clock.advance(Duration::from_secs(5));
    }
}
