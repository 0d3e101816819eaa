//! Running steps again, and showing earlier results.

mod corrected;

use std::{ops::Deref, sync::atomic::Ordering};

use http::Method;
use serde_json::{Value, json};

use crate::{
    corpus::paths_of,
    support::{TestHost, finished::Finished},
};

/// A finished interview whose steps are run again.
pub(crate) struct Runs(Finished);

impl Deref for Runs {
    type Target = Finished;

    fn deref(&self) -> &Finished {
        &self.0
    }
}

impl Runs {
    async fn start() -> Self {
        Self(Finished::start().await)
    }

    pub(crate) async fn of(test: TestHost) -> Self {
        Self(Finished::of(test).await)
    }

    pub(crate) async fn request(&self, body: Value) -> (u16, Value) {
        self.send(Method::POST, "/runs", Some(body)).await
    }

    /// Runs a step to its end; answers the run's id.
    pub(crate) async fn run(&self, body: Value) -> Value {
        let (status, started) = self.request(body.clone()).await;
        assert_eq!(status, 202, "{started}");
        assert_eq!(
            (&started["step"], &started["state"]),
            (&body["step"], &json!("pending"))
        );
        self.test.drain().await;
        started["run_id"].clone()
    }

    async fn select(&self, run_id: &Value) -> (u16, Value) {
        let run_id = run_id.as_str().unwrap();
        let rest = format!("/runs/{run_id}/select");
        let answer = self.send(Method::POST, &rest, None).await;
        self.test.drain().await;
        answer
    }

    pub(crate) async fn of_step(&self, step: &str) -> Vec<Value> {
        let runs = self.get("/runs").await;
        let runs = runs["items"].as_array().unwrap().iter();
        runs.filter(|run| run["step"] == step).cloned().collect()
    }

    async fn correct(&self, base_revision: u64, operations: Value) {
        let body = json!({"base_revision": base_revision, "operations": operations});
        let (status, made) = self.send(Method::PATCH, "/transcript", Some(body)).await;
        assert_eq!(status, 200, "{made}");
    }
}

fn rubric(name: &str) -> Value {
    json!({"competencies": [{"name": name, "description": "about it"}]})
}

#[tokio::test]
async fn an_analysis_is_run_again_by_another_rubric_and_the_earlier_one_is_selected() {
    let runs = Runs::start().await;
    let before = runs.shown().await;
    assert_eq!(before["analysis"]["competencies"], json!([]));
    let first = runs.of_step("analysis").await[0]["run_id"].clone();
    let body = json!({"step": "analysis", "kind": "user_research", "rubric": rubric("needs")});
    let second = runs.run(body).await;
    let after = runs.shown().await;
    assert_eq!(after["status"], "completed", "{}", after["steps"]);
    assert_eq!(after["kind"], "user_research");
    assert_eq!(after["analysis"]["competencies"][0]["name"], "needs");
    assert!(after["report"]["created_at"].is_string());
    let items = runs.of_step("analysis").await;
    let shown = |items: &[Value]| -> Vec<(Value, Value)> {
        let shown = items.iter();
        let pair = |run: &Value| (run["run_id"].clone(), run["selected"].clone());
        shown.map(pair).collect()
    };
    let mut found = shown(&items);
    found.sort_by_key(|(_, selected)| selected.as_bool());
    assert_eq!(
        found,
        [(first.clone(), json!(false)), (second.clone(), json!(true))]
    );
    for run in &items {
        assert_eq!(run["state"], "done");
        assert_eq!(run["engine"], "extractive");
        assert_eq!(run["derived_from"]["revision"], 0);
    }
    let (status, selected) = runs.select(&first).await;
    assert_eq!((status, &selected["kind"]), (200, &json!("other")));
    let again = runs.shown().await;
    assert_eq!(again["analysis"], before["analysis"]);
    assert_eq!(
        (&again["kind"], &again["rubric"]),
        (&json!("other"), &Value::Null)
    );
    assert_eq!(again["status"], "completed");
    let (status, _) = runs.select(&second).await;
    assert_eq!(status, 200);
    assert_eq!(runs.shown().await["analysis"], after["analysis"]);
    // Once more is the same.
    assert_eq!(runs.select(&second).await.0, 200);
    assert_eq!(runs.of_step("analysis").await.len(), 2);
}

