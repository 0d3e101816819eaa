//! The description of the API: `OpenAPI` 3.1 for programs, a page for people.
//!
//! Operations are described at their handlers, by `#[utoipa::path]`. In reading order:
//! `operation` and `errors` add what operations have in common, `parameters` has those of
//! paths and headers, `schemas` what is sent and received, `webhooks` what the service sends,
//! `generators` brings it into shapes that code generators read, and `page` shows the document.

pub(crate) mod errors;
pub(crate) mod examples;
mod generators;
pub(crate) mod operation;
pub(crate) mod page;
pub(crate) mod parameters;
mod schemas;
mod webhooks;

use std::{collections::BTreeMap, sync::LazyLock};

use axum::response::IntoResponse;
use http::{Method, header::CONTENT_TYPE};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value, json};

pub(crate) use self::errors::errors;
use crate::{
    extract::{QueryParameters, parameter},
    routes,
};

static DOCUMENT: LazyLock<Value> = LazyLock::new(document);

static TEXT: LazyLock<String> = LazyLock::new(|| DOCUMENT.to_string());

/// Without what the service sends.
static TEXT_OF_CALLS: LazyLock<String> = LazyLock::new(|| {
    let mut document = DOCUMENT.clone();
    if let Some(fields) = document.as_object_mut() {
        fields.remove("webhooks");
    }
    document.to_string()
});

/// The methods of every path.
static METHODS: LazyLock<BTreeMap<String, Vec<Method>>> = LazyLock::new(|| {
    let paths = json!(routes::paths());
    let paths = paths.as_object().into_iter().flatten();
    let methods = paths.map(|(path, operations)| {
        let names = operations.as_object().into_iter().flat_map(Map::keys);
        let methods = names.filter_map(|name| name.to_ascii_uppercase().parse().ok());
        (path.clone(), methods.collect())
    });
    methods.collect()
});

const ABOUT: &str = "\
Recordings of interviews become transcripts, analyses whose every claim quotes the \
recording, waveforms and reports.

Create an interview and say what you are about to upload; send the recording to the URL \
that the response names; follow the steps as server-sent events, or receive webhooks; then \
read the results.

Bodies are JSON in snake_case; unknown fields are refused by name. Times are RFC 3339 in \
UTC, offsets and lengths whole milliseconds in fields named `*_ms`. Ids are opaque and safe \
in URLs. Lists have `items` and `next_page_token`.

Errors are `application/problem+json` (RFC 9457) with a stable `code`. A path that is not \
here gets 404 `no_such_path`, another method 405 `method_not_allowed` with `Allow`. Every \
response carries `X-Request-Id`: the client's own of 1 to 64 letters, digits and `-`, or a new \
one.";

/// What the description contains.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DescriptionQuery {
    /// Whether it describes the webhooks that the service sends: `true`, or `false` for code
    /// generators that cannot read `webhooks`, such as `python` of openapi-generator.
    #[serde(default = "yes", deserialize_with = "boolean")]
    webhooks: bool,
}

fn yes() -> bool {
    true
}

fn boolean<'de, D: Deserializer<'de>>(input: D) -> Result<bool, D::Error> {
    parameter(
        input,
        |text| text.parse().ok(),
        "`webhooks` takes true or false",
    )
}

/// Read this description as OpenAPI 3.1
#[utoipa::path(
    get, path = "/openapi.json", operation_id = "openapi", tag = "Service", security(()),
    params(QueryParameters<DescriptionQuery>),
    responses((status = 200, description = "The document.", body = Object, content_type = "application/json")),
)]
pub(crate) async fn openapi(
    QueryParameters(query): QueryParameters<DescriptionQuery>,
) -> impl IntoResponse {
    let text: &str = if query.webhooks {
        &TEXT
    } else {
        &TEXT_OF_CALLS
    };
    ([(CONTENT_TYPE, "application/json")], text)
}

/// The methods that a path takes.
pub(crate) fn methods(path: &str) -> &'static [Method] {
    METHODS.get(path).map_or(&[], Vec::as_slice)
}

/// Makes the table of methods, which the first request would wait for.
pub(crate) fn prepare() {
    LazyLock::force(&METHODS);
}

/// Every path and the methods that it takes.
pub fn operations() -> impl Iterator<Item = (&'static str, &'static [Method])> {
    let paths = METHODS.iter();
    paths.map(|(path, methods)| (path.as_str(), methods.as_slice()))
}

/// A reference to a component.
fn reference(path: &str) -> Value {
    json!({"$ref": format!("#/components/{path}")})
}

/// A reference to a schema.
pub(crate) fn named(schema: &str) -> Value {
    reference(&format!("schemas/{schema}"))
}

/// The description of the API: `OpenAPI` 3.1 in JSON.
pub fn description() -> &'static str {
    &TEXT
}

