//! Deepgram and Gemini as they answer: a recorded transcript, and an analysis of
//! it with quotes that are there, nearly there, and not there, in the recorded
//! answer of a model.

#![allow(
    dead_code,
    unreachable_pub,
    reason = "shared with the tests of the emulated cloud"
)]

use std::{
    fs, io,
    path::PathBuf,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use bytes::Bytes;
use domain::ErrorCode;
use http::{Request, Response, StatusCode};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use runtime::{
    http::{Body, Problem, Service, answer, full, json, stream},
    serve::serve,
};
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// Deepgram's answer to a conversation of three people, from its caption tools.
pub const CONVERSATION: &str = "deepgram/dg_speakers_no_utterances.json";

/// An answer of Gemini's with its tokens counted, whose text is about coffee.
const ENVELOPE: &str =
    "gemini/vertexai-sdk-test-data_mock-responses_googleai_unary-success-basic-reply-long.json";

/// Where the recorded bodies are.
pub fn recordings() -> PathBuf {
    let local = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../shared/engines/tests/data"
    );
    PathBuf::from(local)
}

/// A recorded body, by its name below [`recordings`].
pub fn recorded(name: &str) -> Vec<u8> {
    fs::read(recordings().join(name)).expect("a recorded body")
}

/// What a provider does with a request.
pub enum Said {
    /// Answers with this status and body.
    Whole(u16, Vec<u8>),
    /// Begins to answer and hangs up.
    Cut(Vec<u8>),
    /// Never answers.
    Never,
}

/// A request.
pub struct RecordedRequest {
    /// Path and query.
    pub path: String,
    pub body: Vec<u8>,
}

impl RecordedRequest {
    pub fn of_gemini(&self) -> bool {
        self.path.contains(":generateContent")
    }
}

/// What providers do instead of answering as usual.
pub type Mood = dyn FnMut(&RecordedRequest) -> Option<Said> + Send;

/// The providers, and what they were asked.
pub struct Providers {
    /// Paths with queries.
    pub asked: Mutex<Vec<String>>,
    mood: Mutex<Box<Mood>>,
}

impl Default for Providers {
    fn default() -> Self {
        Self::in_mood(|_| None)
    }
}

impl Providers {
    pub fn in_mood(mood: impl FnMut(&RecordedRequest) -> Option<Said> + Send + 'static) -> Self {
        Self {
            asked: Mutex::default(),
            mood: Mutex::new(Box::new(mood)),
        }
    }

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
    async fn recognise(&self, path: &str) -> Response<Body> {
        let query = path.split_once('?').map_or("", |(_, query)| query);
        let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        let Some((_, callback)) = pairs.find(|(name, _)| *name == "callback") else {
            return say(Said::Whole(200, recorded(CONVERSATION))).await;
        };
        let callback = callback.replace("%3A", ":").replace("%2F", "/");
        let posted = reqwest::Client::new().post(callback);
        let posted = posted.body(recorded(CONVERSATION)).send().await;
        let status = posted.expect("an answer").status();
        assert!(status.is_success(), "{status}");
        let receipt = json!({"request_id": "550e8400-e29b-41d4-a716-446655440000"});
        json(StatusCode::OK, &receipt)
    }
}

async fn say(said: Said) -> Response<Body> {
    match said {
        Said::Whole(status, body) => {
            let status = StatusCode::from_u16(status).expect("a status");
            answer(status, "application/json", full(body))
        }
        Said::Cut(begun) => {
            let cut = Err(io::Error::other("cut"));
            let body = futures::stream::iter([Ok(Bytes::from(begun)), cut]);
            answer(StatusCode::OK, "application/json", stream(body))
        }
        Said::Never => std::future::pending().await,
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

/// The recorded answer of a model, with that analysis for its text.
pub fn analysed() -> Vec<u8> {
    let mut envelope: Value = serde_json::from_slice(&recorded(ENVELOPE)).expect("JSON");
    let text = &mut envelope["candidates"][0]["content"]["parts"][0]["text"];
    assert!(text.as_str().is_some_and(|text| text.contains("coffee")));
    *text = analysis().to_string().into();
    envelope.to_string().into_bytes()
}

#[async_trait]
impl Service for Providers {
    async fn call(&self, request: Request<Incoming>) -> Response<Body> {
        let (parts, body) = request.into_parts();
        let asked = RecordedRequest {
            path: parts.uri.path_and_query().expect("a path").to_string(),
            body: body.collect().await.expect("a body").to_bytes().to_vec(),
        };
        let path = asked.path.clone();
        self.asked.lock().expect("not poisoned").push(path.clone());
        let said = (self.mood.lock().expect("not poisoned"))(&asked);
        match said {
            Some(said) => say(said).await,
            None if asked.of_gemini() => say(Said::Whole(200, analysed())).await,
            None if path.starts_with("/v1/listen") => self.recognise(&path).await,
            None => Problem::new(ErrorCode::NoSuchPath, path).into_response(""),
        }
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
        (&"gemini".into(), &"gemini-2.0-flash".into())
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
    assert_eq!(analysis["usage"]["output_tokens"], 1_612);
    assert!(
        analysis["cost_usd"].as_f64().is_some_and(|cost| cost > 0.0),
        "{}",
        analysis["cost_usd"]
    );
}
