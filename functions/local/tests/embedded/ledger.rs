//! What users have used, and what is reserved.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use domain::{
    Interview, InterviewId, InterviewKey, UserId, interview_store,
    ledger::{self, Amounts, SpendError, SpendingLimits},
    ports::{Clock as _, Precondition, Write},
    steps::StepName,
};
use embedded::deliveries::{Content, Requeue};
use emulation::dispatch::trigger;
use futures::future::join_all;
use http::Method;
use serde_json::{Value, json};

use crate::{
    redelivery::deliver_badly,
    support::{START, TestHost, wav},
};

/// A recording of this many seconds, which the engine reports as such.
pub(crate) const SECONDS: u32 = 40;

pub(crate) async fn start(minutes_per_day: Option<u32>) -> TestHost {
    let test = TestHost::start_set(|settings| {
        settings.spending.minutes_per_day = minutes_per_day;
    })
    .await;
    let duration_ms = u64::from(SECONDS) * 1_000;
    test.engine.duration_ms.store(duration_ms, Ordering::SeqCst);
    test
}

/// Sends a request as this user; answers the status and the JSON, if there is any.
pub(crate) async fn ask(
    test: &TestHost,
    user: &str,
    method: Method,
    path: &str,
    body: Option<Value>,
) -> (u16, Value) {
    let request = test.client.request(method, format!("{}{path}", test.url));
    let request = request.header("x-user-id", user);
    let request = match body {
        Some(body) => request.json(&body),
        None => request,
    };
    let answer = request.send().await.unwrap();
    let status = answer.status().as_u16();
    (status, answer.json().await.unwrap_or(Value::Null))
}

pub(crate) fn new_interview(bytes: usize) -> Value {
    json!({
        "title": "A summer",
        "audio": {"filename": "a.wav", "content_type": "audio/wav", "size_bytes": bytes},
    })
}

/// Creates an interview of this user and uploads a recording; answers its path.
pub(crate) async fn submit(test: &TestHost, user: &str, seconds: u32) -> String {
    let recording = wav(seconds);
    let body = Some(new_interview(recording.len()));
    let (status, created) = ask(test, user, Method::POST, "/v1/interviews", body).await;
    assert_eq!(status, 201, "{created}");
    assert_eq!(test.upload(&created, recording).await.status(), 200);
    format!("/v1/interviews/{}", created["id"].as_str().unwrap())
}

pub(crate) async fn usage(test: &TestHost, user: &str) -> Value {
    let (status, usage) = ask(test, user, Method::GET, "/v1/usage", None).await;
    assert_eq!(status, 200, "{usage}");
    usage
}

/// Minutes that are used, and minutes that are reserved.
pub(crate) async fn minutes(test: &TestHost, user: &str) -> (f64, f64) {
    let usage = usage(test, user).await;
    let number = |pointer| usage.pointer(pointer).and_then(Value::as_f64).unwrap();
    (number("/minutes"), number("/reserved/minutes"))
}

pub(crate) async fn transcription(test: &TestHost, user: &str, path: &str) -> Value {
    let (status, interview) = ask(test, user, Method::GET, path, None).await;
    assert_eq!(status, 200, "{interview}");
    interview["steps"]["transcription"].clone()
}

/// Delivers the events of uploads to `transcribe`, each twice, and nothing else.
async fn accept_uploads(test: &TestHost) {
    let deliveries = test.host.store.deliveries();
    let mut functions = test.host.functions();
    let transcribe = functions.find(|function| function.name() == "transcribe");
    let transcribe = transcribe.unwrap();
    for lane in deliveries.lanes() {
        for delivery in deliveries.take(&lane, 100).await.unwrap() {
            let is_event = matches!(delivery.content, Content::Event(_));
            if delivery.function == "transcribe" && is_event {
                for _ in 0..2 {
                    transcribe.handle(trigger(&delivery)).await.unwrap();
                }
                deliveries.done(&delivery).await.unwrap();
            } else {
                let later = Requeue::Later(Duration::ZERO);
                deliveries.requeue(&delivery, later, "").await.unwrap();
            }
        }
    }
}

