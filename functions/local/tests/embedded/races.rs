//! What comes in between: while a note is on its way, while a step is being queued
//! once more, while another interview cannot be read.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use domain::{
    deletion,
    paths::DocPath,
    ports::{
        Clock, Document, DocumentStream, Enqueued, Precondition, Query, Queue, QueueError, Records,
        RecordsError, Task, Write,
    },
    steps::{Code, StepError, StepName},
};
use futures::StreamExt as _;
use http::Method;
use reqwest::Body;
use serde_json::json;
use steps::{Failure, StepRun, StepRunner};

use crate::{
    mutations::fail,
    support::{TestHost, key, wav},
};

/// A queue that takes some tasks and cannot be reached for the others.
struct Failing {
    inner: Arc<dyn Queue>,
    takes: AtomicUsize,
    names: Mutex<Vec<String>>,
}

#[async_trait]
impl Queue for Failing {
    async fn enqueue(&self, queue: &str, task: Task) -> Result<Enqueued, QueueError> {
        self.names.lock().unwrap().push(task.name.clone());
        let takes = self
            .takes
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| {
                left.checked_sub(1)
            });
        if takes.is_err() {
            return Err(QueueError::Unavailable("it cannot be reached".into()));
        }
        self.inner.enqueue(queue, task).await
    }
}

/// A finished interview whose first two steps have failed, and a service whose queue
/// takes only so many tasks.
async fn failed(takes: usize) -> (TestHost, String, String, Arc<Failing>) {
    let test = TestHost::start().await;
    let id = test.submit(wav(3)).await;
    test.drain().await;
    for step in ["transcription", "waveform"] {
        fail(&test, &id, step).await;
    }
    let queue = Arc::new(Failing {
        inner: test.host.store.queue(),
        takes: AtomicUsize::new(takes),
        names: Mutex::default(),
    });
    let mut api = test.host.api();
    api.queue = Arc::clone(&queue) as _;
    let url = test.serve(api).await;
    let retry = format!("{url}/v1/interviews/{id}/retry");
    (test, id, retry, queue)
}

#[tokio::test]
async fn retry_that_cannot_be_queued_fails_and_queued_steps_run() {
    let (test, id, retry, queue) = failed(1).await;
    let answer = test.client.post(&retry).send().await.unwrap();
    assert_eq!(answer.status(), 503);
    let steps = test.interview(&id).await["steps"].clone();
    assert_eq!(steps["transcription"]["state"], "pending", "it was queued");
    assert_eq!(steps["waveform"]["state"], "failed");
    assert_eq!(
        steps["waveform"]["error"]["code"], "worker_lost",
        "as before"
    );
    test.drain().await;
    let interview = test.interview(&id).await;
    assert_eq!(interview["steps"]["transcription"]["state"], "done");
    // And the other one when the queue is there again.
    queue.takes.store(10, Ordering::SeqCst);
    let answer = test.client.post(&retry).send().await.unwrap();
    assert_eq!(answer.status(), 202);
    test.drain().await;
    let interview = test.interview(&id).await;
    assert_eq!(interview["status"], "completed", "{}", interview["steps"]);
    let mut names = queue.names.lock().unwrap().clone();
    let all = names.len();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), all, "no name is ever used again");
}

#[tokio::test]
async fn retry_does_not_restore_a_deleted_interview() {
    let (test, id, _, _) = failed(0).await;
    let queue = Arc::new(Deleting {
        records: test.host.store.records(),
        clock: Arc::clone(&test.clock) as _,
        id: id.clone(),
    });
    let mut api = test.host.api();
    api.queue = queue;
    let url = test.serve(api).await;
    let retry = format!("{url}/v1/interviews/{id}/retry");
    let answer = test.client.post(&retry).send().await.unwrap();
    assert_eq!(answer.status(), 503);
    let path = format!("/v1/interviews/{id}");
    assert_eq!(test.ask(Method::GET, &path, None).await.0, 404);
    test.clock.advance(Duration::from_mins(1));
    test.sweep().await;
    let records = test.host.store.records();
    assert_eq!(records.read(&key(&id).document()).await.unwrap(), None);
}

/// A queue that is not to be reached, while its caller's interview is deleted.
struct Deleting {
    records: Arc<dyn domain::ports::Records>,
    clock: Arc<dyn Clock>,
    id: String,
}

#[async_trait]
impl Queue for Deleting {
    async fn enqueue(&self, _: &str, _: Task) -> Result<Enqueued, QueueError> {
        let now = self.clock.now();
        deletion::mark(&*self.records, &key(&self.id), now)
            .await
            .unwrap();
        Err(QueueError::Unavailable("it cannot be reached".into()))
    }
}

