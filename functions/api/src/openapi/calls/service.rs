//! The service itself.

use domain::ErrorCode;
use serde_json::json;

use crate::openapi::{operation::Operation, problems::USER};

pub(super) const TAG: &str = "Service";

pub(super) fn health() -> Operation {
    let example = json!({"status": "ok", "version": env!("CARGO_PKG_VERSION")});
    Operation::new("health", TAG, "Ask whether the service answers")
        .open()
        .gives(200, "It does.", "Health", example)
}

pub(super) fn engines() -> Operation {
    let example = json!({
        "speech": {"name": "whisper", "model": "base", "state": "fetching",
            "source": "huggingface.co", "done_bytes": 52_428_800, "total_bytes": 147_951_465,
            "fallback": null},
        "language": {"name": "extractive", "model": null, "state": "ok", "fallback": null},
    });
    Operation::new("engines", TAG, "Ask which engines are active")
        .gives(
            200,
            "The engines, their models, and what is still missing.",
            "Engines",
            example,
        )
        .fails(&USER)
        .fails(&[ErrorCode::UnknownParameter])
}

pub(super) fn openapi() -> Operation {
    let content = json!({"application/json": {"schema": {"type": "object"}}});
    Operation::new("openapi", TAG, "Read this description as OpenAPI 3.1")
        .open()
        .answers(200, "The document.", content)
        .fails(&[ErrorCode::TooManyRequests])
}

pub(super) fn page() -> Operation {
    let content = json!({"text/html": {"schema": {"type": "string"}}});
    Operation::new("documentation", TAG, "Read this description as a page")
        .open()
        .answers(200, "The page.", content)
        .fails(&[ErrorCode::TooManyRequests])
}

pub(super) fn console() -> Operation {
    console_page("console", "Open the console: interviews to look at")
}

pub(super) fn console_interview() -> Operation {
    console_page("console_interview", "Open the console at an interview").takes(&["shown_id"])
}

fn console_page(id: &'static str, summary: &'static str) -> Operation {
    let content = json!({"text/html": {"schema": {"type": "string"}}});
    Operation::new(id, TAG, summary)
        .open()
        .answers(200, "The page.", content)
        .fails(&[ErrorCode::ConsoleNotBuilt, ErrorCode::TooManyRequests])
}

pub(super) fn console_asset() -> Operation {
    let content = json!({"*/*": {"schema": {"type": "string", "format": "binary"}}});
    Operation::new("console_asset", TAG, "Read a file of the console")
        .open()
        .takes(&["console_file"])
        .answers(200, "The file, compressed where that is accepted.", content)
        .fails(&[ErrorCode::NoSuchPath, ErrorCode::TooManyRequests])
}
