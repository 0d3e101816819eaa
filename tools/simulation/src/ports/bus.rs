//! Pub/Sub.

use async_trait::async_trait;
use domain::{
    event::{Event, PublishedMessage},
    ports::{Bus, BusError, Message},
};

use super::Failed;
use crate::{
    gate::{Call, Port},
    world::World,
};

/// The topics.
pub(crate) struct SimulatedBus(pub(crate) World);

#[async_trait]
impl Bus for SimulatedBus {
    async fn publish(&self, topic: &str, message: Message) -> Result<(), BusError> {
        let published = PublishedMessage {
            topic: topic.to_owned(),
            id: String::new(),
            data: message.data,
            attributes: message.attributes,
        };
        let kind = published
            .attributes
            .get("type")
            .cloned()
            .unwrap_or_default();
        let call = Call::new(Port::Bus, format!("publish {kind} to {topic}"));
        let publish = move |world: &World| {
            let id = world.next_version().to_string();
            world.emit(&Event::MessagePublished(PublishedMessage {
                id,
                ..published
            }));
            Ok(())
        };
        let failed = || BusError::Unavailable(Failed.into());
        self.0.change(call, publish, failed, || None).await
    }
}
