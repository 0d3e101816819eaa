//! A receiver that hangs or fails takes a share of the places, and no more; nothing is lost.

#![allow(clippy::print_stdout, reason = "figures of the tests")]

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use domain::{
    ports::Clock as _,
    webhook::{DeliveryState, QUEUE, SLOW_QUEUE},
};
use notify::{
    lanes::{PER_RECEIVER, PER_USER},
    schedule::MAX_ATTEMPTS,
};
use tokio::task::JoinSet;

use crate::bench::Bench;
use crate::receiver::{Receiver, Script, answer};

/// More than a receiver of these tests takes to answer.
const PATIENT: Duration = Duration::from_mins(1);

/// A time limit that passes soon at a receiver that never answers.
const SHORT: Duration = Duration::from_secs(1);

async fn good() -> Receiver {
    Receiver::start(Script::Answer(answer(204, ""))).await
}

#[tokio::test]
async fn hanging_receivers_hold_their_share_and_the_rest_returns_to_the_queue() {
    let bench = Arc::new(Bench::start(PATIENT).await);
    let (hanging, other, good) = (
        Receiver::start(Script::Silence).await,
        Receiver::start(Script::Silence).await,
        good().await,
    );
    let mut sending = JoinSet::new();
    for number in 0..20 {
        let url = [hanging.url(), other.url()][number % 2].clone();
        let event = bench.event("anna", &url).await;
        let bench = Arc::clone(&bench);
        sending.spawn(async move { bench.publish(&event).await });
    }
    // All but those that have a place.
    for _ in 0..20 - PER_USER {
        let returned = sending.join_next().await.expect("one returns");
        returned.expect("no panic").expect("it is queued");
    }
    let event = bench.event("ben", &good.url()).await;
    bench.publish(&event).await.expect("it is sent");
    assert_eq!(good.connections(), 1);
    let log = bench.log(&event).await.expect("a log");
    assert_eq!(log.state, DeliveryState::Delivered);
    assert!(sending.try_join_next().is_none(), "the others hang");
    let connections = [hanging.connections(), other.connections()];
    assert!(connections.iter().all(|count| *count <= PER_RECEIVER));
    assert!(bench.due(QUEUE).await.is_empty(), "not at once");
    bench.clock.advance(PATIENT);
    // One user has three quarters of the queue's places as well.
    assert_eq!(bench.due(QUEUE).await.len(), 15);
}

#[tokio::test]
async fn a_receiver_that_answers_gets_everything_however_much_it_is() {
    let bench = Arc::new(Bench::start(PATIENT).await);
    let good = good().await;
    let (mut sending, mut events) = (JoinSet::new(), Vec::new());
    for _ in 0..60 {
        let event = bench.event("anna", &good.url()).await;
        events.push(event.clone());
        let bench = Arc::clone(&bench);
        sending.spawn(async move { bench.publish(&event).await });
    }
    while let Some(sent) = sending.join_next().await {
        sent.expect("no panic").expect("sent or queued");
    }
    let before = bench.clock.now();
    assert!(bench.work_for(Duration::from_mins(1)).await);
    let waited = bench.clock.now().since(before);
    println!("60 webhooks of one user to one receiver: the last waits {waited:?}");
    assert_eq!(good.connections(), 60, "each once");
    for event in events {
        let log = bench.log(&event).await.expect("a log");
        assert_eq!(log.state, DeliveryState::Delivered);
    }
    assert!(waited <= Duration::from_secs(4), "{waited:?}");
}

#[tokio::test]
async fn a_webhook_cut_short_in_the_fast_lane_is_sent_in_the_slow_lane() {
    let bench = Bench::start(SHORT).await;
    let slow = Receiver::start(Script::SilentAtFirst(1, answer(200, ""))).await;
    let (first, second) = (
        bench.event("anna", &slow.url()).await,
        bench.event("anna", &slow.url()).await,
    );
    bench.publish(&first).await.expect("it is queued");
    let log = bench.log(&first).await.expect("a log");
    assert_eq!((log.state, log.tries()), (DeliveryState::Pending, 0));
    let error = log.attempts[0].error.as_deref();
    let expected = "there was no answer in time; it is sent again with more time";
    assert_eq!(error, Some(expected));
    // The next one to that receiver does not take a place in the fast lane.
    bench.publish(&second).await.expect("it is queued");
    assert_eq!(slow.connections(), 1);
    assert!(bench.due(QUEUE).await.is_empty());
    let due = bench.due(SLOW_QUEUE).await;
    assert_eq!(due.len(), 2);
    for task in &due {
        bench.hand_over(task).await;
    }
    for (event, attempts) in [(&first, 2), (&second, 1)] {
        let log = bench.log(event).await.expect("a log");
        assert_eq!((log.state, log.tries()), (DeliveryState::Delivered, 1));
        assert_eq!(log.attempts.len(), attempts);
    }
    // It answers in time again.
    let third = bench.event("anna", &slow.url()).await;
    bench.publish(&third).await.expect("it is sent");
    let log = bench.log(&third).await.expect("a log");
    assert_eq!(log.state, DeliveryState::Delivered);
}

#[tokio::test]
async fn open_circuit_postpones_without_a_connection_and_costs_no_try() {
    let bench = Bench::start(PATIENT).await;
    let down = [answer(503, ""), answer(204, "")];
    let down = [vec![down[0].clone(); 6], vec![down[1].clone()]].concat();
    let receiver = Receiver::start(Script::Answers(down)).await;
    let mut events = Vec::new();
    for _ in 0..8 {
        let event = bench.event("anna", &receiver.url()).await;
        bench.publish(&event).await.expect("sent or queued");
        events.push(event);
    }
    assert_eq!(receiver.connections(), 5, "then the circuit is open");
    let last = bench.log(&events[7]).await.expect("a log");
    assert_eq!((last.state, last.tries()), (DeliveryState::Pending, 0));
    assert!(last.attempts.is_empty() && last.next_attempt_at.is_some());
    bench.clock.advance(Duration::from_secs(59));
    bench.work().await;
    assert_eq!(receiver.connections(), 5);
    // The probe fails, the next one does not, and everything is sent.
    assert!(bench.work_for(Duration::from_hours(24)).await);
    let mut tries = Vec::new();
    for event in &events {
        let log = bench.log(event).await.expect("a log");
        assert_eq!(log.state, DeliveryState::Delivered, "{log:?}");
        assert_eq!(log.tries(), log.attempts.len());
        tries.push(log.tries());
    }
    assert_eq!(tries.iter().sum::<usize>(), 6 + 8, "{tries:?}");
    assert_eq!(receiver.connections(), 6 + 8);
    let requests: BTreeSet<String> = receiver.requests().into_iter().collect();
    assert!(requests.len() >= 8);
}

#[tokio::test]
async fn a_receiver_that_never_comes_back_ends_every_delivery() {
    let bench = Bench::start(PATIENT).await;
    let url = good().await.stop().await;
    let mut events = Vec::new();
    for _ in 0..12 {
        let event = bench.event("anna", &url).await;
        bench.publish(&event).await.expect("sent or queued");
        events.push(event);
    }
    assert!(
        bench.work_for(Duration::from_hours(9 * 24)).await,
        "it ends"
    );
    let mut attempts = 0;
    for event in events {
        let log = bench.log(&event).await.expect("a log");
        assert_eq!(log.state, DeliveryState::Failed);
        assert_eq!(log.next_attempt_at, None);
        attempts += log.attempts.len();
    }
    println!("12 webhooks to a receiver that is gone: {attempts} connections in four days");
    assert!(attempts <= 12 * MAX_ATTEMPTS, "{attempts}");
}
