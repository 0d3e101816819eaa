//! The whole pipeline on good days and bad ones of its surroundings.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use domain::{
    Interview, interview_store,
    lease::Acquire,
    ports::{ObjectStore as _, Task},
    steps::StepName,
    webhook::{EventType, WebhookEvent},
};
use embedded::deliveries::Backlog;
use futures::StreamExt as _;
use http::{Method, StatusCode};
use serde_json::{Value, json};
use testing::Receiver;

use crate::{
    redelivery::deliver_badly,
    support::{START, TestHost, key, wav},
};

const STEPS: [&str; 4] = ["transcription", "waveform", "analysis", "report"];

#[tokio::test]
async fn a_recording_goes_all_the_way_from_upload_to_webhook() {
    let test = TestHost::start().await;
    let id = test.submit(wav(3)).await;
    test.drain().await;
    let interview = test.interview(&id).await;
    assert_eq!(interview["status"], "completed", "{interview:#}");
    for step in STEPS {
        assert_eq!(interview["steps"][step]["state"], "done", "{step}");
    }
    assert_eq!(
        interview["transcript"]["turns"][0]["text"],
        "what did you do last summer"
    );
    assert_eq!(interview["audio"]["duration_ms"], 3_000);
    assert_eq!(interview["audio"]["filename"], "../a \"b\" \u{1F600}.wav");
    assert_eq!(interview["analysis"]["evidence_validity"], 1.0);
    assert_eq!(interview["waveform"]["sample_rate"], 8_000);
    let mut types = test.receiver.types();
    types.sort();
    assert_eq!(
        types,
        [
            "interview.analyzed",
            "interview.completed",
            "interview.transcribed"
        ]
    );
    let received = test.receiver.received.lock().unwrap().clone();
    assert!(
        received
            .iter()
            .all(|(_, body, good)| *good && body["data"]["metadata"]["job"] == 7)
    );
    assert_eq!(
        test.host.store.deliveries().backlog().await.unwrap(),
        Backlog::default()
    );
}

#[tokio::test]
async fn three_times_and_backwards_gives_the_same_as_once() {
    let once = TestHost::start().await;
    let id = once.submit(wav(3)).await;
    once.drain().await;
    let expected = comparable(once.interview(&id).await);

    let test = TestHost::start().await;
    let id = test.submit(wav(3)).await;
    deliver_badly(&test).await;
    let found = comparable(test.interview(&id).await);
    assert!(found == expected, "{found}\n{expected}");
    assert_eq!(
        test.engine.calls.load(Ordering::SeqCst),
        1,
        "one call to the engine for one input"
    );
    let mut by_type: Vec<(String, String)> = test
        .receiver
        .received
        .lock()
        .unwrap()
        .iter()
        .map(|(id, body, _)| (body["type"].as_str().unwrap_or("").to_owned(), id.clone()))
        .collect();
    by_type.sort();
    by_type.dedup();
    let types: Vec<&str> = by_type.iter().map(|(kind, _)| kind.as_str()).collect();
    assert_eq!(
        types,
        [
            "interview.analyzed",
            "interview.completed",
            "interview.transcribed"
        ],
        "one id for each event"
    );
}

/// Documents without what differs from run to run.
fn comparable(mut interview: Value) -> Value {
    interview["id"] = Value::Null;
    interview["audio"]["url"] = Value::Null;
    // The document holds the interview's id, which compresses as it likes.
    interview["report"] = Value::Null;
    // Of a fencing token: which step takes its lease first is not settled.
    interview["transcript"]["run_id"] = Value::Null;
    interview["analysis"]["derived_from"] = Value::Null;
    strip(&mut interview);
    interview
}

fn strip(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|name, _| !name.ends_with("_at") && name != "webhook_url");
            fields.values_mut().for_each(strip);
        }
        Value::Array(items) => items.iter_mut().for_each(strip),
        _ => {}
    }
}

#[tokio::test]
async fn an_interview_of_eight_hours_fits_everywhere() {
    let test = TestHost::start().await;
    test.engine.long.store(80_000, Ordering::SeqCst);
    let id = test.submit(wav(3)).await;
    test.drain().await;
    let interview = test.interview(&id).await;
    assert_eq!(interview["status"], "completed", "{}", interview["steps"]);
    let transcript = &interview["transcript"];
    assert_eq!(transcript["words"].as_array().map(Vec::len), Some(80_000));
    assert_eq!(transcript["words"][79_999]["end_ms"], 79_999 * 360 + 300);
    assert_eq!(interview["analysis"]["evidence_validity"], 1.0);
}

