//! What is sent to Gemini and to Vertex AI, and what is made of its words.

use std::sync::Arc;

use async_trait::async_trait;
use domain::{
    analysis::Usage,
    ports::{TokenError, TokenSource},
};
use engines::{
    Gemini,
    gemini::VertexProject,
    language::{LanguageModel, ProviderError},
};
use futures::future::join_all;
use serde_json::{Value, json};

use crate::{
    provider::{Answer, Provider, RecordedRequest, gemini_says},
    transcripts::question,
};

const INVALID: &str = "Request contains an invalid argument.";

fn refusal(code: u16, status: &str, message: &str, details: &Value) -> Answer {
    let error = json!({"code": code, "status": status, "message": message, "details": details});
    Answer::json(code, &json!({"error": error}))
}

/// The first request that a model of that name sends.
async fn sent(model: &str) -> RecordedRequest {
    let provider = Provider::start(|_, _| Answer::json(200, &gemini_says("{}"))).await;
    let model = Gemini::new(&provider.url, model, "the-key").expect("a model");
    model.ask(&question()).await.outcome.expect("an answer");
    provider.seen().remove(0)
}

#[tokio::test]
async fn a_question_is_sent_with_key_schema_and_room_to_think() {
    let seen = sent("gemini-2.5-flash").await;
    let line = "POST /v1beta/models/gemini-2.5-flash:generateContent HTTP/1.1\r\n";
    assert!(seen.head.starts_with(line), "{}", seen.head);
    assert!(
        seen.head
            .to_lowercase()
            .contains("x-goog-api-key: the-key\r\n")
    );
    assert_eq!(
        seen.body["systemInstruction"]["parts"][0]["text"],
        "Be brief."
    );
    assert_eq!(seen.body["contents"][0]["role"], "user");
    assert_eq!(seen.question(), "What is it?");
    assert_eq!(seen.config()["responseMimeType"], "application/json");
    assert_eq!(seen.config()["responseJsonSchema"], question().schema);
    assert!(seen.config().get("responseSchema").is_none());
}

#[tokio::test]
async fn thinking_never_takes_the_answers_room() {
    for (model, thinking, cold) in [
        ("gemini-2.5-flash", json!({"thinkingBudget": 4096}), true),
        ("gemini-3.8-flash", json!({"thinkingLevel": "LOW"}), false),
        ("gemini-9-nano", json!({"thinkingLevel": "LOW"}), false),
        ("gemini-2.0-flash", Value::Null, true),
    ] {
        let seen = sent(model).await;
        let config = seen.config();
        assert_eq!(config["thinkingConfig"], thinking, "{model}");
        let room = config["maxOutputTokens"].as_u64().expect("a number") - 2_048;
        let budget = thinking["thinkingBudget"].as_u64().unwrap_or(0);
        assert!(room >= budget, "{model}");
        assert!(thinking.is_null() == (room == 0), "{model}: {room}");
        assert_eq!(config["temperature"].is_number(), cold, "{model}");
    }
}

#[tokio::test]
async fn rejected_features_are_left_out_of_later_requests() {
    let provider = Provider::start(|_, seen| {
        let config = seen.config();
        if config.get("thinkingConfig").is_some() {
            let message = "Thinking is not enabled for this model";
            return refusal(400, "INVALID_ARGUMENT", message, &json!([]));
        }
        if config.get("responseJsonSchema").is_some() {
            return refusal(400, "INVALID_ARGUMENT", INVALID, &json!([]));
        }
        Answer::json(200, &gemini_says("{}"))
    })
    .await;
    let model = Gemini::new(&provider.url, "gemini-4-flash", "k").expect("a model");
    for _ in 0..2 {
        assert!(model.ask(&question()).await.outcome.is_ok());
    }
    let seen = provider.seen();
    assert_eq!(
        seen.len(),
        4,
        "three for the first question, one for the second"
    );
    let instructions = &seen[3].body["systemInstruction"]["parts"][0]["text"];
    assert!(
        instructions
            .as_str()
            .is_some_and(|text| text.contains("\"summary\""))
    );
}

#[tokio::test]
async fn concurrent_requests_share_the_downgraded_profile() {
    let provider = Provider::start(|_, seen| match seen.config().get("thinkingConfig") {
        Some(_) => {
            let message = "Thinking is not enabled for this model";
            refusal(400, "INVALID_ARGUMENT", message, &json!([]))
        }
        None => Answer::json(200, &gemini_says("{}")),
    })
    .await;
    let model = Gemini::new(&provider.url, "gemini-4-flash", "k").expect("a model");
    let question = question();
    let replies = join_all((0..3).map(|_| model.ask(&question))).await;
    assert!(replies.iter().all(|reply| reply.outcome.is_ok()));
    assert_eq!(provider.seen().len(), 6);
}

#[tokio::test]
async fn a_request_that_is_refused_in_every_way_is_refused_and_teaches_nothing() {
    let refuse = |_, _: &RecordedRequest| refusal(400, "INVALID_ARGUMENT", INVALID, &json!([]));
    let provider = Provider::start(refuse).await;
    let model = Gemini::new(&provider.url, "gemini-2.5-flash", "k").expect("a model");
    for _ in 0..2 {
        let reason = "INVALID_ARGUMENT".to_owned();
        assert_eq!(
            model.ask(&question()).await.outcome,
            Err(ProviderError::RefusedFor { reason })
        );
    }
    let with_schema = provider.seen();
    let with_schema: Vec<bool> = with_schema
        .iter()
        .map(|seen| seen.config().get("responseJsonSchema").is_some())
        .collect();
    assert_eq!(with_schema, [true, false, false, true, false, false]);
}

