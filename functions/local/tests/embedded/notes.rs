//! Notes: their order, their pages, and each of them once.

use std::time::Duration;

use http::Method;
use serde_json::{Value, json};

use crate::support::{TestHost, wav};

#[tokio::test]
async fn notes_are_kept_in_the_order_of_the_recording() {
    let test = TestHost::start().await;
    let created = test.create(10).await;
    let id = created["id"].as_str().unwrap();
    let notes = format!("/v1/interviews/{id}/notes");
    let mut ids = Vec::new();
    for note in [
        json!({"text": "late", "at_ms": 9_000}),
        json!({"text": "early", "at_ms": 1_000, "kind": "bookmark"}),
        json!({"text": "about all of it"}),
    ] {
        let (status, stored) = test.ask(Method::POST, &notes, Some(note)).await;
        assert_eq!(status, 201, "{stored}");
        ids.push(stored["id"].as_str().unwrap().to_owned());
        test.clock.advance(Duration::from_secs(1));
    }
    let texts = |page: &Value| {
        let items = page["items"].as_array().unwrap().iter();
        let texts = items.map(|note| note["text"].as_str().unwrap().to_owned());
        texts.collect::<Vec<_>>()
    };
    let (_, page) = test.ask(Method::GET, &notes, None).await;
    assert_eq!(texts(&page), ["about all of it", "early", "late"]);
    let one = format!("{notes}/{}", ids[0]);
    let change = json!({"text": "now first", "at_ms": null});
    let (status, changed) = test.ask(Method::PATCH, &one, Some(change)).await;
    assert_eq!((status, &changed["text"]), (200, &json!("now first")));
    assert_eq!(changed.get("at_ms"), None);
    let (status, _) = test
        .ask(Method::DELETE, &format!("{notes}/{}", ids[1]), None)
        .await;
    assert_eq!(status, 204);
    let shown = test.interview(id).await;
    assert_eq!(
        texts(&json!({"items": shown["notes"]})),
        ["now first", "about all of it"]
    );
    for path in [
        &format!("{notes}/{}", ids[1]),
        &format!("{notes}/..%2Fdata"),
    ] {
        let (status, problem) = test.ask(Method::DELETE, path, None).await;
        assert_eq!(
            (status, problem["code"].as_str()),
            (404, Some("no_such_note"))
        );
    }
    for wrong in [
        json!({"text": " "}),
        json!({"text": "a", "at_ms": u64::MAX}),
        json!({}),
    ] {
        let (status, _) = test.ask(Method::POST, &notes, Some(wrong)).await;
        assert_eq!(status, 400);
    }
}

#[tokio::test]
async fn notes_come_in_pages_and_once_for_each_key() {
    let test = TestHost::start().await;
    let id = test.submit(wav(1)).await;
    let notes = format!("/v1/interviews/{id}/notes");
    for number in 0..25 {
        let request = test.client.post(format!("{}{notes}", test.url));
        let note = json!({"text": number.to_string(), "at_ms": 1_000 * (24 - number)});
        let request = request.header("idempotency-key", number.to_string());
        for _ in 0..2 {
            let again = request.try_clone().unwrap().json(&note);
            assert_eq!(again.send().await.unwrap().status(), 201);
        }
    }
    let first = test.get(&notes).await;
    let texts = |page: &Value| -> Vec<String> {
        let items = page["items"].as_array().unwrap().iter();
        items
            .map(|note| note["text"].as_str().unwrap().to_owned())
            .collect()
    };
    let expected = |numbers: std::ops::Range<i32>| -> Vec<String> {
        numbers.rev().map(|number| number.to_string()).collect()
    };
    assert_eq!(texts(&first), expected(5..25));
    // The page goes on although its last note is deleted.
    let last = first["items"][19]["id"].as_str().unwrap();
    let last = format!("{notes}/{last}");
    assert_eq!(test.ask(Method::DELETE, &last, None).await.0, 204);
    let token = first["next_page_token"].as_str().unwrap();
    let next = test
        .get(&format!("{notes}?limit=3&page_token={token}"))
        .await;
    assert_eq!(texts(&next), expected(2..5));
    let token = next["next_page_token"].as_str().unwrap();
    let next = test.get(&format!("{notes}?page_token={token}")).await;
    assert_eq!(texts(&next), expected(0..2));
    assert_eq!(next["next_page_token"], Value::Null);
    for wrong in ["limit=0", "limit=101", "page_token=x", "pages=1"] {
        for list in [&notes, &format!("/v1/interviews/{id}/webhook-deliveries")] {
            let (status, problem) = test
                .ask(Method::GET, &format!("{list}?{wrong}"), None)
                .await;
            assert_eq!(status, 400, "{list}?{wrong}: {problem}");
        }
    }
}

#[tokio::test]
async fn all_notes_together_have_a_limit() {
    let test = TestHost::start().await;
    let created = test.create(10).await;
    let notes = format!("/v1/interviews/{}/notes", created["id"].as_str().unwrap());
    // Four bytes to a character.
    let long = json!({"text": "\u{1F600}".repeat(10_000)});
    for _ in 0..26 {
        let (status, _) = test.ask(Method::POST, &notes, Some(long.clone())).await;
        assert_eq!(status, 201);
    }
    let (status, problem) = test.ask(Method::POST, &notes, Some(long.clone())).await;
    let refused = (409, Some("too_many_notes"));
    assert_eq!((status, problem["code"].as_str()), refused);
    let (status, short) = test
        .ask(Method::POST, &notes, Some(json!({"text": "one more"})))
        .await;
    assert_eq!(status, 201);
    let one = format!("{notes}/{}", short["id"].as_str().unwrap());
    let (status, problem) = test.ask(Method::PATCH, &one, Some(long)).await;
    assert_eq!((status, problem["code"].as_str()), refused);
}

/// Each of them fits alone.
#[tokio::test]
async fn notes_written_at_once_do_not_pass_the_limit_together() {
    const TEXT: usize = 9_000;
    let test = TestHost::start().await;
    let created = test.create(10).await;
    let notes = format!("/v1/interviews/{}/notes", created["id"].as_str().unwrap());
    let room = 1024 * 1024 / TEXT;
    let note = || json!({"text": "x".repeat(TEXT)});
    for _ in 0..room - 5 {
        assert_eq!(test.ask(Method::POST, &notes, Some(note())).await.0, 201);
    }
    let writing = (0..20).map(|_| test.ask(Method::POST, &notes, Some(note())));
    let answers = futures::future::join_all(writing).await;
    let count = |status: u16| answers.iter().filter(|(found, _)| *found == status).count();
    assert_eq!(count(201), 5);
    assert!(
        answers
            .iter()
            .all(|(status, problem)| *status == 201 || problem["code"] == "too_many_notes")
    );
    // A note that is deleted makes room, and one that grows takes it.
    let (_, page) = test
        .ask(Method::GET, &format!("{notes}?limit=2"), None)
        .await;
    let own = |index: usize| format!("{notes}/{}", page["items"][index]["id"].as_str().unwrap());
    assert_eq!(test.ask(Method::DELETE, &own(0), None).await.0, 204);
    assert_eq!(test.ask(Method::POST, &notes, Some(note())).await.0, 201);
    let grown = json!({"text": "x".repeat(10_000)});
    let (status, problem) = test.ask(Method::PATCH, &own(1), Some(grown)).await;
    assert!(
        status == 200 || problem["code"] == "too_many_notes",
        "{problem}"
    );
    let shorter = json!({"text": "x"});
    assert_eq!(test.ask(Method::PATCH, &own(1), Some(shorter)).await.0, 200);
}
