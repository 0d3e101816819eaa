//! Segments as they are recognised, nothing of it kept.

use std::time::Duration;

use crate::support::{TestHost, engine::dialogue, wav};
use domain::ports::ObjectStore as _;
use http::StatusCode;
use reqwest::Response;
use serde_json::Value;

async fn post(test: &TestHost, query: &str, content_type: &str, body: Vec<u8>) -> Response {
    let url = format!("{}/v1/transcribe-stream{query}", test.url);
    let request = test.client.post(url).body(body);
    let request = if content_type.is_empty() {
        request
    } else {
        request.header("content-type", content_type)
    };
    request.send().await.unwrap()
}

/// The events by name, with their data.
async fn events(answer: Response) -> Vec<(String, Value)> {
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["content-type"], "text/event-stream");
    let text = answer.text().await.unwrap();
    let events = text.split("\n\n").filter_map(|event| {
        let (name, data) = event.split_once('\n')?;
        let name = name.strip_prefix("event: ")?.to_owned();
        let data = serde_json::from_str(data.strip_prefix("data: ")?).unwrap();
        Some((name, data))
    });
    events.collect()
}

/// What passed through is deleted, by a task that goes on for a moment.
async fn assert_nothing_kept(test: &TestHost) {
    let bucket = test.host.store.bucket("artifacts");
    let kept = || async { bucket.list("users/").await.unwrap() };
    let gone = async {
        while !kept().await.is_empty() {
            tokio::task::yield_now().await;
        }
    };
    let in_time = tokio::time::timeout(Duration::from_mins(1), gone).await;
    assert!(in_time.is_ok(), "{:?}", kept().await);
}

#[tokio::test]
async fn segments_come_and_the_whole_transcript_at_the_end() {
    let test = TestHost::start().await;
    let answer = post(&test, "?language=en", "audio/wav", wav(3)).await;
    let events = events(answer).await;
    let names: Vec<&str> = events.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        ["segment", "progress", "segment", "progress", "done"]
    );
    let first = &events[0].1;
    assert_eq!(first["text"], "what did you do last summer");
    assert_eq!(
        (&first["speaker"], &first["final"]),
        (&0.into(), &true.into())
    );
    let transcript = &events[4].1;
    assert_eq!(transcript["duration_ms"], 3_000);
    assert_eq!(transcript["language"], "en");
    let words = transcript["words"].as_array().unwrap();
    assert_eq!(words.len(), dialogue().words.len());
    assert_nothing_kept(&test).await;
}

#[tokio::test]
async fn a_form_with_a_file_does_as_well() {
    let test = TestHost::start().await;
    let mut form = b"--x\r\ncontent-disposition: form-data; name=\"title\"\r\n\r\nt\r\n\
        --x\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.wav\"\r\n\
        content-type: audio/wav\r\n\r\n"
        .to_vec();
    form.extend(wav(2));
    form.extend(b"\r\n--x--\r\n");
    let answer = post(&test, "", "multipart/form-data; boundary=x", form).await;
    let events = events(answer).await;
    assert_eq!(events.last().unwrap().0, "done");
    assert_eq!(events.last().unwrap().1["duration_ms"], 2_000);
    assert_nothing_kept(&test).await;
}

#[tokio::test]
async fn non_recording_is_rejected_before_the_response_starts() {
    let test = TestHost::start().await;
    let too_large = vec![0; 10_000_001];
    for (query, content_type, body, status, code) in [
        (
            "",
            "",
            wav(1),
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "content_type_missing",
        ),
        (
            "",
            "audio/wav",
            b"hello".repeat(99),
            StatusCode::UNPROCESSABLE_ENTITY,
            "not_done",
        ),
        (
            "",
            "audio/wav",
            Vec::new(),
            StatusCode::UNPROCESSABLE_ENTITY,
            "not_done",
        ),
        (
            "",
            "audio/wav",
            too_large,
            StatusCode::PAYLOAD_TOO_LARGE,
            "body_too_large",
        ),
        (
            "?language=1",
            "audio/wav",
            wav(1),
            StatusCode::BAD_REQUEST,
            "invalid_field",
        ),
        (
            "?mood=good",
            "audio/wav",
            wav(1),
            StatusCode::BAD_REQUEST,
            "unknown_parameter",
        ),
        (
            "",
            "multipart/form-data; boundary=x",
            b"--x--\r\n".to_vec(),
            StatusCode::BAD_REQUEST,
            "invalid_form",
        ),
    ] {
        let answer = post(&test, query, content_type, body).await;
        assert_eq!(answer.status(), status, "{query} {content_type}");
        let problem: Value = answer.json().await.unwrap();
        assert_eq!(problem["code"], code, "{problem}");
        assert_nothing_kept(&test).await;
    }
}
