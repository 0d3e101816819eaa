//! Parts of a recording, cut to the frame.

use std::io::Cursor;

use http::Method;
use reqwest::Response;
use serde_json::json;

use crate::support::TestHost;

const RATE: u32 = 8_000;

/// Three seconds of silence with a beep of a tenth of a second from 1.5 s on.
fn beep() -> Vec<u8> {
    let rate = RATE as usize;
    let mut samples = vec![0_i16; 3 * rate];
    for (at, sample) in samples[rate * 3 / 2..rate * 8 / 5].iter_mut().enumerate() {
        *sample = if at % 16 < 8 { 8_000 } else { -8_000 };
    }
    testing::wav(RATE, &[&samples]).into()
}

/// A service with a finished interview of that recording.
async fn recorded() -> (TestHost, String) {
    let test = TestHost::start().await;
    let id = test.submit(beep()).await;
    test.drain().await;
    (test, id)
}

async fn clip(test: &TestHost, id: &str, query: &str) -> Response {
    let url = format!("{}/v1/interviews/{id}/clip?{query}", test.url);
    test.client.get(url).send().await.unwrap()
}

fn decoded(bytes: Vec<u8>) -> Vec<i16> {
    let mut decoder = media::Decoder::open(Box::new(Cursor::new(bytes))).unwrap();
    let mut samples = Vec::new();
    while let Some(block) = decoder.next_block().unwrap() {
        samples.extend(block.samples());
    }
    samples
}

#[tokio::test]
async fn clip_has_exactly_the_frames_of_its_time() {
    let (test, id) = recorded().await;
    for (from_ms, to_ms, beep_at) in [
        (1_000, 2_000, Some(4_000)),
        (1_499, 1_501, Some(8)),
        (0, 1_500, None),
        (0, 3_000, Some(12_000)),
    ] {
        let query = format!("from_ms={from_ms}&to_ms={to_ms}");
        let answer = clip(&test, &id, &query).await;
        assert_eq!(answer.status(), 200, "{query}");
        let headers = answer.headers().clone();
        assert_eq!(headers["content-type"], "audio/wav");
        assert_eq!(headers["accept-ranges"], "none");
        let bytes = answer.bytes().await.unwrap().to_vec();
        assert_eq!(headers["content-length"], bytes.len().to_string());
        let samples = decoded(bytes);
        assert_eq!(samples.len(), (to_ms - from_ms) * 8, "{query}");
        let found = samples.iter().position(|sample| *sample != 0);
        assert_eq!(found, beep_at, "{query}");
    }
}

#[tokio::test]
async fn encoded_clip_has_the_beep_in_its_place() {
    let (test, id) = recorded().await;
    let answer = clip(&test, &id, "from_ms=1000&to_ms=2000&format=m4a").await;
    assert_eq!(answer.status(), 200);
    let headers = answer.headers().clone();
    assert_eq!(headers["content-type"], "audio/mp4");
    let bytes = answer.bytes().await.unwrap().to_vec();
    assert_eq!(headers["content-length"], bytes.len().to_string());
    let samples = decoded(bytes);
    // A frame of AAC has 1,024 samples.
    assert!(samples.len().abs_diff(8_000) <= 1_024, "{}", samples.len());
    let loud = samples
        .iter()
        .position(|sample| sample.abs() > 2_000)
        .unwrap();
    assert!(loud.abs_diff(4_000) <= 1_024, "{loud}");
}

#[tokio::test]
async fn clip_is_named_by_its_interview_and_time() {
    let (test, id) = recorded().await;
    let path = format!("/v1/interviews/{id}");
    let title = json!({"title": "Zoë: \"a/b\""});
    assert_eq!(test.ask(Method::PATCH, &path, Some(title)).await.0, 200);
    let answer = clip(&test, &id, "from_ms=1000&to_ms=2000").await;
    assert_eq!(
        answer.headers()["content-disposition"],
        "attachment; filename=\"clip 0-00-01 to 0-00-02.wav\"; \
         filename*=UTF-8''Zo%C3%AB%20%20%20a%20b%20%200%2D00%2D01%20to%200%2D00%2D02%2Ewav"
    );
}

#[tokio::test]
async fn parts_that_there_are_not_are_refused_by_name() {
    let (test, id) = recorded().await;
    for (query, why) in [
        ("", "from_ms"),
        ("from_ms=0", "to_ms"),
        ("from_ms=x&to_ms=5", "`from_ms`"),
        ("from_ms=-1&to_ms=5", "`from_ms`"),
        (
            "from_ms=5&to_ms=5",
            "`to_ms`: 5 is not behind `from_ms`, which is 5",
        ),
        (
            "from_ms=0&to_ms=3001",
            "`to_ms`: 3001 is behind the end of the recording, at 3000",
        ),
        ("from_ms=0&to_ms=5&format=mp3", "`format` takes wav or m4a"),
    ] {
        let answer = clip(&test, &id, query).await;
        assert_eq!(answer.status(), 400, "{query}");
        let problem: serde_json::Value = answer.json().await.unwrap();
        assert_eq!(problem["code"], "invalid_parameter", "{query}");
        assert!(
            problem["detail"].as_str().unwrap().contains(why),
            "{problem}"
        );
    }
    let created = test.create(10).await;
    let waiting = created["id"].as_str().unwrap();
    let answer = clip(&test, waiting, "from_ms=0&to_ms=5").await;
    assert_eq!(answer.status(), 404);
}

#[tokio::test]
async fn long_parts_are_requested_as_several() {
    let (test, id) = recorded().await;
    // As if the recording were longer: what is refused is not decoded.
    let records = test.host.store.records();
    let path = crate::support::key(&id).document();
    let document = records.read(&path).await.unwrap().unwrap();
    let mut fields = document.fields.clone();
    fields["audio"]["duration_ms"] = json!(7_200_000);
    let write = domain::ports::Write::put(path, &fields, domain::ports::Precondition::None);
    records.commit(vec![write.unwrap()]).await.unwrap();
    let answer = clip(&test, &id, "from_ms=0&to_ms=1800001").await;
    assert_eq!(answer.status(), 400);
    let problem: serde_json::Value = answer.json().await.unwrap();
    assert!(
        problem["detail"].as_str().unwrap().contains("1800000"),
        "{problem}"
    );
    // It ends earlier than it says.
    let answer = clip(&test, &id, "from_ms=5000&to_ms=6000").await;
    assert_eq!(answer.status(), 422);
    let problem: serde_json::Value = answer.json().await.unwrap();
    assert!(
        problem["detail"]
            .as_str()
            .unwrap()
            .starts_with("damaged_audio"),
        "{problem}"
    );
}
