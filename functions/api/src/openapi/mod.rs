//! The description of the API: `OpenAPI` 3.1 for programs, a page for people.
//!
//! The document is made from the list of routes: a route that nothing is said of
//! does not compile. In reading order: `operation` with how a call is described,
//! `problems` with every code, `calls` and `schemas` with what is described, and
//! `page`, which shows the document.

mod calls;
mod examples;
mod operation;
mod page;
mod parameters;
mod problems;
mod schemas;

use std::{collections::BTreeMap, sync::LazyLock};

use axum::response::IntoResponse;
use http::{Method, header::CONTENT_TYPE};
use serde_json::{Map, Value, json};

pub(crate) use page::page;

static DOCUMENT: LazyLock<Value> = LazyLock::new(document);

static TEXT: LazyLock<String> = LazyLock::new(|| DOCUMENT.to_string());

const ABOUT: &str = "\
Recordings of interviews become transcripts, analyses whose every claim quotes the \
recording, waveforms and reports.

Create an interview and say what you are about to upload; send the recording to the URL \
that the answer names; follow the steps as server-sent events, or be told by webhook; then \
read the results.

Bodies are JSON in snake_case; unknown fields are refused by name. Times are RFC 3339 in \
UTC, offsets and lengths whole milliseconds in fields named `*_ms`. Ids are opaque and safe \
in URLs. Lists answer `items` and `next_page_token`.

Errors are `application/problem+json` (RFC 9457) with a stable `code`. A path that is not \
here answers 404 `no_such_path`, another method 405 `method_not_allowed` with `Allow`. Every \
answer carries `X-Request-Id`: the client's own of 1 to 64 letters, digits and `-`, or a new \
one.";

/// `GET /openapi.json`.
pub(crate) async fn openapi() -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/json")], description())
}

/// The methods of every path.
static METHODS: LazyLock<BTreeMap<&str, Vec<Method>>> = LazyLock::new(|| {
    let paths = DOCUMENT["paths"].as_object().into_iter().flatten();
    let methods = paths.map(|(path, operations)| {
        let names = operations.as_object().into_iter().flat_map(Map::keys);
        let methods = names.filter_map(|name| name.to_ascii_uppercase().parse().ok());
        (path.as_str(), methods.collect())
    });
    methods.collect()
});

/// The methods that a path takes.
pub(crate) fn methods(path: &str) -> &'static [Method] {
    METHODS.get(path).map_or(&[], Vec::as_slice)
}

/// Every path and the methods that it takes.
pub fn operations() -> impl Iterator<Item = (&'static str, &'static [Method])> {
    let paths = METHODS.iter();
    paths.map(|(path, methods)| (*path, methods.as_slice()))
}

/// The description of the API: `OpenAPI` 3.1 in JSON.
pub fn description() -> &'static str {
    &TEXT
}

fn document() -> Value {
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "InterviewLens",
            "summary": "Interviews transcribed and analysed, every claim with its evidence",
            "description": ABOUT,
            "version": env!("CARGO_PKG_VERSION"),
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/", "description": "This service"}],
        "security": [{"bearer": []}, {"user_id": []}],
        "tags": calls::tags(),
        "paths": paths(),
        "webhooks": {"interview": {"post": calls::webhook().build()}},
        "components": {
            "schemas": schemas::all(),
            "parameters": parameters::all(),
            "headers": headers(),
            "securitySchemes": security(),
        },
    })
}

fn paths() -> Value {
    let mut paths = json!({});
    for (path, method, operation) in calls::all() {
        paths[path][method.as_str().to_ascii_lowercase()] = operation.build();
    }
    paths
}

fn headers() -> Value {
    json!({
        "RequestId": {
            "description": "The request's id, to be named when something is asked about it.",
            "required": true,
            "schema": {"type": "string"},
        },
        "Location": {
            "description": "The path of the interview.",
            "required": true,
            "schema": {"type": "string"},
        },
    })
}

fn security() -> Value {
    json!({
        "bearer": {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": "`Authorization: Bearer` with a Firebase ID token; the user is its \
                `sub`. Another user's interview answers 404.",
        },
        "user_id": {
            "type": "apiKey",
            "in": "header",
            "name": "X-User-Id",
            "description": "`X-User-Id` where the service runs locally (`AUTH=local`): the user is \
                what it says in 1 to 128 characters of A-Z, a-z, 0-9, `-` and `_`, or `local` \
                without it, and no token is needed.",
        },
        "audio_token": {
            "type": "apiKey",
            "in": "query",
            "name": "token",
            "description": "`?token=` in an interview's `audio.url`: good for an hour and for this \
                recording alone, so that an `<audio>` element can play it.",
        },
    })
}

#[cfg(test)]
mod tests {
    use domain::ErrorCode;

    use super::*;

    #[test]
    fn every_code_is_said_of_some_call() {
        let text = DOCUMENT["paths"].to_string();
        let everywhere = [ErrorCode::NoSuchPath, ErrorCode::MethodNotAllowed];
        for code in ErrorCode::API {
            let named = text.contains(&format!("problem:{code}\""));
            assert!(named || everywhere.contains(code), "{code}");
        }
    }
}
