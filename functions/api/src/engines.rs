//! `GET /v1/engines`: which engines are active, and what they still need.

use http::{Response, StatusCode};
use runtime::http::{Body, Problem, json};
use serde_json::json;

use crate::{Api, request::ApiRequest};

impl Api {
    /// Shows names, models and states: no addresses and no keys.
    pub(crate) fn engines(&self, request: &ApiRequest) -> Result<Response<Body>, Problem> {
        request.only_query(&[])?;
        let body = json!({
            "speech": self.live.status(),
            "language": self.direct.status(),
        });
        Ok(json(StatusCode::OK, &body))
    }
}
