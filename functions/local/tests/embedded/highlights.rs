//! Highlights: marked, changed and deleted, and followed through corrections and runs.

mod across;
mod deletion;

use std::ops::Deref;

use http::Method;
use serde_json::{Value, json};

use crate::support::{TestHost, finished::Finished};

/// A finished interview whose words are marked.
struct Marker(Finished);

impl Deref for Marker {
    type Target = Finished;

    fn deref(&self) -> &Finished {
        &self.0
    }
}

impl Marker {
    async fn start() -> Self {
        Self(Finished::start().await)
    }

    async fn mark(&self, from: &str, to: &str) -> Value {
        let body = json!({"from": from, "to": to});
        let (status, made) = self.send(Method::POST, "/highlights", Some(body)).await;
        assert_eq!(status, 201, "{made}");
        made
    }

    async fn correct(&self, base_revision: u64, operation: Value) {
        let body = json!({"base_revision": base_revision, "operations": [operation]});
        let (status, made) = self.send(Method::PATCH, "/transcript", Some(body)).await;
        assert_eq!(status, 200, "{made}");
    }

    /// The only highlight.
    async fn only(&self) -> Value {
        let mut page = self.get("/highlights").await;
        let items = page["items"].as_array_mut().unwrap();
        assert_eq!(items.len(), 1);
        items.pop().unwrap()
    }
}

fn own(highlight: &Value) -> String {
    format!("/highlights/{}", highlight["id"].as_str().unwrap())
}

#[tokio::test]
async fn words_are_marked_with_their_speaker_and_times() {
    let marker = Marker::start().await;
    let body = json!({
        "from": "w8", "to": "w11", "text": "Built a small boat!",
        "tags": [" Boats ", "boats", "family"],
    });
    let (status, made) = marker.send(Method::POST, "/highlights", Some(body)).await;
    assert_eq!(status, 201, "{made}");
    let transcript = marker.get("/transcript").await;
    for (field, expected) in [
        ("text", json!("built a small boat")),
        ("marked_text", json!("built a small boat")),
        ("state", json!("as_marked")),
        ("run_id", transcript["run_id"].clone()),
        ("is_shown", json!(true)),
        ("from", json!("w8")),
        ("to", json!("w11")),
        ("speaker", json!(1)),
        ("speaker_name", json!("Speaker 2")),
        ("start_ms", json!(2_400)),
        ("end_ms", json!(3_500)),
        ("tags", json!(["Boats", "family"])),
    ] {
        assert_eq!(made[field], expected, "{field}");
    }
    assert_eq!(marker.only().await, made);
    let name = json!({"speakers": {"1": "Ada"}});
    marker.send(Method::PATCH, "", Some(name)).await;
    assert_eq!(marker.only().await["speaker_name"], "Ada");
}

#[tokio::test]
async fn highlights_are_listed_by_time_in_pages_and_once_for_each_key() {
    let marker = Marker::start().await;
    let url = format!("{}{}", marker.test.url, marker.path("/highlights"));
    for (number, word) in ["w9", "w1", "w5", "w3", "w7"].into_iter().enumerate() {
        let body = json!({"from": word, "to": word});
        let request = marker.test.client.post(&url).json(&body);
        let request = request.header("idempotency-key", format!("key {number}"));
        let again = request.try_clone().unwrap();
        let first: Value = request.send().await.unwrap().json().await.unwrap();
        let second = again.send().await.unwrap();
        assert_eq!(second.status(), 201);
        assert_eq!(second.json::<Value>().await.unwrap(), first);
    }
    let mut words = Vec::new();
    let mut rest = "/highlights?limit=2".to_owned();
    loop {
        let page = marker.get(&rest).await;
        let items = page["items"].as_array().unwrap();
        words.extend(
            items
                .iter()
                .map(|own| own["from"].as_str().unwrap().to_owned()),
        );
        let Some(token) = page["next_page_token"].as_str() else {
            break;
        };
        rest = format!("/highlights?limit=2&page_token={token}");
    }
    assert_eq!(words, ["w1", "w3", "w5", "w7", "w9"]);
}

#[tokio::test]
async fn highlights_are_changed_and_deleted() {
    let marker = Marker::start().await;
    let made = marker.mark("w8", "w11").await;
    let tags = json!({"tags": ["boats"]});
    let (status, changed) = marker.send(Method::PATCH, &own(&made), Some(tags)).await;
    assert_eq!((status, &changed["tags"]), (200, &json!(["boats"])));
    assert_eq!(changed["text"], made["text"]);
    let words = json!({"from": "w12", "to": "w14"});
    let (status, changed) = marker.send(Method::PATCH, &own(&made), Some(words)).await;
    assert_eq!(
        (status, &changed["marked_text"]),
        (200, &json!("with my sister"))
    );
    assert_eq!(changed["tags"], json!(["boats"]));
    let (status, _) = marker.send(Method::DELETE, &own(&made), None).await;
    assert_eq!(status, 204);
    for method in [Method::DELETE, Method::PATCH] {
        let body = (method == Method::PATCH).then(|| json!({"tags": []}));
        let (status, problem) = marker.send(method, &own(&made), body).await;
        assert_eq!(
            (status, &problem["code"]),
            (404, &json!("no_such_highlight"))
        );
    }
    assert_eq!(marker.get("/highlights").await["items"], json!([]));
}

