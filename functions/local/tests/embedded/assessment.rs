//! What a person says about an interview, beside the engine.

use http::Method;
use serde_json::{Value, json};

use crate::{
    corpus::paths_of,
    products::report,
    support::{TestHost, finished::Finished},
};

async fn start() -> (TestHost, String) {
    let finished = Finished::start().await;
    let path = finished.path("");
    (finished.test, path)
}

async fn put(test: &TestHost, path: &str, body: Value) -> (u16, Value) {
    let path = format!("{path}/assessment");
    test.ask(Method::PUT, &path, Some(body)).await
}

#[tokio::test]
async fn every_version_of_an_assessment_is_kept() {
    let (test, path) = start().await;
    let own = format!("{path}/assessment");
    let (status, problem) = test.ask(Method::GET, &own, None).await;
    assert_eq!((status, &problem["code"]), (404, &json!("not_ready")));
    let history = format!("{own}/history");
    assert_eq!(test.get(&history).await["items"], json!([]));
    let first = json!({
        "competencies": [
            {"name": "Ownership", "rating": 4, "comment": "built a boat"},
            {"name": "Tact", "rating": null, "comment": null},
        ],
        "decision": "Advance", "author": "Grace Hopper",
    });
    let (status, made) = put(&test, &path, first.clone()).await;
    assert_eq!(status, 200, "{made}");
    for (name, value) in first.as_object().unwrap() {
        assert_eq!(&made[name], value);
    }
    assert_eq!(
        (&made["version"], &made["user"]),
        (&json!(1), &json!("local"))
    );
    test.clock.advance(std::time::Duration::from_mins(1));
    // The same once more is no new version.
    assert_eq!(put(&test, &path, first.clone()).await.1, made);
    let mut second = first;
    second["decision"] = json!("Decline");
    let (_, newer) = put(&test, &path, second).await;
    assert_eq!(
        (&newer["version"], &newer["decision"]),
        (&json!(2), &json!("Decline"))
    );
    assert_eq!(newer["created_at"], made["created_at"]);
    assert_ne!(newer["updated_at"], made["updated_at"]);
    assert_eq!(test.get(&own).await, newer);
    assert_eq!(test.get(&history).await["items"], json!([newer, made]));
    // Of two at once none is lost.
    let both = ["one", "two"].map(|author| put(&test, &path, json!({ "author": author })));
    let both = futures::future::join_all(both).await;
    assert!(both.iter().all(|(status, _)| *status == 200), "{both:?}");
    let items = test.get(&history).await["items"].clone();
    assert_eq!(items.as_array().unwrap().len(), 4);
}

#[tokio::test]
async fn wrong_assessments_are_refused_by_field() {
    let (test, path) = start().await;
    let rated = |rating: Value| json!({"competencies": [{"name": "a", "rating": rating}]});
    for (body, code, part) in [
        (rated(json!(0)), "invalid_field", "`competencies[0].rating`"),
        (rated(json!(6)), "invalid_field", "`competencies[0].rating`"),
        (rated(json!("good")), "invalid_body", "good"),
        (
            json!({"competencies": [{"name": " "}]}),
            "invalid_field",
            "`competencies[0].name`",
        ),
        (
            json!({"competencies": [{"name": "a"}, {"name": "A"}]}),
            "invalid_field",
            "`competencies[1].name`: the name stands there already",
        ),
        (json!({"decision": ""}), "invalid_field", "`decision`"),
        (
            json!({"author": "x".repeat(201)}),
            "invalid_field",
            "`author`",
        ),
        (json!({"mood": "good"}), "invalid_body", "mood"),
    ] {
        let (status, problem) = put(&test, &path, body).await;
        assert_eq!((status, &problem["code"]), (400, &json!(code)), "{problem}");
        assert!(
            problem["detail"].as_str().unwrap().contains(part),
            "{problem}"
        );
    }
}

#[tokio::test]
async fn an_assessment_is_in_the_report_and_no_run_changes_it() {
    let (test, path) = start().await;
    let id = path.rsplit('/').next().unwrap().to_owned();
    let body = json!({
        "competencies": [{"name": "Seamanship", "rating": 5, "comment": "sailed to the island"}],
        "decision": "Advance to the second round", "author": "Grace Hopper",
    });
    let (_, made) = put(&test, &path, body).await;
    let stale = test.interview(&id).await["report"]["stale"].clone();
    assert_eq!(stale["reasons"], json!(["assessment_changed"]));
    assert_eq!(stale["since"], made["updated_at"]);
    for (kind, expected) in [
        ("other", ["Assessment by a person", "Seamanship", "5 of 5"]),
        (
            "job_interview",
            ["Scorecard", "Assessor's rating", "sailed to the island"],
        ),
    ] {
        let run = json!({"step": "analysis", "kind": kind});
        let (status, _) = test
            .ask(Method::POST, &format!("{path}/runs"), Some(run))
            .await;
        assert_eq!(status, 202);
        test.drain().await;
        let shown = test.interview(&id).await;
        assert_eq!(shown["report"]["stale"], Value::Null, "{kind}");
        let page = test.text(&format!("{path}/report.html")).await;
        let page = page.replace("&#39;", "'").replace("&#x27;", "'");
        let (_, xml) = report(&test, &id).await;
        let xml = xml.replace("&apos;", "'");
        for text in expected
            .into_iter()
            .chain(["Advance to the second round", "Grace Hopper, 2026-01-01"])
        {
            assert!(page.contains(text), "{kind}: {text}: {page}");
            assert!(xml.contains(text), "{kind}: {text}: {xml}");
        }
    }
    assert_eq!(test.get(&format!("{path}/assessment")).await, made);
    assert_eq!(test.ask(Method::DELETE, &path, None).await.0, 204);
    test.drain().await;
    test.sweep().await;
    assert_eq!(paths_of(&test, &id), [""; 0]);
}
