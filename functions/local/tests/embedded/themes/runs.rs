//! Runs of the step: begun once, replaced where they are lost, and failed.

use std::{sync::atomic::Ordering, time::Duration};

use domain::{
    ports::Clock as _,
    steps::{Code, StepError},
    themes::store,
};
use http::Method;
use serde_json::{Value, json};

use super::{SAID, Scene, create, member};
use crate::support::TestHost;

#[tokio::test]
async fn requests_at_once_and_with_one_key_begin_one_run() {
    let scene = Scene::set().await;
    let both = tokio::join!(scene.start(), scene.start());
    for (status, body) in [both.0, both.1] {
        assert_eq!((status, &body["run"]["number"]), (202, &json!(1)));
    }
    scene.test.drain().await;
    assert_eq!(scene.themer.calls.load(Ordering::SeqCst), 1);
    let keyed = async |key: &str| {
        let url = format!("{}{}", scene.test.url, scene.path());
        let request = scene.test.client.post(url).header("idempotency-key", key);
        let answer = request.send().await.unwrap();
        let body: Value = answer.json().await.unwrap();
        scene.test.drain().await;
        body["run"]["number"].as_u64().unwrap()
    };
    assert_eq!(
        [keyed("a").await, keyed("a").await, keyed("b").await],
        [2, 2, 3]
    );
    assert_eq!(scene.themer.calls.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn a_lost_task_and_a_lost_worker_are_replaced_by_the_sweep() {
    let scene = Scene::set().await;
    let (records, key) = (scene.test.host.store.records(), scene.key());
    scene.test.sweep().await;
    // Requested, and never queued: the process died before that.
    let now = scene.test.clock.now();
    store::request(&*records, &key, None, now)
        .await
        .unwrap()
        .unwrap();
    scene.test.sweep_for(Duration::from_mins(8)).await;
    assert_eq!(scene.themer.calls.load(Ordering::SeqCst), 0);
    scene.test.sweep_for(Duration::from_mins(8)).await;
    assert_eq!(scene.shown().await["run"]["state"], "done");
    // Begun by a worker that died.
    let now = scene.test.clock.now();
    store::request(&*records, &key, None, now)
        .await
        .unwrap()
        .unwrap();
    let path = key.document().unwrap();
    store::acquire(&*records, &path, "dead", now)
        .await
        .unwrap()
        .unwrap();
    scene.test.sweep_for(Duration::from_mins(16)).await;
    let run = scene.shown().await["run"].clone();
    assert_eq!(
        (&run["state"], &run["attempt"]),
        (&json!("done"), &json!(2))
    );
    // The note on the collection is taken off.
    scene.test.sweep().await;
    let document = records.read(&path).await.unwrap().unwrap();
    assert_eq!(document.fields.get(domain::themes::DUE), None);
}

#[tokio::test]
async fn a_failure_is_shown_and_the_themes_before_stay() {
    let scene = Scene::set().await;
    scene.made().await;
    let error = StepError::permanent(Code::EngineUnauthorized, "no");
    scene.themer.answers.lock().unwrap().push(Err(error));
    assert_eq!(scene.start().await.0, 202);
    scene.test.drain().await;
    let shown = scene.shown().await;
    assert_eq!(shown["run"]["state"], "failed");
    assert_eq!(shown["run"]["error"]["code"], "engine_unauthorized");
    assert_eq!(shown["result"]["themes"].as_array().unwrap().len(), 1);
    // What may pass is tried again.
    let error = StepError::transient(Code::EngineUnavailable, "later");
    scene.themer.answers.lock().unwrap().push(Err(error));
    let shown = scene.made().await;
    assert_eq!(shown["run"]["attempt"], 2);
}

#[tokio::test]
async fn without_two_analyses_nothing_begins() {
    let test = TestHost::start().await;
    let made = create(&test, "/v1/collections", json!({"title": "Sailors"})).await;
    let collection = made["id"].as_str().unwrap();
    member(&test, collection, SAID[0]).await;
    create(
        &test,
        "/v1/interviews",
        json!({"title": "t", "collection_id": collection}),
    )
    .await;
    let path = format!("/v1/collections/{collection}/themes");
    let (status, problem) = test.ask(Method::POST, &path, None).await;
    let found = (status, problem["code"].as_str());
    assert_eq!(found, (409, Some("prerequisite_failed")), "{problem}");
}
