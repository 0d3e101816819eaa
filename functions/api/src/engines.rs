//! `GET /v1/engines`: which engines are active, and what they still need.

use std::sync::Arc;

use axum::{Json, extract::State};
use domain::{ErrorCode, ports::EngineStatus};
use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    Api,
    extract::{NoParameters, QueryParameters},
    openapi::{
        errors::{USER, errors},
        examples,
    },
};

/// The engines that are active.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Engines {
    /// From speech to words.
    speech: EngineStatus,
    /// From words to an analysis.
    language: EngineStatus,
}

/// Read which engines are active
///
/// Names, models and states: no addresses and no keys.
#[utoipa::path(
    get, path = "/v1/engines", operation_id = "engines", tag = "Service",
    responses((status = 200, description = "The engines, their models, and what is still missing.", body = ref("#/components/schemas/Engines"), example = examples::engines)),
    extensions(("x-errors" = json!(errors(&[&USER, &[ErrorCode::UnknownParameter]])))),
)]
pub(crate) async fn engines(
    State(api): State<Arc<Api>>,
    _: QueryParameters<NoParameters>,
) -> Json<Engines> {
    Json(Engines {
        speech: api.live.status(),
        language: api.direct.status(),
    })
}
