//! Documents that this release cannot decode are passed over, reported and deleted.

use std::time::Duration;

use domain::{
    interview_store,
    ports::{Precondition, Write},
};
use embedded::deliveries::Backlog;
use http::Method;
use serde_json::{Map, Value, json};

use crate::{
    corpus::paths_of,
    support::{TestHost, key, wav},
};

/// An interview whose document cannot be decoded, beside one that can.
async fn with_unreadable(test: &TestHost) -> (String, String) {
    let good = test.submit(wav(3)).await;
    test.drain().await;
    test.clock.advance(Duration::from_secs(1));
    let bad = test.submit(wav(3)).await;
    test.drain().await;
    let records = test.host.store.records();
    let break_it = |fields: &mut Map<String, Value>| {
        fields.insert("status".into(), json!("processing"));
        fields.insert("title".into(), json!({"of": "a newer release"}))
    };
    let broken = interview_store::amend(&*records, &key(&bad).document(), break_it).await;
    assert!(broken.unwrap().is_some());
    // What this change would have told is a dead letter until the newer release is back.
    test.drain().await;
    (good, bad)
}

#[tokio::test]
async fn list_skips_undecodable_interviews() {
    let test = TestHost::start().await;
    let (good, bad) = with_unreadable(&test).await;
    let whole = test.get("/v1/interviews").await;
    assert_eq!(whole["items"].as_array().unwrap().len(), 1);
    assert_eq!(whole["items"][0]["id"], good);
    let first = test.get("/v1/interviews?limit=1").await;
    assert_eq!(first["items"], json!([]), "the newest is {bad}");
    let token = first["next_page_token"].as_str().unwrap();
    let second = test
        .get(&format!("/v1/interviews?limit=1&page_token={token}"))
        .await;
    assert_eq!(second["items"][0]["id"], good);
}

#[tokio::test]
async fn notes_and_deliveries_skip_undecodable_documents() {
    let test = TestHost::start().await;
    let id = test.submit(wav(3)).await;
    test.drain().await;
    let path = format!("/v1/interviews/{id}");
    let note = json!({"text": "good"});
    assert_eq!(
        test.ask(Method::POST, &format!("{path}/notes"), Some(note))
            .await
            .0,
        201
    );
    let document = key(&id).document();
    let records = test.host.store.records();
    for bad in [
        document.child("notes", "bad"),
        document.child("deliveries", "msg_bad"),
    ] {
        let write = Write::put(bad, &json!({"text": 1}), Precondition::Absent).unwrap();
        records.commit(vec![write]).await.unwrap();
    }
    let notes = test.get(&format!("{path}/notes")).await;
    assert_eq!(notes["items"].as_array().unwrap().len(), 1);
    let deliveries = test.get(&format!("{path}/webhook-deliveries")).await;
    assert_eq!(deliveries["items"].as_array().unwrap().len(), 3);
    // A report is made of the notes that can be.
    let retry = json!({"step": "report"});
    assert_eq!(
        test.ask(Method::POST, &format!("{path}/retry"), Some(retry))
            .await
            .0,
        202
    );
    test.drain().await;
    assert_eq!(
        test.interview(&id).await["steps"]["report"]["state"],
        "done"
    );
}

#[tokio::test]
async fn undecodable_interview_is_deleted_completely() {
    let test = TestHost::start().await;
    let (_, bad) = with_unreadable(&test).await;
    let path = format!("/v1/interviews/{bad}");
    assert_eq!(test.ask(Method::DELETE, &path, None).await.0, 204);
    assert_eq!(test.ask(Method::DELETE, &path, None).await.0, 404);
    test.drain().await;
    assert_eq!(paths_of(&test, &bad), [""; 0]);
    assert_eq!(
        test.host.store.deliveries().backlog().await.unwrap(),
        Backlog::default(),
        "its dead letter is deleted with it"
    );
}

#[tokio::test]
async fn undecodable_interview_does_not_fail_the_sweep() {
    let test = TestHost::start().await;
    with_unreadable(&test).await;
    let before = test.host.store.deliveries().backlog().await.unwrap();
    for _ in 0..5 {
        test.clock.advance(Duration::from_mins(1));
        test.sweep().await;
    }
    assert_eq!(
        test.host.store.deliveries().backlog().await.unwrap(),
        before
    );
}
