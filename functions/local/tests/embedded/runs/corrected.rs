//! Runs of transcripts that are corrected.

use domain::{
    corrections::LogState,
    interview_store::{self, NewRevision, RevisionWrite},
    ports::Clock,
};
use serde_json::{Value, json};

use super::Runs;

#[tokio::test]
async fn an_analysis_of_corrected_words_is_no_longer_stale() {
    let runs = Runs::start().await;
    let replace = json!([{"op": "replace_words", "from": "w10", "to": "w11", "text": "big ship"}]);
    runs.correct(0, replace).await;
    assert!(runs.shown().await["analysis"]["stale"].is_object());
    let run_id = runs.run(json!({"step": "analysis"})).await;
    let shown = runs.shown().await;
    for part in ["analysis", "report"] {
        assert_eq!(shown[part]["stale"], Value::Null, "{part}");
        assert_eq!(shown[part]["derived_from"]["revision"], 1, "{part}");
        let transcript = &shown[part]["derived_from"]["run_id"];
        assert_eq!(transcript, &shown["transcript"]["run_id"], "{part}");
    }
    assert!(shown["analysis"].to_string().contains("big ship"));
    let items = runs.of_step("analysis").await;
    assert!(items.iter().any(|run| run["run_id"] == run_id));
}

#[tokio::test]
async fn a_new_transcription_replaces_no_corrected_one_by_itself() {
    let runs = Runs::start().await;
    runs.correct(0, json!([{"op": "delete_words", "from": "w1", "to": "w1"}]))
        .await;
    let before = runs.shown().await;
    let second = runs.run(json!({"step": "transcription"})).await;
    let after = runs.shown().await;
    assert_eq!(after["transcript"], before["transcript"]);
    assert_eq!(after["status"], "completed");
    let items = runs.of_step("transcription").await;
    assert_eq!(items.len(), 2);
    let new = items.iter().find(|run| run["run_id"] == second).unwrap();
    assert_eq!(
        (&new["state"], &new["selected"]),
        (&json!("done"), &json!(false))
    );
    let (status, _) = runs.select(&second).await;
    assert_eq!(status, 200);
    let selected = runs.shown().await;
    assert_eq!(selected["transcript"]["run_id"], second);
    assert_eq!(selected["transcript"]["revision"], 0);
    assert_eq!(
        selected["transcript"]["words"].as_array().unwrap().len(),
        21
    );
    // Corrected for itself, and the first one with its own corrections.
    runs.correct(0, json!([{"op": "delete_words", "from": "w0", "to": "w3"}]))
        .await;
    assert_eq!(
        runs.shown().await["transcript"]["words"]
            .as_array()
            .unwrap()
            .len(),
        17
    );
    assert_eq!(runs.select(&before["transcript"]["run_id"]).await.0, 200);
    assert_eq!(runs.shown().await["transcript"], before["transcript"]);
}

#[tokio::test]
async fn a_repeated_correction_is_made_once_though_another_run_was_selected() {
    let runs = Runs::start().await;
    let first = runs.shown().await["transcript"]["run_id"].clone();
    let second = runs.run(json!({"step": "transcription"})).await;
    assert_eq!(runs.select(&first).await.0, 200);
    let correct = async || {
        let url = format!("{}{}", runs.test.url, runs.path("/transcript"));
        let request = runs
            .test
            .client
            .patch(url)
            .header("idempotency-key", "once");
        let operations = json!([{"op": "delete_words", "from": "w1", "to": "w1"}]);
        let body = json!({"base_revision": 0, "operations": operations});
        let response = request.json(&body).send().await.unwrap();
        let status = response.status().as_u16();
        (status, response.json::<Value>().await.unwrap())
    };
    let made = correct().await;
    assert_eq!(made, (200, json!({"run_id": first, "revision": 1})));
    assert_eq!(runs.select(&second).await.0, 200);
    assert_eq!(correct().await, made);
    let shown = runs.shown().await["transcript"].clone();
    assert_eq!((&shown["run_id"], &shown["revision"]), (&second, &json!(0)));
}

#[tokio::test]
async fn a_correction_of_a_run_that_is_no_longer_shown_is_not_stored() {
    let runs = Runs::start().await;
    let (records, key) = (runs.test.host.store.records(), runs.key());
    let (records, now) = (&*records, Clock::now(&*runs.test.clock));
    let read = interview_store::transcript_head(records, &key).await;
    let head = read.unwrap().expect("a transcript");
    let second = runs.run(json!({"step": "transcription"})).await;
    assert_eq!(runs.shown().await["transcript"]["run_id"], second);
    let revision = serde_json::from_value(json!({
        "revision": 1, "created_at": now, "author": key.user_id,
        "operations": [{"op": "delete_words", "from": "w1", "to": "w1"}],
    }));
    let new = NewRevision {
        token: head.revision,
        state: &LogState::default(),
        revision: &revision.unwrap(),
        usable: None,
        passages: &[],
        highlights: None,
    };
    let written = interview_store::write_revision(records, &key, new, now).await;
    assert_eq!(written.unwrap(), RevisionWrite::Stale);
    let stored = interview_store::interview(records, &key).await.unwrap();
    assert!(stored.expect("an interview").corrections.is_empty());
}
