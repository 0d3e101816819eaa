//! Lists of interviews by collection, tag and date.

use domain::{
    UserId, paths,
    paths::DocPath,
    ports::{Precondition, Write},
};
use http::Method;
use serde_json::json;

use super::{collection, interview, titles};
use crate::{corpus::documents, support::TestHost};

#[tokio::test]
async fn lists_are_filtered_across_pages() {
    let test = TestHost::start().await;
    let id = collection(&test, json!({"title": "Engineer"})).await["id"].clone();
    for number in 0..12 {
        let mut body = json!({"title": format!("{number}"), "tags": ["all"]});
        if number % 2 == 0 {
            body["tags"] = json!(["all", "Even"]);
        }
        if number % 3 == 0 {
            body["collection_id"] = id.clone();
        }
        if number < 6 {
            body["kind"] = json!("journalism");
            // On the days of January, the last one first.
            let day = 20 - number;
            body["recorded_at"] = json!(format!("2025-01-{day}T10:00:00+01:00"));
        }
        interview(&test, body).await;
    }
    let id = id.as_str().unwrap();
    for (query, expected) in [
        (
            "tag=all&kind=other".to_owned(),
            &["11", "10", "9", "8", "7", "6"][..],
        ),
        ("tag=EVEN".to_owned(), &["10", "8", "6", "4", "2", "0"]),
        (format!("collection_id={id}"), &["9", "6", "3", "0"]),
        (format!("collection_id={id}&tag=even"), &["6", "0"]),
        (
            format!("collection_id={id}&tag=even&kind=journalism"),
            &["0"],
        ),
        (
            "status=awaiting_upload&tag=even&kind=other".to_owned(),
            &["10", "8", "6"],
        ),
        ("status=completed".to_owned(), &[]),
        ("tag=none".to_owned(), &[]),
        // By the date of the recording.
        (
            "to=2025-06-01T00:00:00Z".to_owned(),
            &["0", "1", "2", "3", "4", "5"],
        ),
        (
            "from=2025-01-17T09:00:00Z&to=2025-01-19T09:00:00Z".to_owned(),
            &["2", "3"],
        ),
        (
            format!("to=2025-06-01T00:00:00Z&collection_id={id}"),
            &["0", "3"],
        ),
        (
            "from=2025-01-16T00:00:00Z&to=2025-06-01T00:00:00Z&tag=even&kind=journalism".to_owned(),
            &["0", "2", "4"],
        ),
        (
            "from=2025-06-01T00:00:00Z&tag=even".to_owned(),
            &["10", "8", "6"],
        ),
    ] {
        for limit in [1, 4, 100] {
            assert_eq!(titles(&test, &query, limit).await, expected, "{query}");
        }
    }
    for (wrong, code) in [
        ("kind=chat", "invalid_parameter"),
        ("tag=", "invalid_parameter"),
        ("from=yesterday", "invalid_parameter"),
        ("to=2025-01-01", "invalid_parameter"),
        ("tags=a", "unknown_parameter"),
    ] {
        let path = format!("/v1/interviews?{wrong}");
        let (status, problem) = test.ask(Method::GET, &path, None).await;
        assert_eq!((status, &problem["code"]), (400, &json!(code)), "{wrong}");
    }
    // What is created in between moves nothing on the next page.
    let first = test.get("/v1/interviews?limit=3&tag=even").await;
    let token = first["next_page_token"].as_str().unwrap();
    interview(&test, json!({"title": "new", "tags": ["even"]})).await;
    let next = test
        .get(&format!(
            "/v1/interviews?limit=3&tag=even&page_token={token}"
        ))
        .await;
    let next = next["items"].as_array().unwrap().iter();
    assert_eq!(
        next.map(|own| &own["title"]).collect::<Vec<_>>(),
        ["4", "2", "0"]
    );
}

#[tokio::test]
async fn interviews_of_an_earlier_release_are_listed_by_date() {
    let test = TestHost::start().await;
    for title in ["created", "recorded"] {
        let recorded_at = (title == "recorded").then_some("2025-01-05T00:00:00Z");
        interview(&test, json!({"title": title, "recorded_at": recorded_at})).await;
    }
    let records = test.host.store.records();
    for (path, mut fields) in documents(&test) {
        if path.contains("/interviews/") && fields.as_object_mut().unwrap().remove("date").is_some()
        {
            let path = DocPath::parse(&path).unwrap();
            let write = Write::put(path, &fields, Precondition::Exists).unwrap();
            records.commit(vec![write]).await.unwrap();
        }
    }
    assert_eq!(titles(&test, "", 1).await, ["recorded", "created"]);
    let old = "from=2025-01-01T00:00:00Z&to=2025-02-01T00:00:00Z";
    assert_eq!(titles(&test, old, 10).await, ["recorded"]);
    assert_eq!(
        titles(&test, "from=2025-01-01T00:00:00Z", 1).await,
        ["created", "recorded"]
    );
    let note = paths::dates_migrated(&UserId::parse("local").unwrap());
    let note = records.read(&note).await.unwrap();
    assert!(note.is_some(), "it is done once");
}
