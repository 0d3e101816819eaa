//! Rubrics that a user keeps, and interviews that are assessed by a version of one.

use http::Method;
use serde_json::{Value, json};

use crate::support::{TestHost, wav};

fn new(name: &str) -> Value {
    json!({"name": name, "competencies": [{
        "name": "Ownership", "description": "Takes things to their end", "weight": 2.5,
        "anchors": {"low": "waits", "mid": "finishes", "high": "sees what is missing"},
    }]})
}

async fn create(test: &TestHost, body: Value) -> Value {
    let (status, made) = test.ask(Method::POST, "/v1/rubrics", Some(body)).await;
    assert_eq!(status, 201, "{made}");
    made
}

#[tokio::test]
async fn a_rubric_is_kept_in_versions() {
    let test = TestHost::start().await;
    assert_eq!(test.get("/v1/rubrics").await["items"], json!([]));
    let first = create(&test, new("Engineers")).await;
    assert_eq!(
        (&first["version"], &first["name"]),
        (&json!(1), &json!("Engineers"))
    );
    assert_eq!(first["competencies"], new("Engineers")["competencies"]);
    let path = format!("/v1/rubrics/{}", first["id"].as_str().unwrap());
    assert_eq!(test.get(&path).await, first);
    test.clock.advance(std::time::Duration::from_mins(1));
    let change = json!({"competencies": [{"name": "Tact"}]});
    let (status, second) = test.ask(Method::PATCH, &path, Some(change.clone())).await;
    assert_eq!((status, &second["version"]), (200, &json!(2)), "{second}");
    assert_eq!(
        (&second["name"], &second["created_at"]),
        (&first["name"], &first["created_at"])
    );
    // The same once more is no new version.
    assert_eq!(test.ask(Method::PATCH, &path, Some(change)).await.1, second);
    assert_eq!(test.get(&path).await, second);
    assert_eq!(test.get(&format!("{path}?version=1")).await, first);
    create(&test, new("Designers")).await;
    let names = |page: &Value| -> Vec<Value> {
        let items = page["items"].as_array().unwrap().iter();
        items.map(|own| own["name"].clone()).collect()
    };
    let page = test.get("/v1/rubrics?limit=1").await;
    assert_eq!(names(&page), ["Designers"]);
    let token = page["next_page_token"].as_str().unwrap();
    let page = test.get(&format!("/v1/rubrics?page_token={token}")).await;
    assert_eq!(page["items"], json!([second]));
    // Another user has none of them.
    let other = test.client.get(format!("{}{path}", test.url));
    let other = other.header("x-user-id", "stranger").send().await.unwrap();
    assert_eq!(other.status(), 404);
    for missing in [
        format!("{path}?version=3"),
        format!("/v1/rubrics/{}", "x".repeat(24)),
    ] {
        let (status, problem) = test.ask(Method::GET, &missing, None).await;
        assert_eq!((status, &problem["code"]), (404, &json!("no_such_rubric")));
    }
    assert_eq!(test.ask(Method::DELETE, &path, None).await.0, 204);
    for gone in [path.clone(), format!("{path}?version=1")] {
        assert_eq!(test.ask(Method::GET, &gone, None).await.0, 404);
    }
    assert_eq!(test.ask(Method::DELETE, &path, None).await.0, 404);
}

#[tokio::test]
async fn templates_and_wrong_rubrics() {
    let test = TestHost::start().await;
    let templates = test.get("/v1/rubrics/templates").await;
    let items = templates["items"].as_array().unwrap();
    assert_eq!(items.len(), 3);
    for template in items {
        let name = template["name"].as_str().unwrap();
        let body = json!({"name": name, "competencies": template["competencies"]});
        create(&test, body).await;
    }
    let criterion =
        |weight: Value| json!({"name": "a", "competencies": [{"name": "a", "weight": weight}]});
    for (wrong, code) in [
        (
            json!({"name": " ", "competencies": [{"name": "a"}]}),
            "invalid_field",
        ),
        (json!({"name": "a", "competencies": []}), "invalid_field"),
        (criterion(json!(-1)), "invalid_field"),
        (criterion(json!(101)), "invalid_field"),
        (criterion(json!("much")), "invalid_body"),
        (json!({"name": "a"}), "invalid_body"),
        (
            json!({"name": "a", "competencies": [{"name": "a", "colour": "red"}]}),
            "invalid_body",
        ),
    ] {
        let (status, problem) = test.ask(Method::POST, "/v1/rubrics", Some(wrong)).await;
        assert_eq!((status, &problem["code"]), (400, &json!(code)), "{problem}");
    }
    let send = async || {
        let request = test.client.post(format!("{}/v1/rubrics", test.url));
        let request = request.header("idempotency-key", "k").json(&new("once"));
        request.send().await.unwrap().json::<Value>().await.unwrap()
    };
    assert_eq!(send().await["id"], send().await["id"]);
}

