//! Runs by another engine than the active one.

use std::{
    sync::{Arc, Mutex, atomic::Ordering},
    time::Duration,
};

use config::Environment;
use domain::{
    callback::{Job, QUEUE},
    ledger::SpendingLimits,
    ports::{EngineSet, ObjectStore as _},
    versions::UnknownFields,
};
use engines::{EngineHost, Extractive};
use local::HostEngines;
use serde_json::{Value, json};
use steps::{DeliveredTask, Function as _, StepRunner, Trigger};
use testing::fake_providers::{Providers, RecordedRequest, Said};
use transcribe::{Transcribe, turn_taking::TurnTaking};

use crate::{
    runs::Runs,
    support::{TestHost, engine::ScriptedEngine, key},
};

/// An interview of the scripted engine and the extractive one, beside which Deepgram and Gemini
/// are set up.
async fn start(providers: Providers, more: &[(&str, &str)]) -> (Runs, Arc<Providers>) {
    let providers = Arc::new(providers);
    let settings = providers.listen().await;
    let settings = settings.iter().map(|(name, value)| (*name, value.as_str()));
    let environment: Environment = settings.chain(more.iter().copied()).collect();
    let engine = Arc::new(ScriptedEngine::default());
    let others = engines::other_transcribers(&environment, "scripted", EngineHost::Cloud);
    let analysts = engines::other_analysts(&environment, "extractive", None);
    let engines = HostEngines {
        transcribers: EngineSet {
            active: Arc::clone(&engine) as _,
            others: others.unwrap(),
        },
        live: Arc::clone(&engine) as _,
        analysts: EngineSet {
            active: Arc::new(Extractive),
            others: analysts.unwrap(),
        },
    };
    let test = TestHost {
        engine,
        ..TestHost::start_engines(engines, !more.is_empty()).await
    };
    (Runs::of(test).await, providers)
}

fn calls(runs: &Runs) -> usize {
    runs.test.engine.calls.load(Ordering::SeqCst)
}

#[tokio::test]
async fn a_run_chooses_an_engine_and_the_next_one_is_by_the_active_one() {
    let (runs, providers) = start(Providers::default(), &[]).await;
    let engines = runs.test.get("/v1/engines").await;
    let first = |kind: &str| engines[kind]["available"][0]["engine"].clone();
    assert_eq!(first("speech"), "scripted");
    assert_eq!(
        engines["speech"]["available"][1],
        json!({"engine": "deepgram", "model": "nova-3"})
    );
    assert_eq!(first("language"), "extractive");
    assert_eq!(engines["language"]["available"][1]["engine"], "gemini");
    let heard = runs
        .run(json!({"step": "transcription", "engine": "deepgram", "model": "nova-3"}))
        .await;
    let shown = runs.shown().await;
    assert_eq!(shown["transcript"]["engine"], "deepgram");
    assert_eq!(shown["transcript"]["run_id"], heard);
    // The analysis is still that of the first transcript.
    assert_eq!(shown["analysis"]["engine"], "extractive");
    let model = engines["language"]["available"][1]["model"].clone();
    runs.run(json!({"step": "analysis", "model": model})).await;
    let shown = runs.shown().await;
    assert_eq!(shown["status"], "completed", "{}", shown["steps"]);
    assert_eq!(shown["analysis"]["engine"], "gemini");
    assert_eq!(shown["analysis"]["stale"], Value::Null);
    assert_eq!(shown["steps"]["analysis"]["engine"], "gemini");
    let asked = (providers.count("/v1/listen"), providers.count("/v1beta/"));
    assert_eq!((calls(&runs), asked), (1, (1, 1)));
    for step in ["transcription", "analysis"] {
        runs.run(json!({ "step": step })).await;
        assert_eq!(runs.of_step(step).await.len(), 3, "{step}");
    }
    let shown = runs.shown().await;
    assert_eq!(shown["transcript"]["engine"], "scripted");
    assert_eq!(shown["analysis"]["engine"], "extractive");
    assert_eq!(calls(&runs), 2);
}

