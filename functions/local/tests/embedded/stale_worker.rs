//! A worker that was taken for dead and finishes all the same, and one that was killed
//! before it deleted what it no longer needed.

use std::{collections::BTreeSet, ops::Range, sync::Arc, time::Duration};

use ::report::Report;
use async_trait::async_trait;
use domain::{
    Timestamp, interview_store,
    lease::LEASE,
    ports::{
        ByteStream, ObjectError, ObjectMeta, ObjectStore, Overwrite, SignedUpload, UploadGrant,
    },
};
use futures::{StreamExt as _, stream};
use http::Method;
use serde_json::json;
use steps::{Function as _, StepRunner, Trigger};
use tokio::sync::Notify;

use crate::{
    products::report,
    redelivery::{deliver_thrice, redeliver},
    support::{TestHost, key, wav},
};

/// A bucket that is told to store an object and does so when it is let, whether or not
/// a caller still waits for it.
struct Slow {
    inner: Arc<dyn ObjectStore>,
    asked: Notify,
    resume: Arc<Notify>,
    stored: Arc<Notify>,
}

#[async_trait]
impl ObjectStore for Slow {
    async fn write(
        &self,
        name: &str,
        content_type: &str,
        body: ByteStream,
        overwrite: Overwrite,
    ) -> Result<ObjectMeta, ObjectError> {
        let (inner, resume) = (Arc::clone(&self.inner), Arc::clone(&self.resume));
        let stored = Arc::clone(&self.stored);
        let (name, content_type) = (name.to_owned(), content_type.to_owned());
        let storing = tokio::spawn(async move {
            resume.notified().await;
            let done = inner.write(&name, &content_type, body, overwrite).await;
            stored.notify_one();
            done
        });
        self.asked.notify_one();
        storing.await.unwrap()
    }

    async fn stat(&self, name: &str) -> Result<Option<ObjectMeta>, ObjectError> {
        self.inner.stat(name).await
    }

    async fn read(
        &self,
        name: &str,
        generation: Option<i64>,
        range: Option<Range<u64>>,
    ) -> Result<(ObjectMeta, ByteStream), ObjectError> {
        self.inner.read(name, generation, range).await
    }

    async fn delete(&self, name: &str) -> Result<(), ObjectError> {
        self.inner.delete(name).await
    }

    async fn delete_generation(&self, name: &str, generation: i64) -> Result<(), ObjectError> {
        self.inner.delete_generation(name, generation).await
    }

    async fn list(&self, prefix: &str) -> Result<Vec<String>, ObjectError> {
        self.inner.list(prefix).await
    }

    async fn sign_upload(&self, grant: &UploadGrant) -> Result<SignedUpload, ObjectError> {
        self.inner.sign_upload(grant).await
    }

    async fn sign_read(&self, name: &str, expires_at: Timestamp) -> Result<String, ObjectError> {
        self.inner.sign_read(name, expires_at).await
    }
}

#[tokio::test]
async fn late_report_does_not_replace_a_newer_one() {
    let test = TestHost::start().await;
    let id = test.submit(wav(3)).await;
    test.drain().await;
    let path = format!("/v1/interviews/{id}");
    let again = json!({"step": "report"});
    let retry = format!("{path}/retry");
    let (status, _) = test.ask(Method::POST, &retry, Some(again)).await;
    assert_eq!(status, 202);
    let artifacts = Arc::new(Slow {
        inner: test.host.store.bucket("artifacts"),
        asked: Notify::new(),
        resume: Arc::default(),
        stored: Arc::default(),
    });
    let late = Report {
        steps: StepRunner {
            records: test.host.store.records(),
            clock: Arc::clone(&test.clock) as _,
        },
        artifacts: Arc::clone(&artifacts) as _,
        public_url: None,
    };
    let task = steps::DeliveredTask {
        queue: "steps".into(),
        name: "late".into(),
        body: serde_json::to_value(key(&id)).unwrap(),
        attempt: 1,
        trace: None,
    };
    let working = tokio::spawn(async move { late.handle(Trigger::Task(task)).await });
    artifacts.asked.notified().await;
    // It has been taken for dead; what it was about to store lacks this note.
    test.clock.advance(LEASE + Duration::from_secs(1));
    let note = json!({"text": "remembered later"});
    let (status, _) = test
        .ask(Method::POST, &format!("{path}/notes"), Some(note))
        .await;
    assert_eq!(status, 201);
    test.drain().await;
    artifacts.resume.notify_one();
    artifacts.stored.notified().await;
    // The page follows the document, unless the worker has been stopped by then.
    artifacts.resume.notify_one();
    working.await.unwrap().unwrap();
    assert_eq!(test.interview(&id).await["status"], "completed");
    let (_, text) = report(&test, &id).await;
    assert!(text.contains("remembered later"));
    // And nothing of either is left.
    let deleted = test.ask(Method::DELETE, &path, None).await.0;
    assert_eq!(deleted, 204);
    let bucket = test.host.store.bucket("artifacts");
    let objects = bucket.list(&key(&id).object_prefix()).await.unwrap();
    assert_eq!(objects, [] as [&str; 0]);
}

#[tokio::test]
async fn objects_of_killed_workers_go_with_the_next_delivery() {
    let test = TestHost::start().await;
    let id = test.submit(wav(3)).await;
    let delivered = deliver_thrice(&test).await;
    let (key, bucket) = (key(&id), test.host.store.bucket("artifacts"));
    let list = || async { bucket.list(&key.object_prefix()).await.unwrap() };
    let stored = list().await;
    assert_eq!(stored.len(), 2, "the report in two formats: {stored:?}");
    let token = (1..99).find(|token| stored.contains(&key.report_object(*token)));
    let token = token.expect("a token");
    let interview = interview_store::interview(&*test.host.store.records(), &key).await;
    let audio = interview.unwrap().and_then(|interview| interview.audio);
    let generation = audio.and_then(|audio| audio.generation).unwrap();
    let (running, part) = (key.report_object(token + 1), "000000-1");
    let running_page = key.report_page_object(token + 1);
    for left in [
        // Written by a worker that was killed before its commit.
        &key.report_object(token - 1),
        &key.report_page_object(token - 1),
        // A copy for browsers, of an attempt before the one that needed none.
        &key.playback_object(0),
        // Still being written by a worker with a newer lease.
        &running,
        &running_page,
        // Kept for another attempt by a worker that was killed after its commit.
        &format!("{}recognition/{generation}/{part}", key.object_prefix()),
        // Of a newer recording, which is in work.
        &format!("{}recognition/99/{part}", key.object_prefix()),
    ] {
        let body = stream::iter([Ok("left".into())]).boxed();
        let written = bucket.write(left, "text/plain", body, Overwrite::Refused);
        written.await.expect("written");
    }
    redeliver(&test, &delivered).await;
    let kept = [
        format!("{}recognition/99/{part}", key.object_prefix()),
        stored[0].clone(),
        stored[1].clone(),
        running,
        running_page,
    ];
    assert_eq!(BTreeSet::from_iter(list().await), BTreeSet::from(kept));
}
