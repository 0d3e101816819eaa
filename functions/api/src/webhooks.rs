//! Webhooks for all interviews of a user: their receivers, and trying one out.

use std::sync::Arc;

use axum::{
    Extension, Json,
    extract::State,
    response::{IntoResponse, Response},
};
use domain::{
    ErrorCode, Timestamp, UserId, paths,
    ports::{Precondition, Query as RecordsQuery, RecordsError, Write},
    versions::{StripUnknown as _, UnknownFields, closed},
    webhook::{EventType, MAX_URL_BYTES, MAX_USER_WEBHOOKS, UserWebhook},
};
use http::{StatusCode, header};
use runtime::http::Problem;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use steps::readable;

use crate::{
    Api,
    error::ApiError,
    extract::{IdempotencyKey, JsonBody, PathValues, QueryParameters},
    openapi::{errors, examples, parameters::WebhookId},
    page::{Page, PageCursor, PageQuery, sorted_page},
    validation::{WEB_URL, invalid},
};

/// The most that the JSON of a new webhook may have, in bytes.
const MAX_BODY: usize = 16 * 1024;

/// A new webhook for all interviews.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewWebhook {
    /// Where it is sent: `http` or `https`, a host on the public internet.
    #[schemars(length(max = MAX_URL_BYTES), regex(pattern = WEB_URL), extend("format" = "uri"))]
    url: String,
    /// Which events are sent; all of them where it is left out or empty.
    #[serde(default, deserialize_with = "closed")]
    types: Vec<EventType>,
}

/// A webhook for all interviews of a user.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Webhook")]
pub(crate) struct UserWebhookBody {
    /// Its id.
    id: String,
    /// Where it is sent.
    url: String,
    /// Which events are sent; all of them where there are none.
    types: Vec<EventType>,
    /// When it was made.
    created_at: Timestamp,
    /// When its receiver answered 410, which ends it; `null` where it did not.
    gone_at: Option<Timestamp>,
}

/// What came of a test of a webhook.
#[derive(Serialize, JsonSchema)]
pub(crate) struct WebhookTest {
    /// Whether the receiver has accepted it, with 2xx.
    delivered: bool,
    /// The `webhook-id` that was sent.
    webhook_id: String,
    /// The receiver's status code; `null` when it gave none.
    status: Option<u16>,
    /// Why it was not accepted, in words for the receiver's developer; `null` where it was.
    error: Option<String>,
}

impl From<UserWebhook> for UserWebhookBody {
    fn from(webhook: UserWebhook) -> Self {
        let webhook = webhook.known_only();
        Self {
            id: webhook.id,
            url: webhook.url,
            types: webhook.types,
            created_at: webhook.created_at,
            gone_at: webhook.gone_at,
        }
    }
}

/// List your webhooks
///
/// Those for all interviews, newest first. An interview's own `webhook_url` is beside them.
#[utoipa::path(
    get, path = "/v1/webhooks", operation_id = "list_webhooks", tag = "Webhooks",
    params(QueryParameters<PageQuery>),
    responses((status = 200, description = "The webhooks.", body = ref("#/components/schemas/WebhookPage"), example = json!(examples::page(&examples::webhook())))),
)]
pub(crate) async fn list(
    State(api): State<Arc<Api>>,
    Extension(user): Extension<UserId>,
    QueryParameters(query): QueryParameters<PageQuery>,
) -> Result<Json<Page<UserWebhookBody>>, ApiError> {
    let all = RecordsQuery::collection(paths::webhooks_of(&user));
    let webhooks: Vec<UserWebhook> = readable(&api.records.list(&all).await?);
    let place = |webhook: &UserWebhook| -> PageCursor {
        (-webhook.created_at.as_millis(), 0, webhook.id.clone())
    };
    let shown = sorted_page(&query, webhooks, place, UserWebhookBody::from)?;
    Ok(Json(shown))
}

