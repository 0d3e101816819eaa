//! Correcting transcripts: words, speakers and turns, in revisions that can be read again and
//! taken back, by several editors at once.

mod results;

use std::{ops::Deref, sync::atomic::Ordering};

use http::Method;
use serde_json::{Value, json};

use crate::{
    corpus::paths_of,
    support::{TestHost, finished::Finished, wav},
};

/// A finished interview whose transcript is corrected.
struct Editor(Finished);

impl Deref for Editor {
    type Target = Finished;

    fn deref(&self) -> &Finished {
        &self.0
    }
}

impl Editor {
    async fn start() -> Self {
        Self(Finished::start().await)
    }

    async fn correct(&self, base_revision: u64, operations: Value) -> (u16, Value) {
        let body = json!({"base_revision": base_revision, "operations": operations});
        self.send(Method::PATCH, "/transcript", Some(body)).await
    }

    /// Corrects, and answers the new revision.
    async fn corrected(&self, base_revision: u64, operations: Value) -> u64 {
        let (status, made) = self.correct(base_revision, operations).await;
        assert_eq!(status, 200, "{made}");
        made["revision"].as_u64().unwrap()
    }

    async fn undo(&self, base_revision: u64) -> (u16, Value) {
        let body = json!({ "base_revision": base_revision });
        self.send(Method::POST, "/transcript/undo", Some(body))
            .await
    }

    async fn transcript(&self) -> Value {
        self.get("/transcript").await
    }

    /// Lets a step run and everything that follows from it.
    async fn retry(&self, step: &str) {
        let body = Some(json!({ "step": step }));
        let (status, answer) = self.send(Method::POST, "/retry", body).await;
        assert_eq!(status, 202, "{answer}");
        self.test.drain().await;
    }
}

fn words(transcript: &Value) -> String {
    let words = transcript["words"].as_array().unwrap().iter();
    let texts: Vec<&str> = words.map(|word| word["text"].as_str().unwrap()).collect();
    texts.join(" ")
}

fn replace(from: &str, to: &str, text: &str) -> Value {
    json!([{"op": "replace_words", "from": from, "to": to, "text": text}])
}

const SAID: &str = "what did you do last summer well I built a small boat with my sister and we \
                    sailed to the island";

#[tokio::test]
async fn corrected_words_are_read_in_every_format_and_what_was_recognised_stays() {
    let editor = Editor::start().await;
    let recognised = editor.transcript().await;
    assert_eq!(words(&recognised), SAID);
    assert_eq!(recognised["revision"], 0);
    assert_eq!(recognised["words"][3]["id"], "w3");
    let operations = json!([
        {"op": "replace_words", "from": "w10", "to": "w11", "text": "little ship"},
        {"op": "insert_words", "after": "w7", "text": "have"},
        {"op": "delete_words", "from": "w6", "to": "w6"},
    ]);
    assert_eq!(editor.corrected(0, operations.clone()).await, 1);
    let corrected = editor.transcript().await;
    assert_eq!(
        words(&corrected),
        "what did you do last summer I have built a little ship with my sister and we sailed to \
         the island"
    );
    assert_eq!(corrected["run_id"], recognised["run_id"]);
    assert_eq!(corrected["words"][7]["id"], "r1w0");
    assert_eq!(corrected["words"][8], recognised["words"][8]);
    let turn = corrected["turns"][1]["text"].as_str().unwrap();
    assert!(turn.starts_with("I have built a little ship"), "{turn}");
    for form in ["srt", "vtt", "txt", "md"] {
        let text = editor.text(&format!("/transcript.{form}")).await;
        assert!(
            text.replace('\n', " ").contains("little ship"),
            "{form}: {text}"
        );
        let text = editor.text(&format!("/transcript.{form}?revision=0")).await;
        assert!(
            text.replace('\n', " ").contains("small boat"),
            "{form}: {text}"
        );
    }
    let path = editor.path("/transcript?revision=0");
    let mut first = editor.test.get(&path).await;
    assert_eq!(first, recognised);
    let whole = editor.test.interview(&editor.id).await;
    assert_eq!(whole["transcript"], corrected);
    // A second revision, and each of both again.
    assert_eq!(
        editor.corrected(1, replace("w10", "w11", "big raft")).await,
        2
    );
    let path = editor.path("/transcript?revision=1");
    assert_eq!(editor.test.get(&path).await, corrected);
    let history = editor.test.get(&editor.path("/transcript/history")).await;
    let items = history["items"].as_array().unwrap();
    assert_eq!((items.len(), &items[0]["revision"]), (2, &json!(2)));
    assert_eq!(items[1]["operations"], operations);
    assert_eq!(items[1]["author"], "local");
    assert!(items[1]["created_at"].is_string());
    let page = editor
        .test
        .get(&editor.path("/transcript/history?limit=1"))
        .await;
    let token = page["next_page_token"].as_str().unwrap();
    let next = format!("/transcript/history?limit=1&page_token={token}");
    let next = editor.test.get(&editor.path(&next)).await;
    assert_eq!(next["items"][0], items[1]);
    // All of it is taken back.
    for (base, revision) in [(2, 3), (3, 4)] {
        let (status, made) = editor.undo(base).await;
        assert_eq!((status, &made["revision"]), (200, &json!(revision)));
    }
    let undone = editor.transcript().await;
    first["revision"] = json!(4);
    assert_eq!(undone, first, "as it was recognised");
    let (status, problem) = editor.undo(4).await;
    assert_eq!((status, &problem["code"]), (409, &json!("nothing_to_undo")));
    let history = editor.test.get(&editor.path("/transcript/history")).await;
    assert_eq!(history["items"][0]["undoes"], 1);
    assert_eq!(history["items"][1]["undoes"], 2);
}

