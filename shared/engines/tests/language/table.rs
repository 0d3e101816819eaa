//! Every recorded body, and what is made of it.
//!
//! `cargo test -p engines --test language table -- --nocapture` prints the table.

use std::{collections::BTreeMap, fs, path::Path, sync::Arc, time::Duration};

use domain::ports::Analyst;
use engines::{
    Gemini, LanguageAnalyst,
    language::{AnalystOptions, LanguageModel},
};
use serde_json::Value;

use crate::{
    provider::Provider,
    transcripts::{interview, question, request},
};

/// Status, what the client takes the body for, the code of the step's error, file.
const EXPECTED: &str = include_str!("table.txt");

/// The name without the repository.
fn short(name: &str) -> String {
    name.replace("vertexai-sdk-test-data_mock-responses_", "")
}

/// The status that the body came with: that of its error, if it begins with one.
fn status(body: &str) -> u16 {
    let error = serde_json::from_str::<Value>(body).ok();
    let code = error.and_then(|error| error["error"]["code"].as_u64());
    code.and_then(|code| u16::try_from(code).ok())
        .unwrap_or(200)
}

async fn outcome(body: &str) -> (String, String) {
    let status = status(body);
    let provider = Provider::always(
        status,
        "content-type: application/json\r\n",
        body.to_owned(),
    )
    .await;
    let model = || Gemini::new(&provider.url, "gemini-2.5-flash", "k").expect("a model");
    let taken_for = match model().ask(&question()).await.outcome {
        Ok(_) => "answer".to_owned(),
        Err(error) => error.as_str().to_owned(),
    };
    let options = AnalystOptions {
        retry_budget: Duration::ZERO,
        ..AnalystOptions::new(48_000, 1)
    };
    let engine = LanguageAnalyst::new(Arc::new(model()), options);
    let code = match engine.analyze(&request(interview())).await {
        Ok(_) => "CONTENT".to_owned(),
        Err(error) => error.code,
    };
    (taken_for, code)
}

#[tokio::test]
#[expect(clippy::print_stdout, reason = "the table is to be read")]
async fn every_recorded_error_is_classified_and_none_becomes_content() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/gemini");
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path
            .file_name()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        if name != "SOURCES.md" {
            let body = fs::read_to_string(&path).expect("text");
            found.insert(short(&name), (status(&body), outcome(&body).await));
        }
    }
    let rows = found.iter().map(|(name, (status, (taken_for, code)))| {
        format!("{status}  {taken_for:14}  {code:20}  {name}\n")
    });
    let table: String = rows.collect();
    println!("{table}");
    assert_eq!(table, EXPECTED);
    assert!(!table.contains("CONTENT"));
}
