//! Transcripts from elsewhere in place of a recording.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use domain::{
    Interview, deletion, interview_store,
    lease::{Acquire, LEASE},
    paths::DocPath,
    ports::{Clock, Document, DocumentStream, Query, Records, RecordsError, Write},
    steps::StepName,
};
use http::Method;
use reqwest::Body;
use serde_json::{Value, json};
use steps::{Import, Imported, StepRunner};

use crate::support::{TestHost, key, wav};

const ZOOM: &str = "WEBVTT\n\n1\n00:00:03.000 --> 00:00:05.000\nAda Lovelace: What did you build last summer?\n\n\
    2\n00:00:06.000 --> 00:00:09.000\nBob: I built a small boat with my sister.\n\n\
    3\n00:00:09.500 --> 00:00:12.000\nIt was 10:30 when we sailed to the island.\n";

const OTTER: &str = "Grace  0:00\nWhat did you sail?\n\nBob  0:04\nA ship.\n";

async fn create(test: &TestHost) -> String {
    let body = json!({"title": "A summer", "webhook_url": test.hook, "kind": "job_interview"});
    let (status, made) = test.ask(Method::POST, "/v1/interviews", Some(body)).await;
    assert_eq!(status, 201, "{made}");
    made["id"].as_str().unwrap().to_owned()
}

/// Imports a file; the status and the answer.
async fn send(
    test: &TestHost,
    id: &str,
    file: impl Into<Body>,
    idempotency_key: Option<&str>,
) -> (u16, Value) {
    let url = format!("{}/v1/interviews/{id}/transcript", test.url);
    let mut request = test.client.post(url).header("content-type", "text/plain");
    if let Some(key) = idempotency_key {
        request = request.header("idempotency-key", key);
    }
    let answer = request.body(file).send().await.unwrap();
    let status = answer.status().as_u16();
    (status, answer.json().await.unwrap())
}

async fn import(test: &TestHost, id: &str, file: &'static str) -> (u16, Value) {
    send(test, id, file, None).await
}

fn states(interview: &Value) -> Vec<&str> {
    let steps = ["transcription", "waveform", "analysis", "report"];
    let states = steps.map(|step| interview["steps"][step]["state"].as_str().unwrap());
    states.to_vec()
}

#[tokio::test]
async fn an_imported_transcript_is_analysed_and_reported() {
    let test = TestHost::start().await;
    let id = create(&test).await;
    let (status, made) = import(&test, &id, ZOOM).await;
    assert_eq!(status, 201, "{made}");
    assert_eq!(states(&made), ["done", "skipped", "pending", "pending"]);
    assert_eq!(
        (&made["status"], &made["audio"]),
        (&json!("processing"), &Value::Null)
    );
    assert_eq!(made["steps"]["transcription"]["engine"], "import");
    test.drain().await;
    let whole = test.interview(&id).await;
    assert_eq!(states(&whole), ["done", "skipped", "done", "done"]);
    assert_eq!(whole["status"], "completed");
    assert_eq!(whole["waveform"], Value::Null);
    let transcript = &whole["transcript"];
    assert_eq!(
        (&transcript["engine"], &transcript["model"]),
        (&json!("import"), &json!("webvtt"))
    );
    let names: Vec<&Value> = transcript["speakers"].as_array().unwrap().iter().collect();
    assert_eq!(names.len(), 2, "{names:?}");
    assert_eq!(names[0]["name"], "Ada Lovelace");
    let turns = transcript["turns"].as_array().unwrap();
    let text = "I built a small boat with my sister. It was 10:30 when we sailed to the island.";
    assert_eq!((turns.len(), turns[1]["text"].as_str()), (2, Some(text)));
    assert_eq!(turns[1]["start_ms"], 6_000);
    let question = &whole["analysis"]["questions"][0];
    assert_eq!(question["question"], "What did you build last summer?");
    assert_eq!(question["evidence"][0]["start_ms"], 3_000);
    let types = test.receiver.types();
    assert_eq!(
        types,
        [
            "interview.transcribed",
            "interview.analyzed",
            "interview.completed"
        ]
    );
    for (path, status) in [
        ("waveform", 404),
        ("waveform.dat", 404),
        ("report.docx", 200),
        ("transcript.srt", 200),
        ("transcript.md", 200),
    ] {
        let url = format!("{}/v1/interviews/{id}/{path}", test.url);
        let answer = test.client.get(url).send().await.unwrap();
        assert_eq!(answer.status(), status, "{path}");
    }
    let findings = test.sweep_for(Duration::from_hours(25));
    findings.await;
    assert_eq!(test.interview(&id).await["status"], "completed");
}