#[tokio::test]
async fn speakers_and_turns_are_corrected_and_the_transcript_is_judged_anew() {
    let editor = Editor::start().await;
    let before = editor.test.interview(&editor.id).await;
    assert_eq!(before["transcript"]["turns"].as_array().unwrap().len(), 2);
    let merge = json!([{"op": "merge_speakers", "from": 1, "into": 0}]);
    assert_eq!(editor.corrected(0, merge).await, 1);
    let merged = editor.transcript().await;
    assert_eq!(merged["turns"].as_array().unwrap().len(), 1);
    assert_eq!(merged["speakers"].as_array().unwrap().len(), 1);
    let divide = json!([
        {"op": "assign_speaker", "from": "w6", "to": "w20", "speaker": 2},
        {"op": "split_turn", "at": "w14"},
    ]);
    assert_eq!(editor.corrected(1, divide).await, 2);
    let divided = editor.transcript().await;
    let speakers: Vec<&Value> = divided["turns"]
        .as_array()
        .unwrap()
        .iter()
        .map(|turn| &turn["speaker"])
        .collect();
    assert_eq!(speakers, [&json!(0), &json!(2), &json!(2)]);
    assert_eq!(divided["speakers"][1]["name"], "Speaker 3");
    let text = editor.text("/transcript.txt").await;
    assert_eq!(text.lines().count(), 3, "{text}");
    let join = json!([{"op": "join_turns", "at": "w14"}]);
    assert_eq!(editor.corrected(2, join).await, 3);
    let joined = editor.transcript().await;
    assert_eq!(joined["turns"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn wrong_corrections_are_refused_by_operation_and_field() {
    let editor = Editor::start().await;
    let delete = |from: &str, to: &str| json!([{"op": "delete_words", "from": from, "to": to}]);
    for (operations, code, part) in [
        (
            delete("w99", "w99"),
            "invalid_field",
            "`operations[0].from`: there is no word `w99`",
        ),
        (
            delete("w2", "w1"),
            "invalid_field",
            "`operations[0].to`: the word `w1` comes before `w2`",
        ),
        (
            json!([]),
            "invalid_field",
            "`operations` must have at least one operation",
        ),
        (json!([["split_turn", "w1"]]), "invalid_body", "map"),
        (
            json!([{"op": "sing"}]),
            "invalid_body",
            "`operations[0]`: unknown variant `sing`",
        ),
        (
            json!([{"op": "split_turn", "at": "w1", "by": 1}]),
            "invalid_body",
            "`operations[0]`: unknown field `by`",
        ),
        (
            json!([{"op": "assign_speaker", "from": "w0", "to": "w0", "speaker": 7.0}]),
            "invalid_field",
            "`operations[0].speaker`: there is no speaker 7; known are 0, 1, and 2 adds a new one",
        ),
    ] {
        let (status, problem) = editor.correct(0, operations).await;
        assert_eq!((status, &problem["code"]), (400, &json!(code)), "{problem}");
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.contains(part), "{detail}");
    }
    let half = json!([
        {"op": "delete_words", "from": "w1", "to": "w1"},
        {"op": "delete_words", "from": "w1", "to": "w1"},
    ]);
    assert_eq!(editor.correct(0, half).await.0, 400);
    assert_eq!(editor.transcript().await["revision"], 0, "all or nothing");
    for (query, status, code) in [
        ("?revision=1", 404, "no_such_revision"),
        ("?revision=-1", 400, "invalid_parameter"),
        ("?version=1", 400, "unknown_parameter"),
    ] {
        let path = editor.path(&format!("/transcript{query}"));
        let (found, problem) = editor.test.ask(Method::GET, &path, None).await;
        assert_eq!((found, &problem["code"]), (status, &json!(code)), "{query}");
    }
    let created = editor.test.create(10).await;
    let path = format!(
        "/v1/interviews/{}/transcript",
        created["id"].as_str().unwrap()
    );
    let body = json!({"base_revision": 0, "operations": delete("w1", "w1")});
    let (status, problem) = editor.test.ask(Method::PATCH, &path, Some(body)).await;
    assert_eq!((status, &problem["code"]), (404, &json!("not_ready")));
}

#[tokio::test]
async fn no_correction_is_lost_where_many_correct_at_once() {
    let editor = Editor::start().await;
    let both = [replace("w1", "w1", "will"), replace("w12", "w12", "for")];
    let [first, second] = both;
    let (first, second) = tokio::join!(editor.correct(0, first), editor.correct(0, second));
    let mut statuses = [first.0, second.0];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409]);
    let (won, lost) = if first.0 == 200 {
        (first.1, second.1)
    } else {
        (second.1, first.1)
    };
    assert_eq!(lost["code"], "stale_revision");
    assert_eq!(
        (&lost["revision"], &lost["run_id"]),
        (&won["revision"], &won["run_id"])
    );
    // Each tries again by the newest revision, until it is stored.
    let editing = (0..8).map(async |number| {
        let mut base = 1;
        loop {
            let text = format!("number{number}");
            let id = format!("w{}", number + 2);
            let (status, answer) = editor.correct(base, replace(&id, &id, &text)).await;
            base = answer["revision"].as_u64().unwrap();
            if status == 200 {
                return base;
            }
            assert_eq!((status, &answer["code"]), (409, &json!("stale_revision")));
        }
    });
    let mut made = futures::future::join_all(editing).await;
    made.sort_unstable();
    assert_eq!(made, (2..10).collect::<Vec<u64>>());
    let text = words(&editor.transcript().await);
    for number in 0..8 {
        assert!(text.contains(&format!("number{number}")), "{text}");
    }
    // Of another recognition than the one that is shown.
    let other = json!({
        "run_id": "0".repeat(24), "base_revision": 9, "operations": replace("w1", "w1", "a"),
    });
    let path = editor.path("/transcript");
    let (status, problem) = editor.test.ask(Method::PATCH, &path, Some(other)).await;
    assert_eq!((status, &problem["code"]), (409, &json!("stale_revision")));
}

