//! The promises against servers that are not started here: other emulators of Cloud Storage
//! (`scripts/dev/contract-others`), and Google Cloud itself (`scripts/ops/prove-on-google`),
//! where time passes by itself and one database, topic and queue serve all tests.
#![allow(clippy::unwrap_used, reason = "tests, helpers included")]

mod browser;
#[path = "../support/mod.rs"]
mod support;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use base64::{Engine as _, prelude::BASE64_STANDARD};
use config::{Environment, SystemClock};
use contract::{
    bus_promises, objects_promises,
    queue::{self, QueueFixture},
    records_promises, search_promises,
};
use domain::{
    Timestamp,
    pipeline::Pipeline,
    ports::{Bus, Clock as _, Enqueued, Message, Queue, QueueError, Records, Task},
    trace::TraceContext,
};
use google::{
    Cloud,
    tasks::{CloudTasksQueue, Queues},
};
use google_cloud_auth::credentials::{Builder as DefaultCredentials, anonymous};
use google_cloud_pubsub::client::Subscriber;
use relay::pubsub::Admin;
use reqwest::{Client, Method};
use serde_json::{Value, json};
use support::served::ServedObjects;
use tokio::sync::{Mutex, MutexGuard, mpsc};

fn setting(name: &'static str) -> String {
    let value = optional(name);
    value.unwrap_or_else(|| panic!("{name} is not set: scripts/ops/prove-on-google"))
}

fn optional(name: &'static str) -> Option<String> {
    Environment::from_process().text(name).map(str::to_owned)
}

fn cloud() -> Cloud {
    Cloud::read(Environment::from_process()).unwrap()
}

/// Asks one of Google's APIs with the credentials of the process.
async fn ask(method: Method, url: &str, token: &str, body: Option<Value>) -> Value {
    let request = Client::new().request(method, url).bearer_auth(token);
    let request = match body {
        Some(body) => request.body(body.to_string()),
        None => request,
    };
    let answer = request.send().await.unwrap();
    let (status, text) = (answer.status(), answer.text().await.unwrap());
    assert!(status.is_success(), "{url}: {status} {text}");
    serde_json::from_str(&text).unwrap_or(Value::Null)
}

/// How the names of databases begin that are made to be emptied here.
const PROVING: &str = "prove-";

/// The database of `FIRESTORE_DATABASE`, emptied; one test uses it at a time. Only the emulator's
/// and one whose name begins with [`PROVING`] are emptied.
struct Documents {
    cloud: Cloud,
    _one: MutexGuard<'static, ()>,
}

impl Documents {
    async fn new() -> Self {
        static ONE: Mutex<()> = Mutex::const_new(());
        let one = ONE.lock().await;
        let cloud = cloud();
        let emulator = optional("FIRESTORE_EMULATOR_HOST");
        let database = optional("FIRESTORE_DATABASE").unwrap_or_default();
        assert!(
            emulator.is_some() || database.starts_with(PROVING),
            "FIRESTORE_DATABASE is `{database}`: these tests delete everything in it, and only do \
             so where its name begins with `{PROVING}`"
        );
        let (base, token) = if let Some(host) = &emulator {
            (format!("http://{host}"), "owner".to_owned())
        } else {
            let token = cloud.tokens().token().await.unwrap();
            ("https://firestore.googleapis.com".to_owned(), token)
        };
        let documents = format!("{base}/v1/{}", cloud.firestore().documents());
        let query = json!({"structuredQuery": {
            "select": {"fields": [{"fieldPath": "__name__"}]},
            "from": [{"allDescendants": true}], "limit": 400,
        }});
        loop {
            let url = format!("{documents}:runQuery");
            let found = ask(Method::POST, &url, &token, Some(query.clone())).await;
            let found = found.as_array().cloned().unwrap_or_default();
            let names = found
                .iter()
                .filter_map(|one| one["document"]["name"].as_str());
            let writes: Vec<Value> = names.map(|name| json!({"delete": name})).collect();
            if writes.is_empty() {
                break;
            }
            let url = format!("{documents}:batchWrite");
            ask(Method::POST, &url, &token, Some(json!({"writes": writes}))).await;
        }
        Self { cloud, _one: one }
    }
}

impl contract::records::RecordsFixture for Documents {
    fn records(&self) -> Arc<dyn Records> {
        self.cloud.records()
    }
}

type Inbox = mpsc::UnboundedReceiver<Message>;

/// The topic of webhook events, one test at a time. One subscriber listens for all tests: what
/// a test has taken may come again when its subscriber goes with it.
struct Topic {
    bus: Arc<dyn Bus>,
    inbox: Mutex<MutexGuard<'static, Option<Inbox>>>,
}

impl Topic {
    async fn new() -> Self {
        static INBOX: Mutex<Option<Inbox>> = Mutex::const_new(None);
        let mut inbox = INBOX.lock().await;
        if inbox.is_none() {
            let (sender, receiver) = mpsc::unbounded_channel();
            let subscription = subscription().await;
            std::thread::spawn(move || {
                let runtime = tokio::runtime::Runtime::new().unwrap();
                runtime.block_on(listen(subscription, sender));
            });
            *inbox = Some(receiver);
        }
        Self {
            bus: cloud().bus().unwrap(),
            inbox: Mutex::new(inbox),
        }
    }
}

