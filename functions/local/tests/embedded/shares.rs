//! Shares: links that open without an account.

use std::time::Duration;

use http::Method;
use reqwest::{Response, header::HeaderMap};
use serde_json::{Value, json};

use crate::support::{TestHost, finished::Finished, key, wav};

/// Makes a share; answers it.
async fn share(finished: &Finished, body: Value) -> Value {
    let (status, made) = finished.send(Method::POST, "/shares", Some(body)).await;
    assert_eq!(status, 201, "{made}");
    made
}

/// Opens an address as people without an account do.
async fn open(url: &str) -> Response {
    reqwest::get(url).await.unwrap()
}

fn url(share: &Value) -> &str {
    share["url"].as_str().unwrap()
}

fn assert_private(headers: &HeaderMap) {
    for (name, value) in [
        ("cache-control", "no-store"),
        ("referrer-policy", "no-referrer"),
        ("x-content-type-options", "nosniff"),
        ("x-robots-tag", "noindex, nofollow, noarchive"),
    ] {
        assert_eq!(headers[name], value, "{name}");
    }
}

/// An interview about which its owner has written down and decided what is theirs.
async fn scenario() -> Finished {
    let finished = Finished::of(TestHost::start().await).await;
    let changes = json!({"metadata": {"salary": "metadata-secret"}, "tags": ["tag-secret"],
        "kind": "job_interview"});
    assert_eq!(finished.send(Method::PATCH, "", Some(changes)).await.0, 200);
    let note = json!({"text": "note-secret"});
    assert_eq!(
        finished.send(Method::POST, "/notes", Some(note)).await.0,
        201
    );
    let assessment = json!({"decision": "decision-secret", "author": "author-secret"});
    let put = finished.send(Method::PUT, "/assessment", Some(assessment));
    assert_eq!(put.await.0, 200);
    finished
}

#[tokio::test]
async fn page_of_an_interview_shows_the_conversation_and_nothing_of_the_owner() {
    let finished = scenario().await;
    let made = share(&finished, json!({"scope": "interview", "with_audio": true})).await;
    assert!(url(&made).starts_with(&format!("{}/s/", finished.test.url)));
    let answer = open(url(&made)).await;
    assert_eq!(answer.status(), 200);
    assert_private(answer.headers());
    let policy = answer.headers()["content-security-policy"]
        .to_str()
        .unwrap();
    assert!(
        policy.starts_with("default-src 'none'; style-src 'sha256-")
            && !policy.contains("script")
            && policy.ends_with("sandbox allow-same-origin allow-downloads"),
        "{policy}"
    );
    let page = answer.text().await.unwrap();
    let transcript = finished.get("/transcript").await;
    let first = transcript["turns"][0]["text"].as_str().unwrap();
    assert!(page.contains(first), "what was said");
    for section in ["id=\"transcript\"", "id=\"statistics\"", "id=\"colophon\""] {
        assert!(page.contains(section), "{section}");
    }
    let own = finished.test.hook.clone();
    for secret in [
        "metadata-secret",
        "tag-secret",
        "note-secret",
        "decision-secret",
        "author-secret",
        "Cost of the analysis",
        "/app/interviews/",
        "x-user-id",
        &own,
    ] {
        assert!(!page.contains(secret), "{secret}");
    }
    for forbidden in ["<script", "<link", "@import", "url(", "style=\"", "http"] {
        let found = page.matches(forbidden).count();
        // `http-equiv` of the policy within.
        let expected = usize::from(forbidden == "http");
        assert_eq!(found, expected, "{forbidden}");
    }
    assert_eq!(page.matches("<audio").count(), 1);
    assert!(page.contains("media-src 'self'"), "the policy within");
}

