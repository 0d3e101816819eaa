//! The service itself.

use serde_json::json;

use crate::openapi::operation::Operation;

pub(super) const TAG: &str = "Service";

pub(super) fn health() -> Operation {
    let example = json!({"status": "ok", "version": env!("CARGO_PKG_VERSION")});
    Operation::new("health", TAG, "Ask whether the service answers")
        .open()
        .gives(200, "It does.", "Health", example)
}

pub(super) fn openapi() -> Operation {
    let content = json!({"application/json": {"schema": {"type": "object"}}});
    Operation::new("openapi", TAG, "Read this description as OpenAPI 3.1")
        .open()
        .answers(200, "The document.", content)
        .fails(&["too_many_requests"])
}

pub(super) fn page() -> Operation {
    let content = json!({"text/html": {"schema": {"type": "string"}}});
    Operation::new("documentation", TAG, "Read this description as a page")
        .open()
        .answers(200, "The page.", content)
        .fails(&["too_many_requests"])
}