#[tokio::test]
async fn exports_can_be_imported_again() {
    let test = TestHost::start().await;
    let first = create(&test).await;
    assert_eq!(import(&test, &first, ZOOM).await.0, 201);
    test.drain().await;
    let words = |interview: &Value| -> Vec<String> {
        let words = interview["transcript"]["words"].as_array().unwrap().iter();
        words.map(|word| word["text"].to_string()).collect()
    };
    let expected = words(&test.interview(&first).await);
    for form in ["", ".txt", ".md", ".srt", ".vtt"] {
        let path = format!("/v1/interviews/{first}/transcript{form}");
        let exported = test.text(&path).await;
        let id = create(&test).await;
        let (status, made) = send(&test, &id, exported, None).await;
        assert_eq!(status, 201, "{form}: {made}");
        let again = test.interview(&id).await;
        assert_eq!(words(&again), expected, "{form}");
        let names = again["transcript"]["speakers"].as_array().unwrap();
        assert_eq!(names[1]["name"], "Bob", "{form}");
    }
}

#[tokio::test]
async fn the_same_file_is_imported_once_and_another_one_replaces_it() {
    let test = TestHost::start().await;
    let id = create(&test).await;
    assert_eq!(import(&test, &id, ZOOM).await.0, 201);
    test.drain().await;
    let first = test.interview(&id).await;
    let labels = json!({"speakers": {"0": "Augusta"}});
    let path = format!("/v1/interviews/{id}");
    assert_eq!(test.ask(Method::PATCH, &path, Some(labels)).await.0, 200);
    let (status, again) = import(&test, &id, ZOOM).await;
    assert_eq!((status, &again["status"]), (201, &json!("completed")));
    let (status, replaced) = import(&test, &id, OTTER).await;
    assert_eq!(status, 201);
    assert_eq!(states(&replaced), ["done", "skipped", "pending", "pending"]);
    assert_eq!(replaced["status"], "processing");
    // The name was of another person.
    assert_eq!(replaced["speakers"], json!({}));
    test.drain().await;
    let second = test.interview(&id).await;
    assert_eq!(second["status"], "completed");
    let run_id = |interview: &Value| interview["transcript"]["run_id"].clone();
    assert_ne!(run_id(&second), run_id(&first));
    for part in ["analysis", "report"] {
        let derived_from = &second[part]["derived_from"];
        assert_eq!(derived_from["run_id"], run_id(&second), "{part}");
        assert_eq!(derived_from["revision"], second["transcript"]["revision"]);
    }
    assert_eq!(second["transcript"]["speakers"][0]["name"], "Grace");
    let chunks = Query::collection(key(&id).data("transcript").collection("chunks"));
    let chunks = test.host.store.records().list(&chunks).await.unwrap();
    assert_eq!(chunks.len(), 1, "the replaced words are gone");
    let transcribed = test.receiver.types().into_iter();
    let transcribed = transcribed.filter(|kind| kind == "interview.completed");
    assert_eq!(transcribed.count(), 2);
}