#[tokio::test]
async fn minutes_are_reserved_and_settled_once_for_each_user() {
    let test = start(Some(60)).await;
    let path = submit(&test, "anna", SECONDS).await;
    accept_uploads(&test).await;
    assert_eq!(minutes(&test, "anna").await, (0.0, 0.667));
    let (_, interview) = ask(&test, "anna", Method::GET, &path, None).await;
    assert_eq!(interview["audio"]["duration_ms"], SECONDS * 1_000);
    test.engine.failures.store(2, Ordering::SeqCst);
    deliver_badly(&test).await;
    let state = transcription(&test, "anna", &path).await;
    assert_eq!(
        (&state["state"], &state["attempt"]),
        (&json!("done"), &json!(3))
    );
    assert_eq!(minutes(&test, "anna").await, (0.667, 0.0));
    assert_eq!(minutes(&test, "ben").await, (0.0, 0.0));
    let usage = usage(&test, "anna").await;
    assert_eq!(usage["month"], "2026-01");
    assert_eq!(usage["limits"]["minutes_per_day"], 60);
    assert_eq!(usage["exhausted"], Value::Null);
    let day =
        json!({"date": "2026-01-01", "minutes": 0.667, "reserved_minutes": 0.0, "cost_usd": 0.0});
    assert_eq!(usage["days"], json!([day]));
    let path = "/v1/usage?month=2025-12";
    let (_, before) = ask(&test, "anna", Method::GET, path, None).await;
    assert_eq!(
        (&before["month"], &before["days"]),
        (&json!("2025-12"), &json!([]))
    );
    for (query, code) in [
        ("month=2026-13", "invalid_parameter"),
        ("day=1", "unknown_parameter"),
    ] {
        let path = format!("/v1/usage?{query}");
        let (status, problem) = ask(&test, "anna", Method::GET, &path, None).await;
        assert_eq!((status, problem["code"].as_str()), (400, Some(code)));
    }
}

#[tokio::test]
async fn without_limits_minutes_are_counted_and_nothing_is_refused() {
    let test = start(None).await;
    let path = submit(&test, "anna", SECONDS).await;
    deliver_badly(&test).await;
    assert_eq!(minutes(&test, "anna").await, (0.667, 0.0));
    let (status, _) = ask(&test, "anna", Method::DELETE, &path, None).await;
    assert_eq!(status, 204);
    test.drain().await;
    assert_eq!(minutes(&test, "anna").await, (0.667, 0.0), "sums remain");
}

#[tokio::test]
async fn deletion_releases_what_is_reserved_and_keeps_what_was_used() {
    let test = start(Some(60)).await;
    let done = submit(&test, "anna", SECONDS).await;
    test.drain().await;
    let waiting = submit(&test, "anna", SECONDS).await;
    let running = submit(&test, "anna", SECONDS).await;
    accept_uploads(&test).await;
    assert_eq!(minutes(&test, "anna").await, (0.667, 1.333));
    let (records, now) = (test.host.store.records(), test.clock.now());
    let key = InterviewKey {
        user_id: UserId::parse("anna").unwrap(),
        interview_id: InterviewId::parse(running.rsplit('/').next().unwrap()).unwrap(),
    };
    let acquire = |interview: &mut Interview| {
        let generation = interview.audio.as_ref().unwrap().generation.unwrap();
        let input = generation.to_string();
        interview.acquire(StepName::Transcription, &input, None, now)
    };
    interview_store::transition(&*records, &key, now, acquire)
        .await
        .unwrap();
    for (path, expected) in [
        (&done, (0.667, 1.333)),
        (&waiting, (0.667, 0.667)),
        // Its engine was called, and may bill it.
        (&running, (1.333, 0.0)),
    ] {
        assert_eq!(ask(&test, "anna", Method::DELETE, path, None).await.0, 204);
        assert_eq!(minutes(&test, "anna").await, expected, "{path}");
    }
    deliver_badly(&test).await;
    test.sweep().await;
    assert_eq!(minutes(&test, "anna").await, (1.333, 0.0));
    let path = domain::paths::DocPath::parse("users/anna/ledger/2026-01").unwrap();
    let ledger = records
        .read(&path)
        .await
        .unwrap()
        .unwrap()
        .fields
        .to_string();
    assert!(!ledger.contains(key.interview_id.as_str()), "{ledger}");
}

