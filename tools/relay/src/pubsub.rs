//! Topics and subscriptions of Pub/Sub's emulator.

use domain::pipeline::Retry;
use google_cloud_auth::credentials::anonymous;
use google_cloud_gax::error::{Error, rpc::Code};
use google_cloud_pubsub::{
    client::{SubscriptionAdmin, TopicAdmin},
    model::{DeadLetterPolicy, PushConfig, RetryPolicy},
};
use google_cloud_wkt::Duration;

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
        let (url, anonymous) = (
            format!("http://{emulator}"),
            anonymous::Builder::new().build(),
        );
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

fn unless_there<T>(made: Result<T, Error>) -> anyhow::Result<()> {
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