#[tokio::test]
async fn an_idempotency_key_imports_one_file() {
    let test = TestHost::start().await;
    let id = create(&test).await;
    let first = send(&test, &id, ZOOM, Some("k")).await;
    assert_eq!(first.0, 201);
    assert_eq!(send(&test, &id, OTTER, Some("k")).await.0, 201);
    let names = test.interview(&id).await["transcript"]["speakers"].clone();
    assert_eq!(names[0]["name"], "Ada Lovelace");
    assert_eq!(send(&test, &id, OTTER, Some("l")).await.0, 201);
    let names = test.interview(&id).await["transcript"]["speakers"].clone();
    assert_eq!(names[0]["name"], "Grace");
    let other = create(&test).await;
    assert_eq!(send(&test, &other, ZOOM, Some("k")).await.0, 201);
    assert!(test.interview(&other).await["transcript"].is_object());
    assert_eq!(send(&test, &id, ZOOM, Some("")).await.0, 400);
}

#[tokio::test]
async fn refusals_say_what_was_found_and_change_nothing() {
    let test = TestHost::start().await;
    let recorded = test.create(1_000).await["id"].as_str().unwrap().to_owned();
    let (status, problem) = import(&test, &recorded, ZOOM).await;
    assert_eq!((status, &problem["code"]), (409, &json!("has_recording")));
    let done = test.submit(wav(3)).await;
    test.drain().await;
    let (status, problem) = import(&test, &done, ZOOM).await;
    assert_eq!((status, &problem["code"]), (409, &json!("has_recording")));
    let id = create(&test).await;
    for (file, found) in [
        ("", "an empty file"),
        (
            "We sailed at 10:30. It was late.",
            "text without speakers or times",
        ),
        ("%PDF-1.7", "a PDF document"),
        ("{\"foo\": 1}", "JSON with the fields `foo`"),
    ] {
        let (status, problem) = import(&test, &id, file).await;
        let code = problem["code"].as_str();
        assert_eq!((status, code), (422, Some("transcript_unreadable")));
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.starts_with(&format!("found {found}")), "{detail}");
        assert!(detail.contains("WebVTT of Zoom"), "{detail}");
    }
    let large = "a".repeat(16 * 1024 * 1024 + 1);
    let (status, problem) = send(&test, &id, large, None).await;
    assert_eq!((status, &problem["code"]), (413, &json!("body_too_large")));
    let url = format!("{}/v1/interviews/{id}/transcript", test.url);
    let foreign = test.client.post(&url).header("x-user-id", "mallory");
    assert_eq!(foreign.body(ZOOM).send().await.unwrap().status(), 404);
    let untouched = test.interview(&id).await;
    assert_eq!(untouched["status"], "awaiting_upload");
    assert_eq!(states(&untouched), ["pending"; 4]);
}

#[tokio::test]
async fn steps_of_an_import_can_be_run_again() {
    let test = TestHost::start().await;
    let id = create(&test).await;
    let path = format!("/v1/interviews/{id}/retry");
    let retry = |step: &'static str| test.ask(Method::POST, &path, Some(json!({"step": step})));
    let (status, problem) = retry("report").await;
    assert_eq!((status, &problem["code"]), (409, &json!("no_recording")));
    assert_eq!(import(&test, &id, ZOOM).await.0, 201);
    test.drain().await;
    let (status, problem) = retry("waveform").await;
    assert_eq!((status, &problem["code"]), (409, &json!("not_failed")));
    assert_eq!(retry("report").await.0, 202);
    test.drain().await;
    assert_eq!(test.interview(&id).await["status"], "completed");
}

#[tokio::test]
async fn an_abandoned_interview_takes_a_transcript() {
    let test = TestHost::start().await;
    let id = create(&test).await;
    test.swept_since(crate::support::START).await;
    test.sweep_for(Duration::from_hours(8 * 24)).await;
    assert_eq!(test.interview(&id).await["status"], "failed");
    assert_eq!(import(&test, &id, ZOOM).await.0, 201);
    test.drain().await;
    let whole = test.interview(&id).await;
    assert_eq!(states(&whole), ["done", "skipped", "done", "done"]);
    assert_eq!(whole["status"], "completed");
}

