//! When recordings were made.

use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    mutations::{form, post_form},
    support::{TestHost, wav},
};

/// An hour before the clock of the host, and an hour after it.
const PAST: &str = "2025-12-31T23:00:00Z";
const FUTURE: &str = "2026-01-01T01:00:00Z";

/// A recording whose Broadcast Wave header has this date and time.
fn broadcast_wave(date_and_time: &[u8; 18]) -> Vec<u8> {
    let mut bytes = wav(3);
    let body = [&[0; 320], &date_and_time[..], &[0; 264]].concat();
    let length = u32::try_from(body.len()).unwrap();
    let chunk = [b"bext", &length.to_le_bytes()[..], &body].concat();
    // Behind the format.
    bytes.splice(36..36, chunk);
    let length = u32::try_from(bytes.len() - 8).unwrap();
    bytes[4..8].copy_from_slice(&length.to_le_bytes());
    bytes
}

async fn dates(test: &TestHost, id: &str) -> (Value, Value) {
    let interview = test.interview(id).await;
    let (given, audio) = (&interview["recorded_at"], &interview["audio"]);
    (given.clone(), audio["recorded_at"].clone())
}

#[tokio::test]
async fn metadata_of_the_recording_dates_the_interview() {
    let test = TestHost::start().await;
    let id = test.submit(broadcast_wave(b"2021-05-0409:30:00")).await;
    test.drain().await;
    let date = json!("2021-05-04T09:30:00");
    assert_eq!(dates(&test, &id).await, (date.clone(), date.clone()));
    // What the owner says wins until it is taken back.
    let path = format!("/v1/interviews/{id}");
    for (given, shown) in [
        (json!("2021-05-04T11:30:00+02:00"), None),
        (json!(null), Some(date)),
    ] {
        let body = json!({"recorded_at": given});
        let (status, changed) = test.ask(Method::PATCH, &path, Some(body)).await;
        assert_eq!(status, 200, "{changed}");
        assert_eq!(changed["recorded_at"], shown.unwrap_or(given));
    }
}

#[tokio::test]
async fn unset_clock_gives_no_date() {
    let test = TestHost::start().await;
    for date_and_time in [
        b"0000-00-0000:00:00",
        b"1904-01-0100:00:00",
        b"2999-01-0100:00:00",
    ] {
        let id = test.submit(broadcast_wave(date_and_time)).await;
        test.drain().await;
        assert_eq!(dates(&test, &id).await, (Value::Null, Value::Null));
        assert_eq!(test.interview(&id).await["status"], "completed");
    }
}

#[tokio::test]
async fn clients_give_the_date_wherever_they_announce_a_recording() {
    let test = TestHost::start().await;
    let audio = json!({"filename": "a.wav", "content_type": "audio/wav", "size_bytes": 9});
    let body = json!({"title": "t", "recorded_at": PAST, "audio": audio});
    for path in ["/v1/interviews", "/v1/analyze-async"] {
        let (_, created) = test.ask(Method::POST, path, Some(body.clone())).await;
        assert_eq!(created["recorded_at"], PAST, "{created}");
    }
    let by_form = post_form(&test, form(&[("recorded_at", PAST)], Some(wav(1))), "k").await;
    let created: Value = by_form.json().await.unwrap();
    assert_eq!(created["recorded_at"], PAST, "{created}");
    let id = test.create(9).await["id"].as_str().unwrap().to_owned();
    let path = format!("/v1/interviews/{id}/upload-url");
    for (body, shown) in [
        (Some(json!({"recorded_at": PAST})), json!(PAST)),
        (Some(json!({})), json!(PAST)),
        (None, json!(PAST)),
        (Some(json!({"recorded_at": null})), Value::Null),
    ] {
        let (status, answer) = test.ask(Method::POST, &path, body).await;
        assert_eq!(status, 200, "{answer}");
        assert_eq!(dates(&test, &id).await.0, shown);
    }
}

#[tokio::test]
async fn unusable_date_is_refused_with_field_value_and_remedy() {
    let test = TestHost::start().await;
    let id = test.create(9).await["id"].as_str().unwrap().to_owned();
    for wrong in [
        "2020-05-04",
        "2020-05-04T11:30:00",
        "1904-01-01T00:00:00Z",
        FUTURE,
    ] {
        for (method, path) in [
            (Method::POST, "/v1/interviews".to_owned()),
            (Method::POST, "/v1/analyze-async".to_owned()),
            (Method::POST, format!("/v1/interviews/{id}/upload-url")),
            (Method::PATCH, format!("/v1/interviews/{id}")),
        ] {
            let mut body = json!({"recorded_at": wrong});
            if !path.contains(&id) {
                body["title"] = json!("t");
                body["audio"] =
                    json!({"filename": "a", "content_type": "audio/wav", "size_bytes": 9});
            }
            let (status, problem) = test.ask(method, &path, Some(body)).await;
            assert_eq!(status, 400, "{path} {wrong}: {problem}");
            assert_eq!(problem["code"], "invalid_field", "{path}");
            let detail = problem["detail"].as_str().unwrap();
            assert!(
                detail.contains("`recorded_at`") && detail.contains(wrong),
                "{detail}"
            );
            assert!(detail.contains("RFC 3339"), "{detail}");
        }
    }
}
