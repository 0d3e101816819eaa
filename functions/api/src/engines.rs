//! `GET /v1/engines`: which engines are active, and what they still need.

use std::sync::Arc;

use axum::{Json, extract::State};
use domain::ports::EngineStatus;
use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    Api,
    extract::{NoParameters, QueryParameters},
};

/// The engines that are active.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Engines {
    /// From speech to words.
    speech: EngineStatus,
    /// From words to an analysis.
    language: EngineStatus,
}

/// Shows names, models and states: no addresses and no keys.
pub(crate) async fn engines(
    State(api): State<Arc<Api>>,
    _: QueryParameters<NoParameters>,
) -> Json<Engines> {
    Json(Engines {
        speech: api.live.status(),
        language: api.direct.status(),
    })
}
