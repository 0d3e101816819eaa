//! Deepgram and Gemini as they answer: a recorded transcript, and an analysis of
//! it with quotes that are there, nearly there, and not there.

#![allow(
    unreachable_pub,
    reason = "shared with the tests of the emulated cloud"
)]

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use http::{Request, Response, StatusCode};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use runtime::{
    http::{Body, Problem, Service, answer, full, json},
    serve::serve,
};
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// Deepgram's answer to a conversation of three people, from its caption tools.
const RECOGNISED: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../shared/engines/tests/data/deepgram/dg_speakers_no_utterances.json"
);

/// The providers, and what they were asked.
#[derive(Default)]
pub struct Providers {
    /// Paths with queries.
    pub asked: Mutex<Vec<String>>,
}

impl Providers {
    /// Starts to listen; answers the settings that lead there.
    pub async fn listen(self: &Arc<Self>) -> Vec<(&'static str, String)> {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let service: Arc<dyn Service> = Arc::clone(self) as _;
        tokio::spawn(serve(service, listener, std::future::pending()));
        let settings = [
            ("TRANSCRIBER", "deepgram"),
            ("DEEPGRAM_API_KEY", "test-key"),
            ("DEEPGRAM_BASE_URL", &url),
            ("DEEPGRAM_SEND", "bytes"),
            ("ANALYZER", "gemini"),
            ("GEMINI_API_KEY", "test-key"),
            ("GEMINI_BASE_URL", &url),
        ];
        settings
            .map(|(name, value)| (name, value.to_owned()))
            .into()
    }

    /// How often a path was asked that begins so.
    pub fn count(&self, path: &str) -> usize {
        let asked = self.asked.lock().expect("not poisoned");
        asked.iter().filter(|one| one.starts_with(path)).count()
    }

    /// An answer now, or a receipt after the answer has been posted.
    async fn recognise(&self, query: &str) -> Response<Body> {
        let recorded = std::fs::read(RECOGNISED).expect("the recorded answer");
        let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        let Some((_, callback)) = pairs.find(|(name, _)| *name == "callback") else {
            return answer(StatusCode::OK, "application/json", full(recorded));
        };
        let callback = callback.replace("%3A", ":").replace("%2F", "/");
        let posted = reqwest::Client::new().post(callback).body(recorded);
        let posted = posted.send().await.expect("an answer");
        assert!(posted.status().is_success(), "{}", posted.status());
        let receipt = json!({"request_id": "550e8400-e29b-41d4-a716-446655440000"});
        json(StatusCode::OK, &receipt)
    }
}

/// What a model says of the recorded conversation.
fn analysis() -> Value {
    let quote = |quote: &str| json!([{"turn": 0, "quote": quote}]);
    json!({
        "summary": "Two astronauts are greeted before their walk.",
        "key_points": [
            {"text": "They are praised.", "evidence": quote("we are so proud of you.")},
            {"text": "They are encouraged.", "evidence": quote("You're gonna do GREAT today!")},
            {"text": "They are paid.", "evidence": quote("the money was transferred on Tuesday")},
        ],
        "topics": [{"title": "Greetings", "first_turn": 0, "last_turn": 1}],
        "questions": [], "competencies": [], "strengths": [], "concerns": [],
        "follow_ups": ["What came next?"],
    })
}

#[async_trait]
impl Service for Providers {
    async fn call(&self, request: Request<Incoming>) -> Response<Body> {
        let (parts, body) = request.into_parts();
        body.collect().await.expect("a whole body");
        let path = parts.uri.path_and_query().expect("a path").to_string();
        self.asked.lock().expect("not poisoned").push(path.clone());
        if path.starts_with("/v1/listen") {
            return self.recognise(parts.uri.query().unwrap_or("")).await;
        }
        if path.contains(":generateContent") {
            let said = json!({
                "candidates": [{
                    "content": {"role": "model", "parts": [{"text": analysis().to_string()}]},
                    "finishReason": "STOP",
                }],
                "usageMetadata": {"promptTokenCount": 900, "candidatesTokenCount": 200,
                    "thoughtsTokenCount": 30, "totalTokenCount": 1130},
                "modelVersion": "gemini-2.5-flash",
            });
            return json(StatusCode::OK, &said);
        }
        Problem::not_found("no_such_path", path).into_response("")
    }
}

/// An interview that these providers have made, whole.
pub fn assert_made_by_providers(interview: &Value) {
    assert_eq!(interview["status"], "completed", "{}", interview["steps"]);
    assert_eq!(interview["transcript"]["engine"], "deepgram");
    assert_eq!(
        interview["transcript"]["words"].as_array().map(Vec::len),
        Some(226)
    );
    assert_eq!(
        interview["transcript"]["speakers"].as_array().map(Vec::len),
        Some(3)
    );
    let analysis = &interview["analysis"];
    assert_eq!(
        (&analysis["engine"], &analysis["model"]),
        (&"gemini".into(), &"gemini-2.5-flash".into())
    );
    let points = analysis["key_points"].as_array().expect("key points");
    let verdicts = points.iter().map(|point| &point["evidence"][0]["status"]);
    let verdicts: Vec<&str> = verdicts.filter_map(Value::as_str).collect();
    assert_eq!(verdicts[0], "verified");
    assert!(
        matches!(verdicts[1], "verified" | "repaired"),
        "{verdicts:?}"
    );
    assert_eq!(verdicts[2], "unverified");
    assert_eq!(points[2]["evidence"][0]["start_ms"], Value::Null);
    assert_eq!(analysis["usage"]["thinking_tokens"], 30);
    assert!(
        analysis["cost_usd"].as_f64().is_some_and(|cost| cost > 0.0),
        "{}",
        analysis["cost_usd"]
    );
}
