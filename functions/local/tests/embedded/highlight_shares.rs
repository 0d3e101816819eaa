//! Shares of one highlight: its words and its part of the recording, and nothing else.

use http::Method;
use reqwest::Response;
use serde_json::{Value, json};

use crate::support::{TestHost, finished::Finished};

/// Marks words; answers the highlight.
async fn mark(finished: &Finished, from: &str, to: &str) -> Value {
    let words = json!({"from": from, "to": to, "tags": ["tag-secret"]});
    let (status, made) = finished
        .send(Method::POST, "/highlights", Some(words))
        .await;
    assert_eq!(status, 201, "{made}");
    made
}

/// Shares a highlight; answers the share.
async fn share(finished: &Finished, highlight: &Value, with_audio: bool) -> Value {
    let body =
        json!({"scope": "highlight", "highlight_id": highlight["id"], "with_audio": with_audio});
    let (status, made) = finished.send(Method::POST, "/shares", Some(body)).await;
    assert_eq!(status, 201, "{made}");
    assert_eq!(made["highlight_id"], highlight["id"]);
    made
}

async fn open(share: &Value, rest: &str) -> Response {
    let url = format!("{}{rest}", share["url"].as_str().unwrap());
    reqwest::get(url).await.unwrap()
}

#[tokio::test]
async fn page_has_the_quotation_and_nothing_else_of_the_interview() {
    let finished = Finished::start().await;
    let changes = json!({"title": "Ada <1>", "speakers": {"0": "Grace & co"}, "metadata": {"a": "metadata-secret"}});
    assert_eq!(finished.send(Method::PATCH, "", Some(changes)).await.0, 200);
    let highlight = mark(&finished, "w0", "w2").await;
    let made = share(&finished, &highlight, false).await;
    let answer = open(&made, "").await;
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["cache-control"], "no-store");
    let page = answer.text().await.unwrap();
    let words = highlight["text"].as_str().unwrap();
    for shown in [words, "Ada &lt;1&gt;", "Grace &amp; co", "0:00:0"] {
        assert!(page.contains(shown), "{shown}: {page}");
    }
    let transcript = finished.get("/transcript").await;
    let next = transcript["words"][3]["text"].as_str().unwrap();
    assert!(!page.contains(&format!(" {next}")), "{next}");
    let other = transcript["turns"][1]["text"].as_str().unwrap();
    for hidden in [
        other,
        "tag-secret",
        "metadata-secret",
        "<audio",
        "/app/",
        "<script",
    ] {
        assert!(!page.contains(hidden), "{hidden}");
    }
    assert_eq!(
        open(&made, "/audio").await.status(),
        404,
        "without a recording"
    );
    assert_eq!(open(&made, "/report.docx").await.status(), 404);
    let listed = finished.get("/shares").await;
    assert_eq!(listed["items"][0]["views"], 1);
    assert_eq!(listed["items"][0]["scope"], "highlight");
}

