//! The interviews of a collection beside each other.

use std::{io::Read as _, sync::Arc};

use async_trait::async_trait;
use domain::{
    analysis::{Citation, Draft, DraftCompetency},
    ports::{AnalysisRequest, Analyst, EngineSet},
    steps::StepError,
};
use http::Method;
use local::HostEngines;
use serde_json::{Value, json};

use crate::support::{TestHost, engine::ScriptedEngine};

/// A language engine that rates every competency by one quote.
struct Rater;

#[async_trait]
impl Analyst for Rater {
    fn name(&self) -> &'static str {
        "rater"
    }

    async fn analyze(&self, request: &AnalysisRequest) -> Result<Draft, StepError> {
        let competencies = request.rubric.competencies.iter();
        let competencies = competencies.map(|own| DraftCompetency {
            name: own.name.clone(),
            rating: Some(4),
            rationale: "built a boat".into(),
            evidence: vec![
                Citation {
                    turn: 1,
                    quote: "never said by anyone".into(),
                },
                Citation {
                    turn: 7,
                    quote: "I built a small boat with my sister".into(),
                },
            ],
            parts: Vec::new(),
        });
        Ok(Draft {
            model: "scripted".to_owned(),
            prompt_version: "v1".to_owned(),
            competencies: competencies.collect(),
            ..Draft::default()
        })
    }
}

pub(crate) async fn start() -> TestHost {
    let engine = Arc::new(ScriptedEngine::default());
    let engines = HostEngines {
        transcribers: EngineSet::of(Arc::clone(&engine) as _),
        live: Arc::clone(&engine) as _,
        analysts: EngineSet::of(Arc::new(Rater)),
    };
    TestHost::start_engines(engines, false).await
}

async fn create(test: &TestHost, path: &str, body: Value) -> Value {
    let (status, made) = test.ask(Method::POST, path, Some(body)).await;
    assert_eq!(status, 201, "{made}");
    made
}

/// A conversation of two, of whom Ada says in the second half of a minute what is quoted.
fn conversation() -> String {
    let cue = |number: u32| {
        let (name, text) = match number {
            7 => ("Ada", "I built a small boat with my sister in the summer"),
            odd if odd % 2 == 1 => (
                "Ada",
                "we sailed to the island and back on every day of that week",
            ),
            _ => (
                "Grace",
                "what did you do then and who was with you at the harbour",
            ),
        };
        let at = |second: u32| format!("00:{:02}:{:02}.000", second / 60, second % 60);
        let (from, to) = (at(number * 5), at(number * 5 + 4));
        format!("{from} --> {to}\n{name}: {text}.\n\n")
    };
    (0..16)
        .map(cue)
        .fold("WEBVTT\n\n".to_owned(), |all, cue| all + &cue)
}

/// An interview with a transcript; answers its id.
pub(crate) async fn submit(test: &TestHost, title: &str, collection: &Value) -> String {
    test.clock.advance(std::time::Duration::from_secs(1));
    let body = json!({"title": title, "collection_id": collection});
    let created = create(test, "/v1/interviews", body).await;
    let id = created["id"].as_str().unwrap().to_owned();
    let url = format!("{}/v1/interviews/{id}/transcript", test.url);
    let request = test.client.post(url).header("content-type", "text/vtt");
    let imported = request.body(conversation()).send().await.unwrap();
    assert_eq!(imported.status(), 201, "{:?}", imported.text().await);
    test.drain().await;
    id
}

/// A collection under a rubric, and the path of its comparison.
pub(crate) async fn collection(test: &TestHost) -> (Value, Value, String) {
    let rubric =
        json!({"name": "Engineers", "competencies": [{"name": "Ownership"}, {"name": "=Tact"}]});
    let rubric = create(test, "/v1/rubrics", rubric).await;
    let new = json!({"title": "Engineer", "rubric_id": rubric["id"]});
    let collection = create(test, "/v1/collections", new).await;
    let id = collection["id"].as_str().unwrap();
    let path = format!("/v1/collections/{id}/comparison");
    (rubric, collection["id"].clone(), path)
}

