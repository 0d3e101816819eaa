//! What an owner does with an interview: change it, run a failed step again, look at
//! webhooks and have them sent again.

use std::{sync::atomic::Ordering, time::Duration};

use crate::support::{START, TestHost, key, wav};
use domain::{
    Interview,
    interview_store::{self, Decision},
    ports::{Clock, ObjectStore as _},
    steps::StepName,
};
use http::{Method, StatusCode};
use serde_json::{Value, json};

#[tokio::test]
async fn an_interview_is_renamed_and_its_receiver_changed() {
    let test = TestHost::start().await;
    let id = test.submit(wav(1)).await;
    let path = format!("/v1/interviews/{id}");
    let change = json!({"title": "Another", "metadata": {"a": [[1]]}, "webhook_url": null});
    let (status, changed) = test.ask(Method::PATCH, &path, Some(change)).await;
    assert_eq!(status, 200, "{changed}");
    assert_eq!(changed["title"], "Another");
    assert_eq!(changed["metadata"], json!({"a": [[1]]}));
    assert_eq!(changed["webhook_url"], Value::Null);
    test.drain().await;
    assert_eq!(test.receiver.types().len(), 0, "no more webhooks are sent");
    for (wrong, code) in [
        (json!({"title": ""}), "invalid_field"),
        (json!({"webhook_url": "ftp://x"}), "invalid_field"),
        (json!({"status": "completed"}), "invalid_body"),
    ] {
        let (status, problem) = test.ask(Method::PATCH, &path, Some(wrong)).await;
        assert_eq!((status, problem["code"].as_str()), (400, Some(code)));
    }
    let none = format!("/v1/interviews/{}", "x".repeat(24));
    let (status, _) = test.ask(Method::PATCH, &none, Some(json!({}))).await;
    assert_eq!(status, 404);
}

#[tokio::test]
async fn failed_steps_are_run_again_and_nothing_else_is() {
    let test = TestHost::start().await;
    test.engine.failures.store(5, Ordering::SeqCst);
    let id = test.submit(wav(3)).await;
    test.drain().await;
    let interview = test.interview(&id).await;
    assert_eq!(interview["status"], "failed");
    let waveform = interview["steps"]["waveform"].clone();
    let retry = format!("/v1/interviews/{id}/retry");
    for (body, code) in [
        (json!({"step": "analysis"}), "prerequisite_failed"),
        (json!({"step": "report"}), "prerequisite_failed"),
    ] {
        let (status, problem) = test.ask(Method::POST, &retry, Some(body)).await;
        assert_eq!((status, problem["code"].as_str()), (409, Some(code)));
    }
    let (status, accepted) = test.ask(Method::POST, &retry, None).await;
    assert_eq!(status, 202, "{accepted}");
    assert_eq!(accepted["status"], "processing");
    let (status, problem) = test.ask(Method::POST, &retry, None).await;
    assert_eq!(
        (status, problem["code"].as_str()),
        (409, Some("not_failed")),
        "twice at once"
    );
    test.drain().await;
    let interview = test.interview(&id).await;
    assert_eq!(interview["status"], "completed", "{}", interview["steps"]);
    assert_eq!(interview["steps"]["waveform"], waveform, "it was done");
    let types = test.receiver.types();
    assert_eq!(
        types
            .iter()
            .filter(|kind| *kind == "interview.failed")
            .count(),
        1
    );
    assert_eq!(
        types
            .iter()
            .filter(|kind| *kind == "interview.completed")
            .count(),
        1
    );
}

/// Each step by itself, as its own queue starts it.
#[tokio::test]
async fn every_step_can_be_retried_alone() {
    for step in ["waveform", "analysis", "report"] {
        let test = TestHost::start().await;
        let id = test.submit(wav(3)).await;
        test.drain().await;
        fail(&test, &id, step).await;
        let retry = format!("/v1/interviews/{id}/retry");
        let body = Some(json!({ "step": step }));
        let (status, answer) = test.ask(Method::POST, &retry, body).await;
        assert_eq!(status, 202, "{answer}");
        test.drain().await;
        let interview = test.interview(&id).await;
        assert_eq!(
            interview["status"], "completed",
            "{step}: {}",
            interview["steps"]
        );
    }
}

