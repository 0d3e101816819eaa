//! JSON Schemas of the answers.
//!
//! They have exactly the fields of a draft: there is no place for a feeling, an accent
//! or a protected trait. Lists are short, for readers as well as for providers, whose
//! decoders reject schemas with too many states (python-genai#2170); the limits here
//! add up to less than a fifth of what they accept.

use serde_json::{Map, Value, json};

/// Quotes of a claim, at most.
const MAX_QUOTES: usize = 3;

/// What a part is answered with, for a rubric of so many criteria.
pub(crate) fn analysis(criteria: usize) -> Value {
    let mut fields = Map::new();
    let mut add = |name: &str, schema| fields.insert(name.to_owned(), schema);
    add("summary", json!({"type": "string"}));
    add("key_points", list(10, &claim()));
    add("topics", list(16, &topic()));
    add("questions", list(40, &question()));
    if criteria > 0 {
        add("competencies", list(criteria, &competency()));
    }
    add("strengths", list(6, &claim()));
    add("concerns", list(6, &claim()));
    add("follow_ups", list(6, &json!({"type": "string"})));
    object(&Value::Object(fields))
}

/// What the findings of the parts are answered with.
pub(crate) fn conclusion(criteria: usize) -> Value {
    let rated = object(&json!({
        "name": {"type": "string"},
        "rationale": {"type": "string"},
        "rating": rating(),
    }));
    let mut fields = json!({"summary": {"type": "string"}});
    if criteria > 0 {
        fields["competencies"] = list(criteria, &rated);
    }
    object(&fields)
}

/// What the question for themes is answered with.
pub(crate) fn themes() -> Value {
    let references = |at_most| list(at_most, &json!({"type": "string"}));
    let theme = object(&json!({
        "title": {"type": "string"},
        "summary": {"type": "string"},
        "supports": references(24),
        "contradicts": references(8),
    }));
    object(&json!({"themes": list(10, &theme)}))
}

fn claim() -> Value {
    object(&json!({"text": {"type": "string"}, "evidence": list(MAX_QUOTES, &quote())}))
}

fn topic() -> Value {
    object(&json!({"title": {"type": "string"}, "first_turn": turn(), "last_turn": turn()}))
}

fn question() -> Value {
    object(&json!({
        "question": {"type": "string"},
        "answer": {"type": ["string", "null"]},
        "evidence": list(2, &quote()),
    }))
}

/// The reason comes before the rating, because models write in that order.
fn competency() -> Value {
    object(&json!({
        "name": {"type": "string"},
        "evidence": list(MAX_QUOTES, &quote()),
        "rationale": {"type": "string"},
        "rating": rating(),
    }))
}

fn quote() -> Value {
    object(&json!({"turn": turn(), "quote": {"type": "string"}}))
}

fn turn() -> Value {
    json!({"type": "integer", "minimum": 0})
}

fn rating() -> Value {
    json!({"type": ["integer", "null"], "minimum": 1, "maximum": 5})
}

fn list(at_most: usize, items: &Value) -> Value {
    json!({"type": "array", "items": items, "maxItems": at_most})
}

/// An object with these fields, all of them and no others.
fn object(fields: &Value) -> Value {
    let names: Vec<&String> = fields.as_object().into_iter().flat_map(Map::keys).collect();
    json!({
        "type": "object",
        "properties": fields,
        "required": names,
        "additionalProperties": false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a decoder has to count to, if it multiplies lists in lists.
    fn states(schema: &Value) -> u64 {
        let inner = |value: &Value| match value {
            Value::Object(fields) => fields.values().map(states).sum(),
            _ => 0,
        };
        let own = schema["maxItems"].as_u64();
        own.map_or_else(
            || inner(&schema["properties"]),
            |at_most| at_most * (1 + states(&schema["items"])),
        )
    }

    #[test]
    fn largest_schema_is_well_below_provider_limits() {
        let largest = states(&analysis(20)).max(states(&themes()));
        assert!(largest <= 400, "{largest}");
    }

    #[test]
    fn unknown_fields_are_rejected() {
        fn check(schema: &Value) {
            match schema["type"].as_str() {
                Some("object") => {
                    assert_eq!(schema["additionalProperties"], false);
                    let fields = schema["properties"].as_object().unwrap();
                    assert_eq!(schema["required"].as_array().unwrap().len(), fields.len());
                    fields.values().for_each(check);
                }
                Some("array") => check(&schema["items"]),
                _ => {}
            }
        }
        for schema in [analysis(0), analysis(3), conclusion(3), themes()] {
            check(&schema);
            let text = schema.to_string();
            for word in [
                "emotion",
                "accent",
                "tone",
                "personality",
                "sentiment",
                "age\"",
            ] {
                assert!(!text.contains(word), "{word}");
            }
        }
        assert!(analysis(0)["properties"].get("competencies").is_none());
    }
}
