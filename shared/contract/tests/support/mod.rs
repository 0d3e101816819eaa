//! The embedded adapters as the promises want to see them.
#![allow(
    dead_code,
    unreachable_pub,
    reason = "each test binary uses a part of it"
)]

pub mod faults;
pub mod proxy;
pub mod served;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use config::SystemClock;
use domain::{
    Timestamp,
    event::Event,
    pipeline::Pipeline,
    ports::{Bus, Clock, Message, ObjectStore, Queue, Records, Task},
};
use embedded::{
    ManualClock, Store, StoreOptions,
    deliveries::{Content, QueuedDelivery},
};
use emulation::storage::Storage;
use http::{Request, Response};
use hyper::body::Incoming;
use runtime::http::{Body, Problem, Service};
use tempfile::TempDir;
use testing::{listen, serve_on};

/// A data directory, whose signed URLs lead to a server of its own.
pub struct Embedded {
    pub store: Store,
    pub clock: Arc<ManualClock>,
    _folder: TempDir,
}

/// Where signed URLs lead.
struct Signed(Storage);

#[async_trait]
impl Service for Signed {
    async fn call(&self, request: Request<Incoming>) -> Response<Body> {
        let answer = self.0.call("/storage/", request).await;
        answer.unwrap_or_else(|_| Problem::internal().into_response(""))
    }
}

/// An empty data directory whose clients reach it at `public_url`.
pub async fn store(public_url: &str) -> (Store, Arc<ManualClock>, TempDir) {
    let clock = Arc::new(ManualClock::at(SystemClock.now()));
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(StoreOptions {
        data_dir: folder.path().to_owned(),
        public_url: public_url.to_owned(),
        pipeline: Arc::new(Pipeline::ours()),
        clock: Arc::clone(&clock) as _,
    });
    (store.await.unwrap(), clock, folder)
}

impl Embedded {
    pub async fn new() -> Self {
        let (listener, url) = listen().await;
        let (store, clock, folder) = store(&url).await;
        let storage = Storage::embedded(&store, url);
        serve_on(listener, Arc::new(Signed(storage)));
        Self {
            store,
            clock,
            _folder: folder,
        }
    }

    async fn take(&self, lane: &str) -> Vec<QueuedDelivery> {
        take(&self.store, lane).await
    }
}

/// What is due in a lane, settled with that.
pub async fn take(store: &Store, lane: &str) -> Vec<QueuedDelivery> {
    let deliveries = store.deliveries();
    let lanes = deliveries.lanes();
    let lane = lanes.into_iter().find(|known| known.name == lane).unwrap();
    let taken = deliveries.take(&lane, 100).await.unwrap();
    for delivery in &taken {
        deliveries.done(delivery).await.unwrap();
    }
    taken
}

/// A task as it was queued, its delay aside.
pub fn task(delivery: QueuedDelivery) -> Task {
    match delivery.content {
        Content::Task {
            name, body, trace, ..
        } => Task {
            name,
            body,
            delay: Duration::ZERO,
            trace,
        },
        Content::Event(event) => panic!("{event:?}"),
    }
}

impl contract::records::RecordsFixture for Embedded {
    fn records(&self) -> Arc<dyn Records> {
        self.store.records()
    }
}

impl contract::objects::ObjectsFixture for Embedded {
    fn bucket(&self) -> Arc<dyn ObjectStore> {
        self.store.bucket("uploads")
    }

    fn other_bucket(&self) -> Arc<dyn ObjectStore> {
        self.store.bucket("artifacts")
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn advance(&self, by: Duration) {
        self.clock.advance(by);
    }
}

#[async_trait]
impl contract::bus::BusFixture for Embedded {
    fn bus(&self) -> Arc<dyn Bus> {
        self.store.bus()
    }

    async fn next(&self) -> Message {
        let deliveries = self.store.deliveries();
        let lanes = deliveries.lanes();
        let lane = lanes.iter().find(|lane| lane.name == "function:notify");
        let taken = deliveries.take(lane.unwrap(), 1).await.unwrap().remove(0);
        deliveries.done(&taken).await.unwrap();
        match taken.content {
            Content::Event(Event::MessagePublished(message)) => Message {
                data: message.data,
                attributes: message.attributes,
            },
            other => panic!("{other:?}"),
        }
    }
}

#[async_trait]
impl contract::queue::QueueFixture for Embedded {
    fn queue(&self) -> Arc<dyn Queue> {
        self.store.queue()
    }

    async fn due(&self) -> Vec<Task> {
        self.take("queue:webhooks")
            .await
            .into_iter()
            .map(task)
            .collect()
    }

    fn advance(&self, by: Duration) {
        self.clock.advance(by);
    }
}
