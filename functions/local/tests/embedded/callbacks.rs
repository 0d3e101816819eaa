//! A speech engine that calls back: at once, late, twice, never, with failures.

mod engine;

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use self::engine::{CallingEngine, Script};
use crate::support::{
    START, TestHost,
    engine::{ScriptedEngine, dialogue},
    key, wav,
};
use crate::{corpus::deliver_what_is_due, recording_store::Watched};
use domain::{
    callback::{Job, QUEUE},
    interview_store,
    ledger::SpendingLimits,
    ports::{EngineSet, ObjectStore as _, Query},
    versions::UnknownFields,
};
use serde_json::{Value, json};
use steps::{Function as _, StepRunner, Trigger};
use transcribe::Transcribe;

async fn start(script: Script) -> (TestHost, Arc<CallingEngine>) {
    let engine = CallingEngine::new(script);
    let unused = Arc::new(ScriptedEngine::default());
    let test = TestHost::start_with(Arc::clone(&engine) as _, unused, true).await;
    (test, engine)
}

fn answer() -> Value {
    json!({"words": []})
}

/// All is over, and nothing is kept of what was asked.
async fn assert_completed(test: &TestHost, id: &str) {
    let interview = test.interview(id).await;
    assert_eq!(interview["status"], "completed", "{}", interview["steps"]);
    let words = interview["transcript"]["words"].as_array();
    assert_eq!(words.map(Vec::len), Some(dialogue().words.len()));
    assert_eq!(test.receiver.types().len(), 3, "each webhook once");
    assert_nothing_kept(test, id).await;
}

async fn assert_nothing_kept(test: &TestHost, id: &str) {
    let key = key(id);
    let callbacks = Query::collection(key.document().collection("callbacks"));
    let records = test.host.store.records();
    assert_eq!(records.list(&callbacks).await.unwrap(), []);
    let prefix = format!("{}callbacks/", key.object_prefix());
    let objects = test.host.store.bucket("artifacts").list(&prefix).await;
    assert_eq!(objects.unwrap(), [""; 0]);
}

#[tokio::test]
async fn callback_before_the_submit_response_is_accepted() {
    let (test, engine) = start(vec![vec![(0, answer())]]).await;
    let id = test.submit(wav(3)).await;
    test.drain().await;
    assert_completed(&test, &id).await;
    assert_eq!(engine.urls().len(), 1, "asked once");
    assert_eq!(*engine.statuses.lock().unwrap(), [204]);
}

#[tokio::test]
async fn duplicate_callback_changes_nothing() {
    let (test, engine) = start(vec![vec![(0, answer()), (0, answer())]]).await;
    let id = test.submit(wav(3)).await;
    test.drain().await;
    assert_completed(&test, &id).await;
    let again = reqwest::Client::new()
        .post(&engine.urls()[0])
        .json(&answer());
    let again = again.send().await.unwrap();
    assert_eq!(again.status(), 404, "a third time, when all is over");
    test.drain().await;
    assert_completed(&test, &id).await;
    assert_eq!(engine.urls().len(), 1);
}

#[tokio::test]
async fn missing_callback_is_requested_again() {
    let (test, engine) = start(vec![vec![], vec![(1, answer())]]).await;
    let id = test.submit(wav(3)).await;
    test.drain().await;
    assert_eq!(engine.urls().len(), 2);
    assert_completed(&test, &id).await;
}

#[tokio::test]
async fn missing_callbacks_fail_the_step_after_the_last_attempt() {
    let (test, engine) = start(vec![]).await;
    let id = test.submit(wav(3)).await;
    test.drain().await;
    assert_eq!(
        test.step_error(&id, "transcription").await,
        "engine_timeout"
    );
    assert_eq!(engine.urls().len(), 5);
    assert_nothing_kept(&test, &id).await;
}

