//! One call on the page.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{
    Call, curl,
    html::{escape, escape_text, inline, pretty, prose},
    schema::{events, fields, kind, resolve, row, table},
};

pub(super) fn render(document: &Value, call: &Call) -> String {
    let operation = call.operation;
    let (method, path) = (call.method, escape_text(call.path));
    format!(
        "<article id=\"{id}\"><h3>{summary}</h3>\n<p class=\"call\"><span class=\"method \
         {method}\">{method}</span> <code>{path}</code></p>\n{about}\n{parameters}{body}\
         {curl}{answers}{codes}</article>\n",
        id = escape(&operation["operationId"]),
        summary = escape(&operation["summary"]),
        about = prose(&operation["description"]),
        parameters = parameters(document, operation),
        body = body(document, operation),
        curl = commands(document, call),
        answers = answers(operation),
        codes = codes(document, operation),
    )
}

fn parameters(document: &Value, operation: &Value) -> String {
    let all = operation["parameters"].as_array();
    let rows = all.into_iter().flatten().map(|parameter| {
        let parameter = resolve(document, parameter);
        let mut schema = parameter["schema"].clone();
        let place = parameter["in"].as_str().unwrap_or("");
        let about = parameter["description"].as_str().unwrap_or("");
        schema["description"] = format!("In the {place}. {about}").into();
        let name = parameter["name"].as_str().unwrap_or("");
        row(name, &schema, parameter["required"] == true)
    });
    let rows: String = rows.collect();
    if rows.is_empty() {
        return rows;
    }
    format!("<h4>Parameters</h4>{}", table("Name", &rows))
}

fn body(document: &Value, operation: &Value) -> String {
    let content = operation["requestBody"]["content"].as_object();
    let parts = content.into_iter().flatten().map(|(media_type, media)| {
        let media_type = escape_text(media_type);
        let Some(schema) = media.get("schema") else {
            return format!("<h4>Body: <code>{media_type}</code></h4>");
        };
        let fields = fields(resolve(document, schema));
        let named = named(schema);
        format!("<h4>Body: <code>{media_type}</code>{named}</h4>{fields}")
    });
    parts.collect()
}

/// The name of a schema of its own, behind a media type.
fn named(schema: &Value) -> String {
    if schema["$ref"].is_null() {
        return String::new();
    }
    format!(", {}", kind(schema))
}

fn commands(document: &Value, call: &Call) -> String {
    if !call.path.starts_with('/') {
        return received(call.operation);
    }
    let commands = curl::examples(document, call);
    let shown = commands.into_iter().map(|(summary, command)| {
        let summary = escape_text(&summary);
        let comment = if summary.is_empty() {
            summary
        } else {
            format!("# {summary}\n")
        };
        format!("<pre>{comment}{}</pre>", escape_text(&command))
    });
    format!("<h4>Example</h4>{}", shown.collect::<String>())
}

/// What the service itself sends.
fn received(operation: &Value) -> String {
    let examples = &operation["requestBody"]["content"]["application/json"]["examples"];
    let examples = examples.as_object().into_iter().flat_map(Map::values);
    let examples = examples.map(|example| pretty(&example["value"]));
    format!("<h4>Example</h4>{}", examples.collect::<String>())
}

/// What is answered where all goes well.
fn answers(operation: &Value) -> String {
    let all = operation["responses"].as_object();
    let good = all.into_iter().flatten();
    let good = good.filter(|(status, _)| status.starts_with('2'));
    good.map(|(status, answer)| one_answer(status, answer))
        .collect()
}

fn one_answer(status: &str, answer: &Value) -> String {
    let about = inline(answer["description"].as_str().unwrap_or(""));
    let content = answer["content"].as_object();
    let media = content.into_iter().flat_map(Map::iter);
    let media = media.map(|(media_type, media)| {
        let schema = &media["schema"];
        let named = named(schema);
        let events = events(media);
        let example = example(&media["example"]);
        let media_type = escape_text(media_type);
        format!("<p><code>{media_type}</code>{named}</p>{events}{example}")
    });
    let media: String = media.collect();
    format!("<h4>Answer {status}</h4><p>{about}</p>{media}")
}

fn example(example: &Value) -> String {
    let shown = match example {
        Value::Null => return String::new(),
        Value::String(text) => format!("<pre>{}</pre>", escape_text(text)),
        other => pretty(other),
    };
    format!("<details><summary>What it looks like</summary>{shown}</details>")
}

/// The codes of what can go wrong, by status.
fn codes(document: &Value, operation: &Value) -> String {
    let mut by_status: BTreeMap<&str, Vec<(&str, &str)>> = BTreeMap::new();
    for (status, answer) in operation["responses"].as_object().into_iter().flatten() {
        let answer = resolve(document, answer);
        let examples = &answer["content"]["application/problem+json"]["examples"];
        for (code, example) in examples.as_object().into_iter().flatten() {
            let why = resolve(document, example)["summary"].as_str().unwrap_or("");
            by_status.entry(status).or_default().push((code, why));
        }
    }
    let rows = by_status.into_iter().flat_map(|(status, codes)| {
        let row = move |(code, why)| {
            let why = inline(why);
            format!("<tr><td><code>{code}</code></td><td>{status}</td><td>{why}</td></tr>")
        };
        codes.into_iter().map(row)
    });
    let rows: String = rows.collect();
    if rows.is_empty() {
        return rows;
    }
    format!(
        "<details><summary>Errors</summary><div class=\"scroll\"><table><tr><th>Code</th>\
         <th>Status</th><th>Meaning</th></tr>{rows}</table></div></details>"
    )
}
