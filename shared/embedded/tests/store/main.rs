//! What the embedded store does beyond the promises of the ports, which the crate
//! `contract` has: it delivers what happens, and survives a crash.
#![allow(clippy::unwrap_used, reason = "tests, helpers included")]

mod deliveries;
mod leftovers;
mod maintenance;
mod migrations;
mod restart;
mod search;
mod startup;
mod under_way;

use std::{fs, os::unix::fs::PermissionsExt, path::PathBuf, sync::Arc};

use bytes::Bytes;
use domain::{
    Timestamp,
    event::Event,
    paths::DocPath,
    pipeline::Pipeline,
    ports::{
        ByteStream, Document, ObjectError, ObjectStore, Overwrite, Precondition, Records, Write,
    },
};
use embedded::{
    ManualClock, Store, StoreOptions,
    deliveries::{Backlog, Content, QueuedDelivery},
};
use futures::{StreamExt, TryStreamExt, stream};
use serde_json::{Value, json};
use tempfile::TempDir;

const PIPELINE: &str = r#"{
    "topics": ["news"],
    "queues": {"work": {"function": "worker", "path": "/work", "max_concurrent_dispatches": 2,
        "dispatch_deadline_s": 600, "retry": {"max_attempts": 3, "min_backoff_s": 10, "max_backoff_s": 60}}},
    "schedules": {},
    "functions": {
        "reader": {"timeout_s": 60, "memory": "1Gi", "cpu": 1, "concurrency": 5, "events": [
            {"type": "google.cloud.firestore.document.v1.written", "document": "users/{u}/notes/{n}"},
            {"type": "google.cloud.pubsub.topic.v1.messagePublished", "topic": "news"}]},
        "worker": {"timeout_s": 60, "memory": "1Gi", "cpu": 1, "concurrency": 5, "events": [
            {"type": "google.cloud.storage.object.v1.finalized", "bucket": "uploads"},
            {"type": "google.cloud.pubsub.topic.v1.messagePublished", "topic": "news"}]}
    }
}"#;

struct Fixture {
    store: Store,
    clock: Arc<ManualClock>,
    folder: TempDir,
}

impl Fixture {
    async fn new() -> Self {
        let clock = Arc::new(ManualClock::at(Timestamp::from_millis(1_700_000_000_000)));
        let folder = tempfile::tempdir().unwrap();
        let store = open(&folder, &clock).await;
        Self {
            store,
            clock,
            folder,
        }
    }

    /// Opens the data directory again after its database was changed from outside.
    async fn changed(self, change: impl FnOnce(&rusqlite::Connection)) -> Self {
        let Self {
            store,
            clock,
            folder,
        } = self;
        drop(store);
        let path = folder.path().join("interviewlens.db");
        change(&rusqlite::Connection::open(path).unwrap());
        let store = open(&folder, &clock).await;
        Self {
            store,
            clock,
            folder,
        }
    }

    /// Opens the data directory again, as after a crash.
    async fn reopened(self) -> Self {
        let Self {
            store,
            clock,
            folder,
        } = self;
        drop(store);
        // The lock goes with the last handle, which the database's thread may hold.
        let store = open(&folder, &clock).await;
        Self {
            store,
            clock,
            folder,
        }
    }

    /// The same with the clock at another time.
    async fn reopened_at(self, now: Timestamp) -> Self {
        let clock = Arc::new(ManualClock::at(now));
        Self { clock, ..self }.reopened().await
    }

    async fn due(&self, lane: &str) -> Vec<QueuedDelivery> {
        let deliveries = self.store.deliveries();
        let lane = deliveries
            .lanes()
            .into_iter()
            .find(|known| known.name == lane)
            .unwrap();
        deliveries.take(&lane, 100).await.unwrap()
    }

    /// How many files of objects there are, unfinished ones included.
    fn files(&self) -> usize {
        let entries = std::fs::read_dir(self.objects()).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name());
        names
            .filter(|name| name != "installation" && name != "quarantine")
            .count()
    }

    fn objects(&self) -> PathBuf {
        self.folder.path().join("objects")
    }

    async fn backlog(&self) -> Backlog {
        self.store.deliveries().backlog().await.unwrap()
    }
}

async fn open(folder: &TempDir, clock: &Arc<ManualClock>) -> Store {
    Store::open(StoreOptions {
        data_dir: folder.path().to_owned(),
        public_url: "http://localhost".into(),
        pipeline: Arc::new(Pipeline::parse(PIPELINE).unwrap()),
        clock: Arc::clone(clock) as _,
    })
    .await
    .unwrap()
}

