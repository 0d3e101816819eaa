//! The API's own description, and whether what is answered is as it says.

use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Map, Value, json};

/// A call of the document: method, path and what is said of it.
pub type Call<'a> = (String, &'a str, &'a Value);

/// All calls of the document.
pub fn calls(document: &Value) -> Vec<Call<'_>> {
    let mut calls = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            calls.push((method.to_uppercase(), path.as_str(), operation));
        }
    }
    calls
}

/// Every value of the document, however deep.
pub fn walk<'a>(value: &'a Value, visit: &mut impl FnMut(&'a Value)) {
    visit(value);
    match value {
        Value::Array(items) => items.iter().for_each(|item| walk(item, visit)),
        Value::Object(fields) => fields.values().for_each(|field| walk(field, visit)),
        _ => {}
    }
}

/// What a `$ref` leads to, or the value itself.
pub fn resolve<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    let Some(reference) = value["$ref"].as_str() else {
        return value;
    };
    let found = document.pointer(reference.strip_prefix('#').unwrap());
    found.unwrap_or_else(|| panic!("{reference} leads nowhere"))
}

/// Says where a value is not what the schema says. Fields that the schema does not
/// know are wrong too: what is answered is described.
pub fn check(document: &Value, schema: &Value, value: &Value, at: &str) -> Result<(), String> {
    let schema = resolve(document, schema);
    if let Some(all) = schema["allOf"].as_array() {
        return check_all(document, all, value, at);
    }
    if let Some(any) = schema["anyOf"].as_array() {
        let tried: Vec<_> = any
            .iter()
            .map(|one| check(document, one, value, at))
            .collect();
        let good = tried.iter().any(Result::is_ok);
        return good.then_some(()).ok_or_else(|| format!("{tried:?}"));
    }
    if let Some(ways) = schema["oneOf"].as_array() {
        let mut common = schema.clone();
        common.as_object_mut().unwrap().remove("oneOf");
        let fits = |way: &&Value| {
            let whole = [common.clone(), (*way).clone()];
            check_all(document, &whole, value, at).is_ok()
        };
        let fitting = ways.iter().filter(fits).count();
        return (fitting == 1)
            .then_some(())
            .ok_or_else(|| format!("{at}: {fitting} of {} ways fit: {value}", ways.len()));
    }
    let wrong = |why: &str| Err(format!("{at}: {why}: {value}"));
    let kinds = match &schema["type"] {
        Value::Array(kinds) => kinds.clone(),
        Value::Null => Vec::new(),
        kind => vec![kind.clone()],
    };
    if !kinds.is_empty() && !kinds.iter().any(|kind| is(kind, value)) {
        return wrong(&format!("not of type {kinds:?}"));
    }
    if schema["enum"]
        .as_array()
        .is_some_and(|all| !all.contains(value))
    {
        return wrong("not among the values");
    }
    let out_of_range = value.as_f64().is_some_and(|number| {
        schema["minimum"]
            .as_f64()
            .is_some_and(|least| number < least)
            || schema["maximum"].as_f64().is_some_and(|most| number > most)
    });
    if out_of_range {
        return wrong("out of range");
    }
    for (index, item) in value.as_array().into_iter().flatten().enumerate() {
        check(document, &schema["items"], item, &format!("{at}/{index}"))?;
    }
    fields(document, schema, value, at)
}

/// Together the schemas know the fields that each of them knows.
fn check_all(document: &Value, all: &[Value], value: &Value, at: &str) -> Result<(), String> {
    let mut whole = Map::new();
    for one in all {
        for (name, part) in resolve(document, one).as_object().into_iter().flatten() {
            match (whole.get_mut(name), part) {
                (Some(Value::Object(known)), Value::Object(more)) => {
                    known.extend(more.clone());
                }
                (Some(Value::Array(known)), Value::Array(more)) => known.extend(more.clone()),
                _ => {
                    whole.insert(name.clone(), part.clone());
                }
            }
        }
    }
    check(document, &whole.into(), value, at)
}

fn is(kind: &Value, value: &Value) -> bool {
    match kind.as_str().unwrap() {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        _ => value.is_null(),
    }
}

fn fields(document: &Value, schema: &Value, value: &Value, at: &str) -> Result<(), String> {
    let Some(given) = value.as_object() else {
        return Ok(());
    };
    for name in schema["required"].as_array().into_iter().flatten() {
        if !given.contains_key(name.as_str().unwrap()) {
            return Err(format!("{at}: {name} is missing"));
        }
    }
    let (known, others) = (
        schema["properties"].as_object(),
        &schema["additionalProperties"],
    );
    for (name, field) in given {
        let at = format!("{at}/{name}");
        match known.and_then(|known| known.get(name)) {
            Some(schema) => check(document, schema, field, &at)?,
            None if others.is_object() => check(document, others, field, &at)?,
            None if known.is_some() => return Err(format!("{at}: not described")),
            None => {}
        }
    }
    Ok(())
}

/// What is said of an answer of JSON.
pub fn answer_schema<'a>(document: &'a Value, method: &str, path: &str, status: u16) -> &'a Value {
    let operation = &document["paths"][path][method.to_lowercase()];
    let answer = resolve(document, &operation["responses"][status.to_string()]);
    assert!(
        answer.is_object(),
        "{method} {path}: {status} is not described"
    );
    let content = answer["content"].as_object().unwrap();
    &content.values().next().unwrap()["schema"]
}