#[tokio::test]
async fn gemma_gets_its_instructions_with_the_question_and_no_json_mode() {
    let provider = Provider::start(|_, seen| {
        let message = if seen.body.get("systemInstruction").is_some() {
            "Developer instruction is not enabled for models/gemma-3-27b-it"
        } else if seen.config().get("responseMimeType").is_some() {
            "JSON mode is not enabled for models/gemma-3-27b-it"
        } else {
            return Answer::json(200, &gemini_says("{}"));
        };
        refusal(400, "INVALID_ARGUMENT", message, &json!([]))
    })
    .await;
    let model = Gemini::new(&provider.url, "gemma-3-27b-it", "k").expect("a model");
    for _ in 0..2 {
        assert!(model.ask(&question()).await.outcome.is_ok());
    }
    let seen = provider.seen();
    assert_eq!(
        seen.len(),
        5,
        "four for the first question, one for the second"
    );
    let text = seen[4].question();
    assert!(text.starts_with("Be brief."), "{text}");
    assert!(text.contains("\"summary\"") && text.ends_with("What is it?"));
}

#[tokio::test]
async fn arguments_of_a_call_are_an_answer() {
    let mut body = gemini_says("");
    body["candidates"][0]["content"]["parts"] =
        json!([{"functionCall": {"name": "analysis", "args": {"summary": "s"}}}]);
    let provider = Provider::always(200, "", body.to_string()).await;
    let model = Gemini::new(&provider.url, "gemini-2.5-flash", "k").expect("a model");
    let reply = model.ask(&question()).await;
    assert_eq!(reply.outcome.as_deref(), Ok("{\"summary\":\"s\"}"));
    assert!(reply.is_misplaced);
    body["candidates"][0]["content"]["parts"][0]["functionCall"]["args"] = json!({"other": 1});
    let provider = Provider::always(200, "", body.to_string()).await;
    let model = Gemini::new(&provider.url, "gemini-2.5-flash", "k").expect("a model");
    let outcome = model.ask(&question()).await.outcome;
    assert_eq!(outcome, Err(ProviderError::Empty));
}

#[tokio::test]
async fn thinking_tokens_are_counted_for_failed_answers_too() {
    let mut body = gemini_says("{\"summary\": \"cut o");
    body["candidates"][0]["finishReason"] = "MAX_TOKENS".into();
    let provider = Provider::always(200, "", body.to_string()).await;
    let model = Gemini::new(&provider.url, "gemini-2.5-flash", "k").expect("a model");
    let reply = model.ask(&question()).await;
    assert_eq!(reply.outcome, Err(ProviderError::Truncated));
    let usage = Usage {
        input_tokens: 1_000,
        output_tokens: 200,
        thinking_tokens: 50,
        repairs: 0,
    };
    assert_eq!(reply.usage, Some(usage));
    assert_eq!(reply.model.as_deref(), Some("gemini-2.5-flash"));
}

struct Tokens(Option<&'static str>);

#[async_trait]
impl TokenSource for Tokens {
    async fn token(&self) -> Result<String, TokenError> {
        let token = self.0.map(str::to_owned);
        token.ok_or_else(|| TokenError::new("the metadata server is away"))
    }
}

fn vertex(provider: &Provider, token: Option<&'static str>) -> Gemini {
    let project = VertexProject {
        project: "my-project".into(),
        location: "europe-west1".into(),
        base_url: Some(provider.url.clone()),
    };
    Gemini::vertex(&project, "gemini-2.5-flash", Arc::new(Tokens(token))).expect("a model")
}

#[tokio::test]
async fn vertex_requests_need_an_access_token() {
    let provider = Provider::start(|_, _| Answer::json(200, &gemini_says("{}"))).await;
    let model = vertex(&provider, Some("ya29.t"));
    assert!(model.ask(&question()).await.outcome.is_ok());
    assert_eq!(model.name(), "vertex");
    let head = &provider.seen()[0].head;
    let line = "POST /v1/projects/my-project/locations/europe-west1/publishers/google/models/gemini-2.5-flash:generateContent HTTP/1.1\r\n";
    assert!(head.starts_with(line), "{head}");
    assert!(
        head.to_lowercase()
            .contains("authorization: bearer ya29.t\r\n")
    );
    assert!(!head.to_lowercase().contains("x-goog-api-key"));
    let error = vertex(&provider, None)
        .ask(&question())
        .await
        .outcome
        .expect_err("no token");
    assert_eq!(error, ProviderError::Unavailable { after: None });
    assert_eq!(provider.seen().len(), 1);
}

#[tokio::test]
async fn a_key_is_never_shown() {
    let model = Gemini::new("http://127.0.0.1:1", "gemini-2.5-flash", "hunter2").expect("a model");
    let shown = format!("{model:?}");
    assert!(
        shown.contains("gemini-2.5-flash") && !shown.contains("hunter2"),
        "{shown}"
    );
}
