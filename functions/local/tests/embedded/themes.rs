//! Themes across the interviews of a collection.

mod changes;
mod runs;

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use domain::{
    analysis::{Draft, Usage},
    ports::{AnalysisRequest, Analyst, EngineSet, Query, ThemesRequest},
    steps::StepError,
    themes::{CollectionKey, DraftTheme, StatementRef, THEMES, ThemesDraft},
};
use engines::Extractive;
use http::Method;
use local::HostEngines;
use serde_json::{Value, json};

use crate::support::{TestHost, engine::ScriptedEngine};

/// What three people say, two of them about boats, one against it.
const SAID: [&str; 3] = [
    "I built a small wooden boat with my sister in the garden of our parents.",
    "We repaired the old wooden boat of my father before the long winter came.",
    "None of us in this village would ever think of buying a boat these days.",
];

/// A language engine that proposes what it is told to.
#[derive(Default)]
struct Themer {
    calls: AtomicUsize,
    /// What it answers, the first one first; then a theme of the first two interviews.
    answers: Mutex<Vec<Result<ThemesDraft, StepError>>>,
    /// What is requested while it works: a method and a URL.
    meanwhile: Mutex<Option<(Method, String)>>,
    /// What it was asked.
    asked: Mutex<Option<ThemesRequest>>,
}

#[async_trait]
impl Analyst for Themer {
    fn name(&self) -> &'static str {
        "themer"
    }

    async fn analyze(&self, request: &AnalysisRequest) -> Result<Draft, StepError> {
        Extractive.analyze(request).await
    }

    async fn themes(&self, request: &ThemesRequest) -> Result<ThemesDraft, StepError> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        *self.asked.lock().unwrap() = Some(request.clone());
        let meanwhile = self.meanwhile.lock().unwrap().take();
        if let Some((method, url)) = meanwhile {
            let client = reqwest::Client::new();
            let answer = client.request(method, url).send().await.unwrap();
            assert!(answer.status().is_success(), "{answer:?}");
        }
        let mut answers = self.answers.lock().unwrap();
        if answers.is_empty() {
            return Ok(boats(request));
        }
        answers.remove(0)
    }
}

/// The first statement about boats of each interview: the first two support, the others
/// contradict.
fn boats(request: &ThemesRequest) -> ThemesDraft {
    let mut found = request
        .interviews
        .iter()
        .zip(0..)
        .filter_map(|(own, interview)| {
            let statement = own.statements.iter();
            let statement = { statement }.position(|own| own.quote.reveal().contains("boat"))?;
            Some(StatementRef {
                interview,
                statement,
            })
        });
    let supports = found.by_ref().take(2).collect();
    let contradicts = found.collect();
    ThemesDraft {
        model: "scripted".to_owned(),
        prompt_version: "v1".to_owned(),
        usage: Usage {
            input_tokens: 700,
            output_tokens: 30,
            ..Usage::default()
        },
        cost_usd: Some(0.25),
        themes: vec![DraftTheme {
            title: "Boats of the family".into(),
            summary: "They work on wooden boats.".into(),
            supports,
            contradicts,
        }],
        warnings: Vec::new(),
    }
}

pub(crate) struct Scene {
    pub(crate) test: TestHost,
    themer: Arc<Themer>,
    pub(crate) collection: String,
    /// The interviews, the oldest first.
    pub(crate) ids: Vec<String>,
}

impl Scene {
    pub(crate) async fn set() -> Self {
        let themer = Arc::new(Themer::default());
        let engine = Arc::new(ScriptedEngine::default());
        let engines = HostEngines {
            transcribers: EngineSet::of(Arc::clone(&engine) as _),
            live: Arc::clone(&engine) as _,
            analysts: EngineSet::of(Arc::clone(&themer) as _),
        };
        let test = TestHost::start_engines(engines, false).await;
        Self::of(test, themer).await
    }

