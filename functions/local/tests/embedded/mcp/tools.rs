//! What the tools find, and what they say is wrong.

use std::time::Duration;

use http::Method;
use serde_json::{Value, json};

use super::{call, found, wrong};
use crate::support::{TestHost, finished::Finished};

#[tokio::test]
async fn interviews_are_listed_by_the_filters_of_the_api() {
    let finished = Finished::start().await;
    let test = &finished.test;
    let changes = json!({"tags": ["Round ONE"], "title": "Ada"});
    assert_eq!(finished.send(Method::PATCH, "", Some(changes)).await.0, 200);
    test.clock.advance(Duration::from_secs(1));
    let other = test.create(10).await;
    let all = found(test, "list_interviews", json!({})).await;
    assert_eq!(all["items"].as_array().unwrap().len(), 2);
    let page = found(test, "list_interviews", json!({"limit": 1})).await;
    assert_eq!(page["items"][0]["id"], other["id"]);
    let next = json!({"limit": 1, "page_token": page["next_page_token"]});
    let next = found(test, "list_interviews", next).await;
    let item = &next["items"][0];
    assert_eq!(item["id"], finished.id.as_str());
    assert_eq!(next["next_page_token"], Value::Null);
    assert_eq!(
        (&item["status"], &item["title"]),
        (&json!("completed"), &json!("Ada"))
    );
    assert_eq!(item["duration_ms"], 3_000);
    assert_eq!(
        item["url"],
        format!("{}/app/interviews/{}", test.url, finished.id)
    );
    for secret in ["token=", "webhook", "metadata", "filename"] {
        assert!(!all.to_string().contains(secret), "{secret}");
    }
    for filter in [json!({"tag": "round one"}), json!({"status": "completed"})] {
        let page = found(test, "list_interviews", filter.clone()).await;
        assert_eq!(page["items"].as_array().unwrap().len(), 1, "{filter}");
    }
    let one = found(test, "get_interview", json!({"interview_id": finished.id})).await;
    assert_eq!(one["steps"]["transcription"]["state"], "done");
    assert_eq!(one["speakers"].as_array().unwrap().len(), 2);
    assert!(one["words"].as_u64().unwrap() > 0 && one["usable"].is_object());
    let empty = found(test, "get_interview", json!({"interview_id": other["id"]})).await;
    assert_eq!(
        (&empty["speakers"], &empty["words"]),
        (&json!([]), &Value::Null)
    );
}

#[tokio::test]
async fn transcript_has_speakers_and_times_as_corrected() {
    let finished = Finished::start().await;
    let names = json!({"speakers": {"1": "Ada"}});
    assert_eq!(finished.send(Method::PATCH, "", Some(names)).await.0, 200);
    let whole = finished.get("/transcript").await;
    let operations = json!({"base_revision": 0, "run_id": whole["run_id"], "operations": [
        {"op": "replace_words", "from": "w0", "to": "w0", "text": "Where"}]});
    let corrected = finished.send(Method::PATCH, "/transcript", Some(operations));
    assert_eq!(corrected.await.0, 200);
    let wanted = json!({"interview_id": finished.id});
    let part = found(&finished.test, "get_transcript", wanted).await;
    let whole = finished.get("/transcript").await;
    let turns = part["turns"].as_array().unwrap();
    assert_eq!(turns.len(), whole["turns"].as_array().unwrap().len());
    for (turn, stored) in turns.iter().zip(whole["turns"].as_array().unwrap()) {
        for field in ["speaker", "start_ms", "end_ms", "text"] {
            assert_eq!(turn[field], stored[field]);
        }
    }
    assert!(turns[0]["text"].as_str().unwrap().starts_with("Where"));
    assert_eq!(turns[1]["speaker_name"], "Ada");
    assert_eq!(
        (&part["revision"], &part["next_page_token"]),
        (&json!(1), &Value::Null)
    );
    let from = turns[1]["start_ms"].as_u64().unwrap();
    let later = json!({"interview_id": finished.id, "from_ms": from + 1});
    let later = found(&finished.test, "get_transcript", later).await;
    assert_eq!(later["turns"][0]["text"], turns[1]["text"]);
    let before = json!({"interview_id": finished.id, "to_ms": from});
    let before = found(&finished.test, "get_transcript", before).await;
    assert_eq!(before["turns"].as_array().unwrap().len(), 1);
}

/// Imports a transcript; answers the interview's id.
async fn import(test: &TestHost, text: String) -> String {
    let new = json!({"title": "A long one"});
    let (_, made) = test.ask(Method::POST, "/v1/interviews", Some(new)).await;
    let id = made["id"].as_str().unwrap().to_owned();
    let url = format!("{}/v1/interviews/{id}/transcript", test.url);
    let request = test.client.post(url).header("content-type", "text/plain");
    assert_eq!(request.body(text).send().await.unwrap().status(), 201);
    id
}

