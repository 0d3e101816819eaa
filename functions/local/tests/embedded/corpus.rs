//! Documents as this release stores them, written once and read by the tests of every
//! later release.
//!
//! A file of the corpus is what the store holds after one run: paths and fields. The
//! files of a release are never written again: a later release adds a folder of its own
//! and has to read all of them.

mod engines;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use domain::{
    Interview, deletion, interview_store,
    lease::Acquire,
    paths::DocPath,
    ports::{Clock as _, EngineSet, Precondition, Records, Write},
    steps::StepName,
};
use http::{Method, StatusCode};
use local::HostEngines;
use serde_json::{Value, json};

use self::engines::{Patient, Thorough};
use crate::support::{TestHost, engine::ScriptedEngine, key, wav};

/// Fields by path.
pub(crate) type Documents = BTreeMap<String, Value>;

/// The folder of one release below this one.
fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/domain/tests/corpus")
}

/// Every file of every release, by its name.
pub(crate) fn corpus() -> Vec<(String, Documents)> {
    let mut files: Vec<(String, Documents)> = Vec::new();
    for release in fs::read_dir(folder()).unwrap() {
        for file in fs::read_dir(release.unwrap().path()).unwrap() {
            let path = file.unwrap().path();
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            let text = fs::read_to_string(&path).unwrap();
            files.push((name, serde_json::from_str(&text).unwrap()));
        }
    }
    files.sort_by(|one, other| one.0.cmp(&other.0));
    files
}

/// Stores documents as they are.
pub(crate) async fn store(records: &dyn Records, documents: &Documents) {
    for (path, fields) in documents {
        let path = DocPath::parse(path).unwrap();
        let write = Write::put(path, fields, Precondition::None).unwrap();
        records.commit(vec![write]).await.unwrap();
    }
}

/// All documents of a store.
/// The paths of the documents of an interview, but for its tombstone.
pub(crate) fn paths_of(test: &TestHost, id: &str) -> Vec<String> {
    let paths = documents(test).into_keys();
    paths
        .filter(|path| path.contains(id) && !path.contains("/tombstones/"))
        .collect()
}

pub(crate) fn documents(test: &TestHost) -> Documents {
    let path = test.folder.path().join("interviewlens.db");
    let database = rusqlite::Connection::open(path).unwrap();
    let mut rows = database
        .prepare("SELECT path, fields FROM documents")
        .unwrap();
    let rows = rows.query_map([], |row| Ok((row.get(0)?, row.get::<_, String>(1)?)));
    rows.unwrap()
        .map(|row| {
            let (path, fields) = row.unwrap();
            (path, serde_json::from_str(&fields).unwrap())
        })
        .collect()
}

async fn host() -> TestHost {
    let engine = Arc::new(ScriptedEngine::default());
    let engines = HostEngines {
        transcribers: EngineSet::of(Arc::clone(&engine) as _),
        live: Arc::clone(&engine) as _,
        analysts: EngineSet::of(Arc::new(Thorough)),
    };
    TestHost {
        engine,
        ..TestHost::start_engines(engines, false).await
    }
}

async fn awaiting_upload() -> TestHost {
    let test = host().await;
    test.create(1_000).await;
    test
}