#[tokio::test]
async fn an_interview_keeps_the_version_that_it_was_assessed_by() {
    let test = TestHost::start().await;
    let first = create(&test, new("Engineers")).await;
    let id = first["id"].as_str().unwrap();
    let body = json!({"title": "Ada", "kind": "user_research", "rubric_id": id,
        "audio": {"filename": "a.wav", "content_type": "audio/wav", "size_bytes": wav(3).len()}});
    let (status, created) = test.ask(Method::POST, "/v1/interviews", Some(body)).await;
    assert_eq!(status, 201, "{created}");
    let shows = |interview: &Value, version: u64, name: &str| {
        assert_eq!(interview["rubric_id"], first["id"]);
        assert_eq!(interview["rubric_version"], version);
        assert_eq!(interview["rubric"]["competencies"][0]["name"], name);
    };
    shows(&created, 1, "Ownership");
    test.upload(&created, wav(3)).await;
    test.drain().await;
    let path = format!("/v1/interviews/{}", created["id"].as_str().unwrap());
    let rubric = format!("/v1/rubrics/{id}");
    let change = json!({"competencies": [{"name": "Tact"}]});
    assert_eq!(test.ask(Method::PATCH, &rubric, Some(change)).await.0, 200);
    let shown = test.get(&path).await;
    shows(&shown, 1, "Ownership");
    assert_eq!(shown["analysis"]["stale"], Value::Null);
    assert_eq!(shown["analysis"]["competencies"][0]["name"], "Ownership");
    // Assigned once more it is the newest version, and the analysis is older.
    let assign = json!({"rubric_id": id});
    let (status, changed) = test.ask(Method::PATCH, &path, Some(assign.clone())).await;
    assert_eq!(status, 200, "{changed}");
    shows(&changed, 2, "Tact");
    let reasons = test.get(&path).await["analysis"]["stale"]["reasons"].clone();
    assert_eq!(reasons, json!(["rubric_changed"]));
    let run = json!({"step": "analysis", "rubric_id": id, "kind": "journalism"});
    let (status, _) = test
        .ask(Method::POST, &format!("{path}/runs"), Some(run))
        .await;
    assert_eq!(status, 202);
    test.drain().await;
    assert_eq!(test.ask(Method::DELETE, &rubric, None).await.0, 204);
    let shown = test.get(&path).await;
    shows(&shown, 2, "Tact");
    assert_eq!(
        (&shown["kind"], &shown["analysis"]["stale"]),
        (&json!("journalism"), &Value::Null)
    );
    assert_eq!(shown["analysis"]["competencies"][0]["name"], "Tact");
    // A deleted one, and both at once.
    let both = json!({"rubric_id": id, "rubric": {"competencies": [{"name": "a"}]}});
    for wrong in [assign, both] {
        let (status, problem) = test.ask(Method::PATCH, &path, Some(wrong)).await;
        assert_eq!(
            (status, &problem["code"]),
            (400, &json!("invalid_field")),
            "{problem}"
        );
        assert!(
            problem["detail"]
                .as_str()
                .unwrap()
                .starts_with("`rubric_id`: ")
        );
    }
    let (_, cleared) = test
        .ask(Method::PATCH, &path, Some(json!({"rubric": null})))
        .await;
    assert_eq!(
        (&cleared["rubric"], &cleared["rubric_id"]),
        (&Value::Null, &Value::Null)
    );
}
