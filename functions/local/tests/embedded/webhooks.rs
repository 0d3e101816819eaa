//! Receivers that change, replays, and what a deletion leaves.

use std::{sync::Arc, time::Duration};

use domain::{
    ports::Task,
    webhook::{EventType, WebhookEvent, webhook_id},
};
use http::{Method, StatusCode};
use serde_json::{Value, json};
use testing::Receiver;

use crate::{
    corpus::{deliver_what_is_due, documents, paths_of},
    support::{TestHost, key, wav},
};

/// The deliveries of an interview.
async fn log(test: &TestHost, id: &str) -> Vec<Value> {
    let path = format!("/v1/interviews/{id}/webhook-deliveries");
    let log = test.get(&path).await;
    log["items"].as_array().unwrap().clone()
}

async fn patch_url(test: &TestHost, id: &str, url: Value) -> (u16, Value) {
    let change = json!({"webhook_url": url});
    let path = format!("/v1/interviews/{id}");
    test.ask(Method::PATCH, &path, Some(change)).await
}

#[tokio::test]
async fn pending_webhooks_go_to_the_new_receiver_at_once() {
    let test = TestHost::start().await;
    *test.receiver.answers.lock().unwrap() = vec![StatusCode::BAD_GATEWAY; 3];
    let id = test.submit(wav(3)).await;
    deliver_what_is_due(&test).await;
    let pending = log(&test, &id).await;
    assert_eq!(pending.len(), 3);
    assert!(pending.iter().all(|item| item["state"] == "pending"));
    let other = Arc::new(Receiver::default());
    let hook = other.listen().await;
    assert_eq!(patch_url(&test, &id, json!(hook)).await.0, 200);
    // Not when their next attempts to the old one were due.
    deliver_what_is_due(&test).await;
    assert_eq!(other.types().len(), pending.len());
    let items = log(&test, &id).await;
    let count = |state: &str, url: &str| {
        let those = |item: &&Value| item["state"] == state && item["url"] == url;
        items.iter().filter(those).count()
    };
    assert_eq!(count("superseded", &test.hook), pending.len(), "{items:?}");
    assert_eq!(count("delivered", &hook), pending.len(), "{items:?}");
    let received = other.received.lock().unwrap().clone();
    for (webhook, ..) in &received {
        let deliveries = items.iter().filter(|item| item["webhook_id"] == **webhook);
        assert_eq!(deliveries.count(), 2, "the same webhook id");
    }
    let before = (test.receiver.types().len(), other.types().len());
    test.drain().await;
    let after = (test.receiver.types().len(), other.types().len());
    assert_eq!(before, after, "nothing more is sent");
    // What becomes due later is sent to the new one alone.
    let path = format!("/v1/interviews/{id}");
    assert_eq!(test.ask(Method::DELETE, &path, None).await.0, 204);
    test.drain().await;
    assert_eq!(other.types().last().unwrap(), "interview.deleted");
    assert_eq!(test.receiver.types().len(), before.0);
}

#[tokio::test]
async fn superseded_delivery_can_be_replayed() {
    let test = TestHost::start().await;
    *test.receiver.answers.lock().unwrap() = vec![StatusCode::BAD_GATEWAY; 3];
    let id = test.submit(wav(3)).await;
    deliver_what_is_due(&test).await;
    assert_eq!(patch_url(&test, &id, Value::Null).await.0, 200);
    deliver_what_is_due(&test).await;
    let items = log(&test, &id).await;
    assert!(items.iter().all(|item| item["state"] == "superseded"));
    let other = Arc::new(Receiver::default());
    let hook = other.listen().await;
    assert_eq!(patch_url(&test, &id, json!(hook)).await.0, 200);
    let delivery = items[0]["id"].as_str().unwrap();
    let path = format!("/v1/interviews/{id}/webhook-deliveries/{delivery}/replay");
    assert_eq!(test.ask(Method::POST, &path, None).await.0, 202);
    test.drain().await;
    let received = other.received.lock().unwrap().clone();
    assert_eq!(received.len(), 1);
    assert_eq!(received[0].0, webhook_id(delivery));
}

#[tokio::test]
async fn a_replay_has_as_many_attempts_as_a_new_webhook() {
    let test = TestHost::start().await;
    let id = test.create(10).await["id"].as_str().unwrap().to_owned();
    let event = WebhookEvent {
        id: "msg_tried".to_owned(),
        event_type: EventType::Completed,
        key: key(&id),
        delivery: None,
        webhook: None,
        webhook_since: None,
        url: test.hook.clone(),
        body: "{}".to_owned(),
        trace: None,
    };
    let task = Task {
        name: "tried".to_owned(),
        body: json!(event),
        delay: Duration::ZERO,
        trace: None,
    };
    *test.receiver.answers.lock().unwrap() = vec![StatusCode::BAD_REQUEST; 10 + 9];
    let queue = test.host.store.queue();
    queue.enqueue("webhooks", task).await.unwrap();
    test.drain().await;
    let attempts = async || {
        let item = log(&test, &id).await.remove(0);
        let count = item["attempts"].as_array().unwrap().len();
        (item["state"].as_str().unwrap().to_owned(), count)
    };
    assert_eq!(attempts().await, ("failed".to_owned(), 10));
    let path = format!("/v1/interviews/{id}/webhook-deliveries/msg_tried/replay");
    assert_eq!(test.ask(Method::POST, &path, None).await.0, 202);
    test.drain().await;
    assert_eq!(attempts().await, ("delivered".to_owned(), 20));
}

#[tokio::test]
async fn a_deletion_tells_ids_and_status_alone() {
    let test = TestHost::start().await;
    let id = test.submit(wav(3)).await;
    test.drain().await;
    *test.receiver.answers.lock().unwrap() = vec![StatusCode::BAD_GATEWAY];
    let path = format!("/v1/interviews/{id}");
    assert_eq!(test.ask(Method::DELETE, &path, None).await.0, 204);
    deliver_what_is_due(&test).await;
    // It waits for its next attempt.
    let left = documents(&test);
    let mut left = left
        .iter()
        .filter(|(path, _)| path.contains(&id) && !path.contains("/tombstones/"));
    let (path, delivery) = left.next().expect("the delivery");
    assert!(path.contains("/deliveries/msg_"), "{path}");
    assert!(!delivery.to_string().contains("job"), "{delivery}");
    assert_eq!(left.next(), None);
    test.drain().await;
    let (_, body, good) = test.receiver.received.lock().unwrap().pop().unwrap();
    let data = json!({"interview_id": id, "user_id": "local", "status": "deleted"});
    assert!(good);
    assert_eq!(
        (&body["type"], &body["data"]),
        (&json!("interview.deleted"), &data)
    );
    assert_eq!(paths_of(&test, &id), [""; 0]);
}

#[tokio::test]
async fn a_receivers_url_is_stored_as_it_is_called() {
    let test = TestHost::start().await;
    let id = test.create(10).await["id"].as_str().unwrap().to_owned();
    for url in [
        "https://exa\tmple.com/hook",
        "https://example.com/hook\n",
        " https://example.com/hook",
        "https://example.com/ho\u{0}ok",
    ] {
        let (status, problem) = patch_url(&test, &id, json!(url)).await;
        assert_eq!((status, &problem["code"]), (400, &json!("invalid_field")));
        let new = json!({"title": "t", "webhook_url": url});
        let (status, _) = test.ask(Method::POST, "/v1/interviews", Some(new)).await;
        assert_eq!(status, 400, "{url:?}");
    }
}
