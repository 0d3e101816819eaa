//! The document in the shapes that code generators read: most of them know `enum` but not
//! `const`, refuse a body without a schema, and repeat what is not a component.

use std::collections::BTreeMap;

use domain::ErrorCode;
use http::StatusCode;
use serde_json::{Map, Value, json};

use super::{errors, reference};

/// Brings a finished document into these shapes.
pub(super) fn adapt(document: &mut Value) {
    shapes(document);
    let responses = shared_responses(&mut document["paths"]);
    document["components"]["responses"] = responses;
    document["components"]["examples"] = ErrorCode::API
        .iter()
        .copied()
        .map(errors::example)
        .collect();
}

/// Writes each `const` as an `enum` of one value, a choice of texts as one `enum`, and gives
/// bodies of bytes a schema. What is an example stays as it is.
fn shapes(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(shapes),
        Value::Object(fields) => {
            for (name, field) in fields.iter_mut() {
                match name.as_str() {
                    "example" | "examples" => {}
                    "content" => {
                        bytes(field);
                        shapes(field);
                    }
                    _ => shapes(field),
                }
            }
            if let Some(only) = fields.remove("const") {
                fields.insert("enum".to_owned(), json!([only]));
            }
            choice(fields);
        }
        _ => {}
    }
}

/// Gives media without a schema that of bytes. A field of the name `content` is no map of media
/// types: their names contain a slash.
fn bytes(content: &mut Value) {
    let media = content.as_object_mut().into_iter().flatten();
    for (name, media) in media {
        if name.contains('/') && media["schema"].is_null() {
            media["schema"] = json!({"type": "string", "format": "binary"});
        }
    }
}

/// Writes a choice of texts, each with its description, as one list of values.
fn choice(schema: &mut Map<String, Value>) {
    let ways = schema.get("oneOf").and_then(Value::as_array);
    let ways = ways.map(Vec::as_slice).unwrap_or_default();
    let is_text = |way: &Value| way["type"] == "string" && way["enum"].is_array();
    if ways.is_empty() || !ways.iter().all(is_text) {
        return;
    }
    let mut values = Vec::new();
    let mut lines: Vec<String> = Vec::new();
    lines.extend(
        schema
            .get("description")
            .and_then(Value::as_str)
            .map(str::to_owned),
    );
    for way in ways {
        let of_way = way["enum"].as_array().into_iter().flatten();
        for value in of_way {
            if let (Some(value), Some(about)) = (value.as_str(), way["description"].as_str()) {
                lines.push(format!("- `{value}`: {about}"));
            }
            values.push(value.clone());
        }
    }
    schema.remove("oneOf");
    schema.insert("type".to_owned(), "string".into());
    schema.insert("enum".to_owned(), values.into());
    if !lines.is_empty() {
        schema.insert("description".to_owned(), lines.join("\n").into());
    }
}

/// Takes out of each status the response of errors that most operations share, and leaves a
/// reference in its place. Answers the responses by their names.
fn shared_responses(paths: &mut Value) -> Value {
    let mut counts: BTreeMap<(String, String), usize> = BTreeMap::new();
    each_error(paths, |status, response| {
        *counts
            .entry((status.to_owned(), response.to_string()))
            .or_default() += 1;
    });
    let mut shared: BTreeMap<String, (usize, String)> = BTreeMap::new();
    for ((status, response), count) in counts {
        let best = shared.entry(status).or_default();
        if count > best.0.max(1) {
            *best = (count, response);
        }
    }
    let mut components = Map::new();
    each_error(paths, |status, response| {
        let text = response.to_string();
        if shared
            .get(status)
            .is_some_and(|(_, shared)| *shared == text)
        {
            let name = component_name(status);
            let reference = reference(&format!("responses/{name}"));
            components.insert(name, std::mem::replace(response, reference));
        }
    });
    components.into()
}

/// Visits every response of an error.
fn each_error(paths: &mut Value, mut visit: impl FnMut(&str, &mut Value)) {
    let operations = paths.as_object_mut().into_iter().flatten();
    let operations = operations.filter_map(|(_, operations)| operations.as_object_mut());
    for (_, operation) in operations.flatten() {
        let responses = operation["responses"].as_object_mut().into_iter().flatten();
        for (status, response) in responses.filter(|(status, _)| status.as_str() >= "4") {
            visit(status, response);
        }
    }
}

/// The name of the shared response of a status, such as `NotFound`.
fn component_name(status: &str) -> String {
    let status = status.parse().ok();
    let reason = status.and_then(|status: StatusCode| status.canonical_reason());
    reason.unwrap_or("Problem").split([' ', '-']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_are_those_that_generators_read() {
        let mut document = json!({
            "schemas": {
                "One": {"const": 404, "type": "integer"},
                "Choice": {"description": "How.", "oneOf": [
                    {"const": "a", "type": "string", "description": "The first."},
                    {"const": "b", "type": "string", "description": "The other."},
                ]},
                "Union": {"oneOf": [{"$ref": "#/a"}, {"const": "a", "type": "string"}]},
            },
            "content": {"audio/*": {}, "application/json": {"schema": {"type": "object"}}},
            "example": {"const": 1},
        });
        shapes(&mut document);
        let expected = json!({
            "schemas": {
                "One": {"enum": [404], "type": "integer"},
                "Choice": {
                    "description": "How.\n- `a`: The first.\n- `b`: The other.",
                    "enum": ["a", "b"],
                    "type": "string",
                },
                "Union": {"oneOf": [{"$ref": "#/a"}, {"enum": ["a"], "type": "string"}]},
            },
            "content": {
                "audio/*": {"schema": {"type": "string", "format": "binary"}},
                "application/json": {"schema": {"type": "object"}},
            },
            "example": {"const": 1},
        });
        assert_eq!(document, expected);
    }

    #[test]
    fn errors_of_most_operations_are_one_component() {
        let own = json!({"description": "own"});
        let common = json!({"description": "common"});
        let mut paths = json!({
            "/a": {"get": {"responses": {"200": common, "404": common}}},
            "/b": {
                "get": {"responses": {"404": common, "409": own}},
                "put": {"responses": {"404": own}},
            },
        });
        let shared = shared_responses(&mut paths);
        assert_eq!(shared, json!({"NotFound": common}));
        let reference = json!({"$ref": "#/components/responses/NotFound"});
        assert_eq!(
            paths["/a"]["get"]["responses"],
            json!({"200": common, "404": reference})
        );
        assert_eq!(
            paths["/b"]["get"]["responses"],
            json!({"404": reference, "409": own})
        );
        assert_eq!(paths["/b"]["put"]["responses"]["404"], own);
    }
}