/// Receive webhooks of all interviews
///
/// Each event of each of your interviews is sent to it, besides to the interview's own
/// `webhook_url`, under the same `webhook-id`.
#[utoipa::path(
    post, path = "/v1/webhooks", operation_id = "create_webhook", tag = "Webhooks",
    params(IdempotencyKey),
    request_body(content = ref("#/components/schemas/NewWebhook"), examples(
        ("all" = (summary = "All events", value = json!({"url": "https://example.com/hooks"}))),
        ("ends" = (
            summary = "The end of each interview",
            value = json!({"url": "https://example.com/hooks", "types": ["interview.completed", "interview.failed"]})
        )),
    )),
    responses((status = 201, description = "The webhook.", body = ref("#/components/schemas/Webhook"), example = examples::webhook)),
    extensions(("x-errors" = json!(errors(&[
        ErrorCode::InvalidField, ErrorCode::TooManyWebhooks])))),
)]
pub(crate) async fn create(
    State(api): State<Arc<Api>>,
    Extension(user): Extension<UserId>,
    idempotency_key: IdempotencyKey,
    JsonBody(new): JsonBody<NewWebhook, MAX_BODY>,
) -> Result<Response, ApiError> {
    let private = api.limits.allow_private_webhooks;
    (api.check_webhook_url)(&new.url, private).map_err(|why| invalid("url", &why))?;
    let id = idempotency_key.id_in(&format!("{user}/webhooks"));
    let path = paths::user_webhook(&user, &id).ok_or_else(no_webhook)?;
    if let Some(made) = api.stored(&path).await? {
        return Ok(created(made));
    }
    let all = RecordsQuery::collection(paths::webhooks_of(&user));
    if api.records.list_paths(&all).await?.len() >= MAX_USER_WEBHOOKS {
        let detail = format!("a user has at most {MAX_USER_WEBHOOKS} webhooks; delete one first");
        return Err(Problem::new(ErrorCode::TooManyWebhooks, detail).into());
    }
    let mut types = new.types;
    types.sort_by_key(|own| own.as_str());
    types.dedup();
    let webhook = UserWebhook {
        id,
        url: new.url,
        types,
        created_at: api.clock.now(),
        gone_at: None,
        unknown: UnknownFields::default(),
    };
    let write = Write::put(path.clone(), &webhook, Precondition::Absent)?;
    let written = api.records.commit(vec![write]).await;
    // By the same key, at the same time.
    Ok(created(api.made_once(&path, webhook, written).await?))
}

/// Delete a webhook
///
/// What was not delivered yet is not sent.
#[utoipa::path(
    delete, path = "/v1/webhooks/{webhook_id}", operation_id = "delete_webhook", tag = "Webhooks",
    params(WebhookId),
    responses((status = 204, description = "The webhook is deleted.")),
    extensions(("x-errors" = json!(errors(&[ErrorCode::Conflict])))),
)]
pub(crate) async fn delete(
    State(api): State<Arc<Api>>,
    Extension(user): Extension<UserId>,
    values: PathValues,
) -> Result<StatusCode, ApiError> {
    let path = paths::user_webhook(&user, values.get("webhook_id")).ok_or_else(no_webhook)?;
    if api.remove(&path).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(no_webhook().into())
    }
}

/// Try a webhook out
///
/// Sends one webhook of the type `webhook.test` now, signed like all others, and to public
/// addresses alone. Nothing is repeated or kept of it, and no redirect is followed.
#[utoipa::path(
    post, path = "/v1/webhooks/{webhook_id}/test", operation_id = "test_webhook", tag = "Webhooks",
    params(WebhookId),
    responses((status = 200, description = "What came of it, whether it was accepted or not.", body = ref("#/components/schemas/WebhookTest"), example = examples::webhook_test)),
    extensions(("x-never" = json!(errors(&[ErrorCode::Conflict, ErrorCode::TooLarge])))),
)]
pub(crate) async fn test(
    State(api): State<Arc<Api>>,
    Extension(user): Extension<UserId>,
    values: PathValues,
) -> Result<Response, ApiError> {
    let path = paths::user_webhook(&user, values.get("webhook_id")).ok_or_else(no_webhook)?;
    let webhook: UserWebhook = api.stored(&path).await?.ok_or_else(no_webhook)?;
    let tried = api.webhook_probe.send_test(&user, &webhook.url).await?;
    let body = Json(WebhookTest {
        delivered: tried
            .status
            .is_some_and(|status| (200..300).contains(&status)),
        webhook_id: tried.webhook_id,
        status: tried.status,
        error: tried.error,
    });
    Ok(([(header::CACHE_CONTROL, "no-store")], body).into_response())
}

impl Api {
    /// A webhook for all interviews of a user, if there is one.
    pub(crate) async fn user_webhook(
        &self,
        user: &UserId,
        id: &str,
    ) -> Result<Option<UserWebhook>, RecordsError> {
        match paths::user_webhook(user, id) {
            Some(path) => self.stored(&path).await,
            None => Ok(None),
        }
    }
}

fn created(webhook: UserWebhook) -> Response {
    (StatusCode::CREATED, Json(UserWebhookBody::from(webhook))).into_response()
}

fn no_webhook() -> Problem {
    Problem::new(ErrorCode::NoSuchWebhook, "there is no such webhook")
}