#[tokio::test]
async fn unavailable_engine_is_retried_later() {
    let test = TestHost::start().await;
    test.engine.failures.store(3, Ordering::SeqCst);
    let id = test.submit(wav(3)).await;
    test.drain().await;
    assert_eq!(test.interview(&id).await["status"], "completed");
    assert_eq!(test.engine.calls.load(Ordering::SeqCst), 4);
}

#[tokio::test]
async fn permanently_unavailable_engine_fails_the_step_and_keeps_the_waveform() {
    let test = TestHost::start().await;
    test.engine.failures.store(usize::MAX, Ordering::SeqCst);
    let id = test.submit(wav(3)).await;
    test.drain().await;
    let interview = test.interview(&id).await;
    assert_eq!(interview["status"], "failed");
    assert_eq!(interview["steps"]["waveform"]["state"], "done");
    assert_eq!(
        interview["steps"]["transcription"]["error"]["code"],
        "engine_unavailable"
    );
    assert_eq!(
        interview["steps"]["analysis"]["error"]["code"],
        "prerequisite_failed"
    );
    assert_eq!(test.receiver.types(), ["interview.failed"]);
    assert_eq!(
        test.host.store.deliveries().backlog().await.unwrap(),
        Backlog::default()
    );
}

#[tokio::test]
async fn a_receiver_that_is_down_is_tried_again_under_the_same_id() {
    let test = TestHost::start().await;
    *test.receiver.answers.lock().unwrap() = vec![StatusCode::BAD_GATEWAY; 6];
    test.submit(wav(3)).await;
    test.drain().await;
    let received = test.receiver.received.lock().unwrap();
    let mut ids: Vec<&str> = received.iter().map(|(id, ..)| id.as_str()).collect();
    assert_eq!(ids.len(), 9, "three events and six failures");
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 3);
}

#[tokio::test]
async fn a_receiver_that_is_gone_hears_no_more() {
    let test = TestHost::start().await;
    *test.receiver.answers.lock().unwrap() = vec![StatusCode::GONE];
    let id = test.submit(wav(3)).await;
    test.drain().await;
    let heard = test.receiver.types().len();
    assert!(
        heard < 3,
        "{heard} webhooks although the first was answered with 410"
    );
    let path = format!("/v1/interviews/{id}/webhook-deliveries");
    let log = test.get(&path).await;
    let items = log["items"].as_array().unwrap();
    assert!(!items.is_empty());
    assert!(items.iter().all(|item| item["state"] == "failed"), "{log}");
    let replay = format!("{path}/{}/replay", items[0]["id"].as_str().unwrap());
    let (status, problem) = test.ask(http::Method::POST, &replay, None).await;
    assert_eq!(
        (status, problem["code"].as_str()),
        (409, Some("no_receiver"))
    );
}

#[tokio::test]
async fn a_step_whose_event_was_lost_is_begun_or_settled_by_the_sweep() {
    let test = TestHost::start().await;
    let id = test.submit(wav(3)).await;
    // Claimed by a worker that dies, and all that would start another is lost.
    let (records, now) = (
        test.host.store.records(),
        domain::ports::Clock::now(&*test.clock),
    );
    let acquire =
        |interview: &mut Interview| interview.acquire(StepName::Transcription, "1", None, now);
    let acquired = interview_store::transition(&*records, &key(&id), now, acquire).await;
    assert!(matches!(acquired, Ok(Some(Acquire::Start(_)))));
    let deliveries = test.host.store.deliveries();
    for lane in deliveries.lanes() {
        for delivery in deliveries.take(&lane, 100).await.unwrap() {
            deliveries.done(&delivery).await.unwrap();
        }
    }
    test.sweep().await;
    test.sweep_for(Duration::from_hours(26)).await;
    let interview = test.interview(&id).await;
    assert_eq!(interview["status"], "failed");
    assert_eq!(test.step_error(&id, "transcription").await, "worker_lost");
    assert_eq!(test.step_error(&id, "report").await, "prerequisite_failed");
    // No worker had begun it.
    assert_eq!(interview["steps"]["waveform"]["state"], "done");
    assert_eq!(test.receiver.types(), ["interview.failed"]);
}

