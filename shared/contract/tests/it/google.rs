//! The promises, kept by the adapters for Google Cloud: documents and messages
//! against Google's emulators, objects and tasks through the APIs that the
//! embedded store speaks.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use config::Environment;
use contract::{bus_promises, objects_promises, queue_promises, records_promises, search_promises};
use domain::{
    InterviewId, Timestamp,
    paths::DocPath,
    pipeline::Pipeline,
    ports::{Bus, Clock, Message, ObjectStore, Precondition, Queue, Records, Task, Write},
    receipt::IdempotencyRecord,
};
use embedded::{ManualClock, Store};
use google::{
    firestore::{Firestore, FirestoreDatabase},
    pubsub::PubSub,
    storage::GcsClient,
    tasks::{CloudTasksQueue, Queues},
};
use google_cloud_auth::credentials::anonymous;
use google_cloud_pubsub::{client::Subscriber, subscriber::MessageStream};
use relay::{gcs, pubsub::Admin, rights::Rights, tasks, v4};
use serde_json::Value;
use tempfile::TempDir;
use testing::{listen, serve_on};
use tokio::sync::Mutex;

use crate::support::{store, take, task};

/// Each test has a project of its own in the emulators.
fn project() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    format!("contract-{}-{number}", std::process::id())
}

fn emulator(variable: &'static str) -> String {
    let environment = Environment::from_process();
    let value = environment.text(variable).map(str::to_owned);
    value.unwrap_or_else(|| panic!("{variable} is not set: scripts/dev/emulators up"))
}

fn firestore(project: String) -> Firestore {
    let database = FirestoreDatabase {
        project,
        id: "(default)".into(),
        emulator: Some(emulator("FIRESTORE_EMULATOR_HOST")),
    };
    Firestore::new(database, Arc::new(Pipeline::ours()))
}

struct Documents(Firestore);

impl Documents {
    #[expect(clippy::unused_async, reason = "as the promises call it")]
    async fn new() -> Self {
        Self(firestore(project()))
    }
}

impl contract::records::RecordsFixture for Documents {
    fn records(&self) -> Arc<dyn Records> {
        Arc::new(self.0.clone())
    }
}

struct Topics {
    bus: Arc<PubSub>,
    inbox: Mutex<MessageStream>,
}

impl Topics {
    async fn new() -> Self {
        let (project, host) = (project(), emulator("PUBSUB_EMULATOR_HOST"));
        let pipeline = Arc::new(Pipeline::ours());
        let admin = Admin::connect(project.clone(), &host).await.unwrap();
        for topic in &pipeline.topics {
            admin.create_topic(topic).await.unwrap();
        }
        let subscription = admin.create_pull("inbox", "interview-events").await;
        let subscriber = Subscriber::builder()
            .with_endpoint(format!("http://{host}"))
            .with_credentials(anonymous::Builder::new().build())
            .build();
        let inbox = subscriber.await.unwrap().subscribe(subscription.unwrap());
        Self {
            bus: Arc::new(PubSub::new(project, Some(host), &pipeline)),
            inbox: Mutex::new(inbox.build()),
        }
    }
}

#[async_trait]
impl contract::bus::BusFixture for Topics {
    fn bus(&self) -> Arc<dyn Bus> {
        Arc::clone(&self.bus) as _
    }

    async fn next(&self) -> Message {
        let (message, handler) = self.inbox.lock().await.next().await.unwrap().unwrap();
        handler.ack();
        Message {
            data: message.data.to_vec(),
            attributes: message.attributes.into_iter().collect(),
        }
    }
}

struct Objects {
    gcs: GcsClient,
    clock: Arc<ManualClock>,
    _folder: TempDir,
}

