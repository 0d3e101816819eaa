//! Topics.

use std::sync::Arc;

use async_trait::async_trait;
use domain::{
    event::{Event, PublishedMessage},
    ports::{Bus, BusError, Message},
};

use crate::{Store, counters::count, error::StoreError, outbox};

#[async_trait]
impl Bus for Store {
    async fn publish(&self, topic: &str, message: Message) -> Result<(), BusError> {
        let pipeline = Arc::clone(&self.inner.pipeline);
        if !pipeline.topics.iter().any(|known| known == topic) {
            return Err(BusError::NoTopic(topic.to_owned()));
        }
        if message == Message::default() {
            return Err(BusError::Empty);
        }
        let (topic, now) = (topic.to_owned(), self.inner.clock.now());
        self.inner
            .database
            .transaction(move |transaction| -> Result<(), StoreError> {
                let event = Event::MessagePublished(PublishedMessage {
                    topic,
                    id: count(transaction, "message", 1)?.to_string(),
                    data: message.data,
                    attributes: message.attributes,
                });
                outbox::emit(transaction, &pipeline, &event, now)
            })
            .await?;
        self.inner.work.notify_one();
        Ok(())
    }
}