/// Everything that an interview can have.
async fn completed() -> TestHost {
    let test = host().await;
    let body = json!({
        "title": "A summer", "kind": "job_interview", "language": "en",
        "webhook_url": test.hook, "metadata": {"job": [[7]]}, "retention_days": 365,
        "rubric": {"competencies": [
            {"name": "ownership", "description": "own part",
             "anchors": {"low": "none", "mid": "some", "high": "all"}},
            {"name": "learning"}, {"name": "communication"},
        ]},
        "audio": {"filename": "a.wav", "content_type": "audio/wav", "size_bytes": wav(3).len()},
    });
    let request = test.client.post(format!("{}/v1/interviews", test.url));
    let request = request.header("idempotency-key", "once").json(&body);
    let created: Value = request.send().await.unwrap().json().await.unwrap();
    // The receiver answers from the end: it takes the first webhook and refuses the next.
    *test.receiver.answers.lock().unwrap() = vec![StatusCode::BAD_GATEWAY, StatusCode::NO_CONTENT];
    assert_eq!(test.upload(&created, wav(3)).await.status(), 200);
    test.drain().await;
    let path = format!("/v1/interviews/{}", created["id"].as_str().unwrap());
    for note in [
        json!({"text": "remember"}),
        json!({"text": "here", "at_ms": 1_200, "kind": "bookmark"}),
    ] {
        let (status, _) = test
            .ask(Method::POST, &format!("{path}/notes"), Some(note))
            .await;
        assert_eq!(status, 201);
    }
    let labels = json!({"speakers": {"0": "Ada", "1": {"name": "Bob", "role": "interviewer"}}});
    assert_eq!(test.ask(Method::PATCH, &path, Some(labels)).await.0, 200);
    test.clock.advance(Duration::from_mins(1));
    test.sweep().await;
    test
}

/// Corrected, assessed by a person and by a rubric that is kept, and run again; the earlier
/// transcript is beside the shown one.
async fn corrected() -> TestHost {
    let test = completed().await;
    let listed = test.get("/v1/interviews").await;
    let id = listed["items"][0]["id"].as_str().unwrap().to_owned();
    let path = |rest: &str| format!("/v1/interviews/{id}{rest}");
    let send = async |method: Method, path: &str, body: Value| {
        let (status, answer) = test.ask(method, path, Some(body)).await;
        assert!((200..300).contains(&status), "{path}: {status} {answer}");
        test.drain().await;
        answer
    };
    let rubric = json!({"name": "Sailors", "competencies": [
        {"name": "ownership", "description": "own part", "weight": 2.0,
         "anchors": {"low": "none", "mid": "some", "high": "all"}},
    ]});
    let rubric = send(Method::POST, "/v1/rubrics", rubric).await;
    let rubric_id = rubric["id"].as_str().unwrap();
    let own = format!("/v1/rubrics/{rubric_id}");
    send(Method::PATCH, &own, json!({"name": "Captains"})).await;
    for (revision, operations) in [
        (
            0,
            json!([{"op": "replace_words", "from": "w0", "to": "w1", "text": "How did"},
                   {"op": "insert_words", "after": null, "text": "So"},
                   {"op": "delete_words", "from": "w2", "to": "w2"}]),
        ),
        (
            1,
            json!([{"op": "assign_speaker", "from": "w3", "to": "w3", "speaker": 1},
                   {"op": "split_turn", "at": "w1"}, {"op": "join_turns", "at": "w1"}]),
        ),
        (2, json!([{"op": "merge_speakers", "from": 1, "into": 0}])),
    ] {
        let body = json!({"base_revision": revision, "operations": operations});
        send(Method::PATCH, &path("/transcript"), body).await;
    }
    let undo = json!({"base_revision": 3});
    send(Method::POST, &path("/transcript/undo"), undo).await;
    for decision in ["wait", "advance"] {
        let body = json!({"decision": decision, "author": "Grace", "competencies": [
            {"name": "ownership", "rating": 4, "comment": "a whole boat"},
        ]});
        send(Method::PUT, &path("/assessment"), body).await;
    }
    let analysis = json!({"step": "analysis", "rubric_id": rubric_id});
    send(Method::POST, &path("/runs"), analysis).await;
    let transcription = json!({"step": "transcription"});
    let started = send(Method::POST, &path("/runs"), transcription).await;
    let run_id = started["run_id"].as_str().unwrap();
    let select = path(&format!("/runs/{run_id}/select"));
    assert_eq!(test.ask(Method::POST, &select, None).await.0, 200);
    test.drain().await;
    test
}