fn path(text: &str) -> DocPath {
    DocPath::parse(text).unwrap()
}

fn put(at: &str, fields: Value, precondition: Precondition) -> Write {
    Write::Put {
        path: path(at),
        fields,
        precondition,
    }
}

fn delete(at: &str, precondition: Precondition) -> Write {
    Write::Delete {
        path: path(at),
        precondition,
    }
}

async fn read(store: &Store, at: &str) -> Option<Document> {
    store.records().read(&path(at)).await.unwrap()
}

fn body(text: &str) -> ByteStream {
    stream::iter([Ok(Bytes::from(text.to_owned()))]).boxed()
}

async fn content(stream: ByteStream) -> Vec<u8> {
    stream.try_collect::<Vec<Bytes>>().await.unwrap().concat()
}

#[tokio::test]
async fn a_transaction_happens_whole_or_not_at_all() {
    let bench = Fixture::new().await;
    let writes = vec![
        put("users/u/notes/n", json!({}), Precondition::None),
        put("a/b", json!({}), Precondition::Exists),
    ];
    bench.store.commit(writes).await.unwrap_err();
    assert_eq!(read(&bench.store, "users/u/notes/n").await, None);
    assert_eq!(
        bench.backlog().await,
        Backlog::default(),
        "no delivery is queued"
    );
}

#[tokio::test]
async fn an_object_is_overwritten_only_where_that_is_allowed() {
    let bench = Fixture::new().await;
    let bucket = bench.store.bucket("uploads");
    let first = bucket
        .write("a", "t/t", body("one"), Overwrite::Refused)
        .await
        .unwrap();
    let refusal = bucket
        .write("a", "t/t", body("two"), Overwrite::Refused)
        .await;
    assert!(matches!(refusal, Err(ObjectError::Exists { .. })));
    let second = bucket
        .write("a", "t/t", body("three"), Overwrite::Allowed)
        .await
        .unwrap();
    assert!(second.generation > first.generation);
    let (_, bytes) = bucket.read("a", None, None).await.unwrap();
    assert_eq!(content(bytes).await, b"three");
    assert_eq!(bench.files(), 1, "what was replaced is gone");
}

#[tokio::test]
async fn a_stored_object_is_announced_where_a_function_listens() {
    let bench = Fixture::new().await;
    let uploads = bench.store.bucket("uploads");
    let meta = uploads
        .write("a", "t/t", body("x"), Overwrite::Refused)
        .await
        .unwrap();
    bench
        .store
        .bucket("artifacts")
        .write("a", "t/t", body("x"), Overwrite::Refused)
        .await
        .unwrap();
    let due = bench.due("function:worker").await;
    assert_eq!(due.len(), 1, "the bucket for products has no listener");
    assert!(matches!(&due[0].content,
        Content::Event(Event::ObjectFinalized(object)) if object.generation == meta.generation));
}

#[tokio::test]
async fn a_data_directory_serves_one_process_at_a_time() {
    let bench = Fixture::new().await;
    let second = Store::open(StoreOptions {
        data_dir: bench.folder.path().to_owned(),
        public_url: String::new(),
        pipeline: Arc::new(Pipeline::parse(PIPELINE).unwrap()),
        clock: Arc::clone(&bench.clock) as _,
    });
    let refusal = second.await.map(drop).unwrap_err().to_string();
    assert!(refusal.contains("in use by another process"), "{refusal}");
}

#[tokio::test]
async fn other_users_of_the_machine_cannot_read_the_data() {
    let folder = TempDir::new().unwrap();
    let data_dir = folder.path().join("data");
    fs::create_dir(&data_dir).unwrap();
    // As an earlier version left it.
    fs::write(data_dir.join("interviewlens.db"), "").unwrap();
    let options = StoreOptions {
        data_dir: data_dir.clone(),
        public_url: String::new(),
        pipeline: Arc::new(Pipeline::ours()),
        clock: Arc::new(ManualClock::at(Timestamp::from_millis(0))),
    };
    let store = Store::open(options).await.unwrap();
    store
        .records()
        .commit(vec![put("a/b", json!({}), Precondition::None)])
        .await
        .unwrap();
    for (name, expected) in [
        ("interviewlens.db", 0o600),
        ("interviewlens.db-wal", 0o600),
        ("objects", 0o700),
        ("signing-key", 0o600),
    ] {
        let permissions = fs::metadata(data_dir.join(name)).unwrap().permissions();
        assert_eq!(permissions.mode() & 0o777, expected, "{name}");
    }
}
