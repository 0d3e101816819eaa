//! The webhooks for all interviews of a user. An event is sent to them besides to the interview's
//! own receiver: to each by a delivery of its own under the same webhook id.

use domain::{
    interview_store, paths,
    ports::{Precondition, Query, RecordsError, Write},
    webhook::{EventType, UserWebhook, WebhookDelivery, WebhookEvent},
};
use steps::{Failure, readable};

use crate::{Notify, delivery::ReceiverState, lanes::Lane};

impl Notify {
    /// Begins a delivery to each webhook of the user that wants the event. A repeated message
    /// begins none that there is already.
    pub(crate) async fn fan_out(&self, event: &WebhookEvent) -> Result<(), Failure> {
        let all = Query::collection(paths::webhooks_of(&event.key.user_id));
        let webhooks: Vec<UserWebhook> = readable(&self.records.list(&all).await?);
        for webhook in webhooks.iter().filter(|own| own.wants(event.event_type)) {
            self.begin(&webhook.event(event)).await?;
        }
        Ok(())
    }

    /// Stores the delivery, of which its task has only what may stay behind a deletion.
    async fn begin(&self, event: &WebhookEvent) -> Result<(), Failure> {
        if !self.is_about_something(event).await? {
            return Ok(());
        }
        let path = event.key.delivery(event.delivery_id());
        let fresh = WebhookDelivery::new(event, self.clock.now());
        let begin = Write::put(path.clone(), &fresh, Precondition::Absent)?;
        let begun_at = match self.records.commit(vec![begin]).await {
            Ok(()) => fresh.created_at,
            // By the same message, before.
            Err(RecordsError::Stale { .. }) => match self.records.read(&path).await? {
                Some(document) => {
                    let log: WebhookDelivery = document.decode()?;
                    if !log.is_untouched() {
                        return Ok(());
                    }
                    log.created_at
                }
                None => return Ok(()),
            },
            Err(error) => return Err(error.into()),
        };
        if let ReceiverState::Deleted = self.receiver(event).await? {
            return self.delete_log(event).await;
        }
        let event = event.without_metadata();
        self.enqueue(&event, Lane::Fast, begun_at).await
    }

    /// Whether the interview is there, or the event is that it is not.
    async fn is_about_something(&self, event: &WebhookEvent) -> Result<bool, Failure> {
        if event.event_type == EventType::Deleted {
            return Ok(true);
        }
        let interview = interview_store::interview(&*self.records, &event.key).await?;
        Ok(interview.is_some())
    }

    /// Where a webhook for all interviews goes now.
    pub(crate) async fn user_receiver(
        &self,
        event: &WebhookEvent,
        id: &str,
    ) -> Result<ReceiverState, Failure> {
        if !self.is_about_something(event).await? {
            return Ok(ReceiverState::Deleted);
        }
        let Some(path) = paths::user_webhook(&event.key.user_id, id) else {
            return Ok(ReceiverState::Removed);
        };
        let Some(document) = self.records.read(&path).await? else {
            return Ok(ReceiverState::Removed);
        };
        let webhook: UserWebhook = document.decode()?;
        // Made by the same key after that which the delivery was begun for had been deleted.
        let is_another = |since| since != webhook.created_at;
        if event.webhook_since.is_some_and(is_another) {
            return Ok(ReceiverState::Removed);
        }
        Ok(match webhook.gone_at {
            Some(_) => ReceiverState::Gone,
            None => ReceiverState::Listening(webhook.url),
        })
    }

    /// The receiver answered 410: it wants to hear no more of any interview.
    pub(crate) async fn mark_webhook_gone(
        &self,
        event: &WebhookEvent,
        id: &str,
    ) -> Result<(), Failure> {
        let Some(path) = paths::user_webhook(&event.key.user_id, id) else {
            return Ok(());
        };
        let now = self.clock.now();
        let stop = |fields: &mut serde_json::Map<String, serde_json::Value>| {
            let is_gone = fields.get("gone_at").is_some_and(|at| !at.is_null());
            let is_same = fields.get("url").and_then(serde_json::Value::as_str) == Some(&event.url);
            (is_same && !is_gone).then(|| {
                fields.insert("gone_at".to_owned(), serde_json::json!(now));
            })
        };
        interview_store::amend(&*self.records, &path, stop).await?;
        Ok(())
    }
}
