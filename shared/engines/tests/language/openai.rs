//! What is sent to chat completions, and how the answers of their servers are read.
//!
//! The bodies are written from what is publicly known of the servers, not
//! recorded.

use std::sync::Arc;

use domain::{
    analysis::{Draft, Usage},
    ports::Analyst,
};
use engines::{
    LanguageAnalyst, OpenAi,
    language::{AnalystOptions, LanguageModel, ModelQuestion, ProviderError},
};
use serde_json::{Value, json};

use crate::{
    provider::{Answer, Provider, chat_says},
    transcripts::{interview, plain_answer, question, request},
};

fn model(provider: &Provider) -> OpenAi {
    OpenAi::new(&format!("{}/v1/", provider.url), "qwen3:8b", None).expect("a model")
}

pub async fn outcome(
    status: u16,
    headers: &'static str,
    body: &Value,
) -> Result<String, ProviderError> {
    let provider = Provider::always(status, headers, body.to_string()).await;
    model(&provider).ask(&question()).await.outcome
}

#[tokio::test]
async fn a_question_is_sent_with_its_schema_and_with_a_key_only_if_there_is_one() {
    let provider = Provider::start(|_, _| Answer::json(200, &chat_says("{}"))).await;
    assert!(model(&provider).ask(&question()).await.outcome.is_ok());
    let with_key = OpenAi::new(&provider.url, "gpt-5.4-mini", Some("hunter2")).expect("a model");
    assert!(with_key.ask(&question()).await.outcome.is_ok());
    let seen = provider.seen();
    assert!(
        seen[0]
            .head
            .starts_with("POST /v1/chat/completions HTTP/1.1\r\n")
    );
    assert!(!seen[0].head.to_lowercase().contains("authorization"));
    assert!(
        seen[1]
            .head
            .to_lowercase()
            .contains("authorization: bearer hunter2\r\n")
    );
    assert!(!format!("{with_key:?}").contains("hunter2"));
    let body = &seen[0].body;
    assert_eq!(
        (&body["model"], &body["stream"]),
        (&json!("qwen3:8b"), &json!(false))
    );
    assert_eq!(
        body["messages"][0],
        json!({"role": "system", "content": "Be brief."})
    );
    assert_eq!(
        body["messages"][1],
        json!({"role": "user", "content": "What is it?"})
    );
    assert_eq!(body["max_tokens"], 2_048);
    let format = &body["response_format"];
    assert_eq!(
        (&format["type"], &format["json_schema"]["strict"]),
        (&json!("json_schema"), &json!(true))
    );
    assert_eq!(format["json_schema"]["schema"], question().schema);
}

/// What a server says that does not know JSON Schemas.
const UNKNOWN_FORMATS: [(u16, &str); 4] = [
    (
        400,
        r#"{"error": {"message": "Invalid parameter: 'response_format' of type 'json_schema' is not supported with this model.", "type": "invalid_request_error", "param": "response_format", "code": null}}"#,
    ),
    (
        400,
        r#"{"object": "error", "message": "[{'type': 'literal_error', 'loc': ('body', 'response_format', 'type'), 'msg': \"Input should be 'text' or 'json_object'\"}]", "type": "BadRequestError", "param": null, "code": 400}"#,
    ),
    (
        422,
        r#"{"detail": [{"loc": ["body", "response_format"], "msg": "unexpected value"}], "error": {"message": "response_format", "code": 422}}"#,
    ),
    (
        500,
        r#"{"error": {"code": 500, "message": "failed to parse grammar", "type": "server_error"}}"#,
    ),
];

#[tokio::test]
async fn response_format_is_downgraded_from_schema_to_json_to_text() {
    for (status, refusal) in UNKNOWN_FORMATS {
        let provider =
            Provider::start(
                move |_, seen| match seen.body["response_format"]["type"].as_str() {
                    Some("json_schema") => Answer::Whole(status, "", refusal.to_owned()),
                    _ => Answer::json(200, &chat_says("{}")),
                },
            )
            .await;
        let model = model(&provider);
        for _ in 0..2 {
            assert!(model.ask(&question()).await.outcome.is_ok(), "{refusal}");
        }
        let seen = provider.seen();
        assert_eq!(seen.len(), 3, "the server is not asked for schemas again");
        assert_eq!(
            seen[2].body["response_format"],
            json!({"type": "json_object"})
        );
        let instructions = seen[2].body["messages"][0]["content"]
            .as_str()
            .expect("text");
        assert!(instructions.contains("JSON Schema") && instructions.contains("\"summary\""));
    }
    let provider = Provider::start(|_, seen| match seen.body.get("response_format") {
        Some(_) => Answer::Whole(UNKNOWN_FORMATS[0].0, "", UNKNOWN_FORMATS[0].1.to_owned()),
        None => Answer::json(200, &chat_says("{}")),
    })
    .await;
    assert!(model(&provider).ask(&question()).await.outcome.is_ok());
    assert_eq!(provider.seen().len(), 3);
}