#[tokio::test]
async fn only_its_own_part_of_the_recording_is_heard() {
    let finished = Finished::start().await;
    let highlight = mark(&finished, "w0", "w2").await;
    let made = share(&finished, &highlight, true).await;
    let page = open(&made, "").await.text().await.unwrap();
    assert_eq!(page.matches("<audio").count(), 1);
    let heard = open(&made, "/audio").await;
    assert_eq!(heard.status(), 200);
    assert_eq!(heard.headers()["content-type"], "audio/wav");
    assert_eq!(heard.headers()["cache-control"], "no-store");
    let heard = heard.bytes().await.unwrap();
    let (from, to) = (&highlight["start_ms"], &highlight["end_ms"]);
    let clip = finished.path(&format!("/clip?from_ms={from}&to_ms={to}"));
    let clip = finished
        .test
        .client
        .get(format!("{}{clip}", finished.test.url));
    let clip = clip.send().await.unwrap().bytes().await.unwrap();
    assert_eq!(heard, clip, "cut as a clip is");
    // In parts, as players ask.
    let mut read = Vec::new();
    for range in ["bytes=0-1", "bytes=2-99", "bytes=100-"] {
        let request = finished
            .test
            .client
            .get(format!("{}/audio", made["url"].as_str().unwrap()));
        let part = request.header("range", range).send().await.unwrap();
        assert_eq!(part.status(), 206, "{range}");
        let length = part.headers()["content-length"].clone();
        let bytes = part.bytes().await.unwrap();
        assert_eq!(length, bytes.len().to_string());
        read.extend(bytes);
    }
    assert_eq!(read, clip);
    let head = finished
        .test
        .client
        .head(format!("{}/audio", made["url"].as_str().unwrap()));
    assert_eq!(head.send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn corrections_are_followed_and_deleted_words_are_not_shown() {
    let finished = Finished::start().await;
    let highlight = mark(&finished, "w0", "w2").await;
    let made = share(&finished, &highlight, true).await;
    let correct = async |revision: u64, operation: Value| {
        let change = json!({"base_revision": revision, "operations": [operation]});
        let (status, answer) = finished
            .send(Method::PATCH, "/transcript", Some(change))
            .await;
        assert_eq!(status, 200, "{answer}");
    };
    let replaced = json!({"op": "replace_words", "from": "w1", "to": "w1", "text": "corrected"});
    correct(0, replaced).await;
    assert!(
        open(&made, "")
            .await
            .text()
            .await
            .unwrap()
            .contains("corrected")
    );
    correct(1, json!({"op": "delete_words", "from": "w0", "to": "w2"})).await;
    for part in ["", "/audio"] {
        assert_eq!(open(&made, part).await.status(), 404, "{part}");
    }
    let head = finished.test.client.head(made["url"].as_str().unwrap());
    assert_eq!(head.send().await.unwrap().status(), 404);
    let undo = finished
        .send(
            Method::POST,
            "/transcript/undo",
            Some(json!({"base_revision": 2})),
        )
        .await;
    assert_eq!(undo.0, 200, "{}", undo.1);
    assert_eq!(open(&made, "").await.status(), 200);
}

#[tokio::test]
async fn share_ends_with_its_highlight() {
    let finished = Finished::start().await;
    let (highlight, other) = (
        mark(&finished, "w0", "w2").await,
        mark(&finished, "w1", "w1").await,
    );
    let shares = [
        share(&finished, &highlight, true).await,
        share(&finished, &highlight, false).await,
    ];
    let kept = share(&finished, &other, false).await;
    let path = format!("/highlights/{}", highlight["id"].as_str().unwrap());
    assert_eq!(finished.send(Method::DELETE, &path, None).await.0, 204);
    for share in &shares {
        assert_eq!(open(share, "").await.status(), 404);
        assert_eq!(open(share, "/audio").await.status(), 404);
    }
    assert_eq!(open(&kept, "").await.status(), 200);
    let listed = finished.get("/shares").await;
    assert_eq!(
        listed["items"].as_array().unwrap().len(),
        1,
        "none is left behind"
    );
    assert_eq!(listed["items"][0]["id"], kept["id"]);
}

#[tokio::test]
async fn highlight_of_a_share_is_checked() {
    let finished = Finished::of(TestHost::start().await).await;
    let highlight = mark(&finished, "w0", "w2").await;
    let unknown = "h".repeat(24);
    for (body, status, code) in [
        (json!({"scope": "highlight"}), 400, "invalid_field"),
        (
            json!({"scope": "report", "highlight_id": highlight["id"]}),
            400,
            "invalid_field",
        ),
        (
            json!({"scope": "highlight", "highlight_id": unknown}),
            404,
            "no_such_highlight",
        ),
        (
            json!({"scope": "highlight", "highlight_id": "../notes"}),
            404,
            "no_such_highlight",
        ),
    ] {
        let (found, problem) = finished.send(Method::POST, "/shares", Some(body)).await;
        assert_eq!(
            (found, &problem["code"]),
            (status, &json!(code)),
            "{problem}"
        );
    }
    assert_eq!(finished.get("/shares").await["items"], json!([]));
}

#[tokio::test]
async fn deleted_words_are_not_shown_after_another_import() {
    const FIRST: &str = "Ada: Was it Secret Name who built the boat?\nBob: It was.\n";
    const SECOND: &str = "Grace: What did you sail?\nBob: A ship.\n";
    let test = TestHost::start().await;
    let body = json!({"title": "A summer"});
    let (status, made) = test.ask(Method::POST, "/v1/interviews", Some(body)).await;
    assert_eq!(status, 201, "{made}");
    let id = made["id"].as_str().unwrap().to_owned();
    let finished = Finished { test, id };
    let import = async |text: &'static str| {
        let url = format!("{}{}", finished.test.url, finished.path("/transcript"));
        let request = finished.test.client.post(url).body(text);
        let answer = request.header("content-type", "text/plain").send().await;
        assert_eq!(answer.unwrap().status(), 201);
        finished.test.drain().await;
    };
    import(FIRST).await;
    let highlight = mark(&finished, "w2", "w3").await;
    assert_eq!(highlight["text"], "Secret Name");
    let made = share(&finished, &highlight, false).await;
    assert_eq!(open(&made, "").await.status(), 200);
    let deleted = json!({"op": "delete_words", "from": "w2", "to": "w3"});
    let change = json!({"base_revision": 0, "operations": [deleted]});
    let corrected = finished.send(Method::PATCH, "/transcript", Some(change));
    assert_eq!(corrected.await.0, 200);
    assert_eq!(open(&made, "").await.status(), 404);

    import(SECOND).await;
    assert_eq!(open(&made, "").await.status(), 404);
    let shown = finished.get("/highlights").await;
    assert_eq!(shown["items"][0]["state"], "gone", "{shown}");
}