#[tokio::test]
async fn long_transcript_comes_in_parts_of_one_revision() {
    let test = TestHost::start().await;
    // A speech of 60,000 characters without a pause, and many short turns.
    let speech: Vec<String> = (0..10_000).map(|number| format!("w{number:04}")).collect();
    let mut text = format!("Ada  0:00\n{}\n\n", speech.join(" "));
    for second in 0..400 {
        let (minutes, seconds) = (120 + second / 60, second % 60);
        let name = if second % 2 == 0 { "Bob" } else { "Ada" };
        let turn = format!("{name}  {minutes}:{seconds:02}\nYes, number {second}.\n\n");
        text.push_str(&turn);
    }
    let id = import(&test, text).await;
    let whole = test.get(&format!("/v1/interviews/{id}/transcript")).await;
    let words = |turns: &Value| -> Vec<String> {
        let texts = turns.as_array().unwrap().iter();
        let words = texts.flat_map(|turn| turn["text"].as_str().unwrap().split(' '));
        words.map(str::to_owned).collect()
    };
    let expected = words(&whole["turns"]);
    let (mut read, mut parts, mut token) = (Vec::new(), 0, Value::Null);
    loop {
        let wanted = json!({"interview_id": id, "page_token": token});
        let part = found(&test, "get_transcript", wanted).await;
        assert!(part.to_string().len() < 100_000);
        assert_eq!(part["revision"], 0, "also when it is corrected meanwhile");
        read.extend(words(&part["turns"]));
        parts += 1;
        if parts == 1 {
            let operations = json!({"base_revision": 0, "run_id": whole["run_id"], "operations": [
                {"op": "delete_words", "from": "w0", "to": "w99"}]});
            let path = format!("/v1/interviews/{id}/transcript");
            assert_eq!(
                test.ask(Method::PATCH, &path, Some(operations)).await.0,
                200
            );
        }
        token = part["next_page_token"].clone();
        if token.is_null() {
            break;
        }
    }
    assert!(parts >= 4, "{parts}");
    assert!(
        read == expected,
        "{} words of {}",
        read.len(),
        expected.len()
    );
    for token in ["x", "W10", &"a".repeat(500)] {
        let wanted = json!({"interview_id": id, "page_token": token});
        let why = wrong(&test, "get_transcript", wanted).await;
        assert!(why.starts_with("invalid_parameter"), "{why}");
    }
}

#[tokio::test]
async fn quotes_have_the_exact_words_their_speaker_and_a_link_to_their_moment() {
    let finished = Finished::start().await;
    let test = &finished.test;
    let wanted = json!({"interview_id": finished.id});
    let outline = found(test, "get_analysis", wanted.clone()).await;
    let proven = |part: &str| -> u64 {
        let items = outline[part].as_array().unwrap().iter();
        items
            .map(|item| item["proven_quotes"].as_u64().unwrap())
            .sum()
    };
    let parts = [
        "key_points",
        "questions",
        "competencies",
        "strengths",
        "concerns",
    ];
    let expected: u64 = parts.iter().map(|part| proven(part)).sum();
    assert!(expected > 0, "{outline}");
    assert_eq!(outline["stale"], Value::Null);
    let page = found(test, "get_quotes", wanted.clone()).await;
    let quotes = page["items"].as_array().unwrap();
    let transcript = finished.get("/transcript").await;
    let turns = transcript["turns"].as_array().unwrap();
    let is_found = |quote: &&Value| quote["status"] != "unverified";
    assert_eq!(quotes.iter().filter(is_found).count() as u64, expected);
    for quote in quotes.iter().filter(is_found) {
        let words = quote["quote"].as_str().unwrap();
        let from = quote["from_ms"].as_u64().unwrap();
        assert!(quote["to_ms"].as_u64().unwrap() > from);
        let is_said = |turn: &&Value| {
            turn["speaker"] == quote["speaker"] && turn["text"].as_str().unwrap().contains(words)
        };
        assert!(turns.iter().any(|turn| is_said(&turn)), "{quote}");
        let url = format!("{}/app/interviews/{}?t={from}", test.url, finished.id);
        assert_eq!(quote["url"], url);
        assert!(quote["speaker_name"].is_string() && quote["claim"].is_string());
    }
    // Page by page they are the same.
    let (mut read, mut token) = (Vec::new(), Value::Null);
    loop {
        let wanted = json!({"interview_id": finished.id, "limit": 1, "page_token": token});
        let page = found(test, "get_quotes", wanted).await;
        read.extend(page["items"].as_array().unwrap().clone());
        token = page["next_page_token"].clone();
        if token.is_null() {
            break;
        }
    }
    assert_eq!(read, *quotes);
    // What is corrected away is not found any more, and proves nothing.
    let words = transcript["words"].as_array().unwrap();
    let replaced: Vec<Value> = words
        .iter()
        .map(|word| json!({"op": "replace_words", "from": word["id"], "to": word["id"], "text": "no"}))
        .collect();
    let operations =
        json!({"base_revision": 0, "run_id": transcript["run_id"], "operations": replaced});
    let (status, answer) = finished
        .send(Method::PATCH, "/transcript", Some(operations))
        .await;
    assert_eq!(status, 200, "{answer}");
    for status in ["verified", "repaired"] {
        let wanted = json!({"interview_id": finished.id, "status": status});
        let page = found(test, "get_quotes", wanted).await;
        assert_eq!(page["items"], json!([]), "{status}");
        assert!(page["stale"].is_object());
    }
    let wanted = json!({"interview_id": finished.id, "status": "unverified"});
    let page = found(test, "get_quotes", wanted).await;
    let quote = &page["items"][0];
    assert!(quote["quote"].is_string());
    for field in ["speaker", "speaker_name", "from_ms", "to_ms", "url"] {
        assert_eq!(quote[field], Value::Null, "{field}");
    }
}

