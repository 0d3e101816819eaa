//! Messages to the functions that listen to a topic.

use std::collections::BTreeMap;

use async_trait::async_trait;

/// A message on a topic.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Message {
    /// The body.
    pub data: Vec<u8>,
    /// Short texts beside the body.
    pub attributes: BTreeMap<String, String>,
}

/// Why a message was not published.
#[derive(Debug, thiserror::Error)]
pub enum BusError {
    /// Nothing is known of such a topic.
    #[error("no topic `{0}`")]
    NoTopic(String),
    /// A message needs data or an attribute.
    #[error("a message of nothing")]
    Empty,
    /// The bus cannot be reached, or broke while it was used.
    #[error("publishing a message")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Publishes messages, to be delivered at least once to each function that
/// listens to the topic.
#[async_trait]
pub trait Bus: Send + Sync {
    /// Publishes; once this answers, the message is durable.
    async fn publish(&self, topic: &str, message: Message) -> Result<(), BusError>;
}
