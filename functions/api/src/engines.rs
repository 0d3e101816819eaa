//! `GET /v1/engines`: which engines are active, and what they still need.

use std::sync::Arc;

use axum::{Json, extract::State};
use serde_json::{Value, json};

use crate::{
    Api,
    extract::{NoParameters, Query},
};

/// Shows names, models and states: no addresses and no keys.
pub(crate) async fn engines(State(api): State<Arc<Api>>, _: Query<NoParameters>) -> Json<Value> {
    Json(json!({
        "speech": api.live.status(),
        "language": api.direct.status(),
    }))
}
