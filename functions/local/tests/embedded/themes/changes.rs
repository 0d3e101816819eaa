//! What changes of the collection and deletions leave of its themes.

use std::sync::atomic::Ordering;

use http::Method;
use serde_json::{Value, json};

use super::{Scene, member};

#[tokio::test]
async fn changes_of_the_collection_make_themes_stale() {
    let scene = Scene::set().await;
    scene.made().await;
    let stale = async || scene.shown().await["result"]["stale"].clone();
    let path = format!("/v1/interviews/{}/transcript", scene.ids[0]);
    let operation = json!({"op": "insert_words", "after": null, "text": "Well,"});
    let body = json!({"base_revision": 0, "operations": [operation]});
    scene.test.ask(Method::PATCH, &path, Some(body)).await;
    let found = stale().await;
    assert_eq!(found["reasons"], json!(["transcripts_changed"]), "{found}");
    member(
        &scene.test,
        &scene.collection,
        "I never sailed a boat at all.",
    )
    .await;
    let path = format!("/v1/interviews/{}", scene.ids[1]);
    let out = json!({"collection_id": null});
    scene.test.ask(Method::PATCH, &path, Some(out)).await;
    let found = stale().await;
    let reasons = json!([
        "interviews_added",
        "interviews_removed",
        "transcripts_changed"
    ]);
    assert_eq!(found["reasons"], reasons);
    let counts = ["added", "removed", "changed"].map(|name| found[name].as_u64().unwrap());
    assert_eq!(counts, [1, 1, 1]);
    scene.made().await;
    assert_eq!(stale().await, Value::Null);
}

#[tokio::test]
async fn nothing_of_a_deleted_interview_or_collection_is_left() {
    let scene = Scene::set().await;
    scene.made().await;
    assert!(scene.stored().await.contains("small wooden boat"));
    // Wherever it is by now.
    let path = format!("/v1/interviews/{}", scene.ids[0]);
    let out = json!({"collection_id": null});
    scene.test.ask(Method::PATCH, &path, Some(out)).await;
    assert_eq!(scene.test.ask(Method::DELETE, &path, None).await.0, 204);
    let stored = scene.stored().await;
    assert!(
        !stored.contains("small wooden") && !stored.contains(&scene.ids[0]),
        "{stored}"
    );
    assert!(
        !stored.contains("They work on"),
        "a summary of what was deleted"
    );
    let shown = scene.shown().await;
    assert_eq!(
        shown["result"]["themes"],
        json!([]),
        "one interview is left"
    );
    assert_eq!(
        shown["result"]["stale"]["reasons"],
        json!(["interviews_removed"])
    );
    let path = format!("/v1/collections/{}", scene.collection);
    assert_eq!(scene.test.ask(Method::DELETE, &path, None).await.0, 204);
    assert_eq!(scene.stored().await, "");
    assert_eq!(scene.start().await.0, 404);
    assert_eq!(
        scene.test.ask(Method::GET, &scene.path(), None).await.0,
        404
    );
}

#[tokio::test]
async fn an_interview_that_is_deleted_while_the_engine_works_leaves_nothing() {
    let scene = Scene::set().await;
    let url = format!("{}/v1/interviews/{}", scene.test.url, scene.ids[1]);
    *scene.themer.meanwhile.lock().unwrap() = Some((Method::DELETE, url));
    let shown = scene.made().await;
    assert_eq!(shown["result"]["themes"], json!([]));
    let stored = scene.stored().await;
    assert!(
        !stored.contains("old wooden") && !stored.contains(&scene.ids[1]),
        "{stored}"
    );
}

#[tokio::test]
async fn a_collection_that_is_deleted_while_the_engine_works_leaves_nothing() {
    let scene = Scene::set().await;
    let url = format!("{}/v1/collections/{}", scene.test.url, scene.collection);
    *scene.themer.meanwhile.lock().unwrap() = Some((Method::DELETE, url));
    assert_eq!(scene.start().await.0, 202);
    scene.test.drain().await;
    assert_eq!(scene.themer.calls.load(Ordering::SeqCst), 1);
    assert_eq!(scene.stored().await, "");
    scene.test.sweep().await;
    assert_eq!(scene.stored().await, "");
}