/// As if the step had failed for good.
pub(crate) async fn fail(test: &TestHost, id: &str, step: &str) {
    use domain::{
        interview_store::{Decision, transact},
        steps::{Code, StepError},
    };
    let key = key(id);
    let step = serde_json::from_value(json!(step)).unwrap();
    let now = START;
    let give_up = |interview: Option<&mut domain::Interview>| {
        let error = StepError::permanent(Code::WorkerLost, "lost");
        interview.unwrap().give_up(step, error, now);
        Decision::Write((), Vec::new())
    };
    let records = test.host.store.records();
    transact(&*records, &key, now, give_up).await.unwrap();
}

#[tokio::test]
async fn webhooks_are_logged_and_sent_again_on_demand() {
    let test = TestHost::start().await;
    *test.receiver.answers.lock().unwrap() = vec![StatusCode::BAD_GATEWAY];
    let id = test.submit(wav(3)).await;
    test.drain().await;
    let path = format!("/v1/interviews/{id}/webhook-deliveries");
    let (_, log) = test.ask(Method::GET, &path, None).await;
    let items = log["items"].as_array().unwrap();
    assert_eq!(items.len(), 3);
    assert!(
        items.iter().all(|item| item["state"] == "delivered"),
        "{log}"
    );
    let attempts = items
        .iter()
        .map(|item| item["attempts"].as_array().unwrap());
    let statuses: Vec<&Value> = attempts
        .flatten()
        .map(|attempt| &attempt["status"])
        .collect();
    assert_eq!(statuses.len(), 4);
    assert!(statuses.contains(&&json!(502)));
    let wanted = items[0]["id"].as_str().unwrap();
    let replay = format!("{path}/{wanted}/replay");
    let (status, shown) = test.ask(Method::POST, &replay, None).await;
    assert_eq!(
        (status, &shown["state"]),
        (202, &json!("pending")),
        "{shown}"
    );
    test.drain().await;
    let received = test.receiver.received.lock().unwrap().clone();
    let same: Vec<_> = received.iter().filter(|(id, ..)| id == wanted).collect();
    assert_eq!(
        same.last().unwrap().1,
        same[0].1,
        "the same body under the same id"
    );
    assert_eq!(received.len(), 5);
    let (status, problem) = test
        .ask(Method::POST, &format!("{path}/msg_x/replay"), None)
        .await;
    assert_eq!(
        (status, problem["code"].as_str()),
        (404, Some("no_such_delivery"))
    );
}

pub(crate) fn form(fields: &[(&str, &str)], file: Option<Vec<u8>>) -> Vec<u8> {
    let mut form = Vec::new();
    for (name, text) in fields {
        let head = format!("--x\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n");
        form.extend(head.bytes());
        form.extend(text.bytes().chain(*b"\r\n"));
    }
    if let Some(file) = file {
        form.extend(
            b"--x\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.wav\"\r\n\
            content-type: audio/wav\r\n\r\n",
        );
        form.extend(file.into_iter().chain(*b"\r\n"));
    }
    form.extend(b"--x--\r\n");
    form
}

pub(crate) async fn post_form(test: &TestHost, form: Vec<u8>, key: &str) -> reqwest::Response {
    let request = test.client.post(format!("{}/v1/analyze-async", test.url));
    let request = request.header("content-type", "multipart/form-data; boundary=x");
    let request = request.header("idempotency-key", key);
    request.body(form).send().await.unwrap()
}