#[tokio::test]
async fn recording_plays_by_the_share_alone() {
    let finished = Finished::start().await;
    let bytes = wav(3);
    let made = share(&finished, json!({"scope": "interview", "with_audio": true})).await;
    let audio = format!("{}/audio", url(&made));
    let part = finished
        .test
        .client
        .get(&audio)
        .header("range", "bytes=0-9");
    let part = part.send().await.unwrap();
    assert_eq!(part.status(), 206);
    assert_private(part.headers());
    assert_eq!(
        part.headers()["content-range"],
        format!("bytes 0-9/{}", bytes.len())
    );
    assert_eq!(part.bytes().await.unwrap(), bytes[..10]);
    let head = finished.test.client.head(&audio).send().await.unwrap();
    assert_eq!(head.headers()["content-length"], bytes.len().to_string());
    // The page says where it plays, below its own address.
    let page = open(url(&made)).await.text().await.unwrap();
    let token = url(&made).rsplit('/').next().unwrap();
    assert!(page.contains(&format!("src=\"{token}/audio\"")));
    let silent = share(&finished, json!({"scope": "interview"})).await;
    assert_eq!(open(&format!("{}/audio", url(&silent))).await.status(), 404);
    let page = open(url(&silent)).await.text().await.unwrap();
    assert!(!page.contains("<audio"));
}

#[tokio::test]
async fn report_is_shared_as_it_is_stored_and_as_a_word_document() {
    let finished = Finished::start().await;
    let made = share(&finished, json!({"scope": "report"})).await;
    let page = open(url(&made)).await.text().await.unwrap();
    let stored = finished.text("/report.html").await;
    let body = stored.split_once("<main>\n").unwrap().1;
    assert!(page.ends_with(body), "the same report");
    assert!(page.contains("/report.docx\" download"));
    let docx = open(&format!("{}/report.docx", url(&made))).await;
    assert_eq!(docx.status(), 200);
    assert_private(docx.headers());
    assert_eq!(docx.bytes().await.unwrap()[..2], *b"PK");
    // The Word document has notes in it, which the page of an interview leaves out.
    let other = share(&finished, json!({"scope": "interview"})).await;
    assert_eq!(
        open(&format!("{}/report.docx", url(&other))).await.status(),
        404
    );
}

#[tokio::test]
async fn page_shows_corrections_at_once() {
    let finished = Finished::start().await;
    let made = share(&finished, json!({"scope": "interview"})).await;
    let change = json!({"speakers": {"0": "Grace"}});
    assert_eq!(finished.send(Method::PATCH, "", Some(change)).await.0, 200);
    let page = open(url(&made)).await.text().await.unwrap();
    assert!(page.contains("Grace"));
}

#[tokio::test]
async fn views_are_counted_and_listed_and_looks_are_not() {
    let finished = Finished::start().await;
    let made = share(&finished, json!({"scope": "report", "with_audio": true})).await;
    assert_eq!(
        (&made["views"], &made["last_viewed_at"]),
        (&json!(0), &Value::Null)
    );
    finished.test.clock.advance(Duration::from_mins(5));
    for _ in 0..3 {
        assert_eq!(open(url(&made)).await.status(), 200);
    }
    let head = finished.test.client.head(url(&made)).send().await.unwrap();
    assert_eq!(head.status(), 200);
    assert_private(head.headers());
    open(&format!("{}/audio", url(&made))).await;
    let listed = finished.get("/shares").await;
    let shown = &listed["items"][0];
    assert_eq!(shown["views"], 3);
    assert_eq!(shown["url"], made["url"], "the same link again");
    assert!(shown["last_viewed_at"].as_str().unwrap() > made["created_at"].as_str().unwrap());
}

#[tokio::test]
async fn unfinished_interview_says_so_and_is_not_counted() {
    let test = TestHost::start().await;
    let created = test.create(1_000).await;
    let id = created["id"].as_str().unwrap();
    for scope in ["report", "interview"] {
        let path = format!("/v1/interviews/{id}/shares");
        let body = json!({"scope": scope, "with_audio": true});
        let (_, made) = test.ask(Method::POST, &path, Some(body)).await;
        let answer = open(url(&made)).await;
        assert_eq!(answer.status(), 404);
        let page = answer.text().await.unwrap();
        assert!(page.contains("There is nothing to show yet"), "{page}");
        assert_eq!(open(&format!("{}/audio", url(&made))).await.status(), 404);
        let listed = test.get(&path).await;
        assert_eq!(listed["items"][0]["views"], 0);
    }
}

