//! Searching all interviews of a user.

use std::{collections::BTreeSet, time::Duration};

use domain::{
    paths,
    ports::{Precondition, Query, Write},
    search::{PASSAGES, run_of},
};
use http::Method;
use serde_json::{Value, json};

use crate::support::{TestHost, key, wav};

/// What is found, page by page.
pub(crate) async fn search(test: &TestHost, query: &str) -> Vec<Value> {
    search_by(test, query, 2).await
}

/// The same with pages of so many items.
async fn search_by(test: &TestHost, query: &str, limit: usize) -> Vec<Value> {
    let mut items = Vec::new();
    let mut token = String::new();
    loop {
        let (status, page) = ask(test, query, &format!("limit={limit}{token}")).await;
        assert_eq!(status, 200, "{page}");
        let found = page["items"].as_array().unwrap();
        assert!(found.len() <= limit);
        items.extend(found.clone());
        match page["next_page_token"].as_str() {
            Some(next) => token = format!("&page_token={next}"),
            None => return items,
        }
    }
}

pub(crate) async fn ask(test: &TestHost, query: &str, rest: &str) -> (u16, Value) {
    let query: String = form_urlencoded::byte_serialize(query.as_bytes()).collect();
    let path = format!("/v1/search?q={query}&{rest}");
    test.ask(Method::GET, &path, None).await
}

/// The fields of what is found, with the marked words.
async fn fields(test: &TestHost, query: &str) -> Vec<(String, String)> {
    let found = search(test, query).await;
    let of = |hit: &Value| (hit["field"].as_str().unwrap().to_owned(), marked(hit));
    found.iter().map(of).collect()
}

pub(crate) fn marked(hit: &Value) -> String {
    let snippet: Vec<char> = hit["snippet"].as_str().unwrap().chars().collect();
    let ranges = hit["highlights"].as_array().unwrap().iter();
    let marked = ranges.map(|range| -> String {
        let at = |name: &str| usize::try_from(range[name].as_u64().unwrap()).unwrap();
        snippet[at("from")..at("to")].iter().collect()
    });
    marked.collect::<Vec<_>>().join("|")
}

fn found(fields: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = fields.iter();
    owned
        .map(|(field, marked)| ((*field).to_owned(), (*marked).to_owned()))
        .collect()
}

/// An interview that is done: its text is that of the scripted engine.
pub(crate) async fn done(test: &TestHost) -> String {
    let id = test.submit(wav(3)).await;
    test.drain().await;
    id
}

pub(crate) async fn change(test: &TestHost, method: Method, path: &str, body: Value) -> Value {
    let (status, answer) = test.ask(method, path, Some(body)).await;
    assert!((200..300).contains(&status), "{answer}");
    answer
}

#[tokio::test]
async fn words_are_found_where_they_are_said_written_and_named() {
    let test = TestHost::start().await;
    let id = done(&test).await;
    let transcript = test.get(&format!("/v1/interviews/{id}/transcript")).await;
    let hits = search(&test, "\"small boat\" SISTER").await;
    let hit = hits
        .iter()
        .find(|hit| hit["field"] == "transcript")
        .unwrap();
    assert_eq!(hit["interview_id"], *id);
    assert_eq!(hit["title"], "A summer");
    assert_eq!(marked(hit), "small boat|sister");
    // The moment is at most eight words before.
    let words = transcript["words"].as_array().unwrap();
    let said = words
        .iter()
        .position(|word| word["text"] == "small")
        .unwrap();
    let start = hit["start_ms"].as_u64().unwrap();
    let near = &words[said.saturating_sub(8)..=said];
    assert!(near.iter().any(|word| word["start_ms"] == start), "{start}");
    assert_eq!(hit["speaker"], words[said]["speaker"]);
    assert!(hit["speaker_name"].is_string());
    assert_eq!(
        fields(&test, "\"a summer\"").await,
        found(&[("title", "A summer")])
    );
    let note = json!({"text": "Ask about Zoë's raft", "at_ms": 1_500});
    let notes = format!("/v1/interviews/{id}/notes");
    let note = change(&test, Method::POST, &notes, note).await;
    let hits = search(&test, "zoe's raft").await;
    assert_eq!(hits.len(), 1);
    assert_eq!(
        (&hits[0]["field"], &hits[0]["start_ms"]),
        (&json!("note"), &json!(1_500))
    );
    assert_eq!(marked(&hits[0]), "Zoë's|raft");
    let path = format!("{notes}/{}", note["id"].as_str().unwrap());
    change(
        &test,
        Method::PATCH,
        &path,
        json!({"text": "Ask about the canoe"}),
    )
    .await;
    assert_eq!(fields(&test, "raft").await, []);
    assert_eq!(fields(&test, "canoe").await, found(&[("note", "canoe")]));
    assert_eq!(test.ask(Method::DELETE, &path, None).await.0, 204);
    assert_eq!(fields(&test, "canoe").await, []);
    change(
        &test,
        Method::PATCH,
        &format!("/v1/interviews/{id}"),
        json!({"title": "Winter"}),
    )
    .await;
    assert_eq!(fields(&test, "\"a summer\"").await, []);
    assert_eq!(fields(&test, "winter").await, found(&[("title", "Winter")]));
}