#[tokio::test]
async fn one_call_brings_an_interview_with_its_recording() {
    let test = TestHost::start().await;
    let fields = [
        ("title", "By form"),
        ("metadata", r#"{"job": 7}"#),
        ("kind", "job_interview"),
    ];
    let answer = post_form(&test, form(&fields, Some(wav(3))), "k").await;
    assert_eq!(answer.status(), 202);
    let location = answer.headers()["location"].to_str().unwrap().to_owned();
    let created: Value = answer.json().await.unwrap();
    assert_eq!(
        (&created["title"], created.get("upload")),
        (&json!("By form"), None)
    );
    test.drain().await;
    let interview = test.get(&location).await;
    assert_eq!(interview["status"], "completed", "{}", interview["steps"]);
    assert_eq!(interview["metadata"]["job"], 7);
    let again = post_form(&test, form(&fields, Some(wav(3))), "k").await;
    assert_eq!(
        again.headers()["location"].to_str().unwrap(),
        location,
        "the same key"
    );
    test.drain().await;
    assert_eq!(test.engine.calls.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_call_that_announces_is_answered_with_how_to_upload() {
    let test = TestHost::start().await;
    let audio = json!({"filename": "a.wav", "content_type": "audio/wav", "size_bytes": 9});
    let path = "/v1/analyze-async";
    let body = json!({"title": "t", "audio": audio});
    let (status, created) = test.ask(Method::POST, path, Some(body)).await;
    assert_eq!(status, 202, "{created}");
    assert!(created["upload"]["url"].is_string());
    let (status, problem) = test
        .ask(Method::POST, path, Some(json!({"title": "t"})))
        .await;
    assert_eq!(
        (status, problem["code"].as_str()),
        (400, Some("invalid_field"))
    );
    for wrong in [
        form(&[("title", "t")], None),
        form(&[("mood", "good")], Some(wav(1))),
        form(&[("metadata", "{")], Some(wav(1))),
        form(&[("title", "a"), ("title", "b")], Some(wav(1))),
        form(&[], Some(Vec::new())),
    ] {
        assert_eq!(post_form(&test, wrong, "w").await.status(), 400);
    }
}

/// The process was killed when the step was open again, and not in the queue yet.
#[tokio::test]
async fn interrupted_retry_can_be_repeated() {
    let test = TestHost::start().await;
    let id = test.submit(wav(3)).await;
    test.drain().await;
    let now = Clock::now(&*test.clock);
    let open = |interview: Option<&mut Interview>| {
        interview.unwrap().reopen(StepName::Report, now);
        Decision::Write((), Vec::new())
    };
    let records = test.host.store.records();
    interview_store::transact(&*records, &key(&id), now, open)
        .await
        .unwrap();
    let retry = format!("/v1/interviews/{id}/retry");
    let (status, problem) = test.ask(Method::POST, &retry, None).await;
    let soon = (status, problem["code"].as_str());
    assert_eq!(soon, (409, Some("not_failed")), "it may just be its turn");
    test.clock.advance(Duration::from_secs(61));
    assert_eq!(test.ask(Method::POST, &retry, None).await.0, 202);
    test.drain().await;
    assert_eq!(test.interview(&id).await["status"], "completed");
}

/// Nothing was queued, and the owner does not try again: the sweep notices.
#[tokio::test]
async fn interrupted_retry_is_queued_by_the_sweep() {
    let test = TestHost::start().await;
    let id = test.submit(wav(3)).await;
    test.drain().await;
    test.sweep().await;
    for step in [
        StepName::Transcription,
        StepName::Waveform,
        StepName::Report,
    ] {
        let now = Clock::now(&*test.clock);
        let open = |interview: Option<&mut Interview>| {
            interview.unwrap().reopen(step, now);
            Decision::Write((), Vec::new())
        };
        let records = test.host.store.records();
        interview_store::transact(&*records, &key(&id), now, open)
            .await
            .unwrap();
        test.sweep_for(Duration::from_mins(8)).await;
        assert_eq!(test.interview(&id).await["status"], "processing", "{step}");
        test.sweep_for(Duration::from_mins(4)).await;
        test.drain().await;
        assert_eq!(test.interview(&id).await["status"], "completed", "{step}");
    }
}

#[tokio::test]
async fn the_waveform_of_a_recording_that_is_gone_is_not_waited_for() {
    let test = TestHost::start().await;
    let id = test.submit(wav(3)).await;
    test.drain().await;
    fail(&test, &id, "waveform").await;
    let uploads = test.host.store.bucket("uploads");
    for object in uploads.list(&key(&id).object_prefix()).await.unwrap() {
        uploads.delete(&object).await.unwrap();
    }
    let retry = format!("/v1/interviews/{id}/retry");
    assert_eq!(test.ask(Method::POST, &retry, None).await.0, 202);
    test.drain().await;
    assert_eq!(test.step_error(&id, "waveform").await, "recording_missing");
}
