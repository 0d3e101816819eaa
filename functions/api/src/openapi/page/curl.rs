//! Calls as `curl` makes them.

use std::fmt::Write as _;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value};

use super::{Call, schema::resolve};

/// One command for each example of a body, one where there is none.
pub(super) fn examples(document: &Value, call: &Call) -> Vec<(String, String)> {
    let start = start(document, call);
    let mut examples = Vec::new();
    let content = call.operation["requestBody"]["content"].as_object();
    for (media_type, media) in content.into_iter().flatten() {
        for example in media["examples"]
            .as_object()
            .into_iter()
            .flat_map(Map::values)
        {
            let summary = example["summary"].as_str().unwrap_or("").to_owned();
            let body = body(media_type, &example["value"]);
            examples.push((summary, format!("{start}{body}")));
        }
        if media_type == "audio/*" {
            let body = " \\\n  -H 'content-type: audio/flac' --data-binary @interview.flac";
            let summary = "The recording is the body".to_owned();
            examples.push((summary, format!("{start}{body}")));
        }
    }
    if examples.is_empty() {
        examples.push((String::new(), start));
    }
    examples
}

/// The command up to its body.
fn start(document: &Value, call: &Call) -> String {
    let path = call.path.replace('{', "$").replace('}', "");
    let operation = call.operation;
    let content = operation["responses"]["200"]["content"].as_object();
    let mut types = content.into_iter().flat_map(Map::keys).map(String::as_str);
    let streams = types
        .clone()
        .any(|media_type| media_type == "text/event-stream");
    let options = match call.method {
        "HEAD" => " -I".to_owned(),
        "GET" | "POST" if streams => " -N".to_owned(),
        "GET" if types.any(is_binary) || path.ends_with("/report.html") => save(&path),
        "GET" => String::new(),
        "POST" if !operation["requestBody"]["content"].is_null() && has_examples(operation) => {
            String::new()
        }
        method => format!(" -X {method}"),
    };
    let security = operation.get("security").unwrap_or(&document["security"]);
    let everybody = security.as_array().is_some_and(Vec::is_empty);
    let token = if everybody {
        ""
    } else {
        " \\\n  -H \"Authorization: Bearer $TOKEN\""
    };
    let query = query(document, operation);
    format!("curl{options} \"$API_URL{path}{query}\"{token}")
}

/// The option that saves a response under the file name in the path, or under that in the
/// response where the path has none.
fn save(path: &str) -> String {
    let name = path.rsplit('/').next().unwrap_or("");
    let names_file = name.contains('.') || name.starts_with("$file");
    if names_file { " -O" } else { " -OJ" }.to_owned()
}

/// Whether a terminal cannot show this media type.
fn is_binary(media_type: &str) -> bool {
    let shown = [
        "application/json",
        "application/problem+json",
        "application/x-subrip",
    ];
    !media_type.starts_with("text/") && !shown.contains(&media_type)
}

/// The parameters of the query that the call requires, by their examples.
fn query(document: &Value, operation: &Value) -> String {
    let parameters = operation["parameters"].as_array();
    let parameters = parameters.into_iter().flatten();
    let mut query = String::new();
    for parameter in parameters.map(|parameter| resolve(document, parameter)) {
        if parameter["in"] != "query" || parameter["required"] != true {
            continue;
        }
        let example = &parameter["example"];
        let text = example
            .as_str()
            .map_or_else(|| example.to_string(), str::to_owned);
        let value = utf8_percent_encode(&text, NON_ALPHANUMERIC);
        let name = parameter["name"].as_str().unwrap_or("");
        let separator = if query.is_empty() { '?' } else { '&' };
        let _ = write!(query, "{separator}{name}={value}");
    }
    query
}

fn has_examples(operation: &Value) -> bool {
    let content = operation["requestBody"]["content"].as_object();
    let mut media = content.into_iter().flat_map(Map::values);
    media.any(|media| !media["examples"].is_null())
}

fn body(media_type: &str, value: &Value) -> String {
    if media_type == "application/json" {
        let text = serde_json::to_string_pretty(value).unwrap_or_default();
        let text = text.replace('\'', "'\\''");
        return format!(" \\\n  -H 'content-type: application/json' -d '{text}'");
    }
    let fields = value.as_object().into_iter().flatten();
    let fields = fields.map(|(name, value)| {
        let value = value.as_str().unwrap_or("");
        format!(" \\\n  -F '{name}={value}'")
    });
    fields.collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn command(path: &str, media_type: &str, parameters: &Value) -> String {
        let operation = json!({
            "parameters": parameters,
            "responses": {"200": {"content": {media_type: {}}}},
            "security": [],
        });
        let call = Call {
            path,
            method: "GET",
            operation: &operation,
        };
        start(&json!({}), &call)
    }

    #[test]
    fn required_parameters_of_the_query_have_their_examples() {
        let parameters = json!([
            {"in": "path", "name": "id", "required": true, "example": "a"},
            {"in": "query", "name": "q", "required": true, "example": "\"small boat\" sister"},
            {"in": "query", "name": "to_ms", "required": true, "example": 2900},
            {"in": "query", "name": "limit", "required": false, "example": 10},
        ]);
        let text = command("/v1/search", "application/json", &parameters);
        let query = "q=%22small%20boat%22%20sister&to_ms=2900";
        assert_eq!(text, format!("curl \"$API_URL/v1/search?{query}\""));
    }

    #[test]
    fn responses_that_are_no_text_are_saved() {
        let saved = |path, media_type| command(path, media_type, &json!([]));
        for (path, media_type, options) in [
            ("/v1/usage", "application/json", "curl "),
            (
                "/v1/interviews/{id}/transcript.srt",
                "application/x-subrip",
                "curl ",
            ),
            (
                "/v1/interviews/{id}/report.docx",
                "application/octet-stream",
                "curl -O ",
            ),
            ("/v1/interviews/{id}/report.html", "text/html", "curl -O "),
            ("/v1/audio/{filename}", "*/*", "curl -O "),
            ("/v1/interviews/{id}/clip", "audio/wav", "curl -OJ "),
        ] {
            let text = saved(path, media_type);
            assert!(text.starts_with(&format!("{options}\"")), "{text}");
        }
    }
}
