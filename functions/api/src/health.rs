//! `GET /healthz`: whether the service answers.

use axum::Json;
use domain::ErrorCode;
use schemars::JsonSchema;
use serde::Serialize;

use crate::openapi::{errors, examples};

/// That the service answers.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Health {
    /// Always `ok`.
    #[schemars(extend("const" = "ok"))]
    status: &'static str,
    /// The service's version.
    version: &'static str,
}

/// Check that the service responds
#[utoipa::path(
    get, path = "/healthz", operation_id = "health", tag = "Service", security(()),
    responses((status = 200, description = "It does.", body = ref("#/components/schemas/Health"), example = examples::health)),
    extensions(("x-never" = json!(errors(&[ErrorCode::TooManyRequests])))),
)]
pub(crate) async fn health() -> Json<Health> {
    Json(Health {
        status: "ok",
        version: env!("CARGO_PKG_VERSION"),
    })
}
