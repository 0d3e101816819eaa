//! The documentation and the service say the same.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Map, Value, json};
use testing::openapi_client::{answer_schema, ask_everything, calls, check, resolve, walk};

use crate::support::{TestHost, wav};

/// Sends a request with a JSON body.
async fn send(test: &TestHost, method: &str, path: &str, body: &Value) -> (u16, Value) {
    let method = Method::from_bytes(method.as_bytes()).unwrap();
    let request = test.client.request(method, format!("{}{path}", test.url));
    let answer = request.json(body).send().await.unwrap();
    let status = answer.status().as_u16();
    (status, answer.json().await.unwrap_or(Value::Null))
}

/// The id of a rubric.
async fn rubric(test: &TestHost) -> String {
    let rubric = json!({"name": "a", "competencies": [{"name": "tact"}]});
    let (_, made) = send(test, "POST", "/v1/rubrics", &rubric).await;
    made["id"].as_str().unwrap().to_owned()
}

/// The id of a collection.
async fn collection(test: &TestHost) -> String {
    let (_, made) = send(test, "POST", "/v1/collections", &json!({"title": "a"})).await;
    made["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn methods_that_are_not_described_are_refused() {
    let test = TestHost::start().await;
    let mut refused = 0;
    for (path, methods) in api::operations() {
        let names: Vec<&str> = methods.iter().map(Method::as_str).collect();
        for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] {
            if names.contains(&method) {
                continue;
            }
            let method = Method::from_bytes(method.as_bytes()).unwrap();
            let request = test.client.request(method, format!("{}{path}", test.url));
            let response = request.send().await.unwrap();
            assert_eq!(response.status(), 405, "{path}");
            assert_eq!(response.headers()["allow"], names.join(", "), "{path}");
            refused += 1;
        }
    }
    assert!(refused > 100, "{refused}");
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
        let from_path: BTreeSet<_> = parameters
            .map(|parameter| resolve(&document, parameter))
            .filter(|parameter| parameter["in"] == "path")
            .map(|parameter| format!("{{{}}}", parameter["name"].as_str().unwrap()))
            .collect();
        let wanted = path.split('/').filter(|part| part.starts_with('{'));
        let wanted: BTreeSet<_> = wanted.map(str::to_owned).collect();
        assert_eq!(from_path, wanted, "{id}");
    }
}