#[tokio::test]
async fn a_dead_import_is_taken_over_and_its_late_commit_is_refused() {
    let test = TestHost::start().await;
    let id = create(&test).await;
    let records = test.host.store.records();
    let now = Clock::now(&*test.clock);
    let input = Import::new(ZOOM.as_bytes(), recognition(ZOOM)).input;
    let acquire = |interview: &mut Interview| {
        interview.acquire(StepName::Transcription, &input, Some("import"), now)
    };
    let acquired = interview_store::transition(&*records, &key(&id), now, acquire).await;
    let Ok(Some(Acquire::Start(lease))) = acquired else {
        panic!("{acquired:?}");
    };
    let (status, problem) = import(&test, &id, ZOOM).await;
    assert_eq!((status, &problem["code"]), (409, &json!("conflict")));
    test.clock.advance(LEASE + Duration::from_secs(1));
    assert_eq!(import(&test, &id, ZOOM).await.0, 201);
    let late = |interview: &mut Interview| interview.finish(&lease, now).map(|()| Vec::new());
    let late = interview_store::commit(&*records, &key(&id), now, late).await;
    assert!(late.is_err());
    test.drain().await;
    assert_eq!(test.interview(&id).await["status"], "completed");
}

fn recognition(file: &str) -> domain::transcript::Recognition {
    let file = transcripts::read_text(file).unwrap();
    file.into_recognition().unwrap()
}

/// Deletes the interview, as its owner, right before the first commit of words or of the
/// head of the transcript.
struct Deleting {
    inner: Arc<dyn Records>,
    clock: Arc<dyn Clock>,
    id: String,
    /// What the path of the commit contains.
    before: &'static str,
    done: AtomicBool,
}

#[async_trait]
impl Records for Deleting {
    async fn read(&self, path: &DocPath) -> Result<Option<Document>, RecordsError> {
        self.inner.read(path).await
    }

    async fn commit(&self, writes: Vec<Write>) -> Result<(), RecordsError> {
        let path = |write: &Write| write.path().as_str().ends_with(self.before);
        let begins = writes.iter().any(path) && !self.done.swap(true, Ordering::SeqCst);
        if begins {
            let (key, now) = (key(&self.id), self.clock.now());
            assert!(deletion::mark(&*self.inner, &key, now).await?);
            let purged = deletion::purge(&*self.inner, &[], &key, now).await;
            purged.expect("purged");
        }
        self.inner.commit(writes).await
    }

    async fn list(&self, query: &Query) -> Result<Vec<Document>, RecordsError> {
        self.inner.list(query).await
    }

    fn watch(&self, path: &DocPath) -> DocumentStream {
        self.inner.watch(path)
    }
}

#[tokio::test]
async fn a_deletion_wins_against_an_import_at_every_commit() {
    for before in ["/data/lease-1", "/chunks/000001-000000", "/data/transcript"] {
        let test = TestHost::start().await;
        let id = create(&test).await;
        let records = Arc::new(Deleting {
            inner: test.host.store.records(),
            clock: Arc::clone(&test.clock) as _,
            id: id.clone(),
            before,
            done: AtomicBool::new(false),
        });
        let runner = StepRunner {
            records: Arc::clone(&records) as _,
            clock: Arc::clone(&test.clock) as _,
        };
        let import = Import::new(ZOOM.as_bytes(), recognition(ZOOM));
        let imported = runner.import_transcript(&key(&id), import).await;
        assert!(records.done.load(Ordering::SeqCst), "{before}");
        assert!(
            matches!(imported, Ok(Imported::Gone)),
            "{before}: {imported:?}"
        );
        let (key, records) = (key(&id), test.host.store.records());
        for path in [key.document(), key.data("transcript"), key.data("lease-1")] {
            assert_eq!(records.read(&path).await.unwrap(), None, "{before}: {path}");
        }
        let chunks = Query::collection(key.data("transcript").collection("chunks"));
        assert_eq!(records.list(&chunks).await.unwrap(), [], "{before}");
    }
}
