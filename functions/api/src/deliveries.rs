//! What webhooks were sent, and sending one again.

use std::time::Duration;

use domain::{
    ErrorCode,
    Interview, Timestamp, ids,
    ports::{Precondition, Query, Task, Write},
    versions::StripUnknown as _,
    webhook::{Delivery, DeliveryState, QUEUE, WebhookEvent},
};
use http::{Response, StatusCode};
use runtime::{
    http::{Body, Problem, json},
    report_unreadable,
};
use serde_json::{Value, json};

use crate::{
    Api,
    page::{PageCursor, page},
    request::ApiRequest,
};

impl Api {
    pub(crate) async fn deliveries(&self, request: &ApiRequest) -> Result<Response<Body>, Problem> {
        let interview = self.interview(request).await?;
        let collection = interview.key().document().collection("deliveries");
        let found = self.records.list(&Query::collection(collection)).await;
        let mut items: Vec<(PageCursor, Value)> = Vec::new();
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
            items.push((place, view(id, &delivery)));
        }
        items.sort_by(|(one, _), (other, _)| one.cmp(other));
        let (places, items): (Vec<PageCursor>, Vec<Value>) = items.into_iter().unzip();
        let page = page(request, &places, &items)?;
        Ok(json(StatusCode::OK, &page))
    }

    /// Sends the same body under the same id once more, and as often as it takes.
    pub(crate) async fn replay(
        &self,
        request: &ApiRequest,
        id: &str,
    ) -> Result<Response<Body>, Problem> {
        let interview = self.interview(request).await?;
        let no_receiver = |detail| Problem::new(ErrorCode::NoReceiver, detail);
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
        Ok(json(StatusCode::ACCEPTED, &view(id, &delivery)))
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

fn view(id: &str, delivery: &Delivery) -> Value {
    let delivery = delivery.clone().known_only();
    json!({
        "id": id,
        "type": delivery.event_type,
        "state": delivery.state,
        "attempts": delivery.attempts,
        "next_attempt_at": delivery.next_attempt_at,
        "created_at": delivery.created_at,
    })
}

fn no_delivery() -> Problem {
    Problem::new(ErrorCode::NoSuchDelivery, "there is no such delivery")
}