async fn processing() -> TestHost {
    let test = host().await;
    let id = test.submit(wav(3)).await;
    let (records, now) = (test.host.store.records(), test.clock.now());
    let step = StepName::Transcription;
    let acquire = |interview: &mut Interview| interview.acquire(step, "1", Some("scripted"), now);
    let acquired = interview_store::transition(&*records, &key(&id), now, acquire).await;
    let Ok(Some(Acquire::Start(lease))) = acquired else {
        panic!("{acquired:?}");
    };
    let renewed = interview_store::renew(&*records, &key(&id), &lease, Some(40), now).await;
    renewed.unwrap();
    test
}

/// Tried once, to be tried again.
async fn waiting() -> TestHost {
    let test = host().await;
    test.engine.failures.store(1, Ordering::SeqCst);
    test.submit(wav(3)).await;
    deliver_what_is_due(&test).await;
    test
}

/// Delivers what is due now, and not what is to be tried later.
pub(crate) async fn deliver_what_is_due(test: &TestHost) {
    let deliveries = test.host.store.deliveries();
    for _ in 0..20 {
        for lane in deliveries.lanes() {
            for delivery in deliveries.take(&lane, 100).await.unwrap() {
                let mut functions = test.host.functions();
                let function = functions.find(|own| own.name() == delivery.function);
                let trigger = emulation::dispatch::trigger(&delivery);
                // One that failed stays taken, and is not delivered again.
                if function.unwrap().handle(trigger).await.is_ok() {
                    deliveries.done(&delivery).await.unwrap();
                }
            }
        }
    }
}

async fn parked() -> TestHost {
    let engine = Arc::new(ScriptedEngine::default());
    let engines = HostEngines {
        transcribers: EngineSet::of(Arc::new(Patient)),
        live: Arc::clone(&engine) as _,
        analysts: EngineSet::of(Arc::new(Thorough)),
    };
    let test = TestHost::start_engines(engines, true).await;
    test.submit(wav(3)).await;
    // The task that asks once more is not due.
    deliver_what_is_due(&test).await;
    test
}

async fn partial() -> TestHost {
    let test = completed().await;
    let listed = test.get("/v1/interviews").await;
    let id = listed["items"][0]["id"].as_str().unwrap().to_owned();
    crate::mutations::fail(&test, &id, "report").await;
    test
}

async fn failed() -> TestHost {
    let test = host().await;
    test.engine.failures.store(5, Ordering::SeqCst);
    *test.receiver.answers.lock().unwrap() = vec![StatusCode::GONE];
    test.submit(wav(3)).await;
    test.drain().await;
    test
}

/// Marked, and the process died.
async fn deleted() -> TestHost {
    let test = completed().await;
    let listed = test.get("/v1/interviews").await;
    let id = listed["items"][0]["id"].as_str().unwrap().to_owned();
    let now = test.clock.now();
    let marked = deletion::mark(&*test.host.store.records(), &key(&id), now).await;
    assert!(marked.unwrap());
    test
}

/// Writes this release's files where there are none.
#[tokio::test]
#[ignore = "writes the corpus of a release"]
async fn writes_the_corpus() {
    let folder = folder().join(env!("CARGO_PKG_VERSION"));
    fs::create_dir_all(&folder).unwrap();
    for (name, test) in [
        ("awaiting_upload", awaiting_upload().await),
        ("processing", processing().await),
        ("waiting", waiting().await),
        ("parked", parked().await),
        ("completed", completed().await),
        ("corrected", corrected().await),
        ("partial", partial().await),
        ("failed", failed().await),
        ("deleted", deleted().await),
    ] {
        let path = folder.join(format!("{name}.json"));
        // A file is written once.
        if !path.exists() {
            let text = serde_json::to_string_pretty(&documents(&test)).unwrap();
            fs::write(path, text + "\n").unwrap();
        }
    }
}
