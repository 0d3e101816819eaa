//! The whole pipeline on good days and bad ones of its surroundings.

use std::{sync::atomic::Ordering, time::Duration};

use domain::{claim::Claim, steps::StepName};
use embedded::deliveries::Backlog;
use http::StatusCode;
use serde_json::Value;

use crate::{
    badly::deliver_badly,
    support::{TestHost, key, wav},
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
async fn an_engine_on_a_break_is_asked_again_later() {
    let test = TestHost::start().await;
    test.engine.failures.store(3, Ordering::SeqCst);
    let id = test.submit(wav(3)).await;
    test.drain().await;
    assert_eq!(test.interview(&id).await["status"], "completed");
    assert_eq!(test.engine.calls.load(Ordering::SeqCst), 4);
}

#[tokio::test]
async fn an_engine_that_stays_away_is_given_up_and_the_waveform_is_kept() {
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
async fn a_step_whose_event_was_lost_is_settled_by_the_sweep() {
    let test = TestHost::start().await;
    let id = test.submit(wav(3)).await;
    // Claimed by a worker that dies, and all that would start another is lost.
    let (records, now) = (
        test.host.store.records(),
        domain::ports::Clock::now(&*test.clock),
    );
    let claim = domain::work::begin(
        &*records,
        &key(&id),
        StepName::Transcription,
        "1",
        None,
        now,
    )
    .await;
    assert!(matches!(claim, Ok(Claim::Start(_))));
    let deliveries = test.host.store.deliveries();
    for lane in deliveries.lanes() {
        for delivery in deliveries.take(&lane, 100).await.unwrap() {
            deliveries.done(&delivery).await.unwrap();
        }
    }
    test.clock.advance(Duration::from_hours(25));
    test.sweep().await;
    assert_eq!(test.interview(&id).await["status"], "failed");
    assert_eq!(test.step_error(&id, "transcription").await, "worker_lost");
    assert_eq!(test.step_error(&id, "report").await, "prerequisite_failed");
    assert_eq!(test.step_error(&id, "waveform").await, "never_started");
    assert_eq!(test.receiver.types(), ["interview.failed"]);
}
