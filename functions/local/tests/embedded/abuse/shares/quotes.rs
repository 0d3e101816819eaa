//! Shares of one highlight, used for more than that.

use http::Method;
use serde_json::{Value, json};

use super::Shared;
use crate::support::wav;

/// Marks the first words of an interview; answers the highlight's id.
async fn mark(shared: &Shared, interview: &str) -> String {
    let path = format!("/v1/interviews/{interview}/highlights");
    let words = json!({"from": "w0", "to": "w2"});
    let (status, made) = shared
        .finished
        .test
        .ask(Method::POST, &path, Some(words))
        .await;
    assert_eq!(status, 201, "{made}");
    made["id"].as_str().unwrap().to_owned()
}

fn wanted(highlight: &str, with_audio: bool) -> Value {
    json!({"scope": "highlight", "highlight_id": highlight, "with_audio": with_audio})
}

pub(super) async fn abused(shared: &mut Shared) {
    let own = mark(shared, &shared.finished.id).await;
    let (_, made) = shared
        .finished
        .send(Method::POST, "/shares", Some(wanted(&own, true)))
        .await;
    let url = made["url"].as_str().unwrap().to_owned();
    shared.open("quote: its page", 200, &url).await;
    shared
        .open(
            "quote: its part of the recording",
            200,
            &format!("{url}/audio"),
        )
        .await;
    shared
        .open("quote: the report", 404, &format!("{url}/report.docx"))
        .await;
    let heard = reqwest::get(format!("{url}/audio")).await.unwrap();
    let heard = heard.content_length().unwrap();
    let whole = reqwest::get(format!("{}/audio", shared.good))
        .await
        .unwrap();
    assert!(
        heard < whole.content_length().unwrap(),
        "never the whole recording"
    );
    let client = shared.finished.test.client.clone();
    for range in [format!("bytes={heard}-"), "bytes=99999999-".to_owned()] {
        let request = client.get(format!("{url}/audio")).header("range", &range);
        let status = request.send().await.unwrap().status().as_u16();
        shared
            .table
            .note("quote: a range behind its part", 416, status);
    }
    let (_, silent) = shared
        .finished
        .send(Method::POST, "/shares", Some(wanted(&own, false)))
        .await;
    let silent = format!("{}/audio", silent["url"].as_str().unwrap());
    shared
        .open("quote: the recording of one without it", 404, &silent)
        .await;
    let other = shared.finished.test.submit(wav(3)).await;
    shared.finished.test.drain().await;
    let others = mark(shared, &other).await;
    let (status, _) = shared
        .finished
        .send(Method::POST, "/shares", Some(wanted(&others, false)))
        .await;
    shared
        .table
        .note("quote: a highlight of another interview", 404, status);
    let path = format!(
        "{}{}",
        shared.finished.test.url,
        shared.finished.path("/shares")
    );
    let request = client.post(path).header("x-user-id", "eve");
    let stranger = request.json(&wanted(&own, false)).send().await.unwrap();
    shared.table.note(
        "quote: shared by another user",
        404,
        stranger.status().as_u16(),
    );
    let path = format!("/highlights/{own}");
    assert_eq!(
        shared.finished.send(Method::DELETE, &path, None).await.0,
        204
    );
    for part in ["", "/audio"] {
        let url = format!("{url}{part}");
        shared
            .open(&format!("quote: of a deleted highlight {part}"), 404, &url)
            .await;
    }
}
