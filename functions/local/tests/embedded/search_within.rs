//! Searching the interviews of a collection, or with a tag.

use std::time::Duration;

use http::Method;
use serde_json::{Value, json};

use crate::{
    search::{ask, change, done},
    support::TestHost,
};

/// The ids of the interviews that are found, with a filter, page by page.
async fn found_in(test: &TestHost, query: &str, filter: &str, limit: usize) -> Vec<String> {
    let mut ids: Vec<String> = Vec::new();
    let mut token = String::new();
    for _ in 0..1_000 {
        let rest = format!("limit={limit}{filter}{token}");
        let (status, page) = ask(test, query, &rest).await;
        assert_eq!(status, 200, "{page}");
        let items = page["items"].as_array().unwrap();
        assert!(items.len() <= limit);
        let id = |item: &Value| item["interview_id"].as_str().unwrap().to_owned();
        ids.extend(items.iter().map(id));
        match page["next_page_token"].as_str() {
            Some(next) => token = format!("&page_token={next}"),
            None => return ids,
        }
    }
    panic!("the search has no end");
}

#[tokio::test]
async fn a_search_within_a_collection_or_tag_finds_nothing_else() {
    let test = TestHost::start().await;
    let (_, made) = test
        .ask(
            Method::POST,
            "/v1/collections",
            Some(json!({"title": "Sailors"})),
        )
        .await;
    let collection = made["id"].as_str().unwrap().to_owned();
    let (mut all, mut members, mut tagged) = (Vec::new(), Vec::new(), Vec::new());
    for number in 0..6 {
        let id = done(&test).await;
        // Two are created in the same millisecond.
        if number != 3 {
            test.clock.advance(Duration::from_mins(1));
        }
        let mut body = json!({});
        if number % 2 == 0 || number == 3 {
            body["collection_id"] = json!(collection);
            members.insert(0, id.clone());
        }
        if number < 4 {
            body["tags"] = json!(["Round One", "other"]);
            tagged.insert(0, id.clone());
        }
        change(&test, Method::PATCH, &format!("/v1/interviews/{id}"), body).await;
        all.insert(0, id);
    }
    let in_collection = format!("&collection_id={collection}");
    let sorted = |ids: &[String]| {
        let mut ids = ids.to_vec();
        ids.sort();
        ids
    };
    for limit in [1, 2, 3, 100] {
        let whole = found_in(&test, "sister", "", limit).await;
        for (filter, expected) in [
            (in_collection.clone(), &members),
            ("&tag=round+ONE".to_owned(), &tagged),
        ] {
            let found = found_in(&test, "sister", &filter, limit).await;
            let mut ids = found.clone();
            ids.dedup();
            assert_eq!(sorted(&ids), sorted(expected), "{filter} {limit}");
            let others = whole.iter().filter(|id| expected.contains(id));
            assert_eq!(
                found.len(),
                others.count(),
                "as many hits as without a filter"
            );
        }
        let both = format!("{in_collection}&tag=other");
        let mut ids = found_in(&test, "sister", &both, limit).await;
        ids.dedup();
        let expected = members.iter().filter(|id| tagged.contains(id)).cloned();
        assert_eq!(sorted(&ids), sorted(&expected.collect::<Vec<_>>()));
    }
    for nothing in ["&collection_id=unknown", "&collection_id=", "&tag=unknown"] {
        assert_eq!(
            found_in(&test, "sister", nothing, 5).await,
            [""; 0],
            "{nothing}"
        );
    }
    // Between two pages the interview in which the first ended leaves the collection.
    let (_, page) = ask(&test, "sister", &format!("limit=1{in_collection}")).await;
    let first = page["items"][0]["interview_id"].as_str().unwrap();
    let out = json!({"collection_id": null});
    change(
        &test,
        Method::PATCH,
        &format!("/v1/interviews/{first}"),
        out,
    )
    .await;
    let token = page["next_page_token"].as_str().unwrap();
    let rest = format!("{in_collection}&page_token={token}");
    let mut ids = found_in(&test, "sister", &rest, 100).await;
    ids.dedup();
    members.retain(|id| id != first);
    assert_eq!(sorted(&ids), sorted(&members));
    // A deleted interview is not found, and a deleted collection has none.
    let gone = members.remove(0);
    let path = format!("/v1/interviews/{gone}");
    assert_eq!(test.ask(Method::DELETE, &path, None).await.0, 204);
    let mut ids = found_in(&test, "sister", &in_collection, 1).await;
    ids.dedup();
    assert_eq!(sorted(&ids), sorted(&members));
    let path = format!("/v1/collections/{collection}");
    assert_eq!(test.ask(Method::DELETE, &path, None).await.0, 204);
    assert_eq!(found_in(&test, "sister", &in_collection, 5).await, [""; 0]);
}

/// A page searches a hundred interviews at most, and then says that there is a next one.
#[tokio::test]
async fn a_page_within_a_large_collection_is_bounded() {
    let test = TestHost::start().await;
    let (_, made) = test
        .ask(
            Method::POST,
            "/v1/collections",
            Some(json!({"title": "Archive"})),
        )
        .await;
    let collection = made["id"].as_str().unwrap().to_owned();
    let mut oldest = String::new();
    for number in 0..103 {
        let title = if number == 0 {
            "a rare canoe"
        } else {
            "a boat"
        };
        let body = json!({"title": title, "collection_id": collection});
        let made = change(&test, Method::POST, "/v1/interviews", body).await;
        if number == 0 {
            oldest = made["id"].as_str().unwrap().to_owned();
        }
        test.clock.advance(Duration::from_secs(1));
    }
    let filter = format!("collection_id={collection}");
    let (_, page) = ask(&test, "canoe", &filter).await;
    assert_eq!(page["items"], json!([]));
    let token = page["next_page_token"].as_str().unwrap();
    let (_, page) = ask(&test, "canoe", &format!("{filter}&page_token={token}")).await;
    assert_eq!(page["items"][0]["interview_id"], *oldest);
    assert_eq!(page["next_page_token"], Value::Null);
    // A token of a search without a filter is none of one with it.
    let (_, page) = ask(&test, "boat", "limit=1").await;
    let other = page["next_page_token"].as_str().unwrap();
    let (status, problem) = ask(&test, "boat", &format!("{filter}&page_token={other}")).await;
    assert_eq!(
        (status, &problem["code"]),
        (400, &json!("invalid_parameter"))
    );
}

#[tokio::test]
async fn another_users_collection_has_nothing_to_find() {
    let test = TestHost::start().await;
    let id = done(&test).await;
    let (_, made) = test
        .ask(
            Method::POST,
            "/v1/collections",
            Some(json!({"title": "Sailors"})),
        )
        .await;
    let collection = made["id"].as_str().unwrap().to_owned();
    let body = json!({"collection_id": collection, "tags": ["mine"]});
    change(&test, Method::PATCH, &format!("/v1/interviews/{id}"), body).await;
    for filter in [format!("collection_id={collection}"), "tag=mine".to_owned()] {
        let (_, own) = ask(&test, "sister", &filter).await;
        assert!(!own["items"].as_array().unwrap().is_empty());
        let url = format!("{}/v1/search?q=sister&{filter}", test.url);
        let request = test.client.get(url).header("x-user-id", "stranger");
        let page: Value = request.send().await.unwrap().json().await.unwrap();
        assert_eq!(page, json!({"items": [], "next_page_token": null}));
    }
}