/// A laptop that sleeps over a weekend, in the middle of it.
#[tokio::test]
async fn pending_work_continues_after_downtime() {
    let test = TestHost::start().await;
    test.sweep().await;
    let id = test.submit(wav(3)).await;
    let (records, now) = (
        test.host.store.records(),
        domain::ports::Clock::now(&*test.clock),
    );
    // Claimed for what has arrived, by a worker that does not come back.
    let uploads = test.host.store.bucket("uploads");
    let objects = uploads.list(&key(&id).object_prefix()).await.unwrap();
    let object = uploads.stat(&objects[0]).await.unwrap().unwrap();
    let generation = object.generation.to_string();
    let step = StepName::Waveform;
    let acquire = |interview: &mut Interview| interview.acquire(step, &generation, None, now);
    let acquired = interview_store::transition(&*records, &key(&id), now, acquire).await;
    assert!(matches!(acquired, Ok(Some(Acquire::Start(_)))));
    test.clock.advance(Duration::from_hours(60));
    // The sweep is the first that comes.
    test.sweep().await;
    let interview = test.interview(&id).await;
    assert_eq!(interview["status"], "completed", "{}", interview["steps"]);
    assert_eq!(interview["steps"]["waveform"]["attempt"], 2);
    assert!(
        !test
            .receiver
            .types()
            .contains(&"interview.failed".to_owned())
    );
}

/// Nothing can be noted for a while, not even that something is done.
#[tokio::test]
async fn outcome_is_stored_once_the_store_recovers() {
    let test = TestHost::start().await;
    let path = test.folder.path().join("interviewlens.db");
    let database = rusqlite::Connection::open(path).unwrap();
    database
        .execute_batch(
            "CREATE TRIGGER full BEFORE DELETE ON deliveries
             BEGIN SELECT RAISE(ABORT, 'the disk is full'); END",
        )
        .unwrap();
    let id = test.submit(wav(3)).await;
    let mut documents = test.host.store.records().watch(&key(&id).document());
    let emptied = tokio::spawn(async move {
        loop {
            let document = documents.next().await.unwrap().unwrap().unwrap();
            if document.fields["steps"]["waveform"]["state"] == "done" {
                return database.execute_batch("DROP TRIGGER full").unwrap();
            }
        }
    });
    test.drain().await;
    emptied.await.unwrap();
    assert_eq!(
        test.host.store.deliveries().backlog().await.unwrap(),
        Backlog::default()
    );
    assert_eq!(test.receiver.types().len(), 3);
}

#[tokio::test]
async fn a_receiver_of_before_does_not_speak_for_the_one_of_now() {
    let test = TestHost::start().await;
    let created = test.create(wav(3).len()).await;
    let key = key(created["id"].as_str().unwrap());
    let other = Arc::new(Receiver::default());
    let change = json!({"webhook_url": other.listen().await});
    let path = format!("/v1/interviews/{}", key.interview_id);
    assert_eq!(test.ask(Method::PATCH, &path, Some(change)).await.0, 200);
    // One that has waited since before.
    let notice = WebhookEvent {
        id: "msg_before".to_owned(),
        event_type: EventType::Transcribed,
        key,
        delivery: None,
        webhook: None,
        webhook_since: None,
        url: test.hook.clone(),
        body: "{}".to_owned(),
        trace: None,
    };
    let task = Task {
        name: "before".to_owned(),
        body: json!(notice),
        delay: Duration::ZERO,
        trace: None,
    };
    *test.receiver.answers.lock().unwrap() = vec![StatusCode::GONE];
    let queue = test.host.store.queue();
    queue.enqueue("webhooks", task).await.unwrap();
    test.drain().await;
    assert_eq!(test.receiver.types().len(), 0);
    assert_eq!(test.upload(&created, wav(3)).await.status(), 200);
    test.drain().await;
    assert_eq!(other.types().len(), 1 + 3, "{:?}", other.types());
}

#[tokio::test]
async fn abandoned_upload_is_closed_and_recent_ones_stay_open() {
    let test = TestHost::start().await;
    let never = test.create(10).await["id"].as_str().unwrap().to_owned();
    test.clock.advance(Duration::from_hours(24));
    let late = test.create(wav(3).len()).await;
    test.clock.advance(Duration::from_hours(145));
    // A clock that jumps closes nothing.
    test.sweep().await;
    assert_eq!(test.interview(&never).await["status"], "awaiting_upload");
    test.swept_since(START).await;
    test.sweep().await;
    assert_eq!(test.interview(&never).await["status"], "failed");
    assert_eq!(
        test.step_error(&never, "transcription").await,
        "upload_abandoned"
    );
    let id = late["id"].as_str().unwrap();
    assert_eq!(test.interview(id).await["status"], "awaiting_upload");
    assert_eq!(test.receiver.types(), ["interview.failed"]);
}
