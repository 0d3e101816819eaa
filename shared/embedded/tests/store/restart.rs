//! A start releases what an earlier process had in hand, and users have fair shares of a
//! queue.

use std::time::Duration;

use domain::ports::{Clock as _, Precondition, Queue as _, Records as _, Task};
use serde_json::{Value, json};

use crate::{Fixture, put, read};

const AHEAD: &str = "2023-11-14T23:13:20.000Z";
const OVER: &str = "1970-01-01T00:00:00.000Z";

async fn store(bench: &Fixture, at: &str, fields: Value) {
    let write = put(at, fields, Precondition::None);
    bench.store.commit(vec![write]).await.unwrap();
}

async fn fields(bench: &Fixture, at: &str) -> Value {
    read(&bench.store, at).await.unwrap().fields
}

fn task(name: &str, user: &str) -> Task {
    Task {
        name: name.to_owned(),
        body: json!({"user_id": user, "n": name}),
        delay: Duration::ZERO,
        trace: None,
    }
}

#[tokio::test]
async fn leases_of_an_earlier_process_are_over_and_parked_steps_keep_theirs() {
    let bench = Fixture::new().await;
    let running = json!({"state": "running", "token": 1, "lease_until": AHEAD});
    let parked = json!({"state": "running", "token": 2, "lease_until": AHEAD, "parked": true});
    let steps = json!({"transcription": parked, "waveform": running});
    let interview = json!({"status": "processing", "steps": steps});
    store(&bench, "users/u/interviews/i", interview).await;
    let lease = json!({"token": 1, "lease_until": AHEAD, "progress": 40});
    store(&bench, "users/u/interviews/i/data/lease-1", lease).await;
    let bench = bench.reopened().await;
    let interview = fields(&bench, "users/u/interviews/i").await;
    let until = |step: &str| interview["steps"][step]["lease_until"].clone();
    assert_eq!([until("waveform"), until("transcription")], [OVER, AHEAD]);
    let lease = fields(&bench, "users/u/interviews/i/data/lease-1").await;
    assert_eq!(
        lease,
        json!({"token": 1, "lease_until": OVER, "progress": 40})
    );
}

/// The clock was an hour ahead while the work was queued.
#[tokio::test]
async fn work_of_a_clock_that_was_ahead_does_not_wait_for_it() {
    let bench = Fixture::new().await;
    let now = bench.clock.now();
    bench.clock.advance(Duration::from_hours(1));
    bench.store.enqueue("work", task("a", "u")).await.unwrap();
    let delayed = Task {
        delay: Duration::from_mins(10),
        ..task("b", "u")
    };
    bench.store.enqueue("work", delayed).await.unwrap();
    let bench = bench.reopened_at(now).await;
    assert_eq!(bench.due("queue:work").await.len(), 1);
    let due = bench.store.deliveries().next_due().await.unwrap();
    assert_eq!(due, Some(now + Duration::from_mins(10)));
}

#[tokio::test]
async fn one_user_with_many_tasks_does_not_keep_another_waiting() {
    let bench = Fixture::new().await;
    for number in 0..60 {
        let name = format!("many-{number}");
        bench
            .store
            .enqueue("work", task(&name, "many"))
            .await
            .unwrap();
    }
    bench
        .store
        .enqueue("work", task("one", "one"))
        .await
        .unwrap();
    let deliveries = bench.store.deliveries();
    let mut lane = deliveries.lanes().into_iter();
    let mut lane = lane.find(|lane| lane.name == "queue:work").unwrap();
    lane.limit = 4;
    let users = |taken: &[embedded::deliveries::QueuedDelivery]| -> Vec<String> {
        let content = taken.iter().map(|delivery| json!(delivery.content));
        let user = |content: Value| {
            content["task"]["body"]["user_id"]
                .as_str()
                .unwrap()
                .to_owned()
        };
        content.map(user).collect()
    };
    let first = deliveries.take(&lane, 2).await.unwrap();
    assert_eq!(users(&first), ["many", "one"]);
    let rest = deliveries.take(&lane, 2).await.unwrap();
    assert_eq!(users(&rest), ["many", "many"]);
    // One user has three of four places, also while no other user waits.
    deliveries.done(&first[1]).await.unwrap();
    assert_eq!(deliveries.take(&lane, 1).await.unwrap(), []);
    deliveries.done(&first[0]).await.unwrap();
    assert_eq!(users(&deliveries.take(&lane, 1).await.unwrap()), ["many"]);
}
