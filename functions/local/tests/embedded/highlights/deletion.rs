//! Deleted highlights, which make room for others.

use std::sync::Arc;

use domain::{highlights::MAX_HIGHLIGHTS, ports::Query};
use http::Method;
use serde_json::{Value, json};

use super::{Marker, own};
use crate::support::{contended::Contended, key};

#[tokio::test]
async fn all_highlights_together_have_a_limit_that_deleting_makes_room_in() {
    let marker = Marker::start().await;
    let first = marker.mark("w0", "w0").await;
    // As if there were as many as fit.
    let records = marker.test.host.store.records();
    let document = records
        .read(&key(&marker.id).document())
        .await
        .unwrap()
        .unwrap();
    let mut fields = document.fields.clone();
    fields["highlight_totals"]["count"] = json!(MAX_HIGHLIGHTS);
    let write = domain::ports::Write::put(
        document.path,
        &fields,
        domain::ports::Precondition::Version(document.version),
    );
    records.commit(vec![write.unwrap()]).await.unwrap();
    let body = json!({"from": "w1", "to": "w1"});
    let (status, problem) = marker
        .send(Method::POST, "/highlights", Some(body.clone()))
        .await;
    assert_eq!(
        (status, &problem["code"]),
        (409, &json!("too_many_highlights"))
    );
    assert_eq!(marker.send(Method::DELETE, &own(&first), None).await.0, 204);
    assert_eq!(
        marker.send(Method::POST, "/highlights", Some(body)).await.0,
        201
    );
}

#[tokio::test]
async fn highlights_go_with_their_interview() {
    let marker = Marker::start().await;
    let made = marker.mark("w0", "w1").await;
    assert_eq!(marker.send(Method::DELETE, "", None).await.0, 204);
    marker.test.drain().await;
    let records = marker.test.host.store.records();
    let left = Query::collection(key(&marker.id).highlights());
    assert_eq!(records.list(&left).await.unwrap(), []);
    for (method, path) in [
        (Method::GET, "/highlights".to_owned()),
        (Method::DELETE, own(&made)),
    ] {
        let (status, problem) = marker.send(method, &path, None).await;
        assert_eq!(
            (status, &problem["code"]),
            (404, &json!("interview_not_found"))
        );
    }
}

#[tokio::test]
async fn deletion_that_did_not_happen_is_not_acknowledged() {
    let marker = Marker::start().await;
    let made = marker.mark("w0", "w1").await;
    let note = Some(json!({"text": "kept"}));
    let (_, note) = marker.send(Method::POST, "/notes", note).await;
    let mut api = marker.test.host.api();
    api.records = Arc::new(Contended(marker.test.host.store.records()));
    let url = marker.test.serve(api).await;
    let note = format!("/notes/{}", note["id"].as_str().unwrap());
    let share = Some(json!({"scope": "report"}));
    let (status, share) = marker.send(Method::POST, "/shares", share).await;
    assert_eq!(status, 201, "{share}");
    let share = format!("/shares/{}", share["id"].as_str().unwrap());
    // Each waits for other writers as long as any change does.
    let deleting = [own(&made), note, share].map(async |rest| {
        let path = format!("{url}{}", marker.path(&rest));
        let answer = marker.test.client.delete(path).send().await.unwrap();
        assert_eq!(answer.status(), 409, "{rest}");
        let problem: Value = answer.json().await.unwrap();
        assert_eq!(problem["code"], "conflict", "{rest}");
        assert_eq!(marker.send(Method::DELETE, &rest, None).await.0, 204);
    });
    futures::future::join_all(deleting).await;
}
