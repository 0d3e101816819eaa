//! The promises of the ports, each a test: what the embedded adapter keeps here,
//! every other adapter has to keep as well.
#![allow(clippy::unwrap_used, reason = "tests, helpers included")]

use std::{io, sync::Arc, time::Duration};

use bytes::Bytes;
use domain::{
    Timestamp,
    event::Event,
    paths::DocPath,
    pipeline::Pipeline,
    ports::{
        Bus, ByteStream, Direction, Document, Enqueued, Message, ObjectError, ObjectStore,
        Overwrite, Precondition, Query, Queue, QueueError, Records, RecordsError, Task, Write,
    },
};
use embedded::{
    ManualClock, Options, Store,
    deliveries::{Again, Backlog, Content, Delivery},
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

struct Bench {
    store: Store,
    clock: Arc<ManualClock>,
    folder: TempDir,
}

impl Bench {
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

    /// The data directory opened anew, as after a crash.
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

    async fn due(&self, lane: &str) -> Vec<Delivery> {
        let deliveries = self.store.deliveries();
        let lane = deliveries
            .lanes()
            .into_iter()
            .find(|known| known.name == lane)
            .unwrap();
        deliveries.take(&lane, 100).await.unwrap()
    }

    async fn backlog(&self) -> Backlog {
        self.store.deliveries().backlog().await.unwrap()
    }
}

async fn open(folder: &TempDir, clock: &Arc<ManualClock>) -> Store {
    Store::open(Options {
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

// Records.

#[tokio::test]
async fn a_written_document_reads_back() {
    let bench = Bench::new().await;
    let fields = json!({"none": null, "real": 0.5, "list": [1, "ü"], "map": {"a": {}}});
    bench
        .store
        .commit(vec![put("a/b", fields.clone(), Precondition::None)])
        .await
        .unwrap();
    assert_eq!(read(&bench.store, "a/b").await.unwrap().fields, fields);
    assert_eq!(read(&bench.store, "a/c").await, None);
}

#[tokio::test]
async fn a_precondition_that_does_not_hold_is_stale() {
    let bench = Bench::new().await;
    let store = &bench.store;
    store
        .commit(vec![put("a/b", json!({"n": 1}), Precondition::Absent)])
        .await
        .unwrap();
    let first = read(store, "a/b").await.unwrap().version;
    store
        .commit(vec![put(
            "a/b",
            json!({"n": 2}),
            Precondition::Version(first),
        )])
        .await
        .unwrap();
    for write in [
        put("a/b", json!({"n": 3}), Precondition::Absent),
        put("a/b", json!({"n": 3}), Precondition::Version(first)),
        delete("a/b", Precondition::Version(first)),
        put("a/x", json!({}), Precondition::Exists),
        delete("a/x", Precondition::Exists),
    ] {
        let refusal = store.commit(vec![write.clone()]).await.unwrap_err();
        assert!(
            matches!(refusal, RecordsError::Stale { .. }),
            "{write:?}: {refusal}"
        );
    }
    assert_eq!(read(store, "a/b").await.unwrap().fields, json!({"n": 2}));
    store
        .commit(vec![delete("a/x", Precondition::None)])
        .await
        .unwrap();
}

#[tokio::test]
async fn a_transaction_happens_whole_or_not_at_all() {
    let bench = Bench::new().await;
    let writes = vec![
        put("users/u/notes/n", json!({}), Precondition::None),
        put("a/b", json!({}), Precondition::Exists),
    ];
    bench.store.commit(writes).await.unwrap_err();
    assert_eq!(read(&bench.store, "users/u/notes/n").await, None);
    assert_eq!(
        bench.backlog().await,
        Backlog::default(),
        "nor does anybody hear of it"
    );
}

#[tokio::test]
async fn of_two_who_change_the_same_version_one_is_refused() {
    let bench = Bench::new().await;
    let store = &bench.store;
    store
        .commit(vec![put("a/b", json!({"n": 0}), Precondition::None)])
        .await
        .unwrap();
    let count = |_: u32| async {
        loop {
            let found = read(store, "a/b").await.unwrap();
            let n = found.fields["n"].as_i64().unwrap() + 1;
            let write = put("a/b", json!({"n": n}), Precondition::Version(found.version));
            if store.commit(vec![write]).await.is_ok() {
                break;
            }
        }
    };
    futures::future::join_all((0..20).map(count)).await;
    assert_eq!(read(store, "a/b").await.unwrap().fields, json!({"n": 20}));
}

#[tokio::test]
async fn a_document_over_one_mebibyte_is_refused() {
    let bench = Bench::new().await;
    let fits = json!({"text": "x".repeat(1_048_000)});
    bench
        .store
        .commit(vec![put("a/b", fits, Precondition::None)])
        .await
        .unwrap();
    let too_large = json!({"text": "x".repeat(1_048_577)});
    let refusal = bench
        .store
        .commit(vec![put("a/c", too_large, Precondition::None)])
        .await;
    assert!(matches!(refusal, Err(RecordsError::TooLarge { .. })));
}

#[tokio::test]
async fn a_document_that_no_event_could_carry_is_refused() {
    let bench = Bench::new().await;
    let fields = json!({"text": "x".repeat(300_000)});
    let refusal = bench
        .store
        .commit(vec![put("users/u/notes/n", fields, Precondition::None)])
        .await;
    assert!(matches!(refusal, Err(RecordsError::TooLarge { .. })));
}

#[tokio::test]
async fn lists_are_filtered_ordered_and_paged() {
    let bench = Bench::new().await;
    for (at, n, even) in [
        ("c/a", 2, true),
        ("c/b", 1, false),
        ("c/c", 2, true),
        ("c/d", 4, true),
        ("x/y/c/e", 0, true),
    ] {
        let fields = json!({"n": n, "even": even});
        bench
            .store
            .commit(vec![put(at, fields, Precondition::None)])
            .await
            .unwrap();
    }
    let ask = |query: Query| {
        let records = bench.store.records();
        async move {
            let found = records.list(&query).await.unwrap();
            found
                .into_iter()
                .map(|document| document.path.to_string())
                .collect::<Vec<_>>()
        }
    };
    let even = vec![("even".to_owned(), json!(true))];
    assert_eq!(
        ask(Query {
            equal: even,
            ..Query::collection("c")
        })
        .await,
        ["c/a", "c/c", "c/d"]
    );
    let by_n = |after, limit| Query {
        order_by: Some("n".into()),
        direction: Direction::Descending,
        after,
        limit,
        ..Query::collection("c")
    };
    assert_eq!(ask(by_n(None, 2)).await, ["c/d", "c/c"]);
    assert_eq!(
        ask(by_n(Some((json!(2), path("c/c"))), 9)).await,
        ["c/a", "c/b"]
    );
    let small = Query {
        less_than: Some(("n".into(), json!(2))),
        ..Query::group("c")
    };
    assert_eq!(ask(small).await, ["c/b", "x/y/c/e"]);
}

#[tokio::test]
async fn whoever_watches_a_document_sees_it_change_and_go() {
    let bench = Bench::new().await;
    let mut seen = bench.store.records().watch(&path("a/b"));
    assert_eq!(seen.next().await.unwrap().unwrap(), None);
    bench
        .store
        .commit(vec![put("a/b", json!({"n": 1}), Precondition::None)])
        .await
        .unwrap();
    assert_eq!(
        seen.next().await.unwrap().unwrap().unwrap().fields,
        json!({"n": 1})
    );
    bench
        .store
        .commit(vec![delete("a/b", Precondition::None)])
        .await
        .unwrap();
    assert_eq!(seen.next().await.unwrap().unwrap(), None);
}

// Events.

#[tokio::test]
async fn a_change_is_delivered_with_what_was_and_what_is() {
    let bench = Bench::new().await;
    for write in [
        put("users/u/notes/n", json!({"n": 1}), Precondition::None),
        put("users/u/notes/n", json!({"n": 2}), Precondition::None),
        delete("users/u/notes/n", Precondition::None),
        delete("users/u/notes/n", Precondition::None),
        put("users/u/other/n", json!({}), Precondition::None),
    ] {
        bench.store.commit(vec![write]).await.unwrap();
    }
    let changes: Vec<(Option<Value>, Option<Value>)> = bench
        .due("function:reader")
        .await
        .into_iter()
        .map(|delivery| match delivery.content {
            Content::Event(Event::DocumentWritten(written)) => (written.old, written.new),
            other => panic!("{other:?}"),
        })
        .collect();
    let (one, two) = (Some(json!({"n": 1})), Some(json!({"n": 2})));
    assert_eq!(
        changes,
        [(None, one.clone()), (one, two.clone()), (two, None)]
    );
}

#[tokio::test]
async fn a_message_reaches_each_listener_once() {
    let bench = Bench::new().await;
    let message = Message {
        data: vec![0, 255],
        attributes: [("a".into(), "b".into())].into(),
    };
    bench.store.publish("news", message).await.unwrap();
    for lane in ["function:reader", "function:worker"] {
        let due = bench.due(lane).await;
        assert_eq!(due.len(), 1, "{lane}");
        assert!(matches!(&due[0].content,
            Content::Event(Event::MessagePublished(message)) if message.data == [0, 255]));
    }
    assert!(
        bench
            .store
            .publish("olds", Message::default())
            .await
            .is_err()
    );
}

#[tokio::test]
async fn what_was_in_hand_at_a_crash_is_delivered_again() {
    let bench = Bench::new().await;
    bench
        .store
        .publish("news", Message::default())
        .await
        .unwrap();
    let first = bench.due("function:reader").await;
    assert_eq!(bench.due("function:reader").await, [], "in hand");
    let bench = bench.reopened().await;
    let second = bench.due("function:reader").await;
    assert_eq!((second[0].id, second[0].attempt), (first[0].id, 2));
    assert_eq!(
        second[0].event_id, first[0].event_id,
        "the event keeps its id"
    );
}

#[tokio::test]
async fn a_failure_waits_longer_each_time_and_ends_as_a_dead_letter() {
    let bench = Bench::new().await;
    let task = Task {
        name: "t".into(),
        body: json!({}),
        delay: Duration::ZERO,
        trace: None,
    };
    bench.store.enqueue("work", task).await.unwrap();
    let deliveries = bench.store.deliveries();
    let mut waits = Vec::new();
    for attempt in 1..=3 {
        let due = bench.due("queue:work").await;
        assert_eq!(due[0].attempt, attempt);
        deliveries
            .again(&due[0], Again::Failed { after: None }, "no")
            .await
            .unwrap();
        if let Some(next) = deliveries.next_due().await.unwrap() {
            waits.push(next.as_millis() - domain::ports::Clock::now(&*bench.clock).as_millis());
            bench.clock.advance_to(next);
        }
    }
    assert!(
        (8_750..=11_250).contains(&waits[0]) && (17_500..=22_500).contains(&waits[1]),
        "{waits:?}"
    );
    assert_eq!(
        bench.backlog().await,
        Backlog {
            pending: 0,
            dead: 1
        }
    );
}

#[tokio::test]
async fn waiting_for_ones_turn_is_no_failure() {
    let bench = Bench::new().await;
    let task = Task {
        name: "t".into(),
        body: json!({}),
        delay: Duration::ZERO,
        trace: None,
    };
    bench.store.enqueue("work", task).await.unwrap();
    for _ in 0..10 {
        let due = bench.due("queue:work").await;
        assert_eq!(due[0].attempt, 1);
        let again = Again::Later(Duration::from_secs(5));
        bench
            .store
            .deliveries()
            .again(&due[0], again, "")
            .await
            .unwrap();
        assert_eq!(bench.due("queue:work").await, []);
        bench.clock.advance(Duration::from_secs(5));
    }
}

// Queue.

#[tokio::test]
async fn a_task_of_the_same_name_is_taken_once_until_an_hour_after() {
    let bench = Bench::new().await;
    let task = Task {
        name: "t".into(),
        body: json!({"a": 1}),
        delay: Duration::from_secs(30),
        trace: None,
    };
    let enqueue = || bench.store.enqueue("work", task.clone());
    assert_eq!(enqueue().await.unwrap(), Enqueued::Accepted);
    assert_eq!(enqueue().await.unwrap(), Enqueued::Duplicate);
    assert_eq!(bench.due("queue:work").await, [], "its delay is not over");
    bench.clock.advance(Duration::from_secs(30));
    let due = bench.due("queue:work").await;
    bench.store.deliveries().done(&due[0]).await.unwrap();
    assert_eq!(enqueue().await.unwrap(), Enqueued::Duplicate, "just done");
    bench.clock.advance(Duration::from_secs(3_600));
    assert_eq!(enqueue().await.unwrap(), Enqueued::Accepted);
    let refusal = bench.store.enqueue("play", task.clone()).await;
    assert!(matches!(refusal, Err(QueueError::NoQueue(name)) if name == "play"));
}

// Objects.

#[tokio::test]
async fn a_written_object_reads_back_whole_and_in_parts() {
    let bench = Bench::new().await;
    let bucket = bench.store.bucket("uploads");
    let meta = bucket
        .write("a/b", "audio/wav", body("0123456789"), Overwrite::Refused)
        .await
        .unwrap();
    assert_eq!((meta.size, meta.content_type.as_str()), (10, "audio/wav"));
    assert_eq!(bucket.stat("a/b").await.unwrap(), Some(meta.clone()));
    for (range, expected) in [
        (None, "0123456789"),
        (Some(2..5), "234"),
        (Some(8..99), "89"),
        (Some(10..10), ""),
    ] {
        let (_, bytes) = bucket
            .read("a/b", Some(meta.generation), range.clone())
            .await
            .unwrap();
        assert_eq!(content(bytes).await, expected.as_bytes(), "{range:?}");
    }
    let behind = bucket.read("a/b", None, Some(11..12)).await;
    assert!(matches!(
        behind,
        Err(ObjectError::OutOfRange { size: 10, .. })
    ));
}

#[tokio::test]
async fn what_nobody_wrote_is_not_found() {
    let bench = Bench::new().await;
    let bucket = bench.store.bucket("uploads");
    assert_eq!(bucket.stat("a").await.unwrap(), None);
    assert!(matches!(
        bucket.read("a", None, None).await,
        Err(ObjectError::NotFound { .. })
    ));
    bucket.delete("a").await.unwrap();
    bucket
        .write("a", "t/t", body("x"), Overwrite::Refused)
        .await
        .unwrap();
    let other_generation = bucket.read("a", Some(1), None).await;
    assert!(matches!(
        other_generation,
        Err(ObjectError::NotFound { .. })
    ));
    assert_eq!(
        bench.store.bucket("artifacts").stat("a").await.unwrap(),
        None,
        "another bucket"
    );
}

#[tokio::test]
async fn an_object_is_overwritten_only_where_that_is_allowed() {
    let bench = Bench::new().await;
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
    let files = std::fs::read_dir(bench.folder.path().join("objects"))
        .unwrap()
        .count();
    assert_eq!(files, 1, "what was replaced is gone");
}

#[tokio::test]
async fn an_upload_that_breaks_off_leaves_nothing() {
    let bench = Bench::new().await;
    let bucket = bench.store.bucket("uploads");
    let broken = stream::iter([
        Ok(Bytes::from_static(b"half")),
        Err(io::ErrorKind::ConnectionReset.into()),
    ]);
    let refusal = bucket
        .write("a", "t/t", broken.boxed(), Overwrite::Refused)
        .await;
    assert!(matches!(refusal, Err(ObjectError::Interrupted(_))));
    assert_eq!(bucket.stat("a").await.unwrap(), None);
    assert_eq!(bench.backlog().await, Backlog::default());
    assert_eq!(
        std::fs::read_dir(bench.folder.path().join("objects"))
            .unwrap()
            .count(),
        0
    );
}

#[tokio::test]
async fn a_stored_object_is_announced_where_somebody_listens() {
    let bench = Bench::new().await;
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
async fn names_are_listed_by_prefix() {
    let bench = Bench::new().await;
    let bucket = bench.store.bucket("uploads");
    for name in ["a/1", "a/2", "a%/3", "b/1"] {
        bucket
            .write(name, "t/t", body("x"), Overwrite::Refused)
            .await
            .unwrap();
    }
    assert_eq!(bucket.list("a/").await.unwrap(), ["a/1", "a/2"]);
    bucket.delete("a/1").await.unwrap();
    assert_eq!(bucket.list("a/").await.unwrap(), ["a/2"]);
}

#[tokio::test]
async fn files_that_no_record_knows_of_are_cleared_away_at_the_start() {
    let bench = Bench::new().await;
    let bucket = bench.store.bucket("uploads");
    bucket
        .write("a", "t/t", body("kept"), Overwrite::Refused)
        .await
        .unwrap();
    std::fs::write(bench.folder.path().join("objects/half-written"), b"x").unwrap();
    drop(bucket);
    let bench = bench.reopened().await;
    assert_eq!(
        std::fs::read_dir(bench.folder.path().join("objects"))
            .unwrap()
            .count(),
        1
    );
    let (_, bytes) = bench
        .store
        .bucket("uploads")
        .read("a", None, None)
        .await
        .unwrap();
    assert_eq!(content(bytes).await, b"kept");
}

#[tokio::test]
async fn a_data_directory_serves_one_process_at_a_time() {
    let bench = Bench::new().await;
    let second = Store::open(Options {
        data_dir: bench.folder.path().to_owned(),
        public_url: String::new(),
        pipeline: Arc::new(Pipeline::parse(PIPELINE).unwrap()),
        clock: Arc::clone(&bench.clock) as _,
    });
    let refusal = second.await.map(drop).unwrap_err().to_string();
    assert!(refusal.contains("in use by another process"), "{refusal}");
}
