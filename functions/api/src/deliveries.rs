//! What webhooks were sent, and sending one again.

use std::time::Duration;

use domain::{
    Interview, Timestamp, ids,
    ports::{Precondition, Query, Task, Write},
    versions::StripUnknown as _,
    webhook::{Delivery, DeliveryAttempt, DeliveryState, EventType, QUEUE, WebhookEvent},
};
use http::{Response, StatusCode};
use runtime::{
    http::{Body, Problem, json},
    report_unreadable,
};
use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    Api,
    page::{PageCursor, page},
    request::ApiRequest,
};

/// How the delivery of a webhook went.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Delivery")]
pub(crate) struct DeliveryBody {
    /// Its id, the `webhook-id` of every attempt.
    id: String,
    /// What happened.
    #[serde(rename = "type")]
    event_type: EventType,
    /// The state of the delivery.
    state: DeliveryState,
    /// Every attempt, oldest first.
    attempts: Vec<DeliveryAttempt>,
    /// When the next attempt is due; `null` where none is.
    next_attempt_at: Option<Timestamp>,
    /// When it became due.
    created_at: Timestamp,
}

impl Api {
    pub(crate) async fn deliveries(&self, request: &ApiRequest) -> Result<Response<Body>, Problem> {
        let interview = self.interview(request).await?;
        let collection = interview.key().document().collection("deliveries");
        let found = self.records.list(&Query::collection(collection)).await;
        let mut items: Vec<(PageCursor, DeliveryBody)> = Vec::new();
        for document in found? {
            let delivery: Delivery = match document.decode() {
                Ok(delivery) => delivery,
                Err(error) => {
                    report_unreadable(&document, &error);
                    continue;
                }
            };
            let id = document.path.split().1;
            // The newest first.
            let place = (-delivery.created_at.as_millis(), 0, id.to_owned());
            items.push((place, DeliveryBody::new(id, delivery)));
        }
        items.sort_by(|(one, _), (other, _)| one.cmp(other));
        let (places, items): (Vec<PageCursor>, Vec<DeliveryBody>) = items.into_iter().unzip();
        let page = page(request, &places, items)?;
        Ok(json(StatusCode::OK, &page))
    }

    /// Sends the same body under the same id once more, and as often as it takes.
    pub(crate) async fn replay(
        &self,
        request: &ApiRequest,
        id: &str,
    ) -> Result<Response<Body>, Problem> {
        let interview = self.interview(request).await?;
        let no_receiver = |detail| Problem::new(StatusCode::CONFLICT, "no_receiver", detail);
        let Some(url) = interview.webhook_url.clone() else {
            return Err(no_receiver("the interview names no receiver any more"));
        };
        if interview.webhook_gone {
            let detail = "the receiver answered 410: give the interview another `webhook_url`";
            return Err(no_receiver(detail));
        }
        let ours = id.starts_with("msg_")
            && id.len() <= 64
            && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        let path = interview.key().delivery(if ours { id } else { "none" });
        let found = self.records.read(&path).await?;
        let document = found.ok_or_else(no_delivery)?;
        let mut delivery: Delivery = document.decode()?;
        let name = task_name(id, &delivery, self.clock.now());
        delivery.state = DeliveryState::Pending;
        delivery.next_attempt_at = None;
        let unchanged = Precondition::Version(document.version);
        let write = Write::put(path, &delivery, unchanged)?;
        let stored = self.records.commit(vec![write]).await;
        stored?;
        self.send_again(&interview, id, url, &delivery, name)
            .await?;
        Ok(json(StatusCode::ACCEPTED, &DeliveryBody::new(id, delivery)))
    }

    async fn send_again(
        &self,
        interview: &Interview,
        id: &str,
        url: String,
        delivery: &Delivery,
        name: String,
    ) -> Result<(), Problem> {
        let notice = WebhookEvent {
            id: id.to_owned(),
            event_type: delivery.event_type,
            key: interview.key(),
            url,
            body: delivery.body.clone(),
            trace: interview.trace,
        };
        let task = Task {
            name,
            body: serde_json::to_value(&notice).map_err(|_| Problem::internal())?,
            delay: Duration::ZERO,
            trace: interview.trace,
        };
        let queued = self.queue.enqueue(QUEUE, task).await;
        queued.map(drop).map_err(Problem::from)
    }
}

/// Another one for each time that it is asked for.
fn task_name(id: &str, delivery: &Delivery, now: Timestamp) -> String {
    let tries = delivery.attempts.len();
    let plain = format!("{id}-replay-{tries}-{}", now.as_millis());
    ids::task_name(&plain)
}

impl DeliveryBody {
    fn new(id: &str, delivery: Delivery) -> Self {
        let delivery = delivery.known_only();
        Self {
            id: id.to_owned(),
            event_type: delivery.event_type,
            state: delivery.state,
            attempts: delivery.attempts,
            next_attempt_at: delivery.next_attempt_at,
            created_at: delivery.created_at,
        }
    }
}

fn no_delivery() -> Problem {
    Problem::not_found("no_such_delivery", "there is no such delivery")
}
