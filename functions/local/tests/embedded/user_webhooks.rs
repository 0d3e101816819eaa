//! Webhooks for all interviews of a user, and trying them out.

use std::{collections::BTreeSet, time::Duration};

use domain::{
    ports::{Query, Task},
    webhook::{EventType, WebhookEvent},
};
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{TestHost, key, wav};

const PATH: &str = "/v1/webhooks";

async fn create(test: &TestHost, body: Value) -> Value {
    let (status, made) = test.ask(Method::POST, PATH, Some(body)).await;
    assert_eq!(status, 201, "{made}");
    made
}

/// An interview that has no receiver of its own.
async fn submit_without_receiver(test: &TestHost) -> String {
    let bytes = wav(3);
    let body = json!({"title": "a", "metadata": {"job": 7},
        "audio": {"filename": "a.wav", "content_type": "audio/wav", "size_bytes": bytes.len()}});
    let (_, created) = test.ask(Method::POST, "/v1/interviews", Some(body)).await;
    assert_eq!(test.upload(&created, bytes).await.status(), 200);
    created["id"].as_str().unwrap().to_owned()
}

/// What has been received since: ids and types.
fn taken(test: &TestHost) -> Vec<(String, String)> {
    let received = std::mem::take(&mut *test.receiver.received.lock().unwrap());
    let received = received.into_iter();
    received
        .map(|(id, body, is_signed)| {
            assert!(is_signed, "{body}");
            (id, body["type"].as_str().unwrap().to_owned())
        })
        .collect()
}

#[tokio::test]
async fn webhook_hears_of_all_interviews_with_and_without_their_own_receiver() {
    let test = TestHost::start().await;
    let webhook = create(&test, json!({"url": test.hook})).await;
    let id = submit_without_receiver(&test).await;
    test.drain().await;
    let types: Vec<String> = taken(&test).into_iter().map(|(_, kind)| kind).collect();
    let all = [
        "interview.transcribed",
        "interview.analyzed",
        "interview.completed",
    ];
    assert_eq!(types, all);
    let path = format!("/v1/interviews/{id}/webhook-deliveries");
    let log = test.get(&path).await;
    assert_eq!(log["items"].as_array().unwrap().len(), 3);
    for delivery in log["items"].as_array().unwrap() {
        assert_eq!(delivery["user_webhook_id"], webhook["id"]);
        assert_eq!(delivery["state"], "delivered");
    }
    // Beside an interview's own receiver, under the same webhook id.
    let id = test.submit(wav(3)).await;
    test.drain().await;
    let received = taken(&test);
    let ids: BTreeSet<&String> = received.iter().map(|(id, _)| id).collect();
    assert_eq!((received.len(), ids.len()), (6, 3));
    // The deletion is announced to both, and leaves nothing.
    let path = format!("/v1/interviews/{id}");
    assert_eq!(test.ask(Method::DELETE, &path, None).await.0, 204);
    test.drain().await;
    let received = taken(&test);
    assert_eq!(received.len(), 2);
    assert_eq!(received[0], received[1]);
    assert_eq!(received[0].1, "interview.deleted");
    let records = test.host.store.records();
    for collection in [
        key(&id).document().collection("deliveries"),
        key(&id).announcements(),
    ] {
        let left = records.list(&Query::collection(&collection)).await.unwrap();
        assert!(left.is_empty(), "{collection}: {left:?}");
    }
}

#[tokio::test]
async fn only_the_wanted_types_are_sent_until_the_webhook_is_deleted() {
    let test = TestHost::start().await;
    let body = json!({"url": test.hook, "types": ["interview.failed", "interview.completed"]});
    let webhook = create(&test, body).await;
    submit_without_receiver(&test).await;
    test.drain().await;
    let kinds: Vec<String> = taken(&test).into_iter().map(|(_, kind)| kind).collect();
    assert_eq!(kinds, ["interview.completed"]);
    let path = format!("{PATH}/{}", webhook["id"].as_str().unwrap());
    assert_eq!(test.ask(Method::DELETE, &path, None).await.0, 204);
    submit_without_receiver(&test).await;
    test.drain().await;
    assert!(taken(&test).is_empty());
    for method in [Method::DELETE, Method::POST] {
        let path = match method {
            Method::POST => format!("{path}/test"),
            _ => path.clone(),
        };
        let (status, problem) = test.ask(method, &path, None).await;
        assert_eq!((status, &problem["code"]), (404, &json!("no_such_webhook")));
    }
}