#[tokio::test]
async fn a_run_chooses_a_model_of_an_engine() {
    let models = [
        ("OTHER_SPEECH_MODELS", "deepgram/nova-2"),
        ("OTHER_LANGUAGE_MODELS", "gemini/gemini-pro"),
        ("DEEPGRAM_CALLBACK_BYTES", "1"),
    ];
    let (runs, providers) = start(Providers::default(), &models).await;
    for (body, engine) in [
        (
            json!({"step": "transcription", "engine": "deepgram", "model": "nova-2"}),
            "deepgram",
        ),
        (json!({"step": "analysis", "model": "gemini-pro"}), "gemini"),
    ] {
        let run_id = runs.run(body.clone()).await;
        let step = body["step"].as_str().unwrap();
        let items = runs.of_step(step).await;
        let run = items.iter().find(|run| run["run_id"] == run_id).unwrap();
        assert_eq!(run["engine"], engine, "{run}");
    }
    let shown = runs.shown().await;
    assert_eq!(shown["status"], "completed", "{}", shown["steps"]);
    let asked = providers.asked.lock().unwrap().clone();
    let is_asked = |model: &str| asked.iter().any(|path| path.contains(model));
    assert!(
        is_asked("model=nova-2") && is_asked("/gemini-pro:"),
        "{asked:?}"
    );
    assert!(!is_asked("nova-3"), "{asked:?}");
}

#[tokio::test]
async fn an_engine_that_is_not_set_up_is_refused_with_those_that_are() {
    let (runs, _providers) = start(Providers::default(), &[]).await;
    for (body, list) in [
        (
            json!({"step": "transcription", "engine": "openai"}),
            "`scripted` (`scripted`), `deepgram` (`nova-3`)",
        ),
        (
            json!({"step": "transcription", "engine": "deepgram", "model": "nova-9"}),
            "`deepgram` with the model `nova-9` is not set up",
        ),
        (
            json!({"step": "analysis", "engine": "deepgram"}),
            "`extractive`, `gemini` (",
        ),
        (
            json!({"step": "analysis", "model": "oracle"}),
            "`extractive`, `gemini` (",
        ),
        (
            json!({"step": "waveform", "engine": "deepgram"}),
            "no engine does waveform",
        ),
    ] {
        let (status, problem) = runs.request(body).await;
        assert_eq!(
            (status, &problem["code"]),
            (422, &json!("engine_not_available"))
        );
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.contains(list), "{detail}");
    }
}

/// A provider that is away for its first requests of one kind.
fn away_for(times: usize, is_gemini: bool) -> Providers {
    let left = Mutex::new(times);
    Providers::in_mood(move |asked: &RecordedRequest| {
        let mut left = left.lock().unwrap();
        if asked.is_gemini() != is_gemini || *left == 0 {
            return None;
        }
        *left -= 1;
        Some(Said::Whole(401, b"{}".to_vec()))
    })
}

#[tokio::test]
async fn a_failed_run_by_another_engine_leaves_what_was_there() {
    let (runs, providers) = start(away_for(1, false), &[]).await;
    let body = json!({"step": "transcription", "engine": "deepgram"});
    let failed = runs.run(body.clone()).await;
    let shown = runs.shown().await;
    assert_eq!(shown["status"], "completed", "{}", shown["steps"]);
    assert_eq!(shown["transcript"]["engine"], "scripted");
    let items = runs.of_step("transcription").await;
    let run = items.iter().find(|run| run["run_id"] == failed).unwrap();
    assert_eq!(run["error"]["code"], "engine_unauthorized", "{run}");
    runs.run(body).await;
    assert_eq!(runs.shown().await["transcript"]["engine"], "deepgram");
    assert_eq!((calls(&runs), providers.count("/v1/listen")), (1, 2));
}