#[tokio::test]
async fn a_correction_is_found_and_what_it_replaces_is_not() {
    let test = TestHost::start().await;
    let id = done(&test).await;
    let said = |query: &'static str| {
        let test = &test;
        async move {
            let all = fields(test, query).await;
            all.into_iter()
                .filter(|(field, _)| field == "transcript")
                .count()
        }
    };
    assert_eq!((said("boat").await, said("raft").await), (1, 0));
    let path = format!("/v1/interviews/{id}/transcript");
    let operations =
        json!([{"op": "replace_words", "from": "w10", "to": "w11", "text": "big raft"}]);
    let body = json!({"base_revision": 0, "operations": operations});
    change(&test, Method::PATCH, &path, body).await;
    assert_eq!((said("boat").await, said("\"a big raft\"").await), (0, 1));
    let undo = json!({"base_revision": 1});
    change(&test, Method::POST, &format!("{path}/undo"), undo).await;
    assert_eq!((said("boat").await, said("raft").await), (1, 0));
    // A name that the owner gives.
    let speakers = json!({"speakers": {"1": "Ada"}});
    change(
        &test,
        Method::PATCH,
        &format!("/v1/interviews/{id}"),
        speakers,
    )
    .await;
    let hits = search(&test, "boat").await;
    let hit = hits
        .iter()
        .find(|hit| hit["field"] == "transcript")
        .unwrap();
    assert!(hit["speaker"] != 1 || hit["speaker_name"] == "Ada", "{hit}");
}

#[tokio::test]
async fn the_newest_interview_comes_first_and_a_deleted_one_not_at_all() {
    let test = TestHost::start().await;
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.insert(0, done(&test).await);
        test.clock.advance(Duration::from_mins(1));
    }
    let of = |hits: &[Value]| -> Vec<String> {
        let mut ids: Vec<String> = hits
            .iter()
            .map(|hit| hit["interview_id"].as_str().unwrap().to_owned())
            .collect();
        ids.dedup();
        ids
    };
    assert_eq!(of(&search(&test, "sister").await), ids);
    let middle = ids.remove(1);
    let path = format!("/v1/interviews/{middle}");
    assert_eq!(test.ask(Method::DELETE, &path, None).await.0, 204);
    assert_eq!(of(&search(&test, "sister").await), ids);
    // A mark is enough: what is left is cleared away later.
    let (records, now) = (
        test.host.store.records(),
        domain::ports::Clock::now(&*test.clock),
    );
    domain::deletion::mark(&*records, &key(&ids[0]), now)
        .await
        .unwrap();
    assert_eq!(of(&search(&test, "sister").await), ids[1..]);
    test.sweep().await;
    let left = records.list(&Query::group(PASSAGES)).await.unwrap();
    let of_left = |path: &str| path.contains(&ids[1]);
    assert!(left.iter().all(|document| of_left(document.path.as_str())));
}

/// Of a transcription that was run again both transcripts are stored, and one is shown.
#[tokio::test]
async fn the_shown_transcript_is_found_and_no_other() {
    let test = TestHost::start().await;
    let records = test.host.store.records();
    for _ in 0..3 {
        let id = done(&test).await;
        let path = format!("/v1/interviews/{id}/runs");
        let again = json!({"step": "transcription"});
        change(&test, Method::POST, &path, again).await;
        test.drain().await;
        let passages = Query::collection(key(&id).passages());
        let stored = records.list_paths(&passages).await.unwrap();
        let runs: BTreeSet<u64> = stored.iter().filter_map(run_of).collect();
        assert_eq!(runs.len(), 2, "both are stored");
    }
    // Whatever a page ends with.
    let all = search_by(&test, "sister", 100).await;
    let of_transcripts = all.iter().filter(|hit| hit["field"] == "transcript");
    assert_eq!(of_transcripts.count(), 3);
    for limit in 1..5 {
        assert_eq!(search_by(&test, "sister", limit).await, all, "{limit}");
    }
}

