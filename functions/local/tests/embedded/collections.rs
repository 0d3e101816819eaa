//! Collections of interviews, tags, and lists by them.

mod lists;

use std::time::Duration;

use domain::{
    UserId, collections, paths,
    paths::DocPath,
    ports::{Precondition, Write},
};
use http::Method;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use crate::{
    corpus::documents,
    support::{TestHost, wav},
};

async fn create(test: &TestHost, path: &str, body: Value) -> Value {
    let (status, made) = test.ask(Method::POST, path, Some(body)).await;
    assert_eq!(status, 201, "{made}");
    made
}

async fn collection(test: &TestHost, body: Value) -> Value {
    create(test, "/v1/collections", body).await
}

async fn interview(test: &TestHost, body: Value) -> Value {
    test.clock.advance(Duration::from_secs(1));
    create(test, "/v1/interviews", body).await
}

fn path_of(collection: &Value) -> String {
    format!("/v1/collections/{}", collection["id"].as_str().unwrap())
}

/// The titles of a list, page by page.
async fn titles(test: &TestHost, query: &str, limit: usize) -> Vec<String> {
    let (mut titles, mut token) = (Vec::new(), String::new());
    loop {
        let page = test
            .get(&format!("/v1/interviews?limit={limit}&{query}{token}"))
            .await;
        let items = page["items"].as_array().unwrap().iter();
        titles.extend(items.map(|item| item["title"].as_str().unwrap().to_owned()));
        match page["next_page_token"].as_str() {
            Some(next) => token = format!("&page_token={next}"),
            None => return titles,
        }
    }
}

#[tokio::test]
async fn a_collection_is_created_changed_and_deleted() {
    let test = TestHost::start().await;
    let full = json!({"title": "Engineer", "kind": "job_interview", "rubric_id": null,
        "key_terms": ["Kubernetes"], "retention_days": 30, "webhook_url": test.hook});
    let made = collection(&test, full.clone()).await;
    for (name, value) in full.as_object().unwrap() {
        assert_eq!(&made[name], value, "{name}");
    }
    let path = path_of(&made);
    assert_eq!(test.get(&path).await, made);
    test.clock.advance(Duration::from_secs(1));
    let plain = collection(&test, json!({"title": "A summer"})).await;
    assert_eq!(
        (&plain["kind"], &plain["key_terms"]),
        (&Value::Null, &json!([]))
    );
    let page = test.get("/v1/collections?limit=1").await;
    assert_eq!(page["items"], json!([plain]));
    let token = page["next_page_token"].as_str().unwrap();
    let page = test
        .get(&format!("/v1/collections?limit=1&page_token={token}"))
        .await;
    assert_eq!(
        (&page["items"], &page["next_page_token"]),
        (&json!([made]), &Value::Null)
    );
    let change = json!({"title": "Engineers", "kind": null, "key_terms": [], "webhook_url": null});
    let (status, changed) = test.ask(Method::PATCH, &path, Some(change)).await;
    assert_eq!(status, 200, "{changed}");
    assert_eq!(
        (&changed["title"], &changed["kind"], &changed["key_terms"]),
        (&json!("Engineers"), &Value::Null, &json!([]))
    );
    assert_eq!(changed["retention_days"], 30, "what is left out stays");
    assert_eq!(test.ask(Method::DELETE, &path, None).await.0, 204);
    for method in [Method::GET, Method::DELETE] {
        let (status, problem) = test.ask(method, &path, None).await;
        assert_eq!(
            (status, &problem["code"]),
            (404, &json!("no_such_collection"))
        );
    }
    assert_eq!(
        test.get("/v1/collections").await["items"],
        json!([plain]),
        "a deleted one is not in the list"
    );
    // A key makes one thing, and nothing more once that is deleted.
    let send = async || {
        let request = test.client.post(format!("{}/v1/collections", test.url));
        let request = request.header("idempotency-key", "k").json(&full);
        let sent = request.send().await.unwrap();
        (sent.status().as_u16(), sent.json::<Value>().await.unwrap())
    };
    let (first, again) = (send().await, send().await);
    assert_eq!((first.0, &first.1["id"]), (201, &again.1["id"]));
    let path = path_of(&first.1);
    assert_eq!(test.ask(Method::DELETE, &path, None).await.0, 204);
    let (status, problem) = send().await;
    assert_eq!(
        (status, &problem["code"]),
        (409, &json!("idempotency_key_used"))
    );
    // The sweep deletes what is left of them.
    let left = || {
        let found = documents(&test).into_keys();
        found.filter(|path| path.contains("/collections/")).count()
    };
    assert_eq!(left(), 3);
    test.swept_since(domain::ports::Clock::now(&*test.clock))
        .await;
    test.clock.advance(collections::KEPT);
    test.sweep().await;
    assert_eq!(left(), 1);
}

