//! What is sent and answered.

mod analysis;
mod around;
mod interview;
mod requests;
mod transcript;

use domain::ErrorCode;
use serde_json::{Map, Value, json};

use super::operation::named;

/// All schemas by their names.
pub(super) fn all() -> Value {
    let parts = [
        requests::all(),
        interview::all(),
        transcript::all(),
        analysis::all(),
        around::all(),
        json!({"Problem": problem()}),
    ];
    let maps = parts.into_iter().filter_map(|part| match part {
        Value::Object(map) => Some(map),
        _ => None,
    });
    Value::Object(maps.flatten().collect())
}

/// An object whose properties are always there, but for those in `optional`.
fn object(about: &str, optional: &[&str], properties: Value) -> Value {
    let names = properties.as_object().map(Map::keys);
    let names = names.into_iter().flatten().map(String::as_str);
    let required: Vec<&str> = names.filter(|name| !optional.contains(name)).collect();
    let mut schema = json!({"type": "object", "description": about, "required": required});
    schema["properties"] = properties;
    schema
}

/// An object that has nothing but its properties, of which `required` must be there.
fn strict(about: &str, required: &[&str], properties: Value) -> Value {
    let mut schema = json!({"type": "object", "description": about, "required": required});
    schema["properties"] = properties;
    schema["additionalProperties"] = json!(false);
    schema
}

fn text(about: &str) -> Value {
    json!({"type": "string", "description": about})
}

fn words(about: &str, all: &[&str]) -> Value {
    json!({"type": "string", "enum": all, "description": about})
}

/// The same, or `null`.
fn words_or_null(about: &str, all: &[&str]) -> Value {
    let mut values: Vec<Value> = all.iter().map(|word| json!(word)).collect();
    values.push(Value::Null);
    json!({"type": ["string", "null"], "enum": values, "description": about})
}

/// A whole number from 0.
fn count(about: &str) -> Value {
    json!({"type": "integer", "minimum": 0, "description": about})
}

fn number(about: &str) -> Value {
    json!({"type": "number", "description": about})
}

fn share(about: &str) -> Value {
    json!({"type": "number", "minimum": 0, "maximum": 1, "description": about})
}

fn time(about: &str) -> Value {
    json!({"type": "string", "format": "date-time", "description": about})
}

/// A list of what the schema of that name says.
fn list(of: &str, about: &str) -> Value {
    json!({"type": "array", "items": named(of), "description": about})
}

/// A schema of that name, with a word on what it is here.
fn a(of: &str, about: &str) -> Value {
    let mut schema = named(of);
    schema["description"] = json!(about);
    schema
}

/// The same, or `null`.
fn or_null(mut schema: Value) -> Value {
    if let Some(kind) = schema.get("type").cloned() {
        schema["type"] = json!([kind, "null"]);
        return schema;
    }
    let about = schema
        .as_object_mut()
        .and_then(|map| map.remove("description"));
    json!({"anyOf": [schema, {"type": "null"}], "description": about})
}

fn problem() -> Value {
    let mut codes: Vec<&str> = ErrorCode::API.iter().map(|code| code.as_str()).collect();
    codes.sort_unstable();
    codes.dedup();
    object(
        "What went wrong: RFC 9457.",
        &[],
        json!({
            "type": text("`urn:interviewlens:problem:` and the code."),
            "title": text("The status in words."),
            "status": {"type": "integer", "minimum": 400, "maximum": 599, "description": "The answer's status."},
            "detail": text("What is wrong and, where something can be done, what to do."),
            "code": words("A stable word for programs.", &codes),
            "request_id": text("The request's id."),
        }),
    )
}
