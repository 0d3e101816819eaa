//! What is stored and queued of a webhook.

use domain::{
    Timestamp,
    ids::task_name,
    ports::{Precondition, Task, Version, Write},
    webhook::{DeliveryState, EventType, WebhookDelivery, WebhookEvent},
};
use steps::{Failure, trace};

use crate::{
    DeliverySource, Notify,
    delivery::{InHand, ReceiverState},
    lanes::Lane,
};

impl Notify {
    /// The log so far, with the version it has when it is stored already.
    pub(crate) async fn read_log(
        &self,
        event: &WebhookEvent,
    ) -> Result<(WebhookDelivery, Option<Version>), Failure> {
        let path = event.key.delivery(event.delivery_id());
        let found = self.records.read(&path).await?;
        Ok(match found {
            Some(document) => (document.decode()?, Some(document.version)),
            None => (WebhookDelivery::new(event, self.clock.now()), None),
        })
    }

    /// Stores the log. A worker that loses a race for it finds it settled the next
    /// time. A worker that loses a race against a deletion deletes the log again.
    pub(crate) async fn store_log(&self, own: &InHand) -> Result<(), Failure> {
        let InHand { event, log, .. } = own;
        if event.event_type == EventType::Deleted && log.state != DeliveryState::Pending {
            return self.delete_log(event).await;
        }
        self.records.commit(vec![own.write()?]).await?;
        match self.receiver(event).await? {
            ReceiverState::Deleted => self.delete_log(event).await,
            _ => Ok(()),
        }
    }

    /// Deletes the log: a deleted interview leaves nothing.
    pub(crate) async fn delete_log(&self, event: &WebhookEvent) -> Result<(), Failure> {
        let delete = Write::delete(event.key.delivery(event.delivery_id()));
        Ok(self.records.commit(vec![delete]).await?)
    }

    /// Ends a pending delivery to a receiver that is not there any more.
    pub(crate) async fn settle(
        &self,
        event: &WebhookEvent,
        state: DeliveryState,
    ) -> Result<(), Failure> {
        let (mut log, version) = self.read_log(event).await?;
        if log.state != DeliveryState::Pending {
            return Ok(());
        }
        log.state = state;
        log.next_attempt_at = None;
        let own = InHand {
            event: event.clone(),
            log,
            version,
            lane: Lane::Fast,
        };
        self.store_log(&own).await
    }

    /// Has a webhook wait until `due`. Only the task that was queued for that time waits
    /// itself: any other finds it in the queue.
    pub(crate) async fn wait(
        &self,
        own: &InHand,
        due: Timestamp,
        source: &DeliverySource,
    ) -> Result<(), Failure> {
        match source {
            DeliverySource::Task(name, _) if *name == name_of(&own.event, due) => {
                Err(Failure::Later(due.since(self.clock.now())))
            }
            _ => {
                let event = own.event.without_metadata();
                self.enqueue(&event, own.lane, due).await
            }
        }
    }

    /// Queues an attempt. A message could not wait: Pub/Sub delivers it again after ten
    /// minutes at the latest and stops after a hundred times, which is hours, where the
    /// schedule lasts for days. Nor could a task that is answered `Later`: Cloud Tasks
    /// chooses the time itself.
    pub(crate) async fn enqueue(
        &self,
        event: &WebhookEvent,
        lane: Lane,
        due: Timestamp,
    ) -> Result<(), Failure> {
        let task = Task {
            name: name_of(event, due),
            body: serde_json::to_value(event).map_err(Failure::permanent)?,
            delay: due.since(self.clock.now()),
            trace: trace::current(),
        };
        // A duplicate is a wait that has begun already.
        self.queue.enqueue(lane.queue(), task).await?;
        Ok(())
    }
}

/// The name of the task for an attempt at `due`: the same time is queued once.
fn name_of(event: &WebhookEvent, due: Timestamp) -> String {
    task_name(&format!("{}-{}", event.delivery_id(), due.as_millis()))
}

impl InHand {
    /// Stores the log as it is now, if no other worker has.
    pub(crate) fn write(&self) -> Result<Write, Failure> {
        let unchanged = self
            .version
            .map_or(Precondition::Absent, Precondition::Version);
        let path = self.event.key.delivery(self.event.delivery_id());
        Ok(Write::put(path, &self.log, unchanged)?)
    }
}
