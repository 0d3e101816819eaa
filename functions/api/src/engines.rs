//! `GET /v1/engines`: which engines are active, and what they still need.

use domain::ports::EngineStatus;
use http::{Response, StatusCode};
use runtime::http::{Body, Problem, json};
use schemars::JsonSchema;
use serde::Serialize;

use crate::{Api, request::ApiRequest};

/// The engines that are active.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Engines {
    /// From speech to words.
    speech: EngineStatus,
    /// From words to an analysis.
    language: EngineStatus,
}

impl Api {
    /// Shows names, models and states: no addresses and no keys.
    pub(crate) fn engines(&self, request: &ApiRequest) -> Result<Response<Body>, Problem> {
        request.only_query(&[])?;
        let body = Engines {
            speech: self.live.status(),
            language: self.direct.status(),
        };
        Ok(json(StatusCode::OK, &body))
    }
}