#[tokio::test]
async fn ratings_and_quotes_stand_under_one_version_of_a_rubric() {
    let test = start().await;
    let (rubric, id, path) = collection(&test).await;
    let empty = test.get(&path).await;
    assert_eq!(
        empty,
        json!({"rubric": null, "rubrics": [], "items": [], "next_page_token": null})
    );
    let ada = submit(&test, "Ada", &id).await;
    submit(&test, "Bob", &id).await;
    // One of the next version, one without a recording.
    let change = json!({"competencies": [{"name": "Ownership"}]});
    let rubric_path = format!("/v1/rubrics/{}", rubric["id"].as_str().unwrap());
    test.ask(Method::PATCH, &rubric_path, Some(change)).await;
    submit(&test, "Cy", &id).await;
    let compared = test.get(&path).await;
    let first_key = format!("{}.1", rubric["id"].as_str().unwrap());
    assert_eq!(compared["rubric"]["key"], first_key);
    assert_eq!(
        compared["rubric"]["competencies"],
        json!(["Ownership", "=Tact"])
    );
    assert_eq!(compared["rubrics"].as_array().unwrap().len(), 2);
    let items = compared["items"].as_array().unwrap();
    let states: Vec<_> = items
        .iter()
        .map(|own| (&own["title"], &own["comparable"]))
        .collect();
    assert_eq!(
        states,
        [
            (&json!("Cy"), &json!("other_rubric")),
            (&json!("Bob"), &json!("yes")),
            (&json!("Ada"), &json!("yes")),
        ]
    );
    assert_eq!(
        items[0]["cells"],
        json!([]),
        "other scales are not mixed in"
    );
    let cell = &items[2]["cells"][0];
    assert_eq!(
        (&cell["competency"], &cell["rating"]),
        (&json!("Ownership"), &json!(4))
    );
    let quote = &cell["quote"];
    assert_eq!(quote["text"], "I built a small boat with my sister");
    assert_eq!(
        (&quote["status"], &quote["start_ms"]),
        (&json!("verified"), &json!(35_000))
    );
    assert_eq!(quote["url"], format!("/app/interviews/{ada}?t=35000"));
    // The other version, by its key.
    let second_key = compared["rubrics"][1]["key"].as_str().unwrap();
    let second = test.get(&format!("{path}?rubric={second_key}")).await;
    assert_eq!(second["rubric"]["competencies"], json!(["Ownership"]));
    assert_eq!(second["items"][0]["comparable"], "yes");
    assert_eq!(second["items"][1]["comparable"], "other_rubric");
    let (status, problem) = test
        .ask(Method::GET, &format!("{path}?rubric=x"), None)
        .await;
    assert_eq!(
        (status, &problem["code"]),
        (400, &json!("invalid_parameter"))
    );
    // By pages.
    let (mut titles, mut query) = (Vec::new(), "?limit=2".to_owned());
    loop {
        let page = test.get(&format!("{path}{query}")).await;
        let items = page["items"].as_array().unwrap().iter();
        titles.extend(items.map(|own| own["title"].clone()));
        let Some(token) = page["next_page_token"].as_str() else {
            break;
        };
        query = format!("?limit=2&page_token={token}");
    }
    assert_eq!(titles, ["Cy", "Bob", "Ada"]);
}

