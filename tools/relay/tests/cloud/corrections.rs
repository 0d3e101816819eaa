//! A finished interview in the emulated cloud: corrected, run again by other engines, assessed.

use std::sync::Arc;

use http::Method;
use serde_json::{Value, json};
use testing::fake_providers::Providers;

use crate::support::{Cloud, recording};

struct Journey {
    cloud: Cloud,
    id: String,
}

impl Journey {
    /// An interview by the engine that counts and the one that selects sentences, beside which
    /// Deepgram, which calls back, and Gemini are set up.
    async fn start(providers: &Arc<Providers>) -> Self {
        let settings = providers.listen().await;
        let active = ["TRANSCRIBER", "ANALYZER"];
        let settings = settings
            .iter()
            .filter(|(name, _)| !active.contains(name))
            .map(|(name, value)| (*name, value.as_str()));
        let more = [("DEEPGRAM_CALLBACK_BYTES", "1"), ("ANALYZER", "extractive")];
        let cloud = Cloud::up(&settings.chain(more).collect::<Vec<_>>());
        let id = cloud.submit(recording(0), None).await;
        let settled = cloud.settled(&id).await;
        assert_eq!(settled["status"], "completed", "{}", settled["steps"]);
        Self { cloud, id }
    }

    fn path(&self, rest: &str) -> String {
        format!("/v1/interviews/{}{rest}", self.id)
    }

    async fn get(&self, rest: &str) -> Value {
        self.cloud.get(&self.path(rest)).await
    }

    async fn ask(&self, method: Method, rest: &str, body: Value) -> (u16, Value) {
        self.cloud.ask(method, &self.path(rest), Some(body)).await
    }

    async fn correct(&self, base_revision: u64, text: &str) -> (u16, Value) {
        let operation = json!({"op": "replace_words", "from": "w0", "to": "w0", "text": text});
        let body = json!({"base_revision": base_revision, "operations": [operation]});
        self.ask(Method::PATCH, "/transcript", body).await
    }

    /// Runs a step to its end; answers the run's id.
    async fn run(&self, body: Value) -> Value {
        let step = body["step"].as_str().unwrap().to_owned();
        let (status, started) = self.ask(Method::POST, "/runs", body).await;
        assert_eq!(status, 202, "{started}");
        let run_id = started["run_id"].clone();
        let done = |interview: &Value| {
            let steps = &interview["steps"];
            let mut by_run = interview["run_ids"].as_object().into_iter().flatten();
            let is_done = by_run.any(|(_, done)| *done == run_id);
            is_done && steps[&step]["state"] == "done" && steps["report"]["state"] == "done"
        };
        self.cloud.until(&self.id, done).await;
        run_id
    }
}

fn words(transcript: &Value) -> Vec<String> {
    let words = transcript["words"].as_array().unwrap().iter();
    words.map(|word| word["text"].to_string()).collect()
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Google's emulators"]
async fn an_interview_is_corrected_run_again_and_assessed() {
    let providers = Arc::new(Providers::default());
    let journey = Journey::start(&providers).await;
    let recognised = journey.get("/transcript").await;
    assert_eq!(recognised["revision"], 0);

    // Of two at once, one is told what the newest revision is.
    let both = [journey.correct(0, "first"), journey.correct(0, "second")];
    let mut both = futures::future::join_all(both).await;
    both.sort_by_key(|(status, _)| *status);
    assert_eq!(
        (both[0].0, &both[0].1["revision"]),
        (200, &json!(1)),
        "{both:?}"
    );
    let (status, problem) = &both[1];
    assert_eq!(
        (status, &problem["code"], &problem["revision"]),
        (&409, &json!("stale_revision"), &json!(1))
    );
    let undo = json!({"base_revision": 1});
    let (status, undone) = journey.ask(Method::POST, "/transcript/undo", undo).await;
    assert_eq!((status, &undone["revision"]), (200, &json!(2)));
    assert_eq!(words(&journey.get("/transcript").await), words(&recognised));
    assert_eq!(journey.correct(2, "corrected").await.0, 200);
    let path = journey.path("/transcript.txt");
    assert!(journey.cloud.text(&path).await.contains("corrected"));
    let history = journey.get("/transcript/history").await;
    assert_eq!(history["items"].as_array().map(Vec::len), Some(3));
    let stale = journey.get("/analysis").await["stale"].clone();
    assert_eq!(stale["reasons"], json!(["transcript_corrected"]));

    // Another language engine, of the corrected words.
    let engines = journey.cloud.get("/v1/engines").await;
    let others = |kind: &str| engines[kind]["available"][1]["engine"].clone();
    assert_eq!(
        (others("speech"), others("language")),
        (json!("deepgram"), json!("gemini"))
    );
    let analysed = journey
        .run(json!({"step": "analysis", "engine": "gemini"}))
        .await;
    let analysis = journey.get("/analysis").await;
    assert_eq!(
        (&analysis["engine"], &analysis["stale"]),
        (&json!("gemini"), &Value::Null)
    );
    let (status, problem) = journey
        .ask(
            Method::POST,
            "/runs",
            json!({"step": "analysis", "engine": "oracle"}),
        )
        .await;
    assert_eq!(
        (status, &problem["code"]),
        (422, &json!("engine_not_available"))
    );

    // Another speech engine, which calls back: its transcript waits to be selected.
    let heard = journey
        .run(json!({"step": "transcription", "engine": "deepgram"}))
        .await;
    assert_eq!(
        journey.get("/transcript").await["run_id"],
        recognised["run_id"]
    );
    let select = format!("/runs/{}/select", heard.as_str().unwrap());
    assert_eq!(journey.ask(Method::POST, &select, json!({})).await.0, 200);
    let shown = journey.get("/transcript").await;
    assert_eq!(
        (&shown["engine"], &shown["run_id"]),
        (&json!("deepgram"), &heard)
    );
    let runs = journey.get("/runs").await;
    let is_shown = |run: &&Value| run["selected"] == true && run["run_id"] == analysed;
    assert!(
        runs["items"]
            .as_array()
            .unwrap()
            .iter()
            .any(|run| is_shown(&run))
    );
    let asked = (providers.count("/v1/listen"), providers.count("/v1beta/"));
    assert_eq!(asked, (1, 1));

    // A person's judgement, in the report too.
    let own = json!({"decision": "Second round", "author": "Grace Hopper"});
    assert_eq!(journey.ask(Method::PUT, "/assessment", own).await.0, 200);
    let before = journey.get("").await["report"]["created_at"].clone();
    let (status, _) = journey
        .ask(Method::POST, "/retry", json!({"step": "report"}))
        .await;
    assert_eq!(status, 202);
    let done = |interview: &Value| interview["steps"]["report"]["state"] == "done";
    journey.cloud.until(&journey.id, done).await;
    assert_ne!(journey.get("").await["report"]["created_at"], before);
    let report = journey.cloud.text(&journey.path("/report.html")).await;
    assert!(report.contains("Second round"), "{report}");
}
