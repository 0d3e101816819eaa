//! Errors of servers of chat completions, and what becomes of each.
//!
//! `tests/data/openai/errors.json` has bodies of each family of servers: as they stand in
//! public reports, or as the source or documentation of the server that is named writes
//! them. A row also says which requests the server refuses so.
//!
//! `cargo test -p engines --test language chat_errors -- --nocapture` prints the table.

use std::{fmt::Write as _, sync::Arc, time::Duration};

use domain::{analysis::Draft, ports::Analyst, steps::StepError, transcript::Transcript};
use engines::{
    LanguageAnalyst, OpenAi,
    language::{AnalystOptions, LanguageModel},
};
use serde_json::Value;

use crate::{
    provider::{Answer, Provider, RecordedRequest, chat_says},
    transcripts::{plain_answer, request, transcript},
};

const ROWS: &str = include_str!("../data/openai/errors.json");

/// Characters of a question that the servers of the table have no room for; the
/// conversation has half as many again.
const ROOM: usize = 8_000;

/// An error and the requests that a server answers with it.
#[derive(Debug, Clone)]
struct Row {
    family: String,
    source: String,
    status: u16,
    headers: &'static str,
    body: Value,
    refuses: String,
    becomes: String,
}

fn rows() -> Vec<Row> {
    let rows: Vec<Value> = serde_json::from_str(ROWS).expect("rows");
    rows.into_iter()
        .map(|row| {
            let text = |name: &str| row[name].as_str().unwrap_or("").to_owned();
            let status = row["status"].as_u64().expect("a status");
            Row {
                family: text("family"),
                source: text("source"),
                status: u16::try_from(status).expect("a status"),
                headers: text("headers").leak(),
                body: row["body"].clone(),
                refuses: text("refuses"),
                becomes: text("becomes"),
            }
        })
        .collect()
}

impl Row {
    fn answer(&self) -> Answer {
        let body = match &self.body {
            Value::String(raw) => raw.clone(),
            body => body.to_string(),
        };
        Answer::Whole(self.status, self.headers, body)
    }

    fn is_refused(&self, request: &Value) -> bool {
        let format = &request["response_format"]["type"];
        match &self.refuses[..] {
            "everything" => true,
            "a system message" => request["messages"][0]["role"] == "system",
            "a schema" => format == "json_schema",
            "response_format" => !format.is_null(),
            "max_tokens" => !request["max_tokens"].is_null(),
            "a limit" => {
                !request["max_tokens"].is_null() || !request["max_completion_tokens"].is_null()
            }
            "temperature" => !request["temperature"].is_null(),
            "a long prompt" => question(request).len() > ROOM,
            other => panic!("no row refuses {other}"),
        }
    }

    async fn outcome(&self) -> String {
        let row = self.clone();
        let provider = Provider::start(move |_, seen| {
            if row.is_refused(&seen.body) {
                row.answer()
            } else {
                Answer::json(200, &chat_says(&plain_answer().to_string()))
            }
        })
        .await;
        let model = OpenAi::new(&provider.url, "qwen3:8b", None).expect("a model");
        let options = AnalystOptions {
            retry_budget: Duration::ZERO,
            ..AnalystOptions::new(12_000, 1)
        };
        let engine = LanguageAnalyst::new(Arc::new(model), options);
        match engine.analyze(&request(conversation())).await {
            Ok(draft) => analysed(&draft, &provider.seen()),
            Err(error) => failed(&error),
        }
    }
}

fn question(request: &Value) -> &str {
    let last = request["messages"].as_array().and_then(|all| all.last());
    last.and_then(|message| message["content"].as_str())
        .unwrap_or("")
}

/// Some 12,000 characters.
fn conversation() -> Transcript {
    let line = "well the supplier closed in spring and so I called every customer myself and \
                wrote down what each of them had ordered and by when";
    let lines: Vec<(u32, &str)> = (0..80).map(|turn| (turn % 2, line)).collect();
    transcript(&lines)
}

fn analysed(draft: &Draft, seen: &[RecordedRequest]) -> String {
    let mut becomes = "the analysis".to_owned();
    let mut add = |is_so: bool, how: &str| {
        if is_so {
            let _ = write!(becomes, ", {how}");
        }
    };
    let request = &seen.last().expect("a request").body;
    let format = request["response_format"]["type"].as_str();
    let in_parts = draft.warnings.iter();
    let mut in_parts = in_parts.filter(|warning| warning.code == "analysed_in_parts");
    add(in_parts.next().is_some(), "in smaller parts");
    let is_one = request["messages"]
        .as_array()
        .is_some_and(|all| all.len() == 1);
    add(is_one, "in one message");
    add(format == Some("json_object"), "without a schema");
    add(format.is_none(), "without response_format");
    let is_newer = !request["max_completion_tokens"].is_null();
    add(is_newer, "with max_completion_tokens");
    let is_free = request["max_tokens"].is_null() && !is_newer;
    add(is_free, "without a limit");
    add(request["temperature"].is_null(), "without a temperature");
    add(draft.usage.repairs > 0, "with repairs");
    becomes
}

fn failed(error: &StepError) -> String {
    let (code, word) = (&error.code, error.message.split('`').nth(1));
    // A minute is what is waited where the provider does not say.
    let after = error.retry_after.filter(|after| after.as_secs() < 60);
    match (error.retryable, after, word) {
        (true, Some(after), _) => format!("retried after {} s: {code}", after.as_secs()),
        (true, None, _) => format!("retried: {code}"),
        (false, _, Some(word)) => format!("error: {code} `{word}`"),
        (false, _, None) => format!("error: {code}"),
    }
}

#[tokio::test]
#[expect(clippy::print_stdout, reason = "the table is to be read")]
async fn every_error_of_a_server_becomes_what_the_table_says() {
    let mut wrong = Vec::new();
    let rows = rows();
    for row in &rows {
        let outcome = row.outcome().await;
        println!(
            "{:16}  {}  {:16}  {:45}  {}",
            row.family, row.status, row.refuses, outcome, row.source
        );
        if outcome != row.becomes {
            wrong.push(format!("{outcome}, not {}: {}", row.becomes, row.body));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(rows.len() > 100, "{}", rows.len());
}

#[tokio::test]
async fn no_error_repeats_the_words_of_a_server() {
    for status in [400, 403, 422, 500] {
        let body = r#"{"error": {"message": "hunter2 said so", "type": "hunter2 it is", "code": "hunter2!"}}"#;
        let provider = Provider::always(status, "", body.to_owned()).await;
        let model = OpenAi::new(&provider.url, "qwen3:8b", None).expect("a model");
        let question = crate::transcripts::question();
        let error = model.ask(&question).await.outcome.expect_err("an error");
        let shown = error.step_error().to_string();
        assert!(!shown.contains("hunter2"), "{shown}");
    }
}
