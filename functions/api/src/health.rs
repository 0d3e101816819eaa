//! `GET /healthz`: whether the service answers.

use http::{Response, StatusCode};
use runtime::http::{Body, json};
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

pub(crate) fn health() -> Response<Body> {
    let health = Health {
        status: "ok",
        version: env!("CARGO_PKG_VERSION"),
    };
    json(StatusCode::OK, &health)
}
