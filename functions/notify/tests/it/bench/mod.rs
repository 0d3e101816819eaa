//! The function over an embedded store, with a clock that tests move and short time limits.
#![allow(dead_code, reason = "each test file uses a part of it")]

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use domain::{
    Interview, InterviewId, InterviewKey, Timestamp, UserId,
    event::{Event, PublishedMessage},
    pipeline::Pipeline,
    ports::{Clock as _, Precondition, Write},
    webhook::{EventType, TOPIC, WebhookDelivery, WebhookEvent},
};
use embedded::{
    ManualClock, Store, StoreOptions,
    deliveries::{Content, QueuedDelivery, Requeue},
};
use notify::{
    Notify,
    address::Policy,
    client::WebhookClient,
    lanes::{LaneLimits, Places},
    sign::Secrets,
};
use steps::{DeliveredTask, Failure, Function as _, Trigger};
use tempfile::TempDir;

/// The service's secret.
pub(crate) const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

const START: Timestamp = Timestamp::from_millis(1_767_225_600_000);

pub(crate) struct Bench {
    pub(crate) notify: Arc<Notify>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) store: Store,
    _folder: TempDir,
}

impl Bench {
    /// With this time limit in the fast lane.
    pub(crate) async fn start(fast: Duration) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let clock = Arc::new(ManualClock::at(START));
        let store = Store::open(StoreOptions {
            data_dir: folder.path().to_owned(),
            public_url: "http://localhost".into(),
            pipeline: Arc::new(Pipeline::ours()),
            clock: Arc::clone(&clock) as _,
        });
        let store = store.await.expect("opens");
        let notify = Notify {
            records: store.records(),
            queue: store.queue(),
            clock: Arc::clone(&clock) as _,
            secrets: Secrets::parse(SECRET).expect("a secret"),
            client: Arc::new(WebhookClient::new(Policy::AllowLoopback).expect("a client")),
            places: Places::default(),
            limits: LaneLimits {
                fast,
                slow: Duration::from_mins(1),
            },
        };
        Self {
            notify: Arc::new(notify),
            clock,
            store,
            _folder: folder,
        }
    }

    /// A webhook event of a new interview of `user` with this receiver.
    pub(crate) async fn event(&self, user: &str, url: &str) -> WebhookEvent {
        let key = InterviewKey {
            user_id: UserId::parse(user).expect("an id"),
            interview_id: InterviewId::generate(),
        };
        let mut interview = Interview::new(&key, "t".into(), self.clock.now());
        interview.webhook_url = Some(url.to_owned());
        let write = Write::put(key.document(), &interview, Precondition::Absent);
        let write = write.expect("an object");
        let records = self.store.records();
        records.commit(vec![write]).await.expect("stored");
        WebhookEvent::about(&interview, EventType::Completed)
    }

    /// Delivers the message of an event.
    pub(crate) async fn publish(&self, event: &WebhookEvent) -> Result<(), Failure> {
        let message = PublishedMessage {
            topic: TOPIC.into(),
            id: "1".into(),
            data: serde_json::to_vec(event).expect("JSON"),
            attributes: BTreeMap::new(),
        };
        let trigger = Trigger::Event(Event::MessagePublished(message));
        self.notify.handle(trigger).await
    }

    /// The tasks of a queue that are due.
    pub(crate) async fn due(&self, queue: &str) -> Vec<QueuedDelivery> {
        let deliveries = self.store.deliveries();
        let lane = format!("queue:{queue}");
        let lane = deliveries.lanes().into_iter().find(|own| own.name == lane);
        let due = deliveries.take(&lane.expect("a lane"), 1_000).await;
        due.expect("read")
    }

    /// Works off what is due in both queues, until nothing more is.
    pub(crate) async fn work(&self) {
        loop {
            let mut due = self.due("webhooks").await;
            due.extend(self.due("webhooks-slow").await);
            if due.is_empty() {
                return;
            }
            for delivery in due {
                self.hand_over(&delivery).await;
            }
        }
    }

    /// Hands one task to the function, and settles it.
    pub(crate) async fn hand_over(&self, delivery: &QueuedDelivery) {
        let Content::Task {
            queue, name, body, ..
        } = delivery.content.clone()
        else {
            panic!("no task: {delivery:?}");
        };
        let task = DeliveredTask {
            queue,
            name,
            body,
            attempt: delivery.attempt,
            trace: None,
        };
        let deliveries = self.store.deliveries();
        let settled = match self.notify.handle(Trigger::Task(task)).await {
            Ok(()) => deliveries.done(delivery).await,
            Err(Failure::Later(wait)) => {
                deliveries.requeue(delivery, Requeue::Later(wait), "").await
            }
            Err(other) => panic!("{other:?}"),
        };
        settled.expect("settled");
    }

    /// Moves the clock from one due task to the next until none is left, and works them off;
    /// `false` when the time is over before that.
    pub(crate) async fn work_for(&self, time: Duration) -> bool {
        let end = self.clock.now() + time;
        loop {
            self.work().await;
            let next = self.next_due().await;
            match next {
                None => return true,
                Some(due) if due > end => return false,
                Some(due) => self.clock.advance_to(due),
            }
        }
    }

    /// When the next task of the two queues is due. Events for other functions are
    /// settled, so that they are not the next.
    async fn next_due(&self) -> Option<Timestamp> {
        let deliveries = self.store.deliveries();
        for lane in deliveries.lanes() {
            if lane.name.starts_with("function:") {
                for event in deliveries.take(&lane, 1_000).await.expect("read") {
                    deliveries.done(&event).await.expect("settled");
                }
            }
        }
        deliveries.next_due().await.expect("read")
    }

    /// The log of an event, if there is one.
    pub(crate) async fn log(&self, event: &WebhookEvent) -> Option<WebhookDelivery> {
        let path = event.key.delivery(event.delivery_id());
        let found = self.store.records().read(&path).await.expect("read");
        found.map(|document| document.decode().expect("a log"))
    }
}