#[tokio::test]
async fn interviews_of_an_earlier_release_are_indexed_by_the_sweep() {
    let test = TestHost::start().await;
    let id = done(&test).await;
    let notes = format!("/v1/interviews/{id}/notes");
    change(&test, Method::POST, &notes, json!({"text": "canoe"})).await;
    let transcript = format!("/v1/interviews/{id}/transcript");
    let operations = json!([{"op": "insert_words", "after": "w0", "text": "raft"}]);
    let body = json!({"base_revision": 0, "operations": operations});
    change(&test, Method::PATCH, &transcript, body).await;
    let (records, own) = (test.host.store.records(), key(&id));
    let passages = Query::collection(own.passages());
    let before = records.list(&passages).await.unwrap();
    // As it was stored before there were searches.
    let mut document = records.read(&own.document()).await.unwrap().unwrap();
    document.fields.as_object_mut().unwrap().remove("index");
    let mut writes: Vec<Write> = before
        .iter()
        .map(|one| Write::delete(one.path.clone()))
        .collect();
    writes.push(Write::Put {
        path: own.document(),
        fields: document.fields,
        precondition: Precondition::None,
    });
    writes.push(Write::delete(paths::search()));
    records.commit(writes).await.unwrap();
    assert_eq!(fields(&test, "canoe").await, []);
    test.sweep().await;
    let after = records.list(&passages).await.unwrap();
    let of = |documents: &[domain::ports::Document]| -> Vec<Value> {
        documents
            .iter()
            .map(|one| json!([one.path, one.fields]))
            .collect()
    };
    assert_eq!(of(&after), of(&before));
    assert_eq!(fields(&test, "canoe").await, found(&[("note", "canoe")]));
    assert_eq!(
        fields(&test, "raft").await,
        found(&[("transcript", "raft")])
    );
    // There is nothing left to do.
    let version = records
        .read(&own.document())
        .await
        .unwrap()
        .unwrap()
        .version;
    test.sweep().await;
    assert_eq!(
        records
            .read(&own.document())
            .await
            .unwrap()
            .unwrap()
            .version,
        version
    );
}

#[tokio::test]
async fn invalid_search_is_refused_by_name() {
    let test = TestHost::start().await;
    done(&test).await;
    for (path, code) in [
        ("/v1/search", "invalid_parameter"),
        ("/v1/search?q=", "invalid_parameter"),
        ("/v1/search?q=boat&limit=0", "invalid_parameter"),
        ("/v1/search?q=boat&page_token=x", "invalid_parameter"),
        ("/v1/search?q=boat&collection=x", "unknown_parameter"),
    ] {
        let (status, problem) = test.ask(Method::GET, path, None).await;
        assert_eq!(
            (status, &problem["code"]),
            (400, &json!(code)),
            "{path}: {problem}"
        );
    }
    let long = "é".repeat(201);
    assert_eq!(ask(&test, &long, "").await.0, 400);
    assert_eq!(ask(&test, &long[..400], "").await.0, 200);
    for nothing in ["?!", "\"\"", "\u{0}", "  "] {
        let (status, page) = ask(&test, nothing, "").await;
        assert_eq!(
            (status, page),
            (200, json!({"items": [], "next_page_token": null}))
        );
    }
}

#[tokio::test]
async fn another_users_words_are_not_found() {
    let test = TestHost::start().await;
    done(&test).await;
    let (_, own) = ask(&test, "sister", "limit=1").await;
    assert_eq!(own["items"].as_array().unwrap().len(), 1);
    let token = own["next_page_token"]
        .as_str()
        .map_or(String::new(), |token| format!("&page_token={token}"));
    for rest in [String::new(), token] {
        let url = format!("{}/v1/search?q=sister{rest}", test.url);
        let request = test.client.get(url).header("x-user-id", "stranger");
        let page: Value = request.send().await.unwrap().json().await.unwrap();
        assert_eq!(page, json!({"items": [], "next_page_token": null}));
    }
}
