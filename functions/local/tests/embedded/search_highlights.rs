//! Highlights are found by what they say now, and by their tags.

use domain::{
    paths,
    ports::{Precondition, Query, Write},
};
use http::Method;
use serde_json::{Value, json};

use crate::{
    search::{marked, search},
    support::{TestHost, finished::Finished},
};

/// The highlights that are found.
async fn hits(test: &TestHost, query: &str) -> Vec<Value> {
    let mut found = search(test, query).await;
    found.retain(|hit| hit["field"] == "highlight");
    found
}

async fn count(test: &TestHost, query: &str) -> usize {
    hits(test, query).await.len()
}

/// Sends what must succeed.
async fn send(own: &Finished, method: Method, rest: &str, body: Value) -> Value {
    let (status, answer) = own.send(method, rest, Some(body)).await;
    assert!((200..300).contains(&status), "{answer}");
    answer
}

/// Marks `built a small boat`.
async fn mark(own: &Finished) -> String {
    let body = json!({"from": "w8", "to": "w11", "tags": ["Shipyard"]});
    let made = send(own, Method::POST, "/highlights", body).await;
    format!("/highlights/{}", made["id"].as_str().unwrap())
}

async fn correct(own: &Finished, base_revision: u64, operation: Value) {
    let body = json!({"base_revision": base_revision, "operations": [operation]});
    send(own, Method::PATCH, "/transcript", body).await;
}

/// Transcribes again and shows that transcript, which does not replace a corrected one by itself.
async fn transcribe_again(own: &Finished) {
    let again = json!({"step": "transcription"});
    let run = send(own, Method::POST, "/runs", again).await;
    own.test.drain().await;
    let select = format!("/runs/{}/select", run["run_id"].as_str().unwrap());
    let (status, answer) = own.send(Method::POST, &select, None).await;
    assert!((200..300).contains(&status), "{answer}");
    own.test.drain().await;
}

#[tokio::test]
async fn a_highlight_is_found_at_its_moment_until_it_is_deleted() {
    let own = Finished::start().await;
    let test = &own.test;
    assert_eq!(count(test, "boat").await, 0);
    let path = mark(&own).await;
    let found = hits(test, "\"small boat\"").await;
    assert_eq!(found.len(), 1, "{found:?}");
    let hit = &found[0];
    assert_eq!(hit["interview_id"], own.id);
    assert_eq!(
        (&hit["start_ms"], &hit["speaker"]),
        (&json!(2_400), &json!(1))
    );
    assert_eq!(hit["speaker_name"], "Speaker 2");
    assert_eq!(marked(hit), "small boat");
    let found = hits(test, "shipyard boat").await;
    assert_eq!(marked(&found[0]), "boat|Shipyard");
    assert_eq!(count(test, "sister").await, 0, "that is not marked");
    send(&own, Method::PATCH, &path, json!({"tags": ["Family"]})).await;
    let counts = [count(test, "shipyard").await, count(test, "family").await];
    assert_eq!(counts, [0, 1]);
    send(
        &own,
        Method::PATCH,
        &path,
        json!({"from": "w8", "to": "w9"}),
    )
    .await;
    let counts = [count(test, "boat").await, count(test, "built").await];
    assert_eq!(counts, [0, 1]);
    let request = test.client.get(format!("{}/v1/search?q=built", test.url));
    let request = request.header("x-user-id", "stranger");
    let page: Value = request.send().await.unwrap().json().await.unwrap();
    assert_eq!(page["items"], json!([]));
    assert_eq!(own.send(Method::DELETE, &path, None).await.0, 204);
    assert_eq!(count(test, "family").await, 0);
    let records = test.host.store.records();
    let left = Query::collection(own.key().passages());
    let left = records.list_paths(&left).await.unwrap();
    assert!(left.iter().all(|path| !path.as_str().contains("highlight")));
}