#[tokio::test]
async fn persons_ratings_and_corrections_change_the_table() {
    let test = start().await;
    let (rubric, id, path) = collection(&test).await;
    let bob = submit(&test, "Bob", &id).await;
    // A person's rating, and a speaker's name.
    let assessment = json!({"competencies": [{"name": "ownership", "rating": 2, "comment": "=x"}],
        "decision": "Decline", "author": "Grace"});
    let of = |rest: &str| format!("/v1/interviews/{bob}{rest}");
    test.ask(Method::PUT, &of("/assessment"), Some(assessment))
        .await;
    let named = json!({"speakers": {"1": "Bob"}});
    test.ask(Method::PATCH, &of(""), Some(named)).await;
    let row = test.get(&path).await["items"][0].clone();
    assert_eq!(
        (&row["decision"], &row["author"]),
        (&json!("Decline"), &json!("Grace"))
    );
    let cell = &row["cells"][0];
    assert_eq!(
        (&cell["person_rating"], &cell["person_comment"]),
        (&json!(2), &json!("=x"))
    );
    assert_eq!(cell["rating"], 4, "the engine's stays beside it");
    assert_eq!(cell["quote"]["speaker_name"], "Bob");
    // A correction takes the quote away, and marks the row.
    let transcript = test.get(&of("/transcript")).await;
    let words = transcript["words"].as_array().unwrap();
    let word = |text: &str| {
        let found = words
            .iter()
            .find(|word| word["text"].as_str().unwrap().starts_with(text));
        found.unwrap()["id"].clone()
    };
    let correction = json!({"base_revision": 0, "operations": [
        {"op": "replace_words", "from": word("built"), "to": word("sister"), "text": "nothing"},
    ]});
    let (status, _) = test
        .ask(Method::PATCH, &of("/transcript"), Some(correction))
        .await;
    assert_eq!(status, 200);
    let row = test.get(&path).await["items"][0].clone();
    assert_eq!(row["comparable"], "stale");
    let reasons = row["stale"]["reasons"].as_array().unwrap();
    assert!(
        reasons.contains(&json!("transcript_corrected")),
        "{reasons:?}"
    );
    assert_eq!(row["cells"][0]["quote"], Value::Null);
    assert_eq!(
        row["cells"][0]["rating"],
        Value::Null,
        "no quote is left for it"
    );
    assert_eq!(row["cells"][0]["person_rating"], 2);
    // Another version, not run yet.
    let change = json!({"competencies": [{"name": "Ownership"}]});
    let rubric_path = format!("/v1/rubrics/{}", rubric["id"].as_str().unwrap());
    test.ask(Method::PATCH, &rubric_path, Some(change)).await;
    let assign = json!({"rubric_id": rubric["id"]});
    test.ask(Method::PATCH, &of(""), Some(assign)).await;
    let row = test.get(&path).await["items"][0].clone();
    assert_eq!(row["comparable"], "other_rubric");
    assert_eq!(row["cells"][0]["rating"], Value::Null);
    // Without an analysis.
    let plain = json!({"title": "Dora", "collection_id": id});
    test.clock.advance(std::time::Duration::from_secs(1));
    let plain = create(&test, "/v1/interviews", plain).await;
    let of_kind = json!({"kind": "journalism"});
    let plain = format!("/v1/interviews/{}", plain["id"].as_str().unwrap());
    test.ask(Method::PATCH, &plain, Some(of_kind)).await;
    let row = test.get(&path).await["items"][0].clone();
    assert_eq!(row["comparable"], "not_analyzed", "{row}");
    assert_eq!(row["cells"][0]["rating"], Value::Null);
}

#[tokio::test]
async fn tables_say_the_same_and_hold_no_formulas() {
    let test = start().await;
    let (_, id, path) = collection(&test).await;
    let ada = submit(&test, "=HYPERLINK(\"http://x\")", &id).await;
    submit(&test, "Bob, \"the\" second", &id).await;
    let response = test.client.get(format!("{}{path}.csv", test.url));
    let response = response.send().await.unwrap();
    assert_eq!(response.status(), 200);
    let disposition = response.headers()["content-disposition"].to_str().unwrap();
    assert_eq!(disposition, "attachment; filename=\"comparison.csv\"");
    let text = response.text().await.unwrap();
    let lines: Vec<&str> = text.split("\r\n").collect();
    assert_eq!(lines.len(), 4, "{text}");
    assert!(lines[0].contains("\"Ownership: quote\"") && lines[0].contains("\"'=Tact: quote\""));
    assert!(
        lines[1].starts_with("\"Bob, \"\"the\"\" second\","),
        "{text}"
    );
    assert!(lines[2].starts_with("\"'=HYPERLINK("), "{text}");
    let link = format!("\"0:00:35\",\"{}/app/interviews/{ada}?t=35000\"", test.url);
    assert!(lines[2].contains(&link), "{text}");
    let response = test.client.get(format!("{}{path}.xlsx", test.url));
    let response = response.send().await.unwrap();
    assert_eq!(response.status(), 200);
    let bytes = response.bytes().await.unwrap();
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
    let mut part = |name: &str| {
        let mut text = String::new();
        archive
            .by_name(name)
            .unwrap()
            .read_to_string(&mut text)
            .unwrap();
        text
    };
    let strings = part("xl/sharedStrings.xml");
    assert!(
        strings.contains("I built a small boat with my sister"),
        "{strings}"
    );
    assert!(
        !part("xl/worksheets/sheet1.xml").contains("<f>"),
        "no formula"
    );
    let links = part("xl/worksheets/_rels/sheet1.xml.rels");
    assert!(
        links.contains(&format!("/app/interviews/{ada}?t=35000")),
        "{links}"
    );
}