#[tokio::test]
async fn a_new_transcription_takes_no_names_over_and_leaves_the_analysis() {
    let runs = Runs::start().await;
    let names = json!({"speakers": {"0": "Ada", "1": "Bob"}});
    let path = runs.path("");
    assert_eq!(
        runs.test
            .ask(Method::PATCH, &path, Some(names.clone()))
            .await
            .0,
        200
    );
    let before = runs.shown().await;
    let first = before["transcript"]["run_id"].clone();
    let second = runs
        .run(json!({"step": "transcription", "language": "en"}))
        .await;
    let after = runs.shown().await;
    assert_eq!(after["status"], "completed", "{}", after["steps"]);
    assert_eq!(after["transcript"]["run_id"], second);
    assert_eq!(after["speakers"], json!({}));
    assert_eq!(after["transcript"]["speakers"][0]["name"], "Speaker 1");
    assert_eq!(
        after["analysis"]["derived_from"],
        before["analysis"]["derived_from"]
    );
    let reasons = &after["analysis"]["stale"]["reasons"];
    assert_eq!(reasons[0], "transcript_replaced", "{reasons}");
    assert_eq!(
        after["analysis"]["created_at"],
        before["analysis"]["created_at"]
    );
    // The earlier one comes back with its names.
    assert_eq!(runs.select(&first).await.0, 200);
    let again = runs.shown().await;
    assert_eq!(again["transcript"], before["transcript"]);
    assert_eq!(again["speakers"], names["speakers"]);
    assert_eq!(again["analysis"], before["analysis"]);
    assert_eq!(again["status"], "completed");
    assert_eq!(runs.test.engine.calls.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_run_that_fails_leaves_what_was_there() {
    let runs = Runs::start().await;
    let before = runs.shown().await;
    runs.test.engine.silent.store(true, Ordering::SeqCst);
    let failed = runs.run(json!({"step": "transcription"})).await;
    let after = runs.shown().await;
    assert_eq!(after["status"], "completed", "{}", after["steps"]);
    assert_eq!(after["transcript"], before["transcript"]);
    assert_eq!(after["analysis"], before["analysis"]);
    let items = runs.of_step("transcription").await;
    let run = items.iter().find(|run| run["run_id"] == failed).unwrap();
    assert_eq!(
        (&run["state"], &run["error"]["code"]),
        (&json!("failed"), &json!("no_speech"))
    );
    let (status, problem) = runs.select(&failed).await;
    assert_eq!((status, &problem["code"]), (404, &json!("no_such_run")));
    // The next one is done.
    runs.test.engine.silent.store(false, Ordering::SeqCst);
    let done = runs.run(json!({"step": "transcription"})).await;
    assert_eq!(runs.shown().await["transcript"]["run_id"], done);
}

#[tokio::test]
async fn runs_are_refused_where_they_make_no_sense() {
    let runs = Runs::start().await;
    for (body, status, code, part) in [
        (json!({"step": "singing"}), 400, "invalid_body", "singing"),
        (
            json!({"step": "analysis", "tempo": 1}),
            400,
            "invalid_body",
            "tempo",
        ),
        (
            json!({"step": "analysis", "language": "en"}),
            400,
            "invalid_field",
            "only the step transcription",
        ),
        (
            json!({"step": "report", "kind": "other"}),
            400,
            "invalid_field",
            "only the step analysis",
        ),
        (
            json!({"step": "analysis", "engine": "oracle"}),
            422,
            "engine_not_available",
            "available are: `extractive`",
        ),
        (
            json!({"step": "report", "engine": "extractive"}),
            422,
            "engine_not_available",
            "no engine does report",
        ),
    ] {
        let (found, problem) = runs.request(body).await;
        assert_eq!(
            (found, &problem["code"]),
            (status, &json!(code)),
            "{problem}"
        );
        assert!(
            problem["detail"].as_str().unwrap().contains(part),
            "{problem}"
        );
    }
    let (status, _) = runs
        .request(json!({"step": "analysis", "engine": "extractive"}))
        .await;
    assert_eq!(status, 202);
    for step in ["analysis", "report"] {
        let (status, problem) = runs.request(json!({ "step": step })).await;
        assert_eq!((status, &problem["code"]), (409, &json!("run_in_progress")));
    }
    let (status, problem) = runs.select(&json!("0".repeat(24))).await;
    assert_eq!((status, &problem["code"]), (404, &json!("no_such_run")));
    let created = runs.test.create(10).await;
    let path = format!("/v1/interviews/{}/runs", created["id"].as_str().unwrap());
    let body = json!({"step": "transcription"});
    let (status, problem) = runs.test.ask(Method::POST, &path, Some(body)).await;
    assert_eq!((status, &problem["code"]), (409, &json!("no_recording")));
    assert_eq!(runs.test.get(&path).await["items"], json!([]));
}

#[tokio::test]
async fn an_idempotency_key_begins_one_run() {
    let runs = Runs::start().await;
    let send = async || {
        let url = format!("{}{}", runs.test.url, runs.path("/runs"));
        let request = runs.test.client.post(url).header("idempotency-key", "k");
        let response = request.json(&json!({"step": "analysis"})).send().await;
        let response = response.unwrap();
        assert_eq!(response.status(), 202);
        response.json::<Value>().await.unwrap()
    };
    let first = send().await;
    assert_eq!(send().await, first);
    runs.test.drain().await;
    let done = send().await;
    assert_eq!(
        (&done["run_id"], &done["state"]),
        (&first["run_id"], &json!("done"))
    );
    assert_eq!(runs.of_step("analysis").await.len(), 2);
}

#[tokio::test]
async fn reports_and_waveforms_are_made_again_and_everything_is_deleted() {
    let runs = Runs::start().await;
    for step in ["report", "waveform", "transcription", "analysis"] {
        let run_id = runs.run(json!({ "step": step })).await;
        let shown = runs.shown().await;
        assert_eq!(shown["status"], "completed", "{step}: {}", shown["steps"]);
        let items = runs.of_step(step).await;
        let run = items.iter().find(|run| run["run_id"] == run_id);
        assert_eq!(run.unwrap()["selected"], true, "{step}");
    }
    let kept = paths_of(&runs.test, &runs.id);
    let kept = kept.iter().filter(|path| path.contains("/runs/"));
    assert_eq!(kept.count(), 2);
    let path = runs.path("");
    assert_eq!(runs.test.ask(Method::DELETE, &path, None).await.0, 204);
    runs.test.drain().await;
    runs.test.sweep().await;
    assert_eq!(paths_of(&runs.test, &runs.id), [""; 0]);
}
