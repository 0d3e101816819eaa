//! What fits into a document: Firestore's limits, kept by every adapter, so that
//! nothing works on a laptop that the cloud would refuse.
//!
//! Sizes as <https://firebase.google.com/docs/firestore/storage-size> counts
//! them, limits as <https://firebase.google.com/docs/firestore/quotas> has them.

use serde_json::{Map, Value};

use crate::{paths::DocPath, pipeline::Pipeline, ports::RecordsError};

/// The largest document, in bytes as Firestore counts them.
pub const MAX_DOCUMENT_BYTES: usize = 1_048_576;

/// The largest document that a function listens to, in bytes: an event carries the
/// old and the new one within 512 KB, and Eventarc drops a larger one silently.
pub const MAX_TRIGGERING_BYTES: usize = 250_000;

/// The largest event that Eventarc delivers, in bytes.
pub const MAX_EVENT_BYTES: usize = 512 * 1024;

/// The field with the moment after which the store may delete a document, as Firestore
/// does with a TTL policy (<https://firebase.google.com/docs/firestore/ttl>). Other
/// stores delete nothing.
pub const TIME_TO_LIVE: &str = "ttl";

/// How deep maps and lists may lie in each other.
const MAX_DEPTH: usize = 20;

/// Refuses a document that could not be stored, or whose events could not be
/// delivered to the functions that listen.
pub fn check(path: &DocPath, fields: &Value, pipeline: &Pipeline) -> Result<(), RecordsError> {
    let unstorable = |reason| RecordsError::Unstorable {
        path: path.clone(),
        reason,
    };
    let Value::Object(map) = fields else {
        return Err(unstorable("it is not an object"));
    };
    check_map(map, 1).map_err(unstorable)?;
    if path.as_str().split('/').any(is_reserved) {
        return Err(unstorable("its path holds a reserved name"));
    }
    let bytes = size(path, map);
    if bytes > largest(path, pipeline) {
        let path = path.clone();
        return Err(RecordsError::TooLarge { path, bytes });
    }
    Ok(())
}

fn largest(path: &DocPath, pipeline: &Pipeline) -> usize {
    if pipeline.listens_to_document(path.as_str()) {
        MAX_TRIGGERING_BYTES
    } else {
        MAX_DOCUMENT_BYTES
    }
}

/// A document's size in bytes as Firestore counts it.
pub fn size(path: &DocPath, fields: &Map<String, Value>) -> usize {
    let name: usize = path.as_str().split('/').map(|part| part.len() + 1).sum();
    name + 16 + map_size(fields) + 32
}

fn map_size(map: &Map<String, Value>) -> usize {
    map.iter()
        .map(|(name, value)| name.len() + 1 + value_size(value))
        .sum()
}

fn value_size(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(_) => 1,
        Value::Number(_) => 8,
        Value::String(text) => text.len() + 1,
        Value::Array(items) => items.iter().map(value_size).sum(),
        Value::Object(map) => map_size(map),
    }
}

fn check_map(map: &Map<String, Value>, depth: usize) -> Result<(), &'static str> {
    for (name, value) in map {
        if name.is_empty() || is_reserved(name) {
            return Err("a field's name is empty or reserved");
        }
        check_value(value, depth)?;
    }
    Ok(())
}

fn check_value(value: &Value, depth: usize) -> Result<(), &'static str> {
    if depth > MAX_DEPTH {
        return Err("it is nested deeper than 20 levels");
    }
    match value {
        Value::Object(map) => check_map(map, depth + 1),
        Value::Array(items) => items.iter().try_for_each(|item| match item {
            Value::Array(_) => Err("a list lies directly in a list"),
            other => check_value(other, depth + 1),
        }),
        Value::Number(number) if number.as_i64().is_none() && !number.is_f64() => {
            Err("a whole number has more than 63 bits")
        }
        _ => Ok(()),
    }
}

/// Firestore keeps `__…__`, and `.` and `..`, for itself.
pub(crate) fn is_reserved(name: &str) -> bool {
    let dunder = name.len() >= 4 && name.starts_with("__") && name.ends_with("__");
    dunder || name == "." || name == ".."
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// The example in Firestore's documentation: 147 bytes.
    #[test]
    fn sizes_are_counted_as_firestore_counts_them() {
        let path = DocPath::parse("users/jeff/tasks/my_task_id").unwrap();
        let fields = json!({
            "type": "Personal", "done": false, "priority": 1,
            "description": "Learn Cloud Firestore",
        });
        assert_eq!(size(&path, fields.as_object().unwrap()), 147);
    }

    #[test]
    fn unstorable_value_is_named_by_path() {
        let deep = (0..21).fold(json!(1), |inner, _| json!({ "a": inner }));
        for (fields, reason) in [
            (json!([1]), "object"),
            (json!({"a": [[1]]}), "list"),
            (json!({"": 1}), "empty"),
            (json!({"a": {"__b__": 1}}), "reserved"),
            (json!({"a": u64::MAX}), "63 bits"),
            (deep, "20 levels"),
        ] {
            let path = DocPath::parse("a/b").unwrap();
            let refusal = check(&path, &fields, &Pipeline::ours()).unwrap_err();
            assert!(refusal.to_string().contains(reason), "{refusal}");
        }
        let path = DocPath::parse("a/__b__").unwrap();
        check(&path, &json!({}), &Pipeline::ours()).unwrap_err();
    }
}