impl Objects {
    async fn new() -> Self {
        emulator("GOOGLE_APPLICATION_CREDENTIALS");
        let (listener, url) = listen().await;
        let (store, clock, folder) = store(&url).await;
        let gcs = GcsClient::new(url.strip_prefix("http://"));
        let signatures = v4::V4 {
            gcs: gcs.clone(),
            clock: Arc::clone(&clock) as _,
        };
        let service = gcs::Gcs::new(store, Arc::new(signatures), url, 10);
        serve_on(listener, Arc::new(service));
        Self {
            gcs,
            clock,
            _folder: folder,
        }
    }
}

impl contract::objects::ObjectsFixture for Objects {
    fn bucket(&self) -> Arc<dyn ObjectStore> {
        Arc::new(self.gcs.bucket("uploads"))
    }

    fn other_bucket(&self) -> Arc<dyn ObjectStore> {
        Arc::new(self.gcs.bucket("artifacts"))
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn advance(&self, by: Duration) {
        self.clock.advance(by);
    }
}

struct Tasks {
    queue: Arc<CloudTasksQueue>,
    store: Store,
    clock: Arc<ManualClock>,
    _folder: TempDir,
}

impl Tasks {
    async fn new() -> Self {
        let (listener, url) = listen().await;
        let (store, clock, folder) = store(&url).await;
        let service = tasks::CloudTasks {
            queue: store.queue(),
            clock: Arc::clone(&clock) as _,
            rights: Rights::Unchecked,
        };
        serve_on(listener, Arc::new(service));
        let functions = ["analyze", "notify", "report", "transcribe", "waveform"];
        let functions = functions.map(|name| (name.to_owned(), "http://localhost".to_owned()));
        let queues = Queues {
            project: project(),
            location: "europe-west1".into(),
            functions: BTreeMap::from(functions),
            service_account: Some("tasks@p.iam.gserviceaccount.com".into()),
            emulator: Some(url),
        };
        Self {
            queue: Arc::new(CloudTasksQueue::new(queues, Arc::new(Pipeline::ours()))),
            store,
            clock,
            _folder: folder,
        }
    }
}

#[async_trait]
impl contract::queue::QueueFixture for Tasks {
    fn queue(&self) -> Arc<dyn Queue> {
        Arc::clone(&self.queue) as _
    }

    async fn due(&self) -> Vec<Task> {
        let due = take(&self.store, "queue:webhooks").await;
        due.into_iter().map(task).collect()
    }

    fn advance(&self, by: Duration) {
        self.clock.advance(by);
    }
}

records_promises!([ignore = "needs Google's emulators"], Documents::new);
search_promises!([ignore = "needs Google's emulators"], Documents::new);
bus_promises!([ignore = "needs Google's emulators"], Topics::new);
objects_promises!(
    [ignore = "needs a service account's key: scripts/dev/emulators up"],
    Objects::new
);
queue_promises!([], Tasks::new);

/// Firestore deletes by timestamps alone; to us it is a text like all times.
#[tokio::test]
#[ignore = "needs Google's emulators"]
async fn a_time_to_live_is_a_timestamp_to_firestore() {
    let project = project();
    let records = firestore(project.clone());
    let path = DocPath::parse("users/u/receipts/r").unwrap();
    let receipt = IdempotencyRecord::new(InterviewId::generate(), Timestamp::from_millis(1_500));
    let write = Write::put(path.clone(), &receipt, Precondition::None).unwrap();
    records.commit(vec![write]).await.unwrap();
    let stored = records.read(&path).await.unwrap().unwrap();
    assert_eq!(stored.decode::<IdempotencyRecord>().unwrap(), receipt);

    let host = emulator("FIRESTORE_EMULATOR_HOST");
    let url = format!("http://{host}/v1/projects/{project}/databases/(default)/documents/{path}");
    let request = reqwest::Client::new().get(url).bearer_auth("owner");
    let raw = request.send().await.unwrap().text().await.unwrap();
    let raw: Value = serde_json::from_str(&raw).unwrap();
    let fields = &raw["fields"];
    assert_eq!(fields["ttl"]["timestampValue"], "1970-01-02T00:00:01.500Z");
    assert_eq!(
        fields["created_at"]["stringValue"],
        "1970-01-01T00:00:01.500Z"
    );
}