#[tokio::test]
async fn receiver_that_is_gone_ends_the_webhook_and_not_the_interviews_own() {
    let test = TestHost::start().await;
    create(&test, json!({"url": test.hook})).await;
    *test.receiver.answers.lock().unwrap() = vec![StatusCode::GONE];
    let id = submit_without_receiver(&test).await;
    test.drain().await;
    assert_eq!(taken(&test).len(), 1, "nothing after 410");
    let listed = test.get(PATH).await;
    assert!(listed["items"][0]["gone_at"].is_string(), "{listed}");
    let log = format!("/v1/interviews/{id}/webhook-deliveries");
    let log = test.get(&log).await;
    let failed = log["items"].as_array().unwrap();
    let failed = failed.iter().find(|own| own["state"] == "failed").unwrap();
    let replay = format!(
        "/v1/interviews/{id}/webhook-deliveries/{}/replay",
        failed["id"].as_str().unwrap()
    );
    let (status, problem) = test.ask(Method::POST, &replay, None).await;
    assert_eq!((status, &problem["code"]), (409, &json!("no_receiver")));
    test.submit(wav(3)).await;
    test.drain().await;
    assert_eq!(taken(&test).len(), 3, "the interview's own receiver");
}

#[tokio::test]
async fn a_failed_delivery_is_replayed_to_the_same_webhook() {
    let test = TestHost::start().await;
    let body = json!({"url": test.hook, "types": ["interview.completed"]});
    create(&test, body).await;
    let id = submit_without_receiver(&test).await;
    test.drain().await;
    let first = taken(&test);
    let path = format!("/v1/interviews/{id}/webhook-deliveries");
    let log = test.get(&path).await;
    let delivery = log["items"][0]["id"].as_str().unwrap();
    let replay = format!("{path}/{delivery}/replay");
    let (status, pending) = test.ask(Method::POST, &replay, None).await;
    assert_eq!(
        (status, &pending["state"]),
        (202, &json!("pending")),
        "{pending}"
    );
    test.drain().await;
    assert_eq!(taken(&test), first, "under the same webhook id");
    // A change of the interview's own receiver leaves it alone.
    let change = json!({"webhook_url": test.hook});
    let path = format!("/v1/interviews/{id}");
    assert_eq!(test.ask(Method::PATCH, &path, Some(change)).await.0, 200);
    test.drain().await;
    assert!(taken(&test).is_empty());
}

#[tokio::test]
async fn events_of_a_deleted_webhook_do_not_go_to_one_by_the_same_key() {
    let test = TestHost::start().await;
    let create = async |path: &str| {
        let url = format!("{}{PATH}", test.url);
        let request = test.client.post(url).header("idempotency-key", "k");
        let body = json!({"url": format!("{}{path}", test.hook), "types": ["interview.completed"]});
        let made = request.json(&body).send().await.unwrap();
        assert_eq!(made.status(), 201);
        made.json::<Value>().await.unwrap()
    };
    let first = create("").await;
    let id = submit_without_receiver(&test).await;
    test.drain().await;
    assert_eq!(taken(&test).len(), 1);
    let webhook = first["id"].as_str().unwrap();
    let path = format!("{PATH}/{webhook}");
    assert_eq!(test.ask(Method::DELETE, &path, None).await.0, 204);
    test.clock.advance(Duration::from_secs(1));
    let second = create("?other").await;
    assert_eq!(first["id"], second["id"]);
    // One that has waited since before.
    let event = WebhookEvent {
        id: "msg_before".to_owned(),
        event_type: EventType::Completed,
        key: key(&id),
        delivery: Some(format!("msg_before_{webhook}")),
        webhook: Some(webhook.to_owned()),
        webhook_since: serde_json::from_value(first["created_at"].clone()).unwrap(),
        url: test.hook.clone(),
        body: "{}".to_owned(),
        trace: None,
    };
    let task = Task {
        name: "before".to_owned(),
        body: json!(event),
        delay: Duration::ZERO,
        trace: None,
    };
    let queue = test.host.store.queue();
    queue.enqueue("webhooks", task).await.unwrap();
    test.drain().await;
    assert!(taken(&test).is_empty());
}

