//! Uploads of which a part was taken for all.

use bytes::Bytes;
use domain::ports::{ObjectStore as _, Overwrite};
use futures::{StreamExt as _, stream};
use http::Method;
use serde_json::{Value, json};

use crate::{
    mutations::{form, post_form},
    support::{TestHost, key, wav},
};

/// Stores a part of a recording in the place of all of it, as a client of the store
/// does that lost bytes.
async fn store_part(test: &TestHost, id: &str, bytes: &[u8]) {
    let interview = domain::interview_store::interview(&*test.host.store.records(), &key(id)).await;
    let audio = interview.unwrap().unwrap().audio.unwrap();
    let part = Bytes::copy_from_slice(&bytes[..bytes.len() - 10_000]);
    let body = stream::iter([Ok(part)]).boxed();
    let uploads = test.host.store.bucket("uploads");
    let stored = uploads.write(&audio.object, "audio/wav", body, Overwrite::Refused);
    stored.await.unwrap();
}

async fn assert_incomplete(test: &TestHost, id: &str) {
    for step in ["transcription", "waveform"] {
        assert_eq!(
            test.step_error(id, step).await,
            "recording_incomplete",
            "{step}"
        );
    }
    let interview = test.interview(id).await;
    assert_eq!(interview["status"], "failed");
    let message = &interview["steps"]["transcription"]["error"]["message"];
    let message = message.as_str().unwrap();
    assert!(
        message.contains("upload the whole recording again"),
        "{message}"
    );
}

#[tokio::test]
async fn incomplete_upload_fails_its_steps_and_can_be_uploaded_again() {
    let test = TestHost::start().await;
    let bytes = wav(3);
    let created = test.create(bytes.len()).await;
    let id = created["id"].as_str().unwrap();
    store_part(&test, id, &bytes).await;
    test.drain().await;
    assert_incomplete(&test, id).await;
    let path = format!("/v1/interviews/{id}/upload-url");
    for _ in 0..2 {
        let (status, fresh) = test.ask(Method::POST, &path, None).await;
        assert_eq!(status, 200, "{fresh}");
        assert!(fresh["url"].is_string());
    }
    let (_, fresh) = test.ask(Method::POST, &path, None).await;
    let again = test.upload(&json!({ "upload": fresh }), bytes).await;
    assert_eq!(again.status(), 200);
    test.drain().await;
    assert_eq!(test.interview(id).await["status"], "completed");
    let (status, problem) = test.ask(Method::POST, &path, None).await;
    assert_eq!(
        (status, &problem["code"]),
        (409, &json!("already_uploaded"))
    );
}

#[tokio::test]
async fn form_replaces_an_incomplete_upload_and_no_other_recording() {
    let test = TestHost::start().await;
    let bytes = wav(3);
    let audio =
        json!({"filename": "a.wav", "content_type": "audio/wav", "size_bytes": bytes.len()});
    let announce = test.client.post(format!("{}/v1/analyze-async", test.url));
    let announce = announce.header("idempotency-key", "k");
    let announced = announce.json(&json!({"title": "t", "audio": audio}));
    let announced: Value = announced.send().await.unwrap().json().await.unwrap();
    let id = announced["id"].as_str().unwrap();
    store_part(&test, id, &bytes).await;
    test.drain().await;
    assert_incomplete(&test, id).await;
    let answer = post_form(&test, form(&[], Some(bytes.clone())), "k").await;
    assert_eq!(answer.status(), 202, "{:?}", answer.text().await);
    test.drain().await;
    assert_eq!(test.interview(id).await["status"], "completed");

    let mut altered = bytes.clone();
    *altered.last_mut().unwrap() ^= 1;
    for (what, other, status) in [
        ("the same bytes", bytes.clone(), 202),
        ("other bytes", altered, 409),
        ("another size", wav(2), 409),
    ] {
        let answer = post_form(&test, form(&[], Some(other)), "k").await;
        assert_eq!(answer.status(), status, "{what}");
    }
    let calls = test.engine.calls.load(std::sync::atomic::Ordering::SeqCst);
    assert_eq!(calls, 1);
}
