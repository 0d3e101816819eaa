//! What functions may do with objects and queues, checked as IAM checks it: by the rights of the
//! manifest, from which Terraform makes roles.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use config::SystemClock;
use domain::{
    Interview, InterviewId, InterviewKey, UserId, deletion,
    event::{Event, StoredObject},
    ledger::SpendingLimits,
    pipeline::{Pipeline, Right},
    ports::{
        Clock, EngineSet, ObjectError, ObjectMeta, ObjectStore, Overwrite, Precondition, Progress,
        Queue as _, Task, Transcriber, TranscriptionRequest, Write,
    },
    steps::StepError,
    transcript::Recognition,
};
use embedded::{Store, StoreOptions};
use futures::{StreamExt as _, stream};
use google::{
    storage::GcsClient,
    tasks::{CloudTasksQueue, Queues},
};
use relay::{gcs, rights::Rights, tasks};
use reqwest::Client;
use steps::{Failure, Function as _, StepRunner, Trigger};
use tempfile::TempDir;
use transcribe::Transcribe;

/// Cloud Storage with the rights of a manifest, at an address for each function.
struct Fixture {
    store: Store,
    urls: BTreeMap<String, String>,
    _folder: TempDir,
}

/// The key of the address that belongs to no function.
const ANONYMOUS: &str = "";

/// Who may do what: every function of the manifest, and a caller without a service account.
fn callers(pipeline: &Arc<Pipeline>) -> Vec<(String, Rights)> {
    let functions = pipeline.functions.keys().map(|name| {
        let rights = Rights::Function(Arc::clone(pipeline), name.clone());
        (name.clone(), rights)
    });
    let anonymous = (ANONYMOUS.to_owned(), Rights::Anonymous);
    functions.chain([anonymous]).collect()
}

impl Fixture {
    async fn new(rights: Pipeline) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(StoreOptions {
            data_dir: folder.path().to_owned(),
            public_url: "http://localhost".into(),
            pipeline: Arc::new(Pipeline::ours()),
            clock: Arc::new(SystemClock),
        });
        let store = store.await.unwrap();
        let mut urls = BTreeMap::new();
        for (name, rights) in callers(&Arc::new(rights)) {
            let (listener, url) = testing::listen().await;
            let signatures = Arc::new(store.uploads());
            let service = gcs::Gcs::new(store.clone(), signatures, url.clone(), 10);
            testing::serve_on(listener, Arc::new(service.with_rights(rights)));
            urls.insert(name, url);
        }
        Self {
            store,
            urls,
            _folder: folder,
        }
    }

    /// A bucket as the function of this name reaches it.
    fn bucket(&self, function: &str, name: &str) -> Arc<dyn ObjectStore> {
        let address = self.urls[function].strip_prefix("http://");
        Arc::new(GcsClient::new(address).bucket(name))
    }

    fn uploads(&self, function: &str) -> Arc<dyn ObjectStore> {
        self.bucket(function, "uploads")
    }

    fn transcribe(&self) -> Transcribe {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        Transcribe {
            steps: StepRunner {
                records: self.store.records(),
                clock,
            },
            uploads: self.uploads("transcribe"),
            queue: self.store.queue(),
            transcribers: EngineSet::of(Arc::new(NoEngine)),
            artifacts: self.bucket("transcribe", "artifacts"),
            public_url: None,
            max_duration: Duration::from_hours(1),
            turns: transcribe::turn_taking::TurnTaking::default(),
            limits: SpendingLimits::default(),
        }
    }

    async fn stat(&self, name: &str) -> Option<ObjectMeta> {
        self.store.bucket("uploads").stat(name).await.unwrap()
    }

    /// A resumable upload that ends when its interview is deleted already.
    async fn upload_late(&self, key: &InterviewKey, name: &str) -> Trigger {
        let (records, now) = (self.store.records(), SystemClock.now());
        let interview = Interview::new(key, "t".into(), now);
        let put = Write::put(key.document(), &interview, Precondition::Absent);
        records.commit(vec![put.unwrap()]).await.unwrap();
        let query = format!("uploadType=resumable&name={name}");
        let api = &self.urls["api"];
        let url = format!("{api}/upload/storage/v1/b/uploads/o?{query}");
        let client = Client::new();
        let begun = client.post(url).body("{}").send().await.unwrap();
        let session = begun.headers()["location"].to_str().unwrap().to_owned();
        assert!(deletion::mark(&*records, key, now).await.unwrap());
        let uploads = self.uploads("api");
        let purged = deletion::purge(&*records, &[&*uploads], key, now).await;
        purged.unwrap();
        let ended = client.put(session).body("RIFF").send().await.unwrap();
        assert_eq!(ended.status(), 200);
        let meta = self.stat(name).await.unwrap();
        let event = Event::ObjectFinalized(StoredObject {
            bucket: "uploads".into(),
            name: meta.name,
            generation: meta.generation,
            size: meta.size,
            content_type: meta.content_type,
        });
        Trigger::Event(event)
    }
}

