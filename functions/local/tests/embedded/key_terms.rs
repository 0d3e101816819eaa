//! Names and terms that are likely to be said, and several languages in one conversation.

use crate::support::{TestHost, wav};
use http::Method;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

/// Creates an interview, uploads a recording and waits for the results.
async fn processed(test: &TestHost, mut new: Value) -> Value {
    let recording = wav(3);
    new["title"] = json!("A talk");
    new["audio"] =
        json!({"filename": "a.wav", "content_type": "audio/wav", "size_bytes": recording.len()});
    let (status, created) = test.ask(Method::POST, "/v1/interviews", Some(new)).await;
    assert_eq!(status, 201, "{created}");
    test.upload(&created, recording).await;
    test.drain().await;
    test.interview(created["id"].as_str().unwrap()).await
}

#[tokio::test]
async fn speech_engine_is_given_the_key_terms_and_the_competencies() {
    let test = TestHost::start().await;
    let new = json!({
        "key_terms": ["Kubernetes", "Łukasz Żak"],
        "rubric": {"competencies": [{"name": "pair programming", "description": ""}]},
    });
    let interview = processed(&test, new).await;
    assert_eq!(interview["key_terms"], json!(["Kubernetes", "Łukasz Żak"]));
    let given = ["Kubernetes", "Łukasz Żak", "pair programming"].map(str::to_owned);
    assert_eq!(test.engine.spoken.lock().unwrap().1, given);
}

#[tokio::test]
async fn key_terms_are_changed_by_patch_and_sent_in_forms() {
    let test = TestHost::start().await;
    let (_, created) = test
        .ask(
            Method::POST,
            "/v1/interviews",
            Some(json!({"title": "A talk"})),
        )
        .await;
    assert_eq!(created["key_terms"], json!([]));
    let path = format!("/v1/interviews/{}", created["id"].as_str().unwrap());
    for terms in [json!(["Rust", "Go"]), json!([])] {
        let change = Some(json!({"key_terms": terms}));
        let (status, changed) = test.ask(Method::PATCH, &path, change).await;
        assert_eq!((status, &changed["key_terms"]), (200, &terms));
    }
    let many = vec!["term"; 101];
    for wrong in [
        json!([""]),
        json!(["a\nb"]),
        json!(["x".repeat(101)]),
        json!(many),
    ] {
        for (method, path) in [(Method::PATCH, &path[..]), (Method::POST, "/v1/interviews")] {
            let mut body = json!({"key_terms": wrong});
            if method == Method::POST {
                body["title"] = json!("A talk");
            }
            let (status, problem) = test.ask(method, path, Some(body)).await;
            assert_eq!(
                (status, &problem["code"]),
                (400, &json!("invalid_field")),
                "{wrong}"
            );
            assert!(
                problem["detail"]
                    .as_str()
                    .unwrap()
                    .starts_with("`key_terms`: ")
            );
        }
    }
    let form = Form::new()
        .text("key_terms", r#"["Kubernetes"]"#)
        .text("key_terms", "Łukasz Żak")
        .part("file", Part::bytes(wav(3)).file_name("a.wav"));
    let url = format!("{}/v1/analyze-async", test.url);
    let sent = test.client.post(url).multipart(form).send().await.unwrap();
    let sent: Value = sent.json().await.unwrap();
    assert_eq!(
        sent["key_terms"],
        json!(["Kubernetes", "Łukasz Żak"]),
        "{sent}"
    );
}

#[tokio::test]
async fn several_languages_stay_given_and_the_main_one_is_the_transcripts() {
    let test = TestHost::start().await;
    let interview = processed(&test, json!({"language": "multi"})).await;
    assert_eq!(
        test.engine.spoken.lock().unwrap().0.as_deref(),
        Some("multi")
    );
    assert_eq!(interview["language"], "multi");
    let whole = format!(
        "/v1/interviews/{}?fields=transcript",
        interview["id"].as_str().unwrap()
    );
    assert_eq!(test.get(&whole).await["transcript"]["language"], "en");
    let reasons = interview["usable"]["reasons"].as_array().unwrap();
    assert!(
        !reasons.contains(&json!("language_mismatch")),
        "{reasons:?}"
    );
    let (status, problem) = test
        .ask(
            Method::POST,
            "/v1/interviews",
            Some(json!({"title": "A talk", "language": "multilingual"})),
        )
        .await;
    assert_eq!((status, &problem["code"]), (400, &json!("invalid_field")));
    assert!(
        problem["detail"].as_str().unwrap().contains("`multi`"),
        "{problem}"
    );
}