    async fn of(test: TestHost, themer: Arc<Themer>) -> Self {
        let made = create(&test, "/v1/collections", json!({"title": "Sailors"})).await;
        let collection = made["id"].as_str().unwrap().to_owned();
        let mut ids = Vec::new();
        // The newest comes first in every list.
        for said in SAID.iter().rev() {
            test.clock.advance(Duration::from_mins(1));
            ids.push(member(&test, &collection, said).await);
        }
        ids.reverse();
        Self {
            test,
            themer,
            collection,
            ids,
        }
    }

    fn path(&self) -> String {
        format!("/v1/collections/{}/themes", self.collection)
    }

    fn key(&self) -> CollectionKey {
        CollectionKey {
            user_id: domain::UserId::parse("local").unwrap(),
            collection_id: self.collection.clone(),
        }
    }

    async fn start(&self) -> (u16, Value) {
        self.test.ask(Method::POST, &self.path(), None).await
    }

    async fn shown(&self) -> Value {
        self.test.get(&self.path()).await
    }

    /// The themes of a run that is done.
    pub(crate) async fn made(&self) -> Value {
        let (status, started) = self.start().await;
        assert_eq!(status, 202, "{started}");
        self.test.drain().await;
        let shown = self.shown().await;
        assert_eq!(shown["run"]["state"], "done", "{shown}");
        shown
    }

    /// All that is stored of themes, as text.
    async fn stored(&self) -> String {
        let records = self.test.host.store.records();
        let found = records.list(&Query::group(THEMES)).await.unwrap();
        let texts = found.iter().map(|document| document.fields.to_string());
        texts.collect()
    }
}

async fn create(test: &TestHost, path: &str, body: Value) -> Value {
    let (status, made) = test.ask(Method::POST, path, Some(body)).await;
    assert_eq!(status, 201, "{made}");
    made
}

/// An interview of the collection in which this is said.
async fn member(test: &TestHost, collection: &str, said: &str) -> String {
    let body = json!({"title": format!("{said:.12}"), "collection_id": collection});
    let made = create(test, "/v1/interviews", body).await;
    let id = made["id"].as_str().unwrap().to_owned();
    let text = format!(
        "WEBVTT\n\n00:01.000 --> 00:04.000\n<v Grace>What did you do in the last summer?\n\n\
         00:05.000 --> 00:15.000\n<v Ada>{said}\n"
    );
    let path = format!("{}/v1/interviews/{id}/transcript", test.url);
    let request = test.client.post(path).header("content-type", "text/vtt");
    let answer = request.body(text).send().await.unwrap();
    assert_eq!(answer.status(), 201, "{:?}", answer.text().await);
    test.drain().await;
    id
}

