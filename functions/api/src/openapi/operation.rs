//! What all operations of the document have in common, added to what their handlers say.

use serde_json::{Map, Value};

use super::{errors, reference};

/// The paths of the document.
pub(super) fn paths(mut paths: Value) -> Value {
    for operations in objects(&mut paths) {
        let shared = operations.len() > 1;
        for (method, operation) in operations {
            // A handler of several methods has one operation, and so one id.
            if shared && operation["operationId"] == "deepgram_answer" {
                operation["operationId"] = format!("{method}_deepgram_answer").into();
            }
            if let Some(operation) = operation.as_object_mut() {
                finish(method, operation);
            }
        }
    }
    paths
}

fn finish(method: &str, operation: &mut Map<String, Value>) {
    join_lines(operation);
    for parameter in operation
        .get_mut("parameters")
        .into_iter()
        .flat_map(objects)
    {
        join_lines(parameter);
    }
    // One requirement of nothing is none at all.
    if let Some(Value::Array(security)) = operation.get_mut("security") {
        security.retain(|requirement| requirement != &Value::Object(Map::new()));
    }
    let is_optional = operation.remove("x-optional-body").is_some();
    if let Some(body) = operation.get_mut("requestBody") {
        body["required"] = (!is_optional).into();
    }
    let failures = errors::responses(method, operation);
    let responses = &mut operation["responses"];
    for (status, response) in failures {
        responses[status.to_string()] = response;
    }
    for response in objects(responses) {
        let headers = response
            .entry("headers")
            .or_insert(Value::Object(Map::new()));
        headers["X-Request-Id"] = reference("headers/RequestId");
        if headers.get("Location").is_some() {
            headers["Location"] = reference("headers/Location");
        }
    }
}

/// The objects in a list, or among the values of an object.
fn objects(value: &mut Value) -> Box<dyn Iterator<Item = &mut Map<String, Value>> + '_> {
    match value {
        Value::Array(items) => Box::new(items.iter_mut().filter_map(Value::as_object_mut)),
        Value::Object(fields) => Box::new(fields.values_mut().filter_map(Value::as_object_mut)),
        _ => Box::new(std::iter::empty()),
    }
}

/// Joins the lines of each paragraph of a description, which are those of the source.
pub(crate) fn join_lines(described: &mut Map<String, Value>) {
    if let Some(Value::String(text)) = described.get_mut("description") {
        let paragraphs = text.split("\n\n").map(|lines| lines.replace('\n', " "));
        *text = paragraphs.collect::<Vec<_>>().join("\n\n");
    }
}