#[tokio::test]
async fn a_highlight_is_found_by_what_its_words_say_now() {
    let own = Finished::start().await;
    let test = &own.test;
    let path = mark(&own).await;
    let raft = json!({"op": "replace_words", "from": "w10", "to": "w11", "text": "big raft"});
    correct(&own, 0, raft).await;
    assert_eq!(
        own.get("/highlights").await["items"][0]["text"],
        "built a big raft"
    );
    let counts = [
        count(test, "\"small boat\"").await,
        count(test, "\"big raft\"").await,
    ];
    assert_eq!(counts, [0, 1]);
    // A change of the tags keeps what the words say.
    send(&own, Method::PATCH, &path, json!({"tags": ["Family"]})).await;
    assert_eq!(count(test, "raft family").await, 1);
    send(
        &own,
        Method::POST,
        "/transcript/undo",
        json!({"base_revision": 1}),
    )
    .await;
    let counts = [
        count(test, "\"small boat\"").await,
        count(test, "\"big raft\"").await,
    ];
    assert_eq!(counts, [1, 0]);
    // Without its words it is shown and found as it was marked.
    let delete = json!({"op": "delete_words", "from": "w8", "to": "w11"});
    correct(&own, 2, delete).await;
    let shown = own.get("/highlights").await["items"][0].clone();
    assert_eq!(
        (&shown["state"], &shown["text"]),
        (&json!("gone"), &json!("built a small boat"))
    );
    assert_eq!(count(test, "\"built a small boat\"").await, 1);
    // In the transcript of another run the words are others.
    transcribe_again(&own).await;
    let found = hits(test, "boat").await;
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(
        (&found[0]["speaker"], &found[0]["start_ms"]),
        (&Value::Null, &json!(2_400))
    );
    assert_eq!(test.ask(Method::DELETE, &own.path(""), None).await.0, 204);
    assert_eq!(count(test, "boat").await, 0);
}

#[tokio::test]
async fn a_correction_leaves_other_highlights_as_they_are() {
    let own = Finished::start().await;
    mark(&own).await;
    let records = own.test.host.store.records();
    let passages = async || {
        let all = records.list(&Query::collection(own.key().passages())).await;
        let all = all.unwrap().into_iter();
        let mut marked = all.filter(|one| one.path.as_str().contains("/highlight-"));
        marked.next().unwrap().version
    };
    let before = passages().await;
    correct(
        &own,
        0,
        json!({"op": "replace_words", "from": "w0", "to": "w0", "text": "So"}),
    )
    .await;
    assert_eq!(passages().await, before, "its words are the same");
    correct(
        &own,
        1,
        json!({"op": "delete_words", "from": "w9", "to": "w9"}),
    )
    .await;
    assert_ne!(passages().await, before);
    assert_eq!(count(&own.test, "\"built small boat\"").await, 1);
}

/// Both change the same highlight's passage: whichever comes first, it says what is shown.
#[tokio::test]
async fn highlights_and_corrections_at_once_are_found_as_they_are_shown() {
    for _ in 0..4 {
        let own = Finished::start().await;
        let raft = json!({"op": "replace_words", "from": "w11", "to": "w11", "text": "raft"});
        tokio::join!(mark(&own), correct(&own, 0, raft));
        let shown = own.get("/highlights").await["items"][0]["text"].clone();
        let shown = shown.as_str().unwrap();
        assert_eq!(
            count(&own.test, &format!("\"{shown}\"")).await,
            1,
            "{shown}"
        );
        assert_eq!(count(&own.test, "shipyard").await, 1);
    }
}

#[tokio::test]
async fn highlights_of_an_earlier_release_are_indexed_by_the_sweep() {
    let own = Finished::start().await;
    let test = &own.test;
    mark(&own).await;
    let raft = json!({"op": "replace_words", "from": "w11", "to": "w11", "text": "raft"});
    correct(&own, 0, raft).await;
    transcribe_again(&own).await;
    mark(&own).await;
    let (records, key) = (test.host.store.records(), own.key());
    let passages = Query::collection(key.passages());
    let before = records.list(&passages).await.unwrap();
    let mut document = records.read(&key.document()).await.unwrap().unwrap();
    document.fields["index"]["version"] = json!(1);
    let marked = before
        .iter()
        .filter(|one| one.path.as_str().contains("/highlight-"));
    let mut writes: Vec<Write> = marked.map(|one| Write::delete(one.path.clone())).collect();
    assert_eq!(writes.len(), 2);
    writes.push(Write::Put {
        path: key.document(),
        fields: document.fields,
        precondition: Precondition::None,
    });
    writes.push(Write::delete(paths::search()));
    records.commit(writes).await.unwrap();
    assert_eq!(count(test, "raft").await, 0);
    test.sweep().await;
    let after = records.list(&passages).await.unwrap();
    let of = |documents: &[domain::ports::Document]| -> Vec<Value> {
        let shown = |one: &domain::ports::Document| json!([one.path, one.fields]);
        documents.iter().map(shown).collect()
    };
    assert_eq!(of(&after), of(&before));
    assert_eq!(
        [count(test, "raft").await, count(test, "boat").await],
        [1, 1]
    );
}