/// The queue refuses the task of an answer, and the engine stops calling.
#[tokio::test]
async fn stored_answer_without_a_task_is_not_requested_again() {
    let (test, engine) = start(vec![vec![(0, answer())]]).await;
    let path = test.folder.path().join("interviewlens.db");
    let database = rusqlite::Connection::open(path).unwrap();
    database
        .execute_batch(
            "CREATE TRIGGER outage BEFORE INSERT ON deliveries
             WHEN NEW.content LIKE '%\"answer\":\"%'
             BEGIN SELECT RAISE(ABORT, 'the queue cannot be used'); END",
        )
        .unwrap();
    // Before the analysis is stored, which has fields of that name.
    *engine.read.lock().unwrap() = Some(Box::new(move |_| {
        database
            .execute_batch("DROP TRIGGER IF EXISTS outage")
            .unwrap();
    }));
    let id = test.submit(wav(3)).await;
    test.drain().await;
    assert_eq!(*engine.statuses.lock().unwrap(), [503]);
    assert_completed(&test, &id).await;
    assert_eq!(engine.urls().len(), 1, "paid once");
}

#[tokio::test]
async fn a_late_answer_to_the_first_request_does_not_disturb_the_second() {
    let (test, engine) = start(vec![vec![], vec![(0, answer()), (1, answer())]]).await;
    let id = test.submit(wav(3)).await;
    test.drain().await;
    assert_eq!(engine.urls().len(), 2);
    assert_completed(&test, &id).await;
}

#[tokio::test]
async fn a_request_that_may_have_been_taken_is_waited_for() {
    let (test, engine) = start(vec![vec![(0, answer())]]).await;
    engine.silent.store(true, Ordering::SeqCst);
    let id = test.submit(wav(3)).await;
    test.drain().await;
    assert_completed(&test, &id).await;
    assert_eq!(engine.urls().len(), 1, "asked once");
    // A request that was not recorded is sent again in the end.
    let (test, engine) = start(vec![vec![], vec![(1, answer())]]).await;
    engine.silent.store(true, Ordering::SeqCst);
    let id = test.submit(wav(3)).await;
    test.drain().await;
    assert_completed(&test, &id).await;
    assert_eq!(engine.urls().len(), 2);
}

#[tokio::test]
async fn crash_before_submit_is_retried_after_one_lease() {
    let (test, engine) = start(vec![vec![(0, answer())]]).await;
    engine.endless.store(1, Ordering::SeqCst);
    let id = test.submit(wav(3)).await;
    let (key, uploads) = (key(&id), test.host.store.bucket("uploads"));
    let object = uploads.list(&key.object_prefix()).await.unwrap().remove(0);
    let meta = uploads.stat(&object).await.unwrap().unwrap();
    let job = Job {
        key,
        object,
        generation: meta.generation,
        answer: None,
        unknown: UnknownFields::default(),
    };
    let transcribe = Transcribe {
        steps: StepRunner {
            records: test.host.store.records(),
            clock: Arc::clone(&test.clock) as _,
        },
        uploads,
        artifacts: test.host.store.bucket("artifacts"),
        queue: test.host.store.queue(),
        transcribers: EngineSet::of(Arc::clone(&engine) as _),
        public_url: Some(test.url.clone()),
        max_duration: Duration::from_hours(1),
        turns: transcribe::turn_taking::TurnTaking::default(),
        limits: SpendingLimits::default(),
    };
    let task = steps::DeliveredTask {
        queue: QUEUE.to_owned(),
        name: "first".to_owned(),
        body: serde_json::to_value(&job).unwrap(),
        attempt: 1,
        trace: None,
    };
    tokio::select! {
        handled = transcribe.handle(Trigger::Task(task)) => panic!("{handled:?}"),
        () = engine.looking.notified() => {}
    }
    test.drain().await;
    assert_completed(&test, &id).await;
    assert_eq!(engine.urls().len(), 1);
    let records = test.host.store.records();
    let interview = interview_store::interview(&*records, &job.key)
        .await
        .unwrap()
        .unwrap();
    let taken = interview
        .steps
        .transcription
        .finished_at
        .unwrap()
        .since(START);
    assert!(taken < Duration::from_mins(2), "{taken:?}");
}

