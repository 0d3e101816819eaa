//! What happens when a user's budget is used up.

use std::{sync::atomic::Ordering, time::Duration};

use http::Method;
use serde_json::{Value, json};

use crate::{
    ledger::{SECONDS, ask, minutes, new_interview, start, submit, transcription, usage},
    redelivery::deliver_badly,
    support::{START, TestHost, wav},
};

fn assert_exhausted((status, problem): (u16, Value), call: &str) {
    let found = (status, problem["code"].as_str());
    assert_eq!(found, (402, Some("budget_exhausted")), "{call}: {problem}");
    assert_eq!(problem["resets_at"], "2026-01-02T00:00:00.000Z", "{call}");
}

#[tokio::test]
async fn budget_that_is_used_up_refuses_calls_until_it_resets() {
    let test = start(Some(1)).await;
    submit(&test, "anna", SECONDS).await;
    test.drain().await;
    // Twenty seconds are left.
    let long = submit(&test, "anna", SECONDS).await;
    deliver_badly(&test).await;
    let step = transcription(&test, "anna", &long).await;
    assert_eq!(step["state"], "failed", "{step}");
    let error = &step["error"];
    assert_eq!(
        (&error["code"], &error["retryable"]),
        (&json!("budget_exhausted"), &json!(false))
    );
    let message = error["message"].as_str().unwrap();
    assert!(message.contains("2026-01-02T00:00:00.000Z"), "{message}");
    assert_eq!(test.engine.calls.load(Ordering::SeqCst), 1);
    assert_eq!(minutes(&test, "anna").await, (0.667, 0.0));
    let retry = format!("{long}/retry");
    assert_exhausted(
        ask(&test, "anna", Method::POST, &retry, None).await,
        "retry",
    );
    let waiting = new_interview(1_000);
    let (_, created) = ask(&test, "anna", Method::POST, "/v1/interviews", Some(waiting)).await;
    let upload_url = format!(
        "/v1/interviews/{}/upload-url",
        created["id"].as_str().unwrap()
    );
    test.engine.duration_ms.store(20_000, Ordering::SeqCst);
    submit(&test, "anna", 20).await;
    test.drain().await;
    let usage = usage(&test, "anna").await;
    assert_eq!(usage["minutes"], 1.0);
    let exhausted = json!({"limit": "minutes_per_day", "resets_at": "2026-01-02T00:00:00.000Z"});
    assert_eq!(usage["exhausted"], exhausted);
    let said = json!({"transcript": "Ada: What did you do?\nBob: I built a boat."});
    for (path, body) in [
        ("/v1/interviews", Some(new_interview(1_000))),
        ("/v1/analyze-async", Some(new_interview(1_000))),
        (upload_url.as_str(), None),
        (retry.as_str(), None),
        ("/v1/analyze", Some(said)),
    ] {
        assert_exhausted(ask(&test, "anna", Method::POST, path, body).await, path);
    }
    assert_exhausted(stream(&test, "anna", 1).await, "transcribe-stream");
    // Another user has a budget of their own, and waveforms take none.
    submit(&test, "ben", 20).await;
    let waveform = json!({"step": "waveform"});
    let (status, answer) = ask(&test, "anna", Method::POST, &retry, Some(waveform)).await;
    assert_eq!(status, 202, "{answer}");
    test.drain().await;
    assert_eq!(minutes(&test, "ben").await, (0.333, 0.0));

    test.clock.advance_to(START + Duration::from_hours(24));
    let duration_ms = u64::from(SECONDS) * 1_000;
    test.engine.duration_ms.store(duration_ms, Ordering::SeqCst);
    assert_eq!(ask(&test, "anna", Method::POST, &retry, None).await.0, 202);
    test.drain().await;
    assert_eq!(transcription(&test, "anna", &long).await["state"], "done");
    let usage = ask(&test, "anna", Method::GET, "/v1/usage", None).await.1;
    assert_eq!(usage["minutes"], 1.667);
    assert_eq!(usage["days"][1]["date"], "2026-01-02");
    assert_eq!(usage["exhausted"], Value::Null);
}

/// A repeated request gets what the first one made, also when nothing new may be made.
#[tokio::test]
async fn idempotency_key_outlasts_the_budget() {
    let test = start(Some(1)).await;
    let create = async |key: &str| {
        let request = test.client.post(format!("{}/v1/interviews", test.url));
        let request = request
            .header("idempotency-key", key)
            .header("x-user-id", "anna");
        let answer = request.json(&new_interview(1_000)).send().await.unwrap();
        (
            answer.status().as_u16(),
            answer.json::<Value>().await.unwrap(),
        )
    };
    let (_, first) = create("one").await;
    submit(&test, "anna", 60).await;
    test.engine.duration_ms.store(60_000, Ordering::SeqCst);
    test.drain().await;
    assert_exhausted(create("two").await, "another key");
    let (status, again) = create("one").await;
    assert_eq!((status, &again["id"]), (201, &first["id"]));
}

async fn stream(test: &TestHost, user: &str, seconds: u32) -> (u16, Value) {
    let request = test
        .client
        .post(format!("{}/v1/transcribe-stream", test.url));
    let request = request
        .header("content-type", "audio/wav")
        .header("x-user-id", user);
    let answer = request.body(wav(seconds)).send().await.unwrap();
    let status = answer.status().as_u16();
    let text = answer.text().await.unwrap();
    (status, serde_json::from_str(&text).unwrap_or(Value::Null))
}

#[tokio::test]
async fn streams_count_and_fit_into_the_budget() {
    let test = start(Some(1)).await;
    assert_eq!(stream(&test, "anna", SECONDS).await.0, 200);
    assert_eq!(minutes(&test, "anna").await, (0.667, 0.0));
    assert_exhausted(
        stream(&test, "anna", SECONDS).await,
        "longer than what is left",
    );
    assert_eq!(minutes(&test, "anna").await, (0.667, 0.0));
    assert_eq!(stream(&test, "anna", 20).await.0, 200);
    let unlimited = start(None).await;
    assert_eq!(stream(&unlimited, "anna", SECONDS).await.0, 200);
    assert_eq!(minutes(&unlimited, "anna").await, (0.667, 0.0));
}