#[tokio::test]
async fn an_idempotency_key_makes_one_revision() {
    let editor = Editor::start().await;
    let send = async |method: Method, path: &str, body: Value, key: &str| {
        let url = format!("{}{}", editor.test.url, editor.path(path));
        let request = editor.test.client.request(method, url);
        let request = request.header("idempotency-key", key.to_owned());
        let response = request.json(&body).send().await.unwrap();
        (
            response.status().as_u16(),
            response.json::<Value>().await.unwrap(),
        )
    };
    let body = json!({"base_revision": 0, "operations": replace("w1", "w1", "will")});
    for _ in 0..2 {
        let (status, made) = send(Method::PATCH, "/transcript", body.clone(), "a").await;
        assert_eq!((status, &made["revision"]), (200, &json!(1)));
    }
    let undo = json!({"base_revision": 1});
    for _ in 0..2 {
        let (status, made) = send(Method::POST, "/transcript/undo", undo.clone(), "b").await;
        assert_eq!((status, &made["revision"]), (200, &json!(2)));
    }
    let (status, _) = send(Method::POST, "/transcript/undo", undo, "c").await;
    assert_eq!(status, 409);
}

#[tokio::test]
async fn corrections_are_deleted_with_their_interview() {
    let editor = Editor::start().await;
    editor.corrected(0, replace("w1", "w1", "secret")).await;
    assert!(
        paths_of(&editor.test, &editor.id)
            .iter()
            .any(|path| path.contains("/corrections/"))
    );
    let path = editor.path("");
    assert_eq!(editor.test.ask(Method::DELETE, &path, None).await.0, 204);
    editor.test.drain().await;
    editor.test.sweep().await;
    assert_eq!(paths_of(&editor.test, &editor.id), [""; 0]);
    assert_eq!(editor.correct(1, replace("w1", "w1", "late")).await.0, 404);
    assert_eq!(paths_of(&editor.test, &editor.id), [""; 0]);
}

#[tokio::test]
async fn eight_hours_are_corrected_in_the_middle_and_everywhere_at_once() {
    let test = TestHost::start().await;
    test.engine.long.store(80_000, Ordering::SeqCst);
    let id = test.submit(wav(1)).await;
    test.drain().await;
    let editor = Editor(Finished { test, id });
    let word = "w40001";
    editor
        .corrected(0, replace(word, word, "somewhere in the middle"))
        .await;
    let everywhere = (0..2_000).map(|index| {
        let at = format!("w{}", index * 40);
        json!({"op": "replace_words", "from": at, "to": at, "text": "replaced twice"})
    });
    editor
        .corrected(1, json!(everywhere.collect::<Vec<_>>()))
        .await;
    let transcript = editor.transcript().await;
    assert_eq!(transcript["words"].as_array().unwrap().len(), 82_003);
    let text = words(&transcript);
    assert!(text.contains("somewhere in the middle"));
    assert_eq!(text.matches("replaced twice").count(), 2_000);
    let captions = editor.text("/transcript.srt").await;
    assert!(captions.contains("somewhere"));
    let first = editor
        .test
        .get(&editor.path("/transcript?revision=0"))
        .await;
    assert_eq!(first["words"].as_array().unwrap().len(), 80_000);
}