#[tokio::test]
async fn callback_that_cannot_be_stored_is_redelivered_and_not_requested_again() {
    let (test, engine) = start(vec![vec![(0, answer())]]).await;
    let path = test.folder.path().join("interviewlens.db");
    let database = rusqlite::Connection::open(path).unwrap();
    database
        .execute_batch(
            "CREATE TRIGGER full BEFORE INSERT ON documents WHEN NEW.path LIKE '%/chunks/%'
             BEGIN SELECT RAISE(ABORT, 'the disk is full'); END",
        )
        .unwrap();
    *engine.read.lock().unwrap() = Some(Box::new(move |reads| {
        if reads == 3 {
            database.execute_batch("DROP TRIGGER full").unwrap();
        }
    }));
    let id = test.submit(wav(3)).await;
    test.drain().await;
    assert_completed(&test, &id).await;
    assert_eq!(engine.urls().len(), 1, "asked once");
    assert_eq!(engine.reads.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn transient_callback_failure_is_requested_again() {
    let passing = json!({"error": "passing"});
    let (test, engine) = start(vec![vec![(0, passing)], vec![(1, answer())]]).await;
    let id = test.submit(wav(3)).await;
    test.drain().await;
    assert_eq!(engine.urls().len(), 2);
    assert_completed(&test, &id).await;
}

#[tokio::test]
async fn a_failure_for_good_settles_the_step() {
    let failure = json!({"error": "for good"});
    let (test, engine) = start(vec![vec![(0, failure)]]).await;
    let id = test.submit(wav(3)).await;
    test.drain().await;
    assert_eq!(
        test.step_error(&id, "transcription").await,
        "unsupported_audio"
    );
    assert_eq!(engine.urls().len(), 1);
    assert_nothing_kept(&test, &id).await;
}

#[tokio::test]
async fn a_callback_that_no_step_awaits_is_not_found() {
    let (test, engine) = start(vec![vec![]]).await;
    let created = test.create(10).await;
    let id = created["id"].as_str().unwrap();
    for token in [
        "nothing".to_owned(),
        format!("local.{id}.{}", "a".repeat(24)),
        format!("local.{}.{}", "b".repeat(24), "a".repeat(24)),
    ] {
        let url = format!("{}/v1/callbacks/deepgram/{token}", test.url);
        let answer = test.client.post(url).json(&answer()).send().await.unwrap();
        assert_eq!(answer.status(), 404);
        let problem: Value = answer.json().await.unwrap();
        assert_eq!(problem["code"], "nothing_awaited");
    }
    assert_eq!(engine.urls().len(), 0);
}

/// The engine's answer is on its way when the interview is deleted.
#[tokio::test]
async fn an_answer_that_meets_a_deletion_leaves_nothing() {
    let (test, engine) = start(vec![vec![]]).await;
    let id = test.submit(wav(3)).await;
    deliver_what_is_due(&test).await;
    let watched = Arc::new(Watched::over(test.host.store.records()));
    let mut api = test.host.api();
    api.records = Arc::clone(&watched) as _;
    let url = engine.urls()[0].replace(&test.url, &test.serve(api).await);
    let (body, pieces) = futures::channel::mpsc::unbounded::<Result<_, std::io::Error>>();
    body.unbounded_send(Ok("{\"words\":")).unwrap();
    let request = test.client.post(url);
    let request = request.body(reqwest::Body::wrap_stream(pieces));
    let posting = tokio::spawn(request.send());
    let is_known = |used: &String| used.starts_with("read") && used.contains("/callbacks/");
    while !watched.uses.lock().unwrap().iter().any(is_known) {
        tokio::task::yield_now().await;
    }
    let path = format!("/v1/interviews/{id}");
    assert_eq!(test.ask(http::Method::DELETE, &path, None).await.0, 204);
    body.unbounded_send(Ok(" []}")).unwrap();
    drop(body);
    assert_eq!(posting.await.unwrap().unwrap().status(), 404);
    assert_nothing_kept(&test, &id).await;
}