#[tokio::test]
async fn the_document_can_be_read_without_webhooks() {
    let test = TestHost::start().await;
    let mut whole = test.get("/openapi.json?webhooks=true").await;
    assert!(whole["webhooks"].is_object());
    let calls = test.get("/openapi.json?webhooks=false").await;
    whole.as_object_mut().unwrap().remove("webhooks");
    assert_eq!(calls, whole);
    let (status, problem) = test
        .ask(Method::GET, "/openapi.json?webhooks=no", None)
        .await;
    assert_eq!(
        (status, &problem["code"]),
        (400, &json!("invalid_parameter"))
    );
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
        let named = named.map(|example| &resolve(&document, example)["value"]);
        for example in named.chain(media.get("example")) {
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
            let rubric = rubric(&test).await;
            let called = path.replace("{id}", &id).replace("{note_id}", note);
            let called = called.replace("{rubric_id}", &rubric);
            let called = called.replace("{collection_id}", &collection(&test).await);
            let (status, answer) = send(&test, &method, &called, &example["value"]).await;
            // Nothing has failed that could be run again, and nothing been recognised.
            let is_run = path.ends_with("/retry") || path.ends_with("/runs");
            let refused = (is_run && answer["code"] == "no_recording")
                || (path.contains("/transcript") && answer["code"] == "not_ready")
                || (path.contains("/highlights") && matches!(status, 404))
                || answer["code"] == "no_such_highlight";
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

/// The parameters of the query that an operation must have, by their examples.
fn required_query(operation: &Value) -> String {
    let parameters = operation["parameters"].as_array().into_iter().flatten();
    let required = parameters.filter(|one| one["in"] == "query" && one["required"] == true);
    let mut query = form_urlencoded::Serializer::new(String::new());
    for parameter in required {
        let name = parameter["name"].as_str().unwrap();
        query.append_pair(name, parameter["example"].as_str().unwrap());
    }
    format!("?{}", query.finish())
}

#[tokio::test]
async fn responses_match_their_description() {
    let test = TestHost::start().await;
    let document = test.get("/openapi.json").await;
    let created = test.create(wav(3).len()).await;
    let of_upload = &document["components"]["schemas"]["Upload"];
    check(&document, of_upload, &created["upload"], "upload").unwrap();
    let id = created["id"].as_str().unwrap();
    test.upload(&created, wav(3)).await;
    let notes = format!("/v1/interviews/{id}/notes");
    send(&test, "POST", &notes, &json!({"text": "a", "at_ms": 1})).await;
    let assessment = format!("/v1/interviews/{id}/assessment");
    let rubric = rubric(&test).await;
    let collection = collection(&test).await;
    let member = json!({"collection_id": collection, "tags": ["a"]});
    send(&test, "PATCH", &format!("/v1/interviews/{id}"), &member).await;
    send(&test, "PUT", &assessment, &json!({"author": "a"})).await;
    test.drain().await;
    let mut read = 0;
    for (method, path, operation) in calls(&document) {
        let content = &operation["responses"]["200"]["content"];
        if method != "GET" || content["application/json"].is_null() {
            continue;
        }
        let called = path.replace("{id}", id).replace("{rubric_id}", &rubric);
        let called = called.replace("{collection_id}", &collection);
        let answer = test.get(&(called + &required_query(operation))).await;
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
async fn fields_are_accepted_up_to_their_limits_in_any_script() {
    let test = TestHost::start().await;
    let document = test.get("/openapi.json").await;
    let limit = |schema: &str, field: &str, name: &str| {
        let schema = &document["components"]["schemas"][schema];
        let limit = schema["properties"][field][name].as_u64().unwrap();
        usize::try_from(limit).unwrap()
    };
    let text = |schema, field| "技".repeat(limit(schema, field, "maxLength"));
    let criterion = json!({
        "name": text("Criterion", "name"),
        "description": text("Criterion", "description"),
        "anchors": {
            "low": text("Anchors", "low"), "mid": text("Anchors", "mid"), "high": text("Anchors", "high"),
        },
    });
    let most = limit("Rubric", "competencies", "maxItems");
    let interview = json!({
        "title": text("NewInterview", "title"),
        "rubric": {"competencies": vec![criterion; most]},
    });
    let (status, created) = send(&test, "POST", "/v1/interviews", &interview).await;
    assert_eq!(status, 201, "{created}");
    let path = format!("/v1/interviews/{}", created["id"].as_str().unwrap());
    let note = json!({"text": text("NewNote", "text")});
    let (status, answer) = send(&test, "POST", &format!("{path}/notes"), &note).await;
    assert_eq!(status, 201, "{answer}");
    for (pointer, why) in [
        ("/title", "title"),
        ("/rubric/competencies/0/anchors/low", "rubric"),
    ] {
        let mut longer = interview.clone();
        let text = longer.pointer_mut(pointer).unwrap();
        *text = json!(format!("{}a", text.as_str().unwrap()));
        let (status, answer) = send(&test, "POST", "/v1/interviews", &longer).await;
        assert_eq!((status, &answer["code"]), (400, &json!("invalid_field")));
        assert!(answer["detail"].as_str().unwrap().contains(why), "{answer}");
    }
    for id in ["+5", "00005", "4294967295"] {
        let change = json!({"speakers": {id: "Ada"}});
        let (status, answer) = send(&test, "PATCH", &path, &change).await;
        assert_eq!(
            (status, &answer["code"]),
            (400, &json!("invalid_field")),
            "{id}"
        );
    }
    let change = json!({"speakers": {"5": "Ada"}, "speakers_expected": 2.0});
    let (status, changed) = send(&test, "PATCH", &path, &change).await;
    assert_eq!((status, &changed["speakers_expected"]), (200, &json!(2)));
}

#[tokio::test]
async fn everything_is_answered_as_described() {
    let test = TestHost::start().await;
    let id = test.submit(wav(3)).await;
    test.drain().await;
    let asked = ask_everything(&test.client, &test.url, &id, &wav(1)).await;
    assert!(asked >= 40, "{asked}");
    assert_eq!(
        test.ask(Method::GET, &format!("/v1/interviews/{id}"), None)
            .await
            .0,
        404
    );
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
    let (mut anchors, mut elsewhere): (Vec<&str>, Vec<&str>) = Default::default();
    for part in page.split("href=\"").skip(1) {
        let target = part.split('"').next().unwrap();
        match target.strip_prefix('#') {
            Some(anchor) => anchors.push(anchor),
            None => elsewhere.push(target),
        }
    }
    assert_eq!(elsewhere, ["/openapi.json", "/app"]);
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
