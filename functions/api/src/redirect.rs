//! Pending webhooks of an interview whose `webhook_url` has changed.

use domain::{
    Interview, ids,
    ports::Query,
    webhook::{DeliveryState, WebhookDelivery},
};
use runtime::http::Problem;

use crate::Api;

impl Api {
    /// Has `notify` look at the pending webhooks of the interview now: it ends the deliveries
    /// to the URL before and begins those to the new one. Should that fail, `notify` does it
    /// when their next attempts are due, so an error is only logged.
    pub(crate) async fn redirect_webhooks(&self, interview: &Interview) {
        if let Err(problem) = self.enqueue_pending(interview).await {
            tracing::warn!(
                event = "webhook.redirect_delayed",
                code = problem.code.as_str(),
                "pending webhooks are redirected when their next attempts are due"
            );
        }
    }

    async fn enqueue_pending(&self, interview: &Interview) -> Result<(), Problem> {
        let collection = interview.key().document().collection("deliveries");
        let url = interview.webhook_url.as_deref().unwrap_or_default();
        let found = self.records.list(&Query::collection(collection)).await?;
        let now = self.clock.now().as_millis();
        for document in found {
            let Ok(delivery) = document.decode::<WebhookDelivery>() else {
                continue;
            };
            let is_there = delivery.url.as_deref() == Some(url);
            let is_own = delivery.webhook.is_none();
            if delivery.state == DeliveryState::Pending && is_own && !is_there {
                let id = document.path.split().1;
                let name = ids::task_name(&format!("{id}-redirect-{now}"));
                self.enqueue_webhook(interview, id, url, &delivery, name)
                    .await?;
            }
        }
        Ok(())
    }
}
