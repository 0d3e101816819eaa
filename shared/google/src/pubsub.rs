//! The port `Bus` on Pub/Sub.
//!
//! Without ordering keys: our messages are independent, and a key would make the ones
//! behind a slow one wait.

use std::{collections::BTreeMap, sync::Arc};

use async_trait::async_trait;
use domain::{
    pipeline::{Pipeline, Retry},
    ports::{Bus, BusError, Message},
};
use google_cloud_gax::error::rpc::Code;
use google_cloud_pubsub::{
    client::{Publisher, SubscriptionAdmin, TopicAdmin},
    error::PublishError,
    model::{self, DeadLetterPolicy, PushConfig, RetryPolicy},
};
use google_cloud_wkt::Duration;
use tokio::sync::OnceCell;

use crate::emulator;

/// The topics of a project.
pub struct PubSub {
    project: String,
    emulator: Option<String>,
    publishers: BTreeMap<String, OnceCell<Publisher>>,
}

impl PubSub {
    /// The manifest's topics in `project`; at an emulator at `host:port` if one
    /// is given. Connects when a topic is first used.
    pub fn new(project: String, emulator: Option<String>, pipeline: &Arc<Pipeline>) -> Self {
        let topics = pipeline.topics.iter();
        Self {
            project,
            emulator,
            publishers: topics
                .map(|topic| (topic.clone(), OnceCell::new()))
                .collect(),
        }
    }

    async fn connect(&self, topic: &str) -> Result<Publisher, BusError> {
        let builder = Publisher::builder(format!("projects/{}/topics/{topic}", self.project));
        let builder = if let Some(host) = &self.emulator {
            builder
                .with_endpoint(format!("http://{host}"))
                .with_credentials(emulator::anonymous())
        } else {
            let ours = crate::credentials::default();
            builder.with_credentials(ours.map_err(|error| BusError::Unavailable(error.into()))?)
        };
        // The caller waits for the answer: a batch of one is sent at once.
        let builder = builder
            .with_grpc_subchannel_count(1)
            .set_message_count_threshold(1);
        let built = builder.build().await;
        built.map_err(|error| BusError::Unavailable(Box::new(error)))
    }
}

#[async_trait]
impl Bus for PubSub {
    async fn publish(&self, topic: &str, message: Message) -> Result<(), BusError> {
        let unknown = || BusError::NoTopic(topic.to_owned());
        let publisher = self.publishers.get(topic).ok_or_else(unknown)?;
        if message == Message::default() {
            return Err(BusError::Empty);
        }
        let publisher = publisher.get_or_try_init(|| self.connect(topic)).await?;
        let message = model::Message::new()
            .set_data(message.data)
            .set_attributes(message.attributes);
        match publisher.publish(message).await {
            Ok(_) => Ok(()),
            Err(error) if is_missing(&error) => Err(unknown()),
            Err(error) => Err(BusError::Unavailable(Box::new(error))),
        }
    }
}

fn is_missing(error: &PublishError) -> bool {
    match error {
        PublishError::Rpc(error) => error
            .status()
            .is_some_and(|status| status.code == Code::NotFound),
        _ => false,
    }
}

/// Creates topics and subscriptions where no deployment has: in an emulator.
pub struct Admin {
    project: String,
    topics: TopicAdmin,
    subscriptions: SubscriptionAdmin,
}

/// A subscription that pushes.
#[derive(Debug, Clone)]
pub struct PushSubscription {
    /// Its name.
    pub subscription: String,
    /// The topic that it subscribes to.
    pub topic: String,
    /// Where it posts to.
    pub url: String,
    /// How it tries again; its messages end in the topic `dead-letters`.
    pub retry: Retry,
}

/// The topic for messages that were tried too often.
pub const DEAD_LETTERS: &str = "dead-letters";

impl Admin {
    /// For a project in the emulator at `host:port`.
    pub async fn connect(project: String, emulator: &str) -> anyhow::Result<Self> {
        let (url, anonymous) = (format!("http://{emulator}"), emulator::anonymous());
        Ok(Self {
            project,
            topics: TopicAdmin::builder()
                .with_endpoint(&url)
                .with_credentials(anonymous.clone())
                .build()
                .await?,
            subscriptions: SubscriptionAdmin::builder()
                .with_endpoint(&url)
                .with_credentials(anonymous)
                .build()
                .await?,
        })
    }

    fn topic(&self, name: &str) -> String {
        format!("projects/{}/topics/{name}", self.project)
    }

    fn subscription(&self, name: &str) -> String {
        format!("projects/{}/subscriptions/{name}", self.project)
    }

    /// Makes a topic, unless it is there.
    pub async fn create_topic(&self, name: &str) -> anyhow::Result<()> {
        let made = self.topics.create_topic().set_name(self.topic(name));
        unless_there(made.send().await)
    }

    /// Creates a pull subscription unless it exists; returns its full name.
    pub async fn create_pull(&self, name: &str, topic: &str) -> anyhow::Result<String> {
        let full = self.subscription(name);
        let made = self
            .subscriptions
            .create_subscription()
            .set_name(&full)
            .set_topic(self.topic(topic));
        unless_there(made.send().await).map(|()| full)
    }

    /// Makes a subscription that pushes, or makes the one that is there push to
    /// another place.
    pub async fn create_push(
        &self,
        push: &PushSubscription,
        ack_deadline_s: i32,
    ) -> anyhow::Result<()> {
        let seconds = |count: u32| Duration::clamp(i64::from(count), 0);
        let retry = RetryPolicy::new()
            .set_minimum_backoff(seconds(push.retry.min_backoff_s))
            .set_maximum_backoff(seconds(push.retry.max_backoff_s));
        let attempts = push.retry.max_attempts.clamp(5, 100);
        let dead_letters = DeadLetterPolicy::new()
            .set_dead_letter_topic(self.topic(DEAD_LETTERS))
            .set_max_delivery_attempts(i32::try_from(attempts)?);
        let endpoint = PushConfig::new().set_push_endpoint(&push.url);
        let full = self.subscription(&push.subscription);
        let made = self
            .subscriptions
            .create_subscription()
            .set_name(&full)
            .set_topic(self.topic(&push.topic))
            .set_ack_deadline_seconds(ack_deadline_s)
            .set_push_config(endpoint.clone())
            .set_retry_policy(retry)
            .set_dead_letter_policy(dead_letters);
        unless_there(made.send().await)?;
        let moved = self.subscriptions.modify_push_config();
        let moved = moved.set_subscription(full).set_push_config(endpoint);
        Ok(moved.send().await?)
    }
}

fn unless_there<T>(made: Result<T, google_cloud_gax::error::Error>) -> anyhow::Result<()> {
    match made {
        Err(error)
            if error
                .status()
                .is_none_or(|status| status.code != Code::AlreadyExists) =>
        {
            Err(error.into())
        }
        _ => Ok(()),
    }
}
