//! A webhook goes to the receiver that the interview has when it is sent.

use std::time::Duration;

use domain::{
    Interview,
    interview_store::{self, Decision},
    ports::Clock as _,
    webhook::{DeliveryState, WebhookEvent, following_id},
};

use crate::bench::Bench;
use crate::receiver::{Receiver, Script, answer};

const PATIENT: Duration = Duration::from_mins(1);

impl Bench {
    /// Gives the interview of an event another receiver.
    async fn change_url(&self, event: &WebhookEvent, url: Option<String>) {
        let change = |interview: Option<&mut Interview>| {
            let interview = interview.expect("it is there");
            interview.webhook_url.clone_from(&url);
            Decision::Write((), Vec::new())
        };
        let (records, now) = (self.store.records(), self.clock.now());
        let changed = interview_store::transact(&*records, &event.key, now, change).await;
        changed.expect("stored");
    }
}

async fn receiver(status: u16) -> Receiver {
    Receiver::start(Script::Answer(answer(status, ""))).await
}

/// The value of a header of a request.
fn header(request: &str, name: &str) -> String {
    let mut lines = request.lines();
    let value = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
    value.expect("the header").to_owned()
}

#[tokio::test]
async fn pending_delivery_is_superseded_and_the_new_receiver_gets_the_webhook() {
    let bench = Bench::start(PATIENT).await;
    let (old, new) = (receiver(500).await, receiver(204).await);
    let event = bench.event("anna", &old.url()).await;
    bench.publish(&event).await.expect("it is queued");
    bench.change_url(&event, Some(new.url())).await;
    assert!(bench.work_for(Duration::from_hours(1)).await);
    assert_eq!((old.connections(), new.connections()), (1, 1));
    let log = bench.log(&event).await.expect("a log");
    let next = WebhookEvent {
        delivery: Some(following_id(&event.id, 2)),
        ..event.clone()
    };
    assert_eq!(log.state, DeliveryState::Superseded);
    assert_eq!(log.url, Some(old.url()));
    assert_eq!(log.followed_by, next.delivery);
    let log = bench.log(&next).await.expect("a log");
    assert_eq!(log.state, DeliveryState::Delivered);
    assert_eq!((log.url, log.tries), (Some(new.url()), Some(1)));
    for request in old.requests().iter().chain(&new.requests()) {
        assert_eq!(header(request, "webhook-id"), event.id);
        assert!(request.ends_with(&event.body));
    }
}

#[tokio::test]
async fn delivered_twice_it_is_sent_to_the_new_receiver_once() {
    let bench = Bench::start(PATIENT).await;
    let (old, new) = (receiver(500).await, receiver(204).await);
    let event = bench.event("anna", &old.url()).await;
    bench.publish(&event).await.expect("it is queued");
    bench.change_url(&event, Some(new.url())).await;
    bench.clock.advance(Duration::from_mins(1));
    let due = bench.due("webhooks").await;
    for _ in 0..3 {
        for task in &due {
            bench.hand_over(task).await;
        }
    }
    assert!(bench.work_for(Duration::from_hours(1)).await);
    bench.publish(&event).await.expect("it is settled");
    assert!(bench.work_for(Duration::from_hours(1)).await);
    assert_eq!((old.connections(), new.connections()), (1, 1));
}

#[tokio::test]
async fn a_receiver_that_has_not_been_tried_is_replaced() {
    let bench = Bench::start(PATIENT).await;
    let (old, new) = (receiver(204).await, receiver(204).await);
    let event = bench.event("anna", &old.url()).await;
    bench.change_url(&event, Some(new.url())).await;
    bench.publish(&event).await.expect("it is sent");
    assert_eq!((old.connections(), new.connections()), (0, 1));
    let log = bench.log(&event).await.expect("a log");
    assert_eq!(log.state, DeliveryState::Delivered);
    assert_eq!(log.url, Some(new.url()));
}

#[tokio::test]
async fn without_a_receiver_a_pending_delivery_is_superseded() {
    let bench = Bench::start(PATIENT).await;
    let old = receiver(500).await;
    let event = bench.event("anna", &old.url()).await;
    bench.publish(&event).await.expect("it is queued");
    bench.change_url(&event, None).await;
    assert!(bench.work_for(Duration::from_hours(1)).await);
    let log = bench.log(&event).await.expect("a log");
    assert_eq!(log.state, DeliveryState::Superseded);
    assert_eq!((log.followed_by, old.connections()), (None, 1));
}
