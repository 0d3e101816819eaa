//! The documentation and the service say the same.

use std::collections::BTreeSet;

use crate::support::{TestHost, wav};
use reqwest::Method;
use serde_json::{Map, Value, json};

/// A call of the document: method, path and what is said of it.
type Call<'a> = (String, &'a str, &'a Value);

fn calls(document: &Value) -> Vec<Call<'_>> {
    let mut calls = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            calls.push((method.to_uppercase(), path.as_str(), operation));
        }
    }
    calls
}

/// Every value of the document, however deep.
fn walk<'a>(value: &'a Value, visit: &mut impl FnMut(&'a Value)) {
    visit(value);
    match value {
        Value::Array(items) => items.iter().for_each(|item| walk(item, visit)),
        Value::Object(fields) => fields.values().for_each(|field| walk(field, visit)),
        _ => {}
    }
}

fn resolve<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    let Some(reference) = value["$ref"].as_str() else {
        return value;
    };
    let found = document.pointer(reference.strip_prefix('#').unwrap());
    found.unwrap_or_else(|| panic!("{reference} leads nowhere"))
}

/// Says where a value is not what the schema says. Fields that the schema does not
/// know are wrong too: what is answered is described.
fn check(document: &Value, schema: &Value, value: &Value, at: &str) -> Result<(), String> {
    let schema = resolve(document, schema);
    let all = schema["allOf"].as_array();
    if let Some(all) = all {
        return all
            .iter()
            .try_for_each(|one| check(document, one, value, at));
    }
    if let Some(any) = schema["anyOf"].as_array() {
        let tried: Vec<_> = any
            .iter()
            .map(|one| check(document, one, value, at))
            .collect();
        let good = tried.iter().any(Result::is_ok);
        return good.then_some(()).ok_or_else(|| format!("{tried:?}"));
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
    if schema.get("const").is_some_and(|wanted| wanted != value) {
        return wrong("another constant");
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

/// Sends a request with a JSON body.
async fn send(test: &TestHost, method: &str, path: &str, body: &Value) -> (u16, Value) {
    let method = Method::from_bytes(method.as_bytes()).unwrap();
    let request = test.client.request(method, format!("{}{path}", test.url));
    let answer = request.json(body).send().await.unwrap();
    let status = answer.status().as_u16();
    (status, answer.json().await.unwrap_or(Value::Null))
}

/// What is said of an answer of JSON.
fn answer_schema<'a>(document: &'a Value, method: &str, path: &str, status: u16) -> &'a Value {
    let operation = &document["paths"][path][method.to_lowercase()];
    let answer = &operation["responses"][status.to_string()];
    assert!(
        answer.is_object(),
        "{method} {path}: {status} is not described"
    );
    let content = answer["content"].as_object().unwrap();
    &content.values().next().unwrap()["schema"]
}

#[tokio::test]
async fn the_document_has_exactly_the_routes() {
    let test = TestHost::start().await;
    let document = test.get("/openapi.json").await;
    let described: BTreeSet<_> = calls(&document)
        .into_iter()
        .map(|(method, path, _)| (method, path.to_owned()))
        .collect();
    let routes: BTreeSet<_> = api::routes()
        .flat_map(|(path, methods)| {
            let methods = methods.iter();
            methods.map(move |method| (method.to_string(), path.to_owned()))
        })
        .collect();
    assert_eq!(described, routes);
}

#[tokio::test]
async fn the_document_is_well_formed() {
    let test = TestHost::start().await;
    let document = test.get("/openapi.json").await;
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1."));
    walk(&document, &mut |value| {
        resolve(&document, value);
    });
    let tags: Vec<&Value> = document["tags"].as_array().unwrap().iter().collect();
    let mut ids = BTreeSet::new();
    for (method, path, operation) in calls(&document) {
        let id = operation["operationId"].as_str().unwrap();
        assert!(ids.insert(id), "{method} {path}: `{id}` is taken");
        let tag = &operation["tags"][0];
        assert!(
            tags.iter().any(|known| known["name"] == *tag),
            "{id}: {tag}"
        );
        let answers = operation["responses"].as_object().unwrap();
        assert!(answers.keys().any(|status| status.starts_with('2')), "{id}");
        let open = operation["security"].as_array().is_some_and(Vec::is_empty);
        assert_eq!(answers.contains_key("401"), !open, "{id}");
        let parameters = operation["parameters"].as_array().into_iter().flatten();
        let of_path: BTreeSet<_> = parameters
            .map(|parameter| resolve(&document, parameter))
            .filter(|parameter| parameter["in"] == "path")
            .map(|parameter| format!("{{{}}}", parameter["name"].as_str().unwrap()))
            .collect();
        let wanted = path.split('/').filter(|part| part.starts_with('{'));
        let wanted: BTreeSet<_> = wanted.map(str::to_owned).collect();
        assert_eq!(of_path, wanted, "{id}");
    }
}

#[tokio::test]
async fn every_example_fits_its_schema() {
    let test = TestHost::start().await;
    let document = test.get("/openapi.json").await;
    let mut checked = 0;
    walk(&document, &mut |media| {
        let Some(schema) = media.get("schema") else {
            return;
        };
        let named = media["examples"]
            .as_object()
            .into_iter()
            .flat_map(Map::values);
        let named = named.map(|example| &example["value"]);
        for example in named.chain(media.get("example")) {
            // Of problems, the code and the status are said apart from the rest.
            let schema = schema["allOf"].get(0).unwrap_or(schema);
            check(&document, schema, example, "").unwrap();
            checked += 1;
        }
    });
    assert!(checked > 100, "{checked}");
}

#[tokio::test]
async fn every_example_of_a_body_is_accepted() {
    let test = TestHost::start().await;
    let document = test.get("/openapi.json").await;
    let mut sent = 0;
    for (method, path, operation) in calls(&document) {
        let json = &operation["requestBody"]["content"]["application/json"];
        for example in json["examples"]
            .as_object()
            .into_iter()
            .flat_map(Map::values)
        {
            let id = test.create(1_000).await["id"].as_str().unwrap().to_owned();
            let notes = format!("/v1/interviews/{id}/notes");
            let note = send(&test, "POST", &notes, &json!({"text": "a"})).await.1;
            let note = note["id"].as_str().unwrap();
            let called = path.replace("{id}", &id).replace("{note_id}", note);
            let (status, answer) = send(&test, &method, &called, &example["value"]).await;
            // Nothing has failed that could be run again.
            let refused = path.ends_with("/retry") && answer["code"] == "no_recording";
            assert!(status < 300 || refused, "{method} {path}: {answer}");
            let schema = answer_schema(&document, &method, path, status);
            check(&document, schema, &answer, &called).unwrap_or_else(|why| {
                assert!(refused, "{why}");
            });
            sent += 1;
        }
    }
    assert!(sent >= 14, "{sent}");
}

#[tokio::test]
async fn what_is_answered_is_as_described() {
    let test = TestHost::start().await;
    let document = test.get("/openapi.json").await;
    let created = test.create(wav(3).len()).await;
    let of_upload = &document["components"]["schemas"]["Upload"];
    check(&document, of_upload, &created["upload"], "upload").unwrap();
    let id = created["id"].as_str().unwrap();
    test.upload(&created, wav(3)).await;
    let notes = format!("/v1/interviews/{id}/notes");
    send(&test, "POST", &notes, &json!({"text": "a", "at_ms": 1})).await;
    test.drain().await;
    let mut read = 0;
    for (method, path, operation) in calls(&document) {
        let content = &operation["responses"]["200"]["content"];
        if method != "GET" || content["application/json"].is_null() {
            continue;
        }
        let answer = test.get(&path.replace("{id}", id)).await;
        let schema = answer_schema(&document, "GET", path, 200);
        check(&document, schema, &answer, path).unwrap();
        read += 1;
    }
    assert!(read >= 9, "{read}");
    let event = &document["components"]["schemas"]["WebhookEvent"];
    let received = test.receiver.received.lock().unwrap().clone();
    assert_eq!(received.len(), 3);
    for (_, body, _) in received {
        check(&document, event, &body, "webhook").unwrap();
    }
    let whole = test.interview(id).await;
    assert_eq!(whole["status"], "completed");
    for part in ["transcript", "analysis", "waveform", "report"] {
        assert!(whole[part].is_object(), "{part}");
    }
}

#[tokio::test]
async fn the_page_needs_nothing_from_elsewhere() {
    let test = TestHost::start().await;
    let answer = test
        .client
        .get(format!("{}/", test.url))
        .send()
        .await
        .unwrap();
    assert_eq!(answer.headers()["content-type"], "text/html; charset=utf-8");
    let policy = answer.headers()["content-security-policy"]
        .to_str()
        .unwrap();
    assert!(
        policy.starts_with("default-src 'none'; style-src 'sha256-"),
        "{policy}"
    );
    let page = answer.text().await.unwrap();
    for forbidden in [
        "<script", "<img", "<link", "src=", "@import", "url(", "style=\"",
    ] {
        assert!(!page.contains(forbidden), "{forbidden}");
    }
    let mut anchors: Vec<&str> = Vec::new();
    for part in page.split("href=\"").skip(1) {
        let target = part.split('"').next().unwrap();
        match target.strip_prefix('#') {
            Some(anchor) => anchors.push(anchor),
            None => assert_eq!(target, "/openapi.json"),
        }
    }
    for anchor in anchors {
        assert!(page.contains(&format!("id=\"{anchor}\"")), "{anchor}");
    }
    let document = test.get("/openapi.json").await;
    for (_, path, operation) in calls(&document) {
        let id = operation["operationId"].as_str().unwrap();
        assert!(
            page.contains(&format!("id=\"{id}\"")) && page.contains(path),
            "{id}"
        );
    }
}
