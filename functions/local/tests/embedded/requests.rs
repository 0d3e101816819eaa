//! What clients ask, rightly and wrongly.

use http::StatusCode;
use serde_json::{Value, json};

use crate::support::TestHost;

#[tokio::test]
async fn invalid_requests_are_answered_with_a_problem() {
    let test = TestHost::start().await;
    let post = |body: Value| {
        test.client
            .post(format!("{}/v1/interviews", test.url))
            .json(&body)
            .send()
    };
    let audio =
        |size: u64| json!({"filename": "a.wav", "content_type": "audio/wav", "size_bytes": size});
    // Half of a character is no text: refused, and never stored.
    let half = test.client.post(format!("{}/v1/interviews", test.url));
    let half = half.header("content-type", "application/json");
    let answer = half
        .body(r#"{"title": "a \ud800 b"}"#)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
    assert_eq!(
        answer.json::<Value>().await.unwrap()["code"],
        "invalid_body"
    );
    for (body, status, code) in [
        (json!({}), 400, "invalid_body"),
        (json!({"title": ""}), 400, "invalid_field"),
        (json!({"title": "t", "colour": "red"}), 400, "invalid_body"),
        (json!({"title": 5}), 400, "invalid_body"),
        (
            json!({"title": "t", "language": "not a language"}),
            400,
            "invalid_field",
        ),
        (
            json!({"title": "t", "webhook_url": "ftp://example.com"}),
            400,
            "invalid_field",
        ),
        (
            json!({"title": "t", "webhook_url": "http://10.0.0.1/"}),
            400,
            "invalid_field",
        ),
        (
            json!({"title": "t", "audio": audio(0)}),
            400,
            "invalid_field",
        ),
        (
            json!({"title": "t", "audio": audio(10_000_001)}),
            413,
            "recording_too_large",
        ),
        (
            json!({"title": "t", "rubric": {"competencies": []}}),
            400,
            "invalid_field",
        ),
    ] {
        let answer = post(body.clone()).await.unwrap();
        assert_eq!(answer.status(), status, "{body}");
        assert_eq!(answer.headers()["content-type"], "application/problem+json");
        let problem: Value = answer.json().await.unwrap();
        assert_eq!(problem["code"], code, "{body}");
        assert!(
            problem["request_id"]
                .as_str()
                .is_some_and(|id| !id.is_empty())
        );
    }
    for (path, status) in [
        ("/v1/nothing", 404),
        ("/v1/interviews/x", 404),
        ("/v1/interviews?limit=0", 400),
        ("/v1/interviews?x=1", 400),
    ] {
        let answer = test
            .client
            .get(format!("{}{path}", test.url))
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), status, "{path}");
    }
    let wrong_method = test
        .client
        .put(format!("{}/v1/interviews", test.url))
        .send()
        .await
        .unwrap();
    assert_eq!(
        (
            wrong_method.status().as_u16(),
            &wrong_method.headers()["allow"]
        ),
        (405, &"GET, POST".parse().unwrap())
    );
}

#[tokio::test]
async fn lists_are_paged_newest_first() {
    let test = TestHost::start().await;
    let mut ids = Vec::new();
    for _ in 0..5 {
        ids.push(test.create(10).await["id"].clone());
        test.clock.advance(std::time::Duration::from_millis(1));
    }
    ids.reverse();
    let (mut seen, mut path) = (Vec::new(), "/v1/interviews?limit=2".to_owned());
    loop {
        let page = test.get(&path).await;
        seen.extend(
            page["items"]
                .as_array()
                .unwrap()
                .iter()
                .map(|item| item["id"].clone()),
        );
        let Some(token) = page["next_page_token"].as_str() else {
            break;
        };
        path = format!("/v1/interviews?limit=2&page_token={token}");
    }
    assert_eq!(seen, ids);
    assert_eq!(
        test.get("/v1/interviews?status=completed").await["items"],
        json!([])
    );
    // Well-formed tokens of places where no document can lie: ["x","a"],
    // ["2026-01-01T00:00:00.000Z","a/b"] and ["2026-01-01T00:00:00.000Z","__x__"].
    for token in [
        "x",
        "WyJ4IiwiYSJd",
        "WyIyMDI2LTAxLTAxVDAwOjAwOjAwLjAwMFoiLCJhL2IiXQ",
        "WyIyMDI2LTAxLTAxVDAwOjAwOjAwLjAwMFoiLCJfX3hfXyJd",
    ] {
        let path = format!("/v1/interviews?page_token={token}");
        let (status, problem) = test.ask(http::Method::GET, &path, None).await;
        assert_eq!(
            (status, problem["code"].as_str()),
            (400, Some("invalid_parameter")),
            "{token}"
        );
    }
}

#[tokio::test]
async fn the_same_idempotency_key_makes_one_interview() {
    let test = TestHost::start().await;
    let create = || {
        let request = test.client.post(format!("{}/v1/interviews", test.url));
        request
            .header("idempotency-key", "k 1")
            .json(&json!({"title": "t"}))
            .send()
    };
    let first: Value = create().await.unwrap().json().await.unwrap();
    let second: Value = create().await.unwrap().json().await.unwrap();
    assert_eq!(first["id"], second["id"]);
    assert_eq!(
        test.get("/v1/interviews").await["items"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

/// Any page in the same browser can send requests to a service on this machine.
#[tokio::test]
async fn pages_of_others_see_nothing_and_change_nothing() {
    let test = TestHost::start().await;
    test.create(10).await;
    let interviews = format!("{}/v1/interviews", test.url);
    for (request, expected) in [
        (
            test.client
                .get(&interviews)
                .header("host", "evil.example:8000"),
            (421, "unknown_host"),
        ),
        (
            test.client
                .post(&interviews)
                .header("origin", "https://evil.example")
                .body(r#"{"title": "planted"}"#),
            (403, "foreign_origin"),
        ),
        (
            test.client
                .put(format!("{}/storage/uploads/x", test.url))
                .header("sec-fetch-site", "cross-site"),
            (403, "foreign_origin"),
        ),
    ] {
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
        let id = answer.headers()["x-request-id"].clone();
        let problem: Value = answer.json().await.unwrap();
        assert_eq!((status, problem["code"].as_str().unwrap()), expected);
        assert_eq!(problem["request_id"], id.to_str().unwrap());
    }
    assert_eq!(test.count().await, 1);
    // A page of the service's own sends requests like any other client.
    let own = test.client.post(&interviews).header("origin", &test.url);
    let own = own.body(r#"{"title": "mine"}"#).send().await.unwrap();
    assert_eq!(own.status(), 201);
}

/// They stand in the lines of exports, where another line would be a speaker's words.
#[tokio::test]
async fn names_are_of_one_line() {
    let test = TestHost::start().await;
    let created = test.create(10).await;
    let path = format!("/v1/interviews/{}", created["id"].as_str().unwrap());
    for change in [
        json!({"title": "a\nb"}),
        json!({"speakers": {"1": "Ann: yes\n[0:00:00] Bob"}}),
    ] {
        let (status, problem) = test.ask(http::Method::PATCH, &path, Some(change)).await;
        assert_eq!(
            (status, problem["code"].as_str()),
            (400, Some("invalid_field"))
        );
    }
}