#[tokio::test]
async fn a_reasoning_models_own_names_and_temperature_are_respected() {
    let refuse = |param: &str| {
        let message = format!("Unsupported parameter: '{param}' is not supported with this model.");
        let error = json!({"message": message, "type": "invalid_request_error", "param": param, "code": "unsupported_parameter"});
        Answer::json(400, &json!({"error": error}))
    };
    let provider = Provider::start(move |_, seen| {
        if seen.body.get("max_tokens").is_some() {
            return refuse("max_tokens");
        }
        match seen.body.get("temperature") {
            Some(_) => refuse("temperature"),
            None => Answer::json(200, &chat_says("{}")),
        }
    })
    .await;
    assert!(model(&provider).ask(&question()).await.outcome.is_ok());
    let last = provider.seen().pop().expect("a request").body;
    assert_eq!(
        last["max_completion_tokens"],
        3 * 2_048,
        "with room for reasoning"
    );
    assert_eq!(last["response_format"]["type"], "json_schema");
}

#[tokio::test]
async fn responses_are_classified() {
    let choice = |reason: Value, message: Value| json!({"choices": [{"finish_reason": reason, "message": message}], "usage": null});
    let text = |text: &str| json!({"role": "assistant", "content": text});
    for (body, expected) in [
        (choice(json!("stop"), text("{}")), Ok("{}")),
        (choice(Value::Null, text("{}")), Ok("{}")),
        (
            choice(
                json!("stop"),
                json!({"content": [{"type": "text", "text": "{"}, {"type": "text", "text": "}"}]}),
            ),
            Ok("{}"),
        ),
        (
            choice(json!("length"), text("{\"summary\": \"cut")),
            Err(ProviderError::Truncated),
        ),
        (
            choice(json!("content_filter"), text("")),
            Err(ProviderError::AnswerBlocked),
        ),
        (
            choice(
                json!("stop"),
                json!({"content": null, "refusal": "I cannot help with that."}),
            ),
            Err(ProviderError::AnswerBlocked),
        ),
        (
            choice(json!("tool_calls"), json!({"content": null})),
            Err(ProviderError::Unfinished),
        ),
        (choice(json!("stop"), text(" ")), Err(ProviderError::Empty)),
        (choice(json!("stop"), json!(7)), Err(ProviderError::Empty)),
        (json!({"choices": []}), Err(ProviderError::Empty)),
        (json!({"choices": {}}), Err(ProviderError::Unreadable)),
        (json!([]), Err(ProviderError::Unreadable)),
        (json!({"status": "ok"}), Err(ProviderError::Unreadable)),
    ] {
        assert_eq!(
            outcome(200, "", &body).await,
            expected.map(str::to_owned),
            "{body}"
        );
    }
}

#[tokio::test]
async fn answer_is_found_in_the_reasoning_or_in_a_call() {
    let answer = "{\"summary\": \"s\"}";
    let call = json!([{"type": "function", "function": {"name": "analysis", "arguments": answer}}]);
    let as_object = json!([{"function": {"name": "analysis", "arguments": {"summary": "s"}}}]);
    let parts = json!([{"type": "thinking", "thinking": []}, {"type": "text", "text": answer}]);
    for (reason, message, is_misplaced) in [
        (
            "stop",
            json!({"content": null, "reasoning_content": answer}),
            true,
        ),
        ("stop", json!({"content": "", "reasoning": answer}), true),
        (
            "stop",
            json!({"content": "", "reasoning_content": "I will.", "reasoning": answer}),
            true,
        ),
        (
            "tool_calls",
            json!({"content": null, "tool_calls": call}),
            true,
        ),
        (
            "stop",
            json!({"content": "\n", "tool_calls": as_object}),
            true,
        ),
        (
            "function_call",
            json!({"content": null, "function_call": {"name": "a", "arguments": answer}}),
            true,
        ),
        (
            "stop",
            json!({"content": answer, "reasoning_content": "{\"summary\": \"draft\"}"}),
            false,
        ),
        ("stop", json!({"content": parts}), false),
    ] {
        let body = json!({"choices": [{"finish_reason": reason, "message": message}]});
        let provider = Provider::always(200, "", body.to_string()).await;
        let reply = model(&provider).ask(&question()).await;
        let found = reply.outcome.as_ref().map(|text| text.replace(' ', ""));
        assert_eq!(found, Ok("{\"summary\":\"s\"}".to_owned()), "{body}");
        assert_eq!(reply.is_misplaced, is_misplaced, "{body}");
    }
    for message in [
        json!({"content": null, "reasoning_content": "I am still thinking about {it"}),
        json!({"content": null, "reasoning_content": "{\"summary\": \"cut o"}),
    ] {
        let body = json!({"choices": [{"finish_reason": "stop", "message": message}]});
        let empty = Err(ProviderError::Empty);
        assert_eq!(outcome(200, "", &body).await, empty, "{body}");
    }
}