/// Asks everything that is described, by its own examples, of a service with an
/// interview that is finished, and holds each answer against what is said of it.
/// The interview is deleted in the end. Answers how much was asked.
pub async fn ask_everything(client: &Client, url: &str, id: &str, recording: &[u8]) -> usize {
    let ask = Asking {
        client,
        url,
        recording,
        document: json_of(client.get(format!("{url}/openapi.json"))).await,
    };
    let note = client.post(format!("{url}/v1/interviews/{id}/notes"));
    let note = json_of(note.json(&json!({"text": "a"}))).await;
    let log = client.get(format!("{url}/v1/interviews/{id}/webhook-deliveries"));
    let log = json_of(log).await;
    let parameters = [
        ("{id}", id),
        ("{filename}", id),
        ("{note_id}", note["id"].as_str().expect("an id")),
        (
            "{delivery_id}",
            log["items"][0]["id"].as_str().unwrap_or("none"),
        ),
        ("{highlight_id}", "unknown-highlight"),
        ("{run_id}", "unknown-run"),
        ("{rubric_id}", "unknown-rubric"),
        ("{collection_id}", "unknown-collection"),
        ("{token}", "unknown-token"),
        ("{token_id}", "unknown-token"),
        ("{share_id}", "unknown-share"),
        ("{link}", "unknown-link"),
        ("{webhook_id}", "unknown-webhook"),
    ];
    let mut calls = calls(&ask.document);
    // What is deleted is not there to be asked; the note goes before the interview.
    calls.sort_by_key(|(method, path, _)| (method == "DELETE", !path.contains("note_id")));
    let mut asked = 0;
    for (method, path, operation) in &calls {
        let place = parameters
            .iter()
            .fold((*path).to_owned(), |path, (name, value)| {
                path.replace(name, value)
            });
        for body in bodies(operation) {
            ask.one(method, path, &place, body).await;
            asked += 1;
        }
    }
    asked
}

async fn json_of(request: RequestBuilder) -> Value {
    let answer = request.send().await.expect("an answer");
    assert!(answer.status().is_success(), "{}", answer.status());
    answer.json().await.expect("JSON")
}

/// What an operation can be sent: its examples, a recording, or nothing.
enum Sent<'a> {
    Json(&'a Value),
    Recording,
    Nothing,
}

fn bodies(operation: &Value) -> Vec<Sent<'_>> {
    static NULL: Value = Value::Null;
    let content = &operation["requestBody"]["content"];
    let json = &content["application/json"];
    let examples = json["examples"].as_object();
    let examples: Vec<_> = examples
        .into_iter()
        .flatten()
        .map(|(_, one)| Sent::Json(&one["value"]))
        .collect();
    if !examples.is_empty() {
        examples
    } else if json.is_object() {
        vec![Sent::Json(&NULL)]
    } else if content.is_object() {
        vec![Sent::Recording]
    } else {
        vec![Sent::Nothing]
    }
}

struct Asking<'a> {
    client: &'a Client,
    url: &'a str,
    recording: &'a [u8],
    document: Value,
}

impl Asking<'_> {
    async fn one(&self, method: &str, path: &str, place: &str, body: Sent<'_>) {
        let method = Method::from_bytes(method.as_bytes()).expect("a method");
        let request = self
            .client
            .request(method.clone(), format!("{}{place}", self.url));
        // A client answered before its body has been read loses the connection,
        // and the next request must not be sent by it.
        let request = request.header("connection", "close");
        let request = match body {
            Sent::Json(body) => request.json(body),
            Sent::Recording => {
                let request = request.header("content-type", "audio/wav");
                request.body(self.recording.to_vec())
            }
            Sent::Nothing => request.header("content-length", "0"),
        };
        let answer = request.send().await.expect("an answer");
        let status = answer.status().as_u16();
        let content_type = answer.headers().get("content-type");
        let content_type = content_type.map(|value| value.to_str().expect("text").to_owned());
        let content_type = content_type.unwrap_or_default();
        let essence = content_type.split(';').next().unwrap_or("").trim();
        let body = answer.bytes().await.expect("a whole body");
        let name = format!("{method} {path}: {status} {essence}");
        assert!(status < 500, "{name}: {body:?}");
        let described = &self.document["paths"][path][method.as_str().to_lowercase()];
        let described = resolve(&self.document, &described["responses"][status.to_string()]);
        assert!(described.is_object(), "{name} is not described: {body:?}");
        if body.is_empty() {
            return;
        }
        let content = described["content"]
            .as_object()
            .unwrap_or_else(|| panic!("{name}"));
        let media = content.get(essence).or_else(|| content.get("*/*"));
        let media = media.unwrap_or_else(|| panic!("{name} is not described"));
        if essence.ends_with("json") {
            let value: Value = serde_json::from_slice(&body).expect("JSON");
            let checked = check(&self.document, &media["schema"], &value, "");
            checked.unwrap_or_else(|why| panic!("{name}: {why}"));
            if essence == "application/problem+json" {
                // The examples name the codes that this operation can fail with.
                let code = value["code"].as_str().unwrap_or_default();
                assert!(media["examples"].get(code).is_some(), "{name}: {code}");
            }
        }
    }
}
