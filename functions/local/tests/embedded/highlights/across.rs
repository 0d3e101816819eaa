//! The highlights of a collection.

use std::time::Duration;

use http::Method;
use serde_json::{Value, json};

use crate::support::{TestHost, wav};

#[tokio::test]
async fn highlights_of_a_collection_are_listed_across_its_interviews() {
    let test = TestHost::start().await;
    let (_, collection) = test
        .ask(
            Method::POST,
            "/v1/collections",
            Some(json!({"title": "Boats"})),
        )
        .await;
    let id = collection["id"].as_str().unwrap();
    let list = format!("/v1/collections/{id}/highlights");
    let mut interviews = Vec::new();
    for number in 0..3 {
        let interview = test.submit(wav(3)).await;
        test.clock.advance(Duration::from_mins(1));
        test.drain().await;
        let path = format!("/v1/interviews/{interview}");
        let member = json!({"collection_id": id, "title": format!("interview {number}")});
        assert_eq!(test.ask(Method::PATCH, &path, Some(member)).await.0, 200);
        for (from, to, tag) in [("w8", "w11", "Boats"), ("w0", "w5", "questions")] {
            // One interview has none.
            if number != 1 {
                let body = json!({"from": from, "to": to, "tags": [tag]});
                let highlights = format!("{path}/highlights");
                let (status, _) = test.ask(Method::POST, &highlights, Some(body)).await;
                assert_eq!(status, 201);
            }
        }
        interviews.push(interview);
    }
    let whole = test.get(&list).await;
    let shown = |page: &Value| -> Vec<(String, String)> {
        let items = page["items"].as_array().unwrap().iter();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        items
            .map(|own| (text(&own["title"]), text(&own["from"])))
            .collect()
    };
    let expected = [
        ("interview 2", "w0"),
        ("interview 2", "w8"),
        ("interview 0", "w0"),
        ("interview 0", "w8"),
    ]
    .map(|(title, word)| (title.to_owned(), word.to_owned()));
    assert_eq!(shown(&whole), expected);
    let first = &whole["items"][0];
    let url = format!("/app/interviews/{}?t=0", interviews[2]);
    assert_eq!(
        (&first["interview_id"], &first["url"]),
        (&json!(interviews[2]), &json!(url))
    );
    assert_eq!(first["speaker_name"], "Speaker 1");
    // In pages of any size.
    for limit in 1..=4 {
        let mut all = Vec::new();
        let mut path = format!("{list}?limit={limit}");
        loop {
            let page = test.get(&path).await;
            all.extend(shown(&page));
            assert!(page["items"].as_array().unwrap().len() <= limit);
            let Some(token) = page["next_page_token"].as_str() else {
                break;
            };
            path = format!("{list}?limit={limit}&page_token={token}");
        }
        assert_eq!(all, expected, "pages of {limit}");
    }
    let tagged = test.get(&format!("{list}?tag=BOATS")).await;
    assert_eq!(shown(&tagged), [expected[1].clone(), expected[3].clone()]);
    // An interview that leaves the collection takes its highlights with it.
    let path = format!("/v1/interviews/{}", interviews[2]);
    test.ask(Method::PATCH, &path, Some(json!({"collection_id": null})))
        .await;
    assert_eq!(shown(&test.get(&list).await), expected[2..]);
    for wrong in [
        "tag=",
        "limit=0",
        "page_token=x",
        "page_token=WzFd",
        "tags=a",
    ] {
        let (status, problem) = test
            .ask(Method::GET, &format!("{list}?{wrong}"), None)
            .await;
        assert_eq!(status, 400, "{wrong}: {problem}");
    }
}
