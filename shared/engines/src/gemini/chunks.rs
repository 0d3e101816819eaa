//! The JSON objects in a body, however they are wrapped.
//!
//! An answer is one object. But errors of some addresses come as a list of one
//! (gemini-cli#14831), and a gateway may stream although no stream was requested: then
//! it is a list, or lines of server-sent events, with an error bare among them.

use serde_json::{Deserializer, Value};

use crate::json;

/// Every object; `None` when something in the body is none.
pub(crate) fn chunks(body: &[u8]) -> Option<Vec<Value>> {
    let text = str::from_utf8(body).ok()?;
    json::check(text).ok()?;
    // A line of JSON cannot begin with `data:`, and a string holds no line break.
    let plain: String = text
        .split_inclusive('\n')
        .map(|line| line.strip_prefix("data:").unwrap_or(line))
        .collect();
    let mut objects = Vec::new();
    for value in Deserializer::from_str(&plain).into_iter() {
        match value.ok()? {
            Value::Array(list) => objects.extend(list),
            other => objects.push(other),
        }
    }
    let whole = !objects.is_empty() && objects.iter().all(Value::is_object);
    whole.then_some(objects)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn object_list_and_events_are_the_only_accepted_bodies() {
        for body in [
            r#"{"a": 1}"#,
            r#"[{"a": 1}]"#,
            "data: {\"a\": 1}\r\n\r\n",
            "data: {\"a\":\ndata: 1}\n",
        ] {
            assert_eq!(
                chunks(body.as_bytes()),
                Some(vec![json!({"a": 1})]),
                "{body}"
            );
        }
        let both = "data: {\"a\": 1}\n\n{\n  \"error\": {}\n}\n";
        assert_eq!(chunks(both.as_bytes()).unwrap().len(), 2);
        for body in ["", "<html>", "{\"a\": 1", "7", "[]", "\u{feff}"] {
            assert_eq!(chunks(body.as_bytes()), None, "{body}");
        }
    }
}