#[tokio::test]
async fn wrong_collections_are_refused_by_field() {
    let test = TestHost::start().await;
    let made = collection(&test, json!({"title": "A summer"})).await;
    let missing = "x".repeat(24);
    for (wrong, code, part) in [
        (json!({"title": " "}), "invalid_field", "`title`"),
        (json!({"title": "a\nb"}), "invalid_field", "`title`"),
        (json!({"kind": "chat"}), "invalid_body", "chat"),
        (
            json!({"rubric_id": missing}),
            "invalid_field",
            "`rubric_id`: you have no rubric",
        ),
        (json!({"key_terms": [""]}), "invalid_field", "`key_terms`"),
        (
            json!({"retention_days": 0}),
            "invalid_field",
            "`retention_days`",
        ),
        (
            json!({"webhook_url": "ftp://example.com"}),
            "invalid_field",
            "`webhook_url`",
        ),
        (json!({"colour": "red"}), "invalid_body", "colour"),
    ] {
        let mut new = json!({"title": "a"});
        for (name, value) in wrong.as_object().unwrap() {
            new[name] = value.clone();
        }
        for (method, path, body) in [
            (Method::POST, "/v1/collections".to_owned(), new),
            (Method::PATCH, path_of(&made), wrong.clone()),
        ] {
            let (status, problem) = test.ask(method, &path, Some(body)).await;
            assert_eq!((status, &problem["code"]), (400, &json!(code)), "{problem}");
            let detail = problem["detail"].as_str().unwrap();
            assert!(detail.contains(part), "{detail}");
        }
    }
}