/// Not reached: no recording gets as far.
struct NoEngine;

#[async_trait]
impl Transcriber for NoEngine {
    fn name(&self) -> &'static str {
        "none"
    }

    async fn transcribe(
        &self,
        _: &TranscriptionRequest,
        _: &dyn Progress,
    ) -> Result<Recognition, StepError> {
        panic!("a deleted interview was transcribed")
    }
}

fn object() -> (InterviewKey, String) {
    let key = InterviewKey {
        user_id: UserId::parse("test-user").unwrap(),
        interview_id: InterviewId::generate(),
    };
    let name = format!("{}/audio/a", key.document());
    (key, name)
}

#[tokio::test]
async fn transcribe_deletes_the_late_upload_of_a_deleted_interview() {
    let bench = Fixture::new(Pipeline::ours()).await;
    let ((key, name), transcribe) = (object(), bench.transcribe());
    let event = bench.upload_late(&key, &name).await;
    transcribe.handle(event.clone()).await.unwrap();
    assert_eq!(bench.stat(&name).await, None);
    // Delivered again: the object is gone, which is no dead letter.
    transcribe.handle(event).await.unwrap();
}

/// Without the right, IAM answers 403 whether the object is there or not.
#[tokio::test]
async fn deleting_without_the_right_fails_even_when_the_object_is_gone() {
    let mut pipeline = Pipeline::ours();
    let transcribe = pipeline.functions.get_mut("transcribe").unwrap();
    let read_only = BTreeSet::from([Right::Read]);
    transcribe.buckets.insert("uploads".into(), read_only);
    let bench = Fixture::new(pipeline).await;
    let ((key, name), transcribe) = (object(), bench.transcribe());
    let event = bench.upload_late(&key, &name).await;
    for is_there in [true, false] {
        let outcome = transcribe.handle(event.clone()).await;
        assert!(
            matches!(outcome, Err(Failure::Transient { .. })),
            "{outcome:?}"
        );
        assert_eq!(bench.stat(&name).await.is_some(), is_there);
        bench.store.bucket("uploads").delete(&name).await.unwrap();
    }
}

#[tokio::test]
async fn functions_have_the_rights_of_the_manifest_and_no_others() {
    let bench = Fixture::new(Pipeline::ours()).await;
    for (function, reads, writes, deletes) in [
        ("api", true, true, true),
        ("transcribe", true, false, true),
        ("waveform", true, false, false),
        ("report", false, false, false),
        ("announce", false, false, false),
    ] {
        let uploads = bench.uploads(function);
        let write = |overwrite| {
            let body = stream::iter([Ok(Bytes::from("x"))]).boxed();
            uploads.write(function, "t/t", body, overwrite)
        };
        assert_eq!(uploads.stat("a").await.is_ok(), reads, "{function}");
        assert_eq!(uploads.list("").await.is_ok(), reads, "{function}");
        for overwrite in [Overwrite::Refused, Overwrite::Allowed] {
            let written = write(overwrite).await;
            assert_eq!(written.is_ok(), writes, "{function}: {written:?}");
        }
        let deleted = uploads.delete("a").await;
        assert_eq!(deleted.is_ok(), deletes, "{function}: {deleted:?}");
    }
    let anonymous = bench.uploads(ANONYMOUS).stat("a").await;
    assert!(
        matches!(anonymous, Err(ObjectError::Unavailable(_))),
        "{anonymous:?}"
    );
}

#[tokio::test]
async fn functions_queue_where_the_manifest_says_and_nowhere_else() {
    let folder = tempfile::tempdir().unwrap();
    let pipeline = Arc::new(Pipeline::ours());
    let store = Store::open(StoreOptions {
        data_dir: folder.path().to_owned(),
        public_url: "http://localhost".into(),
        pipeline: Arc::clone(&pipeline),
        clock: Arc::new(SystemClock),
    });
    let store = store.await.unwrap();
    let functions = pipeline.queues.values().map(|queue| &queue.function);
    let functions: BTreeMap<_, _> = functions
        .map(|name| (name.clone(), "http://localhost".to_owned()))
        .collect();
    for (caller, rights) in callers(&pipeline) {
        let (listener, url) = testing::listen().await;
        let service = tasks::CloudTasks {
            queue: store.queue(),
            clock: Arc::new(SystemClock),
            rights,
        };
        testing::serve_on(listener, Arc::new(service));
        let queues = Queues {
            project: "p".into(),
            location: "europe-west1".into(),
            functions: functions.clone(),
            service_account: None,
            emulator: Some(url),
        };
        let queue = CloudTasksQueue::new(queues, Arc::clone(&pipeline));
        for name in pipeline.queues.keys() {
            let task = Task {
                name: format!("of-{caller}"),
                body: serde_json::json!({}),
                delay: Duration::ZERO,
                trace: None,
            };
            let outcome = queue.enqueue(name, task).await;
            let may = pipeline.may_enqueue(&caller, name);
            assert_eq!(outcome.is_ok(), may, "{caller:?} {name}: {outcome:?}");
        }
    }
}
