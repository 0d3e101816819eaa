//! `GET /healthz`: whether the service answers.

use axum::Json;
use schemars::JsonSchema;
use serde::Serialize;

/// That the service answers.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Health {
    /// Always `ok`.
    #[schemars(extend("const" = "ok"))]
    status: &'static str,
    /// The service's version.
    version: &'static str,
}

pub(crate) async fn health() -> Json<Health> {
    Json(Health {
        status: "ok",
        version: env!("CARGO_PKG_VERSION"),
    })
}