#[tokio::test]
async fn retries_and_the_sweep_keep_the_engine_of_a_run() {
    // Twice there is no answer that could be used: the step is tried again after each.
    let left = Mutex::new(2);
    let providers = Providers::in_mood(move |asked: &RecordedRequest| {
        let mut left = left.lock().unwrap();
        let refuses = !asked.is_gemini() && *left > 0;
        *left -= i32::from(refuses);
        refuses.then(|| Said::Whole(503, Vec::new()))
    });
    let (runs, providers) = start(providers, &[]).await;
    let body = json!({"step": "transcription", "engine": "deepgram"});
    runs.run(body.clone()).await;
    runs.test.drain().await;
    assert_eq!(runs.shown().await["transcript"]["engine"], "deepgram");
    assert_eq!((calls(&runs), providers.count("/v1/listen")), (1, 3));
    // The task of another run is lost: the sweep has it begun.
    assert_eq!(runs.request(body).await.0, 202);
    let database = runs.test.folder.path().join("interviewlens.db");
    let database = rusqlite::Connection::open(database).unwrap();
    assert!(database.execute("DELETE FROM deliveries", []).unwrap() > 0);
    runs.test.sweep_for(Duration::from_mins(30)).await;
    let shown = runs.shown().await;
    assert_eq!(shown["steps"]["transcription"]["state"], "done");
    assert_eq!(shown["transcript"]["engine"], "deepgram");
    assert_eq!((calls(&runs), providers.count("/v1/listen")), (1, 4));
}

#[tokio::test]
async fn an_answer_that_is_called_back_is_read_by_the_engine_that_was_asked() {
    let calls_back = [("DEEPGRAM_CALLBACK_BYTES", "1")];
    let (runs, providers) = start(Providers::default(), &calls_back).await;
    let body = json!({"step": "transcription", "engine": "deepgram"});
    runs.run(body).await;
    let shown = runs.shown().await;
    assert_eq!(shown["status"], "completed", "{}", shown["steps"]);
    assert_eq!(shown["transcript"]["engine"], "deepgram");
    assert_eq!(
        shown["transcript"]["words"].as_array().map(Vec::len),
        Some(226)
    );
    assert_eq!((calls(&runs), providers.count("/v1/listen")), (1, 1));
}

#[tokio::test]
async fn a_worker_without_the_engine_of_a_run_fails_it_by_name() {
    let (runs, providers) = start(Providers::default(), &[]).await;
    let body = json!({"step": "transcription", "engine": "deepgram"});
    assert_eq!(runs.request(body).await.0, 202);
    // As after a restart without Deepgram's variables.
    let store = &runs.test.host.store;
    let (key, uploads) = (key(&runs.id), store.bucket("uploads"));
    let object = uploads.list(&key.object_prefix()).await.unwrap().remove(0);
    let meta = uploads.stat(&object).await.unwrap().unwrap();
    let transcribe = Transcribe {
        steps: StepRunner {
            records: store.records(),
            clock: Arc::clone(&runs.test.clock) as _,
        },
        uploads,
        artifacts: store.bucket("artifacts"),
        queue: store.queue(),
        transcribers: EngineSet::of(Arc::clone(&runs.test.engine) as _),
        public_url: None,
        max_duration: Duration::from_hours(1),
        turns: TurnTaking::default(),
        limits: SpendingLimits::default(),
    };
    let job = Job {
        key,
        object,
        generation: meta.generation,
        answer: None,
        unknown: UnknownFields::default(),
    };
    let task = DeliveredTask {
        queue: QUEUE.to_owned(),
        name: "first".to_owned(),
        body: serde_json::to_value(&job).unwrap(),
        attempt: 1,
        trace: None,
    };
    transcribe.handle(Trigger::Task(task)).await.unwrap();
    let shown = runs.shown().await;
    assert_eq!(shown["status"], "completed", "{}", shown["steps"]);
    assert_eq!(shown["transcript"]["engine"], "scripted");
    let items = runs.of_step("transcription").await;
    let failed = items.iter().find(|run| run["state"] == "failed").unwrap();
    assert_eq!(failed["error"]["code"], "engine_misconfigured", "{failed}");
    let message = failed["error"]["message"].as_str().unwrap();
    assert!(
        message.contains("`deepgram`") && message.ends_with("`scripted` (`scripted`)"),
        "{message}"
    );
    runs.test.drain().await;
    assert_eq!((calls(&runs), providers.count("/v1/listen")), (1, 0));
}