#[tokio::test]
async fn a_note_that_arrives_after_the_deletion_is_not_kept() {
    let test = TestHost::start().await;
    let id = test.submit(wav(3)).await;
    test.drain().await;
    let path = format!("{}/v1/interviews/{id}", test.url);
    let note = json!({"text": "a secret"}).to_string();
    let (begin, rest) = note.split_at(5);
    let (asked, heard) = tokio::sync::oneshot::channel();
    let (resume, wait) = tokio::sync::oneshot::channel::<()>();
    let (begin, rest) = (begin.to_owned(), rest.to_owned());
    let body = futures::stream::once(async { Ok::<_, std::io::Error>(begin) }).chain(
        futures::stream::once(async move {
            asked.send(()).unwrap();
            wait.await.unwrap();
            Ok(rest)
        }),
    );
    let request = test
        .client
        .post(format!("{path}/notes"))
        .header("content-type", "application/json")
        .body(Body::wrap_stream(body));
    let posting = tokio::spawn(request.send());
    heard.await.unwrap();
    let deleted = test.client.delete(&path).send().await.unwrap();
    assert_eq!(deleted.status(), 204);
    resume.send(()).unwrap();
    let answer = posting.await.unwrap().unwrap();
    assert_eq!(answer.status(), 404);
    let notes = Query::collection(key(&id).notes());
    assert_eq!(test.host.store.records().list(&notes).await.unwrap(), []);
}

#[tokio::test]
async fn a_note_whose_storing_was_not_acknowledged_is_there() {
    let test = TestHost::start().await;
    let id = test.submit(wav(3)).await;
    test.drain().await;
    let mut api = test.host.api();
    api.records = Arc::new(Unanswered {
        inner: test.host.store.records(),
        left: AtomicUsize::new(1),
    });
    let url = test.serve(api).await;
    let notes = format!("{url}/v1/interviews/{id}/notes");
    let note = json!({"text": "remembered"});
    let answer = test.client.post(&notes).json(&note).send().await.unwrap();
    assert_eq!(answer.status(), 201);
    let made: serde_json::Value = answer.json().await.unwrap();
    let all = test.get(&format!("/v1/interviews/{id}/notes")).await;
    assert_eq!(all["items"], json!([made]));
}

#[tokio::test]
async fn a_form_holds_little_around_its_recording() {
    let test = TestHost::start().await;
    let field = |name: usize| {
        let text = "a".repeat(100_000);
        format!("--x\r\ncontent-disposition: form-data; name=\"f{name}\"\r\n\r\n{text}\r\n")
    };
    let many = (0..20).map(field).collect::<Vec<_>>().concat();
    let endless = "nothing like a boundary ".repeat(100_000);
    for path in ["/v1/analyze-async", "/v1/transcribe-stream"] {
        for body in [&many, &endless] {
            let request = test.client.post(format!("{}{path}", test.url));
            let request = request.header("content-type", "multipart/form-data; boundary=x");
            let answer = request.body(body.clone()).send().await.unwrap();
            assert_eq!(answer.status(), 413, "{path}");
            let problem: serde_json::Value = answer.json().await.unwrap();
            assert_eq!(problem["code"], "body_too_large");
        }
    }
}

#[tokio::test]
async fn an_interview_that_cannot_be_read_does_not_keep_the_sweep_from_the_others() {
    let kept = Duration::from_hours(72);
    let test = TestHost::start_set(|settings| settings.retention = Some(kept)).await;
    let records = test.host.store.records();
    let path = DocPath::parse("users/local/interviews/0").unwrap();
    let nonsense = json!({"status": "processing"});
    let write = Write::put(path, &nonsense, Precondition::Absent).unwrap();
    records.commit(vec![write]).await.unwrap();
    let id = test.submit(wav(3)).await;
    test.drain().await;
    test.clock.advance(kept + Duration::from_secs(1));
    test.sweep().await;
    test.sweep_for(Duration::from_hours(25)).await;
    assert_eq!(records.read(&key(&id).document()).await.unwrap(), None);
}

/// Records that do what they are asked the nth time, and then say that another
/// writer was first: what a commit looks like that is sent again because its answer was lost.
struct Unanswered {
    inner: Arc<dyn Records>,
    left: AtomicUsize,
}

#[async_trait]
impl Records for Unanswered {
    async fn read(&self, path: &DocPath) -> Result<Option<Document>, RecordsError> {
        self.inner.read(path).await
    }

    async fn commit(&self, writes: Vec<Write>) -> Result<(), RecordsError> {
        let path = writes[0].path().clone();
        self.inner.commit(writes).await?;
        match self.left.fetch_sub(1, Ordering::SeqCst) {
            1 => Err(RecordsError::Stale { path }),
            _ => Ok(()),
        }
    }

    async fn list(&self, query: &Query) -> Result<Vec<Document>, RecordsError> {
        self.inner.list(query).await
    }

    fn watch(&self, path: &DocPath) -> DocumentStream {
        self.inner.watch(path)
    }
}

/// The claim is the first commit, that it failed the second.
#[tokio::test]
async fn a_failure_whose_note_was_not_acknowledged_is_delivered_again() {
    for unanswered in [1, 2] {
        let test = TestHost::start().await;
        let id = test.submit(wav(3)).await;
        let records = Unanswered {
            inner: test.host.store.records(),
            left: AtomicUsize::new(unanswered),
        };
        let steps = StepRunner {
            records: Arc::new(records),
            clock: Arc::clone(&test.clock) as _,
        };
        let step_run = StepRun {
            key: key(&id),
            step: StepName::Waveform,
            input: "1".to_owned(),
            engine: None,
        };
        let busy = StepError::transient(Code::EngineBusy, "later");
        let outcome = steps
            .run(step_run, |_, _| async { Err(busy) })
            .await
            .map(drop);
        // Not settled, and so its sender delivers it again.
        assert!(
            matches!(outcome, Err(Failure::Transient { .. } | Failure::Later(_))),
            "{unanswered}: {outcome:?}"
        );
    }
}