fn document() -> Value {
    let mut document = json!({
        "openapi": "3.1.0",
        "info": {
            "title": "InterviewLens",
            "summary": "Interviews transcribed and analysed, every claim with its evidence",
            "description": ABOUT,
            "version": env!("CARGO_PKG_VERSION"),
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/", "description": "This service"}],
        "security": [{"bearer": []}, {"user_id": []}, {"proxy": []}],
        "tags": tags(),
        "paths": operation::paths(json!(routes::paths())),
        "webhooks": webhooks::all(),
        "components": {
            "schemas": schemas::all(),
            "headers": headers(),
            "securitySchemes": security(),
        },
    });
    generators::adapt(&mut document);
    document
}

/// The groups of operations, in the order in which they are shown.
fn tags() -> Value {
    json!([
        {"name": "Interviews", "description": "An interview is created, its recording uploaded, and its steps followed."},
        {"name": "Collections", "description": "Interviews are grouped: by a role, a study, a story."},
        {"name": "Results", "description": "The results of an interview."},
        {"name": "Search", "description": "Words are found in all interviews of a user."},
        {"name": "Runs", "description": "A step is run again by other settings, and earlier results are shown again."},
        {"name": "Corrections", "description": "A transcript is corrected, and its corrections are taken back."},
        {"name": "Rubrics", "description": "What interviews are assessed by, kept in versions."},
        {"name": "Assessment", "description": "What a person says about the competencies, and decides."},
        {"name": "Notes", "description": "Notes and bookmarks at an interview."},
        {"name": "Highlights", "description": "Words of a transcript that a person has marked."},
        {"name": "Webhooks", "description": "Webhook deliveries of an interview, replaying them, and what signs them."},
        {"name": "Shares", "description": "Links that open an interview, its report or a highlight without an account."},
        {"name": "Tokens", "description": "Personal access tokens, by which programs act for their user."},
        {"name": "Direct calls", "description": "Without creating an interview first, or without one at all."},
        {"name": "Webhook events", "description": "What the service sends to a client's receiver."},
        {"name": "Service", "description": "The service itself."},
    ])
}

fn headers() -> Value {
    json!({
        "RequestId": {
            "description": "The request's id, to be named in questions about it.",
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
            "description": "`Authorization: Bearer` with a Firebase ID token, of which the user is \
                the `sub`, or with a personal access token (`ilp_…`) wherever the service runs. \
                A token of the scope `read` gets 403 `insufficient_scope` for everything but \
                `GET` and `HEAD`. Another user's interview answers 404.",
        },
        "user_id": {
            "type": "apiKey",
            "in": "header",
            "name": "X-User-Id",
            "description": "`X-User-Id` where the service runs locally (`AUTH=local`): the user is \
                what it says in 1 to 128 characters of A-Z, a-z, 0-9, `-` and `_`, or `local` \
                without it, and no token is needed.",
        },
        "proxy": {
            "type": "apiKey",
            "in": "header",
            "name": "X-Forwarded-User",
            "description": "Where the service runs behind a proxy (`AUTH=proxy`): the user is what \
                the proxy says in this header, or in the one of `PROXY_AUTH_USER_HEADER`, beside \
                the secret that it shares with the service. Clients sign in at the proxy.",
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
    use std::collections::BTreeSet;

    use domain::ErrorCode;

    use super::*;

    /// Where the document is kept for reviewers and clients.
    const COMMITTED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/openapi.json");

    #[test]
    fn committed_document_is_current() {
        let current = serde_json::to_string_pretty(&*DOCUMENT).unwrap() + "\n";
        if std::env::var_os("UPDATE_OPENAPI").is_some() {
            std::fs::write(COMMITTED, &current).unwrap();
        }
        assert!(
            std::fs::read_to_string(COMMITTED).unwrap() == current,
            "functions/api/openapi.json is not current; write it again with\n\
             UPDATE_OPENAPI=1 cargo test -p api committed_document"
        );
    }

    #[test]
    fn every_reference_leads_to_a_component() {
        let text = DOCUMENT.to_string();
        let names = text.split("\"#/").skip(1);
        let names: BTreeSet<&str> = names.filter_map(|rest| rest.split('"').next()).collect();
        assert!(names.len() > 20, "{names:?}");
        for name in names {
            assert!(
                DOCUMENT.pointer(&format!("/{name}")).is_some(),
                "nothing is at #/{name}: a type that a handler names stands in `openapi::schemas`"
            );
        }
    }

    #[test]
    fn every_code_is_said_of_some_call() {
        let responses = &DOCUMENT["components"]["responses"];
        let text = DOCUMENT["paths"].to_string() + &responses.to_string();
        let everywhere = [ErrorCode::NoSuchPath, ErrorCode::MethodNotAllowed];
        for code in ErrorCode::API {
            let named = text.contains(&format!("examples/{code}\""));
            assert!(named || everywhere.contains(code), "{code}");
        }
    }
}
