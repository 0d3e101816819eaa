//! What webhooks were sent, and sending one again.

use std::{sync::Arc, time::Duration};

use axum::{Json, extract::State};
use domain::{
    ErrorCode, Interview, Timestamp, ids,
    ports::{Precondition, Query as RecordsQuery, Task, Write},
    versions::StripUnknown as _,
    webhook::{
        DeliveryAttempt, DeliveryState, EventType, QUEUE, WebhookDelivery, WebhookEvent, webhook_id,
    },
};
use http::StatusCode;
use runtime::http::Problem;
use schemars::JsonSchema;
use serde::Serialize;
use steps::report_unreadable;

use crate::{
    Api,
    error::ApiError,
    extract::{OwnInterview, PathValues, QueryParameters},
    openapi::{errors, examples, parameters::DeliveryId},
    page::{Page, PageCursor, PageQuery, page},
};

/// How the delivery of a webhook went.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Delivery")]
pub(crate) struct DeliveryBody {
    /// Its id: the webhook id, followed by a number after a change of `webhook_url`, or by the id
    /// of a webhook for all interviews.
    id: String,
    /// The `webhook-id` of every attempt.
    webhook_id: String,
    /// The type of the event.
    #[serde(rename = "type")]
    event_type: EventType,
    /// The state of the delivery; `superseded` when the interview got another `webhook_url`
    /// before it was delivered.
    state: DeliveryState,
    /// Where it is sent; `null` where an earlier release has not noted it.
    url: Option<String>,
    /// The id of the webhook for all interviews that it goes to; `null` where it goes to the
    /// interview's own `webhook_url`.
    user_webhook_id: Option<String>,
    /// Every attempt, oldest first.
    attempts: Vec<DeliveryAttempt>,
    /// When the next attempt is due; `null` where none is.
    next_attempt_at: Option<Timestamp>,
    /// When it became due.
    created_at: Timestamp,
}

/// List what was sent about an interview
///
/// Every webhook, its attempts and the next one. They are signed as Standard Webhooks are:
/// `webhook-id`, `webhook-timestamp` and `webhook-signature`.
#[utoipa::path(
    get, path = "/v1/interviews/{id}/webhook-deliveries", operation_id = "list_deliveries",
    tag = "Webhooks", params(OwnInterview, QueryParameters<PageQuery>),
    responses((status = 200, description = "The deliveries.", body = ref("#/components/schemas/DeliveryPage"), example = json!(examples::page(&examples::delivery())))),
)]
pub(crate) async fn deliveries(
    State(api): State<Arc<Api>>,
    OwnInterview(interview): OwnInterview,
    QueryParameters(query): QueryParameters<PageQuery>,
) -> Result<Json<Page<DeliveryBody>>, ApiError> {
    let collection = interview.key().document().collection("deliveries");
    let found = api
        .records
        .list(&RecordsQuery::collection(collection))
        .await?;
    let mut items: Vec<(PageCursor, DeliveryBody)> = Vec::new();
    for document in found {
        let delivery: WebhookDelivery = match document.decode() {
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
    Ok(Json(page(&query, &places, items)?))
}

/// Send a webhook again
///
/// The same body under the same webhook id, to the `webhook_url` that is set now or to the same
/// webhook for all interviews, with as many attempts as a new one.
#[utoipa::path(
    post, path = "/v1/interviews/{id}/webhook-deliveries/{delivery_id}/replay",
    operation_id = "replay_delivery", tag = "Webhooks", params(OwnInterview, DeliveryId),
    responses((status = 202, description = "The delivery, pending.", body = ref("#/components/schemas/Delivery"), example = examples::pending_delivery)),
    extensions(("x-errors" = json!(errors(&[ErrorCode::NoReceiver])))),
)]
pub(crate) async fn replay(
    State(api): State<Arc<Api>>,
    OwnInterview(interview): OwnInterview,
    values: PathValues,
) -> Result<(StatusCode, Json<DeliveryBody>), ApiError> {
    let id = values.get("delivery_id");
    let ours = id.starts_with("msg_")
        && id.len() <= 64
        && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    let path = interview.key().delivery(if ours { id } else { "none" });
    let document = api.records.read(&path).await?.ok_or_else(no_delivery)?;
    let mut delivery: WebhookDelivery = document.decode()?;
    let url = api.receiver_now(&interview, &delivery).await?;
    let now = api.clock.now();
    let name = task_name(id, &delivery, now);
    delivery.replay(&url, now);
    let unchanged = Precondition::Version(document.version);
    let write = Write::put(path, &delivery, unchanged)?;
    api.records.commit(vec![write]).await?;
    api.enqueue_webhook(&interview, id, &url, &delivery, name)
        .await?;
    Ok((StatusCode::ACCEPTED, Json(DeliveryBody::new(id, delivery))))
}

impl Api {
    /// Where a delivery goes when it is sent again.
    async fn receiver_now(
        &self,
        interview: &Interview,
        delivery: &WebhookDelivery,
    ) -> Result<String, Problem> {
        let no_receiver = |detail| Problem::new(ErrorCode::NoReceiver, detail);
        let Some(id) = &delivery.webhook else {
            if interview.webhook_gone {
                let detail = "the receiver answered 410: give the interview another `webhook_url`";
                return Err(no_receiver(detail));
            }
            let url = interview.webhook_url.clone();
            return url.ok_or_else(|| no_receiver("the interview names no receiver any more"));
        };
        let webhook = self.user_webhook(&interview.user_id, id).await?;
        let webhook = webhook.filter(|webhook| webhook.gone_at.is_none());
        let url = webhook.map(|webhook| webhook.url);
        url.ok_or_else(|| no_receiver("the webhook is deleted, or its receiver answered 410"))
    }

    /// Queues an attempt to deliver a webhook.
    pub(crate) async fn enqueue_webhook(
        &self,
        interview: &Interview,
        id: &str,
        url: &str,
        delivery: &WebhookDelivery,
        name: String,
    ) -> Result<(), Problem> {
        let event = WebhookEvent {
            id: webhook_id(id).to_owned(),
            event_type: delivery.event_type,
            key: interview.key(),
            delivery: Some(id.to_owned()),
            webhook: delivery.webhook.clone(),
            webhook_since: None,
            url: url.to_owned(),
            body: delivery.body.clone(),
            trace: interview.trace,
        };
        let task = Task {
            name,
            body: serde_json::to_value(&event).map_err(|_| Problem::internal())?,
            delay: Duration::ZERO,
            trace: interview.trace,
        };
        self.queue.enqueue(QUEUE, task).await?;
        Ok(())
    }
}

/// Another one for each time that it is asked for.
fn task_name(id: &str, delivery: &WebhookDelivery, now: Timestamp) -> String {
    let tries = delivery.attempts.len();
    let plain = format!("{id}-replay-{tries}-{}", now.as_millis());
    ids::task_name(&plain)
}

impl DeliveryBody {
    fn new(id: &str, delivery: WebhookDelivery) -> Self {
        let delivery = delivery.known_only();
        Self {
            id: id.to_owned(),
            webhook_id: webhook_id(id).to_owned(),
            event_type: delivery.event_type,
            state: delivery.state,
            url: delivery.url,
            user_webhook_id: delivery.webhook,
            attempts: delivery.attempts,
            next_attempt_at: delivery.next_attempt_at,
            created_at: delivery.created_at,
        }
    }
}

fn no_delivery() -> Problem {
    Problem::new(ErrorCode::NoSuchDelivery, "there is no such delivery")
}
