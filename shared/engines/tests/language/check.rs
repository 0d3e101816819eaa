//! What a check of a language model finds, by the answers of its server.

use std::sync::Arc;

use domain::{
    engine_check::{Finding, Severity},
    ports::Analyst,
};
use engines::{Gemini, LanguageAnalyst, OpenAi, language::AnalystOptions};
use serde_json::{Value, json};

use crate::provider::{Answer, Provider, chat_says, gemini_says};

/// A server of chat completions that answers questions with `answer`, and has these documents.
async fn server(
    answer: (u16, Value),
    documents: &'static [(&'static str, &'static str)],
) -> Provider {
    Provider::start(move |_, seen| {
        let path = seen.head.split(' ').nth(1).unwrap_or_default();
        if seen.head.starts_with("POST ") {
            return Answer::json(answer.0, &answer.1);
        }
        let found = documents.iter().find(|(own, _)| *own == path);
        match found {
            Some((_, document)) => Answer::Whole(200, "", (*document).to_owned()),
            None => Answer::json(404, &json!({"error": "no such page"})),
        }
    })
    .await
}

async fn findings(provider: &Provider) -> Vec<Finding> {
    let model = OpenAi::new(&format!("{}/v1", provider.url), "qwen3:8b", None).expect("a model");
    LanguageAnalyst::new(Arc::new(model), AnalystOptions::new(12_000, 1))
        .check()
        .await
}

fn codes(findings: &[Finding]) -> Vec<(Severity, &str)> {
    findings
        .iter()
        .map(|finding| (finding.severity, finding.code.as_str()))
        .collect()
}

#[tokio::test]
async fn ready_model_is_found_with_one_question() {
    let documents = &[(
        "/v1/models",
        r#"{"data": [{"id": "qwen3:8b", "max_model_len": 32768}]}"#,
    )];
    let mut answer = chat_says(r#"{"ready": true}"#);
    answer["usage"] = json!({"prompt_tokens": 90, "completion_tokens": 8});
    let provider = server((200, answer), documents).await;
    let found = findings(&provider).await;
    let expected = [
        (Severity::Ok, "engine_works"),
        (Severity::Ok, "structured_output"),
        (Severity::Ok, "context_size"),
        // Nothing is paid at home.
        (Severity::Warning, "price_unknown"),
    ];
    assert_eq!(codes(&found), expected, "{found:?}");
    let seen = provider.seen();
    let posted: Vec<_> = seen
        .iter()
        .filter(|own| own.head.starts_with("POST "))
        .collect();
    assert_eq!(posted.len(), 1);
    assert!(posted[0].body.to_string().len() < 1_500, "a small question");
}

#[tokio::test]
async fn unknown_model_is_named_with_those_that_are_there() {
    let refused =
        json!({"error": {"message": "model 'qwen3:8b' not found", "code": "model_not_found"}});
    let documents = &[(
        "/v1/models",
        r#"{"data": [{"id": "gemma3:4b"}, {"id": "llama3.1:8b"}]}"#,
    )];
    let provider = server((404, refused), documents).await;
    let found = findings(&provider).await;
    assert_eq!(codes(&found), [(Severity::Error, "engine_misconfigured")]);
    assert_eq!(
        found[0].message,
        "the server has no model `qwen3:8b`; it has gemma3:4b, llama3.1:8b"
    );
    assert_eq!(found[0].settings, ["OPENAI_MODEL"]);
}

#[tokio::test]
async fn short_context_of_ollama_is_found_behind_the_question() {
    let documents = &[
        ("/v1/models", r#"{"data": [{"id": "qwen3:8b"}]}"#),
        (
            "/api/ps",
            r#"{"models": [{"name": "qwen3:8b", "context_length": 4096}]}"#,
        ),
    ];
    let provider = server((200, chat_says(r#"{"ready": true}"#)), documents).await;
    let found = findings(&provider).await;
    assert_eq!(codes(&found)[2], (Severity::Error, "context_size"));
    let message = &found[2].message;
    assert!(
        message.contains("4096") && message.contains("OLLAMA_CONTEXT_LENGTH"),
        "{message}"
    );
    let heads: Vec<String> = provider.seen().into_iter().map(|own| own.head).collect();
    assert!(heads[0].starts_with("POST "), "{heads:?}");
}

#[tokio::test]
async fn faults_name_the_setting_that_changes_them() {
    for (status, answer, code, settings) in [
        (
            401,
            json!({"error": "bad key"}),
            "engine_unauthorized",
            &["OPENAI_API_KEY"][..],
        ),
        (
            200,
            json!("<html>"),
            "answer_malformed",
            &["OPENAI_BASE_URL"],
        ),
        (200, chat_says("I am ready!"), "engine_works", &[]),
        (
            400,
            json!({"error": {"message": "maximum context length is 512 tokens", "code": "context_length_exceeded"}}),
            "engine_misconfigured",
            &["ANALYZER_PART_TOKENS"],
        ),
    ] {
        let provider = server((status, answer.clone()), &[]).await;
        let found = findings(&provider).await;
        assert_eq!(found[0].code, code, "{answer}: {found:?}");
        assert_eq!(found[0].settings, settings, "{answer}");
    }
    let nowhere = OpenAi::new("http://127.0.0.1:9/v1", "qwen3:8b", None).unwrap();
    let engine = LanguageAnalyst::new(Arc::new(nowhere), AnalystOptions::new(12_000, 1));
    let found = engine.check().await;
    assert_eq!(codes(&found), [(Severity::Error, "engine_unavailable")]);
    assert_eq!(found[0].settings, ["OPENAI_BASE_URL"]);
}

#[tokio::test]
async fn prose_and_repaired_answers_are_told_apart() {
    for (answer, code, severity) in [
        ("I am ready!", "answer_malformed", Severity::Error),
        (
            "Sure: ```json\n{ready: true,}\n```",
            "answer_repaired",
            Severity::Warning,
        ),
        (r#"{"ready": true}"#, "structured_output", Severity::Ok),
    ] {
        let provider = server((200, chat_says(answer)), &[]).await;
        let found = findings(&provider).await;
        assert_eq!(
            (found[1].severity, &found[1].code[..]),
            (severity, code),
            "{answer}"
        );
    }
}

#[tokio::test]
async fn gemini_says_how_much_it_reads_and_its_price_is_known() {
    let provider = Provider::start(|_, seen| {
        if seen.head.starts_with("POST ") {
            return Answer::json(200, &gemini_says(r#"{"ready": true}"#));
        }
        assert!(
            seen.head
                .starts_with("GET /v1beta/models/gemini-2.5-flash HTTP")
        );
        Answer::json(200, &json!({"inputTokenLimit": 1_048_576}))
    })
    .await;
    let model = Gemini::new(&provider.url, "gemini-2.5-flash", "hunter2").unwrap();
    let engine = LanguageAnalyst::new(Arc::new(model), AnalystOptions::new(48_000, 3));
    let found = engine.check().await;
    let expected = [
        "engine_works",
        "structured_output",
        "context_size",
        "price_known",
    ];
    let expected = expected.map(|code| (Severity::Ok, code));
    assert_eq!(codes(&found), expected, "{found:?}");
}