#[tokio::test]
async fn refused_highlights_name_the_field() {
    let marker = Marker::start().await;
    let made = marker.mark("w0", "w1").await;
    for (body, field) in [
        (json!({"from": "12", "to": "w1"}), "`from`: `12`"),
        (
            json!({"from": "w0", "to": "w99"}),
            "`to`: there is no word `w99`",
        ),
        (
            json!({"from": "w3", "to": "w1"}),
            "`to`: the word `w1` comes before",
        ),
        (
            json!({"from": "w0", "to": "w1", "text": "who did"}),
            "`text`",
        ),
        (
            json!({"from": "w0", "to": "w1", "tags": ["a\nb"]}),
            "`tags`",
        ),
        (
            json!({"from": "w0", "to": "w1", "tags": vec!["a"; 21]}),
            "`tags`",
        ),
    ] {
        let (status, problem) = marker.send(Method::POST, "/highlights", Some(body)).await;
        let detail = problem["detail"].as_str().unwrap();
        assert_eq!(
            (status, &problem["code"]),
            (400, &json!("invalid_field")),
            "{detail}"
        );
        assert!(detail.starts_with(field), "{detail}");
    }
    for (body, field) in [
        (json!({"from": "w2"}), "`to`"),
        (json!({"to": "w2"}), "`from`"),
        (json!({"text": "what did"}), "`text`"),
    ] {
        let (status, problem) = marker.send(Method::PATCH, &own(&made), Some(body)).await;
        assert_eq!(status, 400, "{problem}");
        assert!(
            problem["detail"].as_str().unwrap().starts_with(field),
            "{problem}"
        );
    }
    let other = json!({"from": "w0", "to": "w1", "run_id": "0".repeat(24)});
    let (status, problem) = marker.send(Method::POST, "/highlights", Some(other)).await;
    assert_eq!((status, &problem["code"]), (409, &json!("stale_revision")));
    let transcript = marker.get("/transcript").await;
    assert_eq!(problem["run_id"], transcript["run_id"]);
}

#[tokio::test]
async fn highlights_wait_for_a_transcript() {
    let test = TestHost::start().await;
    let created = test.create(10).await;
    let path = format!(
        "/v1/interviews/{}/highlights",
        created["id"].as_str().unwrap()
    );
    let body = json!({"from": "w0", "to": "w1"});
    let (status, problem) = test.ask(Method::POST, &path, Some(body)).await;
    assert_eq!((status, &problem["code"]), (404, &json!("not_ready")));
    assert_eq!(test.get(&path).await["items"], json!([]));
}

#[tokio::test]
async fn corrections_are_followed_and_the_marked_text_is_kept() {
    let marker = Marker::start().await;
    marker.mark("w8", "w11").await;
    let replaced =
        json!({"op": "replace_words", "from": "w10", "to": "w11", "text": "tiny sailing ship"});
    marker.correct(0, replaced).await;
    let shown = marker.only().await;
    assert_eq!(shown["text"], "built a tiny sailing ship");
    assert_eq!(shown["marked_text"], "built a small boat");
    assert_eq!(
        (&shown["state"], &shown["from"]),
        (&json!("corrected"), &json!("w8"))
    );
    assert_eq!(
        (&shown["start_ms"], &shown["end_ms"]),
        (&json!(2_400), &json!(3_500))
    );
    // What is marked now is as marked.
    marker
        .correct(1, json!({"op": "delete_words", "from": "w0", "to": "w0"}))
        .await;
    let made = marker.mark("w1", "w2").await;
    assert_eq!(
        (&made["state"], &made["text"]),
        (&json!("as_marked"), &json!("did you"))
    );
    marker.send(Method::DELETE, &own(&made), None).await;

    marker
        .correct(2, json!({"op": "delete_words", "from": "w7", "to": "w14"}))
        .await;
    let gone = marker.only().await;
    assert_eq!(
        (&gone["state"], &gone["text"]),
        (&json!("gone"), &json!("built a small boat"))
    );
    assert_eq!(gone["start_ms"], 2_400);
    let undo = json!({"base_revision": 3});
    marker
        .send(Method::POST, "/transcript/undo", Some(undo))
        .await;
    assert_eq!(marker.only().await["text"], "built a tiny sailing ship");
}

#[tokio::test]
async fn highlight_of_an_earlier_run_stays_with_its_words() {
    let marker = Marker::start().await;
    let made = marker.mark("w8", "w11").await;
    marker
        .correct(
            0,
            json!({"op": "replace_words", "from": "w11", "to": "w11", "text": "ship"}),
        )
        .await;
    let again = json!({"step": "transcription"});
    let (status, answer) = marker.send(Method::POST, "/runs", Some(again)).await;
    assert_eq!(status, 202, "{answer}");
    marker.test.drain().await;
    // It replaces no corrected transcript by itself.
    let select = format!("/runs/{}/select", answer["run_id"].as_str().unwrap());
    let (status, selected) = marker.send(Method::POST, &select, None).await;
    assert_eq!(status, 200, "{selected}");
    assert_ne!(marker.get("/transcript").await["run_id"], made["run_id"]);
    let shown = marker.only().await;
    assert_eq!(
        (&shown["is_shown"], &shown["run_id"]),
        (&json!(false), &made["run_id"])
    );
    assert_eq!(shown["text"], "built a small ship");
    let newer = marker.mark("w0", "w1").await;
    assert_eq!(newer["is_shown"], true);
    let page = marker.get("/highlights").await;
    assert_eq!(page["items"][1]["id"], made["id"]);
}