#[tokio::test]
async fn permanent_error_is_retried_once_something_has_changed() {
    let test = start(Some(60)).await;
    test.engine.silent.store(true, Ordering::SeqCst);
    let path = submit(&test, "anna", SECONDS).await;
    test.drain().await;
    let step = transcription(&test, "anna", &path).await;
    assert_eq!(step["error"]["code"], "no_speech", "{step}");
    assert_eq!(step.get("given"), None, "not for clients");
    // The engine has listened to all of it.
    assert_eq!(minutes(&test, "anna").await, (0.667, 0.0));
    let retry = format!("{path}/retry");
    for body in [None, Some(json!({"step": "transcription"}))] {
        let (status, problem) = ask(&test, "anna", Method::POST, &retry, body).await;
        let found = (status, problem["code"].as_str());
        assert_eq!(found, (409, Some("nothing_changed")), "{problem}");
        let detail = problem["detail"].as_str().unwrap();
        for part in ["transcription", "no_speech", "speakers_expected"] {
            assert!(detail.contains(part), "{detail}");
        }
    }
    let renamed = Some(json!({"title": "Another"}));
    ask(&test, "anna", Method::PATCH, &path, renamed).await;
    assert_eq!(ask(&test, "anna", Method::POST, &retry, None).await.0, 409);
    assert_eq!(test.engine.calls.load(Ordering::SeqCst), 1);
    let change = Some(json!({"speakers_expected": 2}));
    ask(&test, "anna", Method::PATCH, &path, change).await;
    test.engine.silent.store(false, Ordering::SeqCst);
    assert_eq!(ask(&test, "anna", Method::POST, &retry, None).await.0, 202);
    test.drain().await;
    assert_eq!(transcription(&test, "anna", &path).await["state"], "done");
    assert_eq!(minutes(&test, "anna").await, (1.333, 0.0), "billed twice");
}

#[tokio::test]
async fn silence_is_counted_without_limits_as_well() {
    let test = start(None).await;
    test.engine.silent.store(true, Ordering::SeqCst);
    submit(&test, "anna", SECONDS).await;
    deliver_badly(&test).await;
    assert_eq!(minutes(&test, "anna").await, (0.667, 0.0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn reservations_at_the_same_time_stay_within_the_limit() {
    let test = start(None).await;
    let user = UserId::parse("anna").unwrap();
    let records = test.host.store.records();
    let keys = (0..20).map(|_| InterviewKey {
        user_id: user.clone(),
        interview_id: InterviewId::generate(),
    });
    let limits = SpendingLimits {
        minutes_per_month: Some(12),
        ..SpendingLimits::default()
    };
    let reservations = keys.map(|key| {
        let records = Arc::clone(&records);
        tokio::spawn(async move {
            let interview = Interview::new(&key, "t".into(), START);
            let put = Write::put(key.document(), &interview, Precondition::Absent);
            records.commit(vec![put.unwrap()]).await.unwrap();
            let step = StepName::Transcription;
            let minute = Amounts::of_audio(60_000, Some(0.0));
            ledger::reserve(&*records, &key, step, minute, &limits, START).await
        })
    });
    let reserved = join_all(reservations).await.into_iter().map(Result::unwrap);
    let (good, refused): (Vec<_>, Vec<_>) = reserved.partition(Result::is_ok);
    assert_eq!((good.len(), refused.len()), (12, 8));
    let is_exhausted =
        |error: &Result<(), SpendError>| matches!(error, Err(SpendError::Exhausted(_)));
    assert!(refused.iter().all(is_exhausted), "{refused:?}");
    assert_eq!(minutes(&test, "anna").await, (0.0, 12.0));
}

#[tokio::test]
async fn ledger_of_a_newer_release_is_kept_and_a_damaged_one_stops_no_work() {
    let test = start(Some(60)).await;
    let records = test.host.store.records();
    let path = domain::paths::DocPath::parse("users/anna/ledger/2026-01").unwrap();
    let newer = json!({"days": {"2026-01-01": {"pages": 3}}, "currency": "EUR"});
    let put = Write::put(path.clone(), &newer, Precondition::None).unwrap();
    records.commit(vec![put]).await.unwrap();
    submit(&test, "anna", SECONDS).await;
    test.drain().await;
    let stored = records.read(&path).await.unwrap().unwrap().fields;
    let day = &stored["days"]["2026-01-01"];
    assert_eq!(
        (&stored["currency"], &day["pages"]),
        (&json!("EUR"), &json!(3))
    );
    assert_eq!(day["audio_ms"], SECONDS * 1_000);
    let damaged = json!({"days": 7});
    let put = Write::put(path.clone(), &damaged, Precondition::None).unwrap();
    records.commit(vec![put]).await.unwrap();
    let interview = submit(&test, "anna", SECONDS).await;
    test.drain().await;
    assert_eq!(
        transcription(&test, "anna", &interview).await["state"],
        "done"
    );
    let stored = records.read(&path).await.unwrap().unwrap().fields;
    assert_eq!(stored, damaged);
}