#[tokio::test]
async fn interview_without_an_analysis_shows_its_transcript() {
    let finished = Finished::start().await;
    let records = finished.test.host.store.records();
    let path = key(&finished.id).data("analysis");
    let delete = domain::ports::Write::delete(path);
    records.commit(vec![delete]).await.unwrap();
    let made = share(&finished, json!({"scope": "interview"})).await;
    let answer = open(url(&made)).await;
    assert_eq!(answer.status(), 200);
    let page = answer.text().await.unwrap();
    assert!(page.contains("id=\"transcript\"") && !page.contains("id=\"statistics\""));
}

#[tokio::test]
async fn repeated_key_makes_one_share() {
    let finished = Finished::start().await;
    let send = async || {
        let url = format!("{}{}", finished.test.url, finished.path("/shares"));
        let request = finished
            .test
            .client
            .post(url)
            .header("idempotency-key", "k");
        let request = request.json(&json!({"scope": "report"}));
        request.send().await.unwrap().json::<Value>().await.unwrap()
    };
    let first = send().await;
    assert_eq!(send().await, first);
    assert_eq!(
        finished.get("/shares").await["items"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    // After it was revoked the key makes another one, which the first link does not open.
    let path = format!("/shares/{}", first["id"].as_str().unwrap());
    assert_eq!(finished.send(Method::DELETE, &path, None).await.0, 204);
    finished.test.clock.advance(Duration::from_secs(1));
    let second = send().await;
    assert_eq!(open(url(&second)).await.status(), 200);
    assert_eq!(open(url(&first)).await.status(), 404);
}

#[tokio::test]
async fn wrong_shares_are_refused_by_field() {
    let finished = Finished::start().await;
    for (body, named) in [
        (json!({"scope": "highlight"}), "highlight"),
        (json!({}), "scope"),
        (
            json!({"scope": "report", "expires_in_s": 59}),
            "`expires_in_s`",
        ),
        (
            json!({"scope": "report", "expires_in_s": -1}),
            "expires_in_s",
        ),
        (json!({"scope": "report", "password": "a"}), "password"),
    ] {
        let (status, problem) = finished.send(Method::POST, "/shares", Some(body)).await;
        assert_eq!(status, 400, "{problem}");
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.contains(named), "{detail}");
    }
}

#[tokio::test]
async fn expired_shares_make_room_for_new_ones() {
    let finished = Finished::start().await;
    let new = |expires_in_s: u64| Some(json!({"scope": "report", "expires_in_s": expires_in_s}));
    for _ in 0..99 {
        assert_eq!(
            finished.send(Method::POST, "/shares", new(7_200)).await.0,
            201
        );
    }
    assert_eq!(finished.send(Method::POST, "/shares", new(60)).await.0, 201);
    let (status, problem) = finished.send(Method::POST, "/shares", new(60)).await;
    assert_eq!((status, &problem["code"]), (409, &json!("too_many_shares")));
    finished.test.clock.advance(Duration::from_mins(1));
    assert_eq!(finished.send(Method::POST, "/shares", new(60)).await.0, 201);
}

#[tokio::test]
async fn nothing_of_a_share_outlives_its_interview() {
    let finished = Finished::start().await;
    share(&finished, json!({"scope": "report"})).await;
    assert_eq!(finished.send(Method::DELETE, "", None).await.0, 204);
    finished.test.drain().await;
    let records = finished.test.host.store.records();
    let shares = domain::ports::Query::collection(key(&finished.id).shares());
    assert!(records.list(&shares).await.unwrap().is_empty());
}
