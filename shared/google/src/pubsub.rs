//! The port `Bus` on Pub/Sub.
//!
//! Without ordering keys: our messages are independent, and a key would make the ones
//! behind a slow one wait.

use std::{collections::BTreeMap, sync::Arc};

use async_trait::async_trait;
use domain::{
    pipeline::Pipeline,
    ports::{Bus, BusError, Message},
};
use google_cloud_gax::error::rpc::Code;
use google_cloud_pubsub::{client::Publisher, error::PublishError, model};
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