/// `CONTRACT_SUBSCRIPTION`, which is made in an emulator.
async fn subscription() -> String {
    let (project, name) = (setting("GCS_PROJECT_ID"), setting("CONTRACT_SUBSCRIPTION"));
    if let Some(host) = optional("PUBSUB_EMULATOR_HOST") {
        let admin = Admin::connect(project, &host).await.unwrap();
        admin.create_topic("interview-events").await.unwrap();
        let name = format!("{name}-{}", std::process::id());
        return admin.create_pull(&name, "interview-events").await.unwrap();
    }
    format!("projects/{project}/subscriptions/{name}")
}

/// Takes messages as long as the process runs.
async fn listen(subscription: String, sender: mpsc::UnboundedSender<Message>) {
    let builder = if let Some(host) = optional("PUBSUB_EMULATOR_HOST") {
        Subscriber::builder()
            .with_endpoint(format!("http://{host}"))
            .with_credentials(anonymous::Builder::new().build())
    } else {
        let credentials = DefaultCredentials::default().build();
        Subscriber::builder().with_credentials(credentials.unwrap())
    };
    let subscriber = builder.build().await.unwrap();
    let mut messages = subscriber.subscribe(subscription).build();
    while let Some(message) = messages.next().await {
        let (message, handler) = message.unwrap();
        handler.ack();
        let taken = Message {
            data: message.data.to_vec(),
            attributes: message.attributes.into_iter().collect(),
        };
        sender.send(taken).unwrap();
    }
}

#[async_trait]
impl contract::bus::BusFixture for Topic {
    fn bus(&self) -> Arc<dyn Bus> {
        Arc::clone(&self.bus)
    }

    async fn next(&self) -> Message {
        let mut inbox = self.inbox.lock().await;
        inbox.as_mut().unwrap().recv().await.unwrap()
    }
}

/// The paused queue `CONTRACT_QUEUE` in the place of `webhooks`, because the name of a
/// queue that was deleted is taken for days.
struct PausedQueue {
    queue: Arc<dyn Queue>,
    tasks: String,
    token: String,
}

struct Renamed(CloudTasksQueue, String);

#[async_trait]
impl Queue for Renamed {
    async fn enqueue(&self, queue: &str, task: Task) -> Result<Enqueued, QueueError> {
        let queue = if queue == "webhooks" { &self.1 } else { queue };
        self.0.enqueue(queue, task).await
    }
}

impl PausedQueue {
    async fn new() -> Self {
        let (project, location) = (setting("GCS_PROJECT_ID"), setting("CLOUD_TASKS_LOCATION"));
        let name = setting("CONTRACT_QUEUE");
        let mut pipeline = Pipeline::ours();
        let webhooks = pipeline.queues.remove("webhooks").unwrap();
        let functions = [(webhooks.function.clone(), "https://example.com".to_owned())];
        pipeline.queues.insert(name.clone(), webhooks);
        let parent = format!("projects/{project}/locations/{location}/queues/{name}");
        let queues = Queues {
            project,
            location,
            functions: functions.into(),
            service_account: Some(setting("TASKS_SERVICE_ACCOUNT")),
            emulator: None,
        };
        let queue = CloudTasksQueue::new(queues, Arc::new(pipeline));
        Self {
            queue: Arc::new(Renamed(queue, name)),
            tasks: format!("https://cloudtasks.googleapis.com/v2/{parent}/tasks"),
            token: cloud().tokens().token().await.unwrap(),
        }
    }
}

#[async_trait]
impl QueueFixture for PausedQueue {
    fn queue(&self) -> Arc<dyn Queue> {
        Arc::clone(&self.queue)
    }

    async fn due(&self) -> Vec<Task> {
        let url = format!("{}?responseView=FULL", self.tasks);
        let listed = ask(Method::GET, &url, &self.token, None).await;
        let mut due = Vec::new();
        for one in listed["tasks"].as_array().cloned().unwrap_or_default() {
            let scheduled: Timestamp = serde_json::from_value(one["scheduleTime"].clone()).unwrap();
            if scheduled > SystemClock.now() {
                continue;
            }
            let (_, name) = one["name"].as_str().unwrap().rsplit_once('/').unwrap();
            let request = &one["httpRequest"];
            let body = BASE64_STANDARD.decode(request["body"].as_str().unwrap());
            let trace = request["headers"]["traceparent"].as_str();
            due.push(Task {
                name: name.to_owned(),
                body: serde_json::from_slice(&body.unwrap()).unwrap(),
                delay: Duration::ZERO,
                trace: trace.map(|trace| TraceContext::parse(trace).unwrap()),
            });
            ask(
                Method::DELETE,
                &format!("{}/{name}", self.tasks),
                &self.token,
                None,
            )
            .await;
        }
        due
    }

    fn advance(&self, _: Duration) {
        panic!("the time of Cloud Tasks cannot be moved");
    }
}

objects_promises!([], ServedObjects::new);
records_promises!([], Documents::new);
search_promises!([], Documents::new);
bus_promises!([], Topic::new);

/// Those that need no time to pass.
mod queues {
    use super::*;

    #[tokio::test]
    async fn a_task_arrives_as_it_was_queued() {
        queue::a_task_arrives_as_it_was_queued(&PausedQueue::new().await).await;
    }

    #[tokio::test]
    async fn an_unknown_queue_is_refused() {
        queue::an_unknown_queue_is_refused(&PausedQueue::new().await).await;
    }
}
