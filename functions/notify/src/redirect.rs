//! A pending webhook whose interview has another receiver now.
//!
//! The delivery to the receiver before is superseded. The webhook is sent to the new one, at
//! once and with all of its tries, as a delivery of its own under the same webhook id.

use domain::{
    ports::{Precondition, Write},
    webhook::{DeliveryState, WebhookDelivery, WebhookEvent, following_id},
};
use steps::Failure;

use crate::{
    Notify,
    delivery::{InHand, ReceiverState},
    lanes::Lane,
};

impl Notify {
    /// Ends the delivery, and begins one to `url`, in one transaction.
    pub(crate) async fn supersede(&self, mut own: InHand, url: String) -> Result<(), Failure> {
        let now = self.clock.now();
        let id = self.free_id(&own.event).await?;
        let next = WebhookEvent {
            delivery: Some(id.clone()),
            url,
            body: own.log.body.clone(),
            ..own.event.clone()
        };
        own.log.state = DeliveryState::Superseded;
        own.log.next_attempt_at = None;
        own.log.followed_by = Some(id.clone());
        let fresh = WebhookDelivery::new(&next, now);
        let begin = Write::put(own.event.key.delivery(&id), &fresh, Precondition::Absent)?;
        self.records.commit(vec![own.write()?, begin]).await?;
        if let ReceiverState::Deleted = self.receiver(&own.event).await? {
            self.delete_log(&next).await?;
            return self.delete_log(&own.event).await;
        }
        let next = next.without_metadata();
        self.enqueue(&next, Lane::Fast, now).await
    }

    /// Queues the delivery that follows a superseded one, should that not have been done.
    pub(crate) async fn follow(&self, own: &InHand) -> Result<(), Failure> {
        let Some(id) = own.log.followed_by.clone() else {
            return Ok(());
        };
        let found = self.records.read(&own.event.key.delivery(&id)).await?;
        let Some(document) = found else {
            return Ok(());
        };
        let next: WebhookDelivery = document.decode()?;
        let (true, Some(url)) = (next.is_untouched(), next.url) else {
            return Ok(());
        };
        let event = WebhookEvent {
            delivery: Some(id),
            url,
            body: next.body,
            ..own.event.clone()
        };
        let event = event.without_metadata();
        self.enqueue(&event, Lane::Fast, next.created_at).await
    }

    /// An id that no delivery of this webhook has.
    async fn free_id(&self, event: &WebhookEvent) -> Result<String, Failure> {
        let mut number = 2;
        loop {
            let id = following_id(event.delivery_id(), number);
            let found = self.records.read(&event.key.delivery(&id)).await?;
            if found.is_none() {
                return Ok(id);
            }
            number += 1;
        }
    }
}