/// The interviews of one side of a theme.
fn sides(theme: &Value, side: &str) -> Vec<String> {
    let voices = theme[side].as_array().unwrap().iter();
    voices
        .map(|own| own["interview_id"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn themes_rest_on_quotes_of_several_interviews_that_play_at_their_moment() {
    let scene = Scene::set().await;
    let before = scene.shown().await;
    assert_eq!(before, json!({"run": null, "result": null}));
    let (status, started) = scene.start().await;
    assert_eq!(status, 202, "{started}");
    assert_eq!(started["run"]["state"], "pending");
    scene.test.drain().await;
    let shown = scene.shown().await;
    let (run, result) = (&shown["run"], &shown["result"]);
    assert_eq!((&run["state"], &run["number"]), (&json!("done"), &json!(1)));
    assert_eq!(result["themes"].as_array().unwrap().len(), 1, "{result}");
    let theme = &result["themes"][0];
    assert_eq!(sides(theme, "supports"), scene.ids[..2]);
    assert_eq!(sides(theme, "contradicts"), scene.ids[2..]);
    for voice in theme["supports"].as_array().unwrap() {
        let id = voice["interview_id"].as_str().unwrap();
        let words = scene
            .test
            .get(&format!("/v1/interviews/{id}/transcript"))
            .await;
        for quote in voice["quotes"].as_array().unwrap() {
            let start = &quote["start_ms"];
            let words = words["words"].as_array().unwrap();
            assert!(words.iter().any(|word| word["start_ms"] == *start));
            assert_eq!(quote["url"], format!("/app/interviews/{id}?t={start}"));
            assert_eq!(quote["speaker_name"], "Ada");
        }
    }
    assert_eq!(result["stale"], Value::Null);
    assert_eq!(result["derived_from"].as_array().unwrap().len(), 3);
    // The engine is told no titles and no ids.
    let asked = scene.themer.asked.lock().unwrap().take().unwrap();
    assert_eq!(asked.interviews.len(), 3);
    let usage = scene.test.get("/v1/usage").await;
    assert_eq!(usage["tokens"]["input_tokens"], 700, "{usage}");
    assert_eq!(usage["cost_usd"], 0.25, "{usage}");
}

#[tokio::test]
async fn a_theme_without_enough_quotes_and_a_judgement_are_left_out() {
    let scene = Scene::set().await;
    let at = |interview, statement| StatementRef {
        interview,
        statement,
    };
    let theme = |title: &str, supports: Vec<StatementRef>| DraftTheme {
        title: title.into(),
        summary: "They say so.".into(),
        supports,
        contradicts: Vec::new(),
    };
    let draft = ThemesDraft {
        themes: vec![
            theme("Of one", vec![at(0, 0), at(0, 0)]),
            theme("All seemed nervous", vec![at(0, 0), at(1, 0)]),
            theme("Of two", vec![at(0, 0), at(1, 0), at(9, 0), at(1, 99)]),
        ],
        ..ThemesDraft::default()
    };
    scene.themer.answers.lock().unwrap().push(Ok(draft));
    let shown = scene.made().await;
    let themes = shown["result"]["themes"].as_array().unwrap();
    let titles: Vec<&Value> = themes.iter().map(|own| &own["title"]).collect();
    assert_eq!(titles, ["Of two"]);
    let warnings = shown["result"]["warnings"].as_array().unwrap();
    let codes: Vec<&Value> = warnings.iter().map(|own| &own["code"]).collect();
    assert_eq!(codes, ["content_rule", "themes_without_quotes"]);
}

#[tokio::test]
async fn a_quote_that_was_corrected_away_supports_nothing() {
    let scene = Scene::set().await;
    // Before the run: the stored analysis still has the words.
    let path = format!("/v1/interviews/{}/transcript", scene.ids[0]);
    let words = scene.test.get(&path).await;
    let words = words["words"].as_array().unwrap();
    let said = words
        .iter()
        .position(|word| word["text"] == "built")
        .unwrap();
    let last = &words[words.len() - 1]["id"];
    let operation = json!({"op": "replace_words", "from": words[said]["id"], "to": last,
        "text": "went fishing"});
    let body = json!({"base_revision": 0, "operations": [operation]});
    let (status, answer) = scene.test.ask(Method::PATCH, &path, Some(body)).await;
    assert_eq!(status, 200, "{answer}");
    let shown = scene.made().await;
    assert_eq!(shown["result"]["themes"], json!([]), "{shown}");
    let sources = shown["result"]["derived_from"].as_array().unwrap();
    let own = sources
        .iter()
        .find(|own| own["interview_id"] == *scene.ids[0]);
    assert_eq!(own.unwrap()["revision"], 1);
}

/// Without a language model words that several have in common are found.
#[tokio::test]
async fn the_engine_without_a_model_finds_common_words() {
    let scene = Scene::of(TestHost::start().await, Arc::default()).await;
    let shown = scene.made().await;
    let themes = shown["result"]["themes"].as_array().unwrap();
    let theme = themes.iter().find(|own| own["title"] == "Boat").unwrap();
    assert_eq!(sides(theme, "supports").len(), 3, "{theme}");
    assert_eq!(shown["result"]["warnings"][0]["code"], "no_language_model");
}