#[tokio::test]
async fn reasoning_is_counted_apart_and_no_count_is_no_guess() {
    let mut body = chat_says("{}");
    let provider = Provider::always(200, "", body.to_string()).await;
    assert_eq!(model(&provider).ask(&question()).await.usage, None);
    body["usage"] = json!({
        "prompt_tokens": 100, "completion_tokens": 50, "total_tokens": 150,
        "completion_tokens_details": {"reasoning_tokens": 30}
    });
    let provider = Provider::always(200, "", body.to_string()).await;
    let usage = Usage {
        input_tokens: 100,
        output_tokens: 20,
        thinking_tokens: 30,
        repairs: 0,
    };
    assert_eq!(model(&provider).ask(&question()).await.usage, Some(usage));
}

#[tokio::test]
async fn a_server_that_reads_only_the_end_of_a_prompt_is_found_out() {
    let mut body = chat_says("{\"summary\": \"of the end\"}");
    body["usage"] = json!({"prompt_tokens": 4096, "completion_tokens": 50});
    let provider = Provider::always(200, "", body.to_string()).await;
    let asked = |words: usize| ModelQuestion {
        content: "word ".repeat(words),
        ..question()
    };
    assert!(model(&provider).ask(&asked(4_000)).await.outcome.is_ok());
    // Three bytes to a character.
    let hindi = ModelQuestion {
        content: "मैं ".repeat(8_000),
        ..question()
    };
    assert!(model(&provider).ask(&hindi).await.outcome.is_ok());
    let reply = model(&provider).ask(&asked(12_000)).await;
    assert_eq!(reply.outcome, Err(ProviderError::PromptCut));
    let error = ProviderError::PromptCut.step_error();
    assert_eq!(
        (&error.code[..], error.retryable),
        ("engine_misconfigured", false)
    );
}

/// ollama#16428: a prompt whose beginning is cached counts as what is new of it.
#[tokio::test]
async fn count_without_cached_tokens_is_a_warning_and_no_error() {
    let analysed = async |usage: Value| {
        let mut body = chat_says(&plain_answer().to_string());
        body["usage"] = usage;
        let provider = Provider::always(200, "", body.to_string()).await;
        let model = Arc::new(model(&provider));
        let engine = LanguageAnalyst::new(model, AnalystOptions::new(12_000, 1));
        engine.analyze(&request(interview())).await
    };
    let codes = |draft: &Draft| -> Vec<String> {
        let codes = draft.warnings.iter();
        codes.map(|warning| warning.code.clone()).collect()
    };
    let usage = json!({"prompt_tokens": 37, "completion_tokens": 200});
    let draft = analysed(usage).await.expect("an analysis");
    assert_eq!(draft.usage.input_tokens, 37);
    assert_eq!(codes(&draft), ["usage_doubtful", "price_unknown"]);
    let usage = json!({
        "prompt_tokens": 37, "completion_tokens": 200,
        "prompt_tokens_details": {"cached_tokens": 1_463},
    });
    let draft = analysed(usage).await.expect("an analysis");
    assert_eq!(draft.usage.input_tokens, 1_500);
    assert_eq!(codes(&draft), ["price_unknown"]);
    let usage = json!({"prompt_tokens": 512, "completion_tokens": 200});
    let error = analysed(usage).await.expect_err("cut");
    assert!(error.message.contains("only a part"), "{}", error.message);
}

#[tokio::test]
async fn a_model_at_home_analyses_an_interview_without_a_price() {
    let thought = format!(
        "<think>Is {{this}} it?</think>\n```json\n{}\n```",
        plain_answer()
    );
    let provider = Provider::always(200, "", chat_says(&thought).to_string()).await;
    let engine = LanguageAnalyst::new(Arc::new(model(&provider)), AnalystOptions::new(12_000, 1));
    let draft = engine
        .analyze(&request(interview()))
        .await
        .expect("an analysis");
    assert_eq!((engine.name(), &draft.model[..]), ("openai", "qwen3:8b"));
    assert_eq!(draft.competencies[0].rating, Some(4));
    assert_eq!(draft.cost_usd, None);
    let codes: Vec<&str> = draft.warnings.iter().map(|own| &own.code[..]).collect();
    assert_eq!(codes, ["usage_unknown"]);
    assert_eq!(draft.usage.repairs, 1);
}
