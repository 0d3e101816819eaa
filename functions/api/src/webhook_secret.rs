//! The secret that signs a user's webhooks.

use std::sync::Arc;

use axum::{Extension, Json, extract::State, response::IntoResponse};
use domain::{
    Private, Timestamp, UserId, paths,
    ports::{Precondition, Write},
    webhook::OwnerSecret,
};
use http::{StatusCode, header};
use schemars::JsonSchema;
use serde::Serialize;

use crate::{Api, error::ApiError, openapi::examples};

/// Whose secret signs the webhooks of a user.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub(crate) enum SignedBy {
    Service,
    Owner,
}

/// What signs the webhooks of a user. The secret itself is never shown again.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "WebhookSecret")]
pub(crate) struct SecretBody {
    /// Whose secret signs: the service's, which its users share (`service`), until the user makes
    /// one (`owner`).
    signed_by: SignedBy,
    /// The id of the user's secret; `null` without one.
    id: Option<String>,
    /// When it was made; `null` without one.
    created_at: Option<Timestamp>,
    /// Until when the secret before it signs as well; `null` when none does.
    previous_valid_until: Option<Timestamp>,
}

/// A secret that has just been made.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "NewWebhookSecret")]
pub(crate) struct NewSecretBody {
    /// Its id, which says nothing about it.
    id: String,
    /// When it was made.
    created_at: Timestamp,
    /// Until when the secret before it signs as well.
    previous_valid_until: Option<Timestamp>,
    /// The secret, as Standard Webhooks writes it: shown in this response alone.
    #[schemars(with = "String")]
    secret: Private,
}

/// Show what signs your webhooks
///
/// Without a secret of your own the service's signs. The secret itself is not shown.
#[utoipa::path(
    get, path = "/v1/webhook-secret", operation_id = "show_webhook_secret", tag = "Webhooks",
    responses((status = 200, description = "What signs.", body = ref("#/components/schemas/WebhookSecret"), example = examples::webhook_secret)),
)]
pub(crate) async fn show(
    State(api): State<Arc<Api>>,
    Extension(user): Extension<UserId>,
) -> Result<Json<SecretBody>, ApiError> {
    let (path, now) = (paths::webhook_secret(&user), api.clock.now());
    let body = match api.stored_version::<OwnerSecret>(&path).await? {
        None => SecretBody {
            signed_by: SignedBy::Service,
            id: None,
            created_at: None,
            previous_valid_until: None,
        },
        Some((secret, _)) => SecretBody {
            signed_by: SignedBy::Owner,
            previous_valid_until: secret.previous_valid_until(now),
            id: Some(secret.id),
            created_at: Some(secret.created_at),
        },
    };
    Ok(Json(body))
}

/// Make a new secret for your webhooks
///
/// From now on your webhooks are signed with it. The secret before it, or the service's, signs
/// for 24 hours more: `webhook-signature` then has several signatures, separated by spaces.
#[utoipa::path(
    post, path = "/v1/webhook-secret", operation_id = "rotate_webhook_secret", tag = "Webhooks",
    responses((status = 201, description = "The secret, shown once.", body = ref("#/components/schemas/NewWebhookSecret"), example = examples::new_webhook_secret)),
)]
pub(crate) async fn rotate(
    State(api): State<Arc<Api>>,
    Extension(user): Extension<UserId>,
) -> Result<impl IntoResponse, ApiError> {
    let (path, now) = (paths::webhook_secret(&user), api.clock.now());
    let (secret, unchanged) = match api.stored_version::<OwnerSecret>(&path).await? {
        None => (OwnerSecret::first(now), Precondition::Absent),
        Some((before, version)) => (before.rotate(now), Precondition::Version(version)),
    };
    let write = Write::put(path, &secret, unchanged)?;
    api.records.commit(vec![write]).await?;
    let body = NewSecretBody {
        previous_valid_until: secret.previous_valid_until(now),
        id: secret.id,
        created_at: secret.created_at,
        secret: secret.secret,
    };
    let not_kept = [(header::CACHE_CONTROL, "no-store")];
    Ok((StatusCode::CREATED, not_kept, Json(body)))
}