#[tokio::test]
async fn an_interview_takes_what_it_leaves_out_from_its_collection() {
    let test = TestHost::start().await;
    let rubric = json!({"name": "Engineers", "competencies": [{"name": "Ownership"}]});
    let rubric = create(&test, "/v1/rubrics", rubric).await;
    let own = collection(
        &test,
        json!({"title": "Engineer", "kind": "user_research", "rubric_id": rubric["id"],
            "key_terms": ["Kubernetes"], "retention_days": 30, "webhook_url": test.hook}),
    )
    .await;
    let id = own["id"].as_str().unwrap();
    let made = interview(&test, json!({"title": "Ada", "collection_id": id})).await;
    for (name, value) in [
        ("collection_id", json!(id)),
        ("kind", json!("user_research")),
        ("rubric_id", rubric["id"].clone()),
        ("rubric_version", json!(1)),
        ("key_terms", json!(["Kubernetes"])),
        ("retention_days", json!(30)),
        ("webhook_url", json!(test.hook)),
    ] {
        assert_eq!(made[name], value, "{name}: {made}");
    }
    assert_eq!(made["rubric"]["competencies"][0]["name"], "Ownership");
    // What the request says holds, also that there is nothing.
    let explicit = json!({"title": "Bob", "collection_id": id, "kind": "other", "key_terms": [],
        "rubric_id": null, "retention_days": null, "webhook_url": null});
    let made = interview(&test, explicit.clone()).await;
    for (name, value) in explicit.as_object().unwrap() {
        assert_eq!(&made[name], value, "{name}: {made}");
    }
    assert_eq!(made["rubric"], Value::Null);
    // A change of the collection leaves its interviews alone, and so does PATCH.
    let path = format!("/v1/interviews/{}", made["id"].as_str().unwrap());
    let out = json!({"collection_id": null});
    let (_, moved) = test.ask(Method::PATCH, &path, Some(out)).await;
    assert_eq!(moved["collection_id"], Value::Null);
    let back = json!({"collection_id": id});
    let (_, moved) = test.ask(Method::PATCH, &path, Some(back)).await;
    assert_eq!(
        (&moved["collection_id"], &moved["kind"]),
        (&json!(id), &json!("other"))
    );
    // By a form.
    let form = Form::new()
        .text("collection_id", id.to_owned())
        .text("tags", "  first   round ")
        .text("tags", r#"["Remote", "FIRST ROUND"]"#)
        .part("file", Part::bytes(wav(3)).file_name("a.wav"));
    let url = format!("{}/v1/analyze-async", test.url);
    let sent = test.client.post(url).multipart(form).send().await.unwrap();
    let sent: Value = sent.json().await.unwrap();
    assert_eq!(sent["collection_id"], id, "{sent}");
    assert_eq!(sent["tags"], json!(["first round", "Remote"]));
    assert_eq!(sent["kind"], "user_research");
    test.drain().await;
    let completed = {
        let received = test.receiver.received.lock().unwrap();
        let mut bodies = received.iter().map(|(_, body, _)| body);
        bodies
            .find(|body| body["type"] == "interview.completed")
            .cloned()
    };
    let data = &completed.unwrap()["data"];
    assert_eq!(data["collection_id"], id);
    assert_eq!(data["tags"], json!(["first round", "Remote"]));
    // One that there is not, and one whose rubric is deleted.
    let missing = "x".repeat(24);
    for method in [Method::POST, Method::PATCH] {
        let mut body = json!({"collection_id": missing});
        let to = if method == Method::POST {
            body["title"] = json!("a");
            "/v1/interviews"
        } else {
            &path
        };
        let (status, problem) = test.ask(method, to, Some(body)).await;
        assert_eq!((status, &problem["code"]), (400, &json!("invalid_field")));
        let detail = problem["detail"].as_str().unwrap();
        assert!(
            detail.starts_with("`collection_id`: you have no collection"),
            "{detail}"
        );
    }
    let rubric = format!("/v1/rubrics/{}", rubric["id"].as_str().unwrap());
    assert_eq!(test.ask(Method::DELETE, &rubric, None).await.0, 204);
    let late = json!({"title": "Cy", "collection_id": id});
    let (status, problem) = test.ask(Method::POST, "/v1/interviews", Some(late)).await;
    assert_eq!(status, 400);
    let detail = problem["detail"].as_str().unwrap();
    assert!(
        detail.starts_with("`collection_id`: the rubric"),
        "{detail}"
    );
}

#[tokio::test]
async fn tags_are_normalized_changed_and_limited() {
    let test = TestHost::start().await;
    let tags = json!([" first\u{a0}round ", "Zu\u{308}rich", "First Round", "iOS"]);
    let made = interview(&test, json!({"title": "Ada", "tags": tags})).await;
    assert_eq!(made["tags"], json!(["first round", "Z\u{fc}rich", "iOS"]));
    let path = format!("/v1/interviews/{}", made["id"].as_str().unwrap());
    let (_, changed) = test
        .ask(Method::PATCH, &path, Some(json!({"tags": ["B", "a"]})))
        .await;
    assert_eq!(changed["tags"], json!(["B", "a"]), "in their order");
    assert_eq!(titles(&test, "tag=b", 10).await, ["Ada"]);
    assert_eq!(titles(&test, "tag=ios", 10).await, [""; 0]);
    let (_, kept) = test
        .ask(Method::PATCH, &path, Some(json!({"title": "Ada"})))
        .await;
    assert_eq!(kept["tags"], json!(["B", "a"]));
    for wrong in [
        json!([""]),
        json!(["a\nb"]),
        json!(["x".repeat(51)]),
        json!(vec!["x"; 21]),
    ] {
        let (status, problem) = test
            .ask(Method::PATCH, &path, Some(json!({"tags": wrong})))
            .await;
        assert_eq!((status, &problem["code"]), (400, &json!("invalid_field")));
        assert!(problem["detail"].as_str().unwrap().starts_with("`tags`: "));
    }
}

#[tokio::test]
async fn a_deleted_collection_keeps_its_interviews_however_the_deletion_breaks_off() {
    let test = TestHost::start().await;
    let user = UserId::parse("local").unwrap();
    let own = collection(&test, json!({"title": "Engineer"})).await;
    let id = own["id"].as_str().unwrap();
    for number in 0..130 {
        let body = json!({"title": format!("{number}"), "collection_id": id, "tags": ["t"]});
        create(&test, "/v1/interviews", body).await;
    }
    // It is marked, and the work has broken off.
    let records = test.host.store.records();
    let path = paths::collection(&user, id).unwrap();
    let mut fields = records.read(&path).await.unwrap().unwrap().fields;
    fields["deleted_at"] = json!(domain::ports::Clock::now(&*test.clock));
    let write = Write::put(path.clone(), &fields, Precondition::Exists).unwrap();
    records.commit(vec![write]).await.unwrap();
    assert_eq!(test.ask(Method::GET, &path_of(&own), None).await.0, 404);
    let (status, _) = test
        .ask(
            Method::POST,
            "/v1/interviews",
            Some(json!({"title": "a", "collection_id": id})),
        )
        .await;
    assert_eq!(status, 400);
    assert_eq!(
        titles(&test, &format!("collection_id={id}"), 100)
            .await
            .len(),
        130
    );
    // The same request finishes it.
    assert_eq!(test.ask(Method::DELETE, &path_of(&own), None).await.0, 204);
    assert_eq!(
        titles(&test, &format!("collection_id={id}"), 100)
            .await
            .len(),
        0
    );
    assert_eq!(
        titles(&test, "tag=t", 100).await.len(),
        130,
        "the interviews are there"
    );
    let page = test.get("/v1/interviews?limit=1").await;
    assert_eq!(page["items"][0]["collection_id"], Value::Null);
    // One that was stored by a request which had found the collection before.
    let (late, mut fields) = documents(&test)
        .into_iter()
        .find(|(path, _)| path.contains("/interviews/"))
        .unwrap();
    fields["collection_id"] = json!(id);
    let late = DocPath::parse(&late).unwrap();
    let write = Write::put(late.clone(), &fields, Precondition::Exists).unwrap();
    records.commit(vec![write]).await.unwrap();
    test.sweep().await;
    let found = records.read(&late).await.unwrap().unwrap();
    assert_eq!(found.fields["collection_id"], Value::Null);
    assert!(
        records.read(&path).await.unwrap().is_some(),
        "the mark stays a day"
    );
    test.clock.advance(collections::KEPT);
    test.sweep().await;
    assert!(records.read(&path).await.unwrap().is_none());
}