#[tokio::test]
async fn a_test_is_signed_and_says_what_came_of_it() {
    let test = TestHost::start().await;
    let webhook = create(&test, json!({"url": test.hook})).await;
    let path = format!("{PATH}/{}/test", webhook["id"].as_str().unwrap());
    let (status, tried) = test.ask(Method::POST, &path, None).await;
    assert_eq!(
        (status, &tried["delivered"]),
        (200, &json!(true)),
        "{tried}"
    );
    assert_eq!(
        (&tried["status"], &tried["error"]),
        (&json!(204), &Value::Null)
    );
    let received = taken(&test);
    assert_eq!(received.len(), 1);
    assert_eq!(tried["webhook_id"], received[0].0);
    assert_eq!(received[0].1, "webhook.test");
    *test.receiver.answers.lock().unwrap() = vec![StatusCode::FOUND, StatusCode::GONE];
    let (_, gone) = test.ask(Method::POST, &path, None).await;
    assert_eq!(
        (&gone["delivered"], &gone["status"]),
        (&json!(false), &json!(410))
    );
    let (_, moved) = test.ask(Method::POST, &path, None).await;
    assert_eq!(
        (&moved["delivered"], &moved["status"]),
        (&json!(false), &json!(302))
    );
    assert!(moved["error"].as_str().unwrap().contains("redirects"));
    let listed = test.get(PATH).await;
    assert_eq!(
        listed["items"][0]["gone_at"],
        Value::Null,
        "a test ends nothing"
    );
    let stranger = test.client.post(format!("{}{path}", test.url));
    let stranger = stranger.header("x-user-id", "eve").send().await.unwrap();
    assert_eq!(stranger.status(), 404);
}

#[tokio::test]
async fn a_test_goes_to_public_addresses_alone() {
    let test = TestHost::start().await;
    let webhook = create(&test, json!({"url": test.hook})).await;
    let strict = TestHost::start_set(|settings| settings.allow_private_webhooks = false).await;
    let (status, problem) = strict
        .ask(Method::POST, PATH, Some(json!({"url": test.hook})))
        .await;
    assert_eq!(status, 400, "{problem}");
    assert!(problem["detail"].as_str().unwrap().starts_with("`url`: "));
    // One that was stored under other settings is not called either.
    let mut api = test.host.api();
    api.webhook_probe = strict.host.api().webhook_probe;
    let url = test.serve(api).await;
    let path = format!("{url}{PATH}/{}/test", webhook["id"].as_str().unwrap());
    let answer = test.client.post(path).send().await.unwrap();
    let tried: Value = answer.json().await.unwrap();
    assert_eq!(
        (&tried["delivered"], &tried["status"]),
        (&json!(false), &Value::Null)
    );
    let error = tried["error"].as_str().unwrap();
    assert!(error.contains("public internet"), "{error}");
    assert!(taken(&test).is_empty());
}

#[tokio::test]
async fn webhooks_are_few_and_checked() {
    let test = TestHost::start().await;
    for (body, named) in [
        (json!({"url": "ftp://example.com"}), "`url`"),
        (
            json!({"url": "https://example.com", "types": ["interview.renamed"]}),
            "interview.renamed",
        ),
        (json!({}), "url"),
    ] {
        let (status, problem) = test.ask(Method::POST, PATH, Some(body)).await;
        assert_eq!(status, 400, "{problem}");
        assert!(
            problem["detail"].as_str().unwrap().contains(named),
            "{problem}"
        );
    }
    for _ in 0..5 {
        create(&test, json!({"url": "https://example.com/hook"})).await;
    }
    let more = json!({"url": "https://example.com/hook"});
    let (status, problem) = test.ask(Method::POST, PATH, Some(more)).await;
    assert_eq!(
        (status, &problem["code"]),
        (409, &json!("too_many_webhooks"))
    );
    let stranger = test.client.get(format!("{}{PATH}", test.url));
    let stranger = stranger.header("x-user-id", "eve").send().await.unwrap();
    let page: Value = stranger.json().await.unwrap();
    assert_eq!(page["items"], json!([]));
}