#[tokio::test]
async fn search_finds_words_and_phrases_with_their_moment() {
    let finished = Finished::start().await;
    let test = &finished.test;
    let page = found(test, "search", json!({"q": "\"small boat\""})).await;
    let hits = page["items"].as_array().unwrap();
    let hit = hits
        .iter()
        .find(|hit| hit["field"] == "transcript")
        .unwrap();
    assert_eq!(hit["interview_id"], finished.id.as_str());
    let (_, same) = crate::search::ask(test, "\"small boat\"", "limit=20").await;
    for (hit, same) in hits.iter().zip(same["items"].as_array().unwrap()) {
        let mut own = hit.clone();
        own.as_object_mut().unwrap().remove("url");
        assert_eq!(own, *same, "as the API finds it");
    }
    let at = hit["start_ms"].as_u64().unwrap();
    let url = format!("{}/app/interviews/{}?t={at}", test.url, finished.id);
    assert_eq!(hit["url"], url);
    let none = found(test, "search", json!({"q": "submarine", "limit": 5})).await;
    assert_eq!(none["items"], json!([]));
}

#[tokio::test]
async fn errors_that_a_model_can_mend_are_results_that_say_how() {
    let finished = Finished::start().await;
    let test = &finished.test;
    let waiting = test.create(10).await["id"].clone();
    let id = json!(finished.id);
    for (tool, arguments, expected) in [
        (
            "get_interview",
            json!({"interview_id": "none"}),
            "interview_not_found: ",
        ),
        (
            "get_interview",
            json!({"interview_id": "a/../b"}),
            "interview_not_found: ",
        ),
        (
            "get_interview",
            json!({}),
            "invalid_parameter: missing field `interview_id`",
        ),
        (
            "get_interview",
            json!({"interview_id": id, "fields": "all"}),
            "unknown_parameter: unknown argument `fields`",
        ),
        (
            "get_transcript",
            json!({"interview_id": waiting}),
            "not_ready: ",
        ),
        (
            "get_analysis",
            json!({"interview_id": waiting}),
            "not_ready: ",
        ),
        (
            "get_quotes",
            json!({"interview_id": waiting}),
            "not_ready: ",
        ),
        (
            "get_transcript",
            json!({"interview_id": id, "from_ms": -1}),
            "invalid_parameter: `from_ms` takes milliseconds",
        ),
        (
            "get_quotes",
            json!({"interview_id": id, "status": "true"}),
            "invalid_parameter: `status` takes verified, repaired, unverified",
        ),
        (
            "get_quotes",
            json!({"interview_id": id, "page_token": "x"}),
            "invalid_parameter: `page_token`",
        ),
        (
            "list_interviews",
            json!({"limit": 101}),
            "invalid_parameter: `limit` takes a number from 1 to 100",
        ),
        (
            "list_interviews",
            json!({"status": "done"}),
            "invalid_parameter: `status` takes",
        ),
        (
            "list_interviews",
            json!({"tag": ["a"]}),
            "invalid_parameter: `tag` takes a text or a number",
        ),
        (
            "search",
            json!({"q": ""}),
            "invalid_parameter: `q` takes 1 to 200 characters",
        ),
        ("search", json!({}), "invalid_parameter: missing field `q`"),
    ] {
        let why = wrong(test, tool, arguments.clone()).await;
        assert!(why.starts_with(expected), "{tool} {arguments}: {why}");
    }
    let deleted = test.ask(Method::DELETE, &finished.path(""), None).await;
    assert_eq!(deleted.0, 204);
    for tool in [
        "get_interview",
        "get_transcript",
        "get_analysis",
        "get_quotes",
    ] {
        let why = wrong(test, tool, json!({"interview_id": id})).await;
        assert!(why.starts_with("interview_not_found"), "{why}");
    }
    let result = call(test, "search", json!({"q": "boat"})).await;
    assert_eq!(result["structuredContent"]["items"], json!([]));
}
