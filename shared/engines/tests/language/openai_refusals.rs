//! What servers of chat completions refuse, and in which words.
//!
//! The bodies are written from what is publicly known of the servers, not
//! recorded: `OpenAI`'s API reference, vLLM's `ErrorResponse`, Ollama's
//! `openai.Error` and `api.StatusError`, llama.cpp's `format_error_response`.

use std::time::Duration;

use engines::language::ProviderError;
use serde_json::{Value, json};

use crate::openai::outcome;

const TOO_LONG: &str = "This model's maximum context length is 8192 tokens. However, you requested \
    8204 tokens (12 in the messages, 8192 in the completion), which max_tokens exceeds.";

/// `OpenAI`'s and those of gateways.
fn company_errors() -> Vec<(u16, &'static str, Value, ProviderError)> {
    let error = |kind: &str, code: &str| {
        let message = "Something.";
        json!({"error": {"message": message, "type": kind, "param": null, "code": code}})
    };
    let request = |code: &str| error("invalid_request_error", code);
    let after = Some(Duration::from_secs(20));
    let wait = "retry-after: 20\r\n";
    let country = "unsupported_country_region_territory";
    let spent = error("insufficient_quota", "insufficient_quota");
    let upstream = json!({"error": {"message": "Provider returned error", "code": 429}});
    let none = None;
    vec![
        (
            401,
            "",
            request("invalid_api_key"),
            ProviderError::Unauthorized,
        ),
        (
            429,
            wait,
            error("requests", "rate_limit_exceeded"),
            ProviderError::Quota { after },
        ),
        (429, "", spent, ProviderError::QuotaSpent),
        (
            404,
            "",
            request("model_not_found"),
            ProviderError::UnknownModel,
        ),
        (
            403,
            "",
            error("request_forbidden", country),
            ProviderError::Location,
        ),
        (
            400,
            "",
            request("context_length_exceeded"),
            ProviderError::TooLong,
        ),
        (
            400,
            "",
            request("content_policy_violation"),
            ProviderError::PromptBlocked,
        ),
        (400, "", request("something_else"), ProviderError::Refused),
        (
            503,
            wait,
            error("server_error", "overloaded"),
            ProviderError::Overloaded { after },
        ),
        (
            500,
            "",
            error("server_error", "internal"),
            ProviderError::Unavailable { after: none },
        ),
        (200, "", upstream, ProviderError::Quota { after: none }),
        (
            200,
            "",
            json!({"error": "odd"}),
            ProviderError::Unavailable { after: none },
        ),
        (
            502,
            "",
            json!("<html>"),
            ProviderError::Unavailable { after: none },
        ),
        (
            301,
            "location: http://127.0.0.1:1/\r\n",
            json!(""),
            ProviderError::UnknownModel,
        ),
    ]
}

/// vLLM's and Ollama's.
fn at_home() -> Vec<(u16, Value, ProviderError)> {
    let vllm = |kind: &str, code: u16, message: &str| json!({"object": "error", "message": message, "type": kind, "param": null, "code": code});
    let ollama = |message: &str| json!({"error": message});
    let pull = "model \"x\" not found, try pulling it first";
    let compatible =
        json!({"error": {"message": pull, "type": "api_error", "param": null, "code": null}});
    let missing = "The model `x` does not exist.";
    let busy = "server busy, please try again.  maximum pending requests exceeded";
    let stopped = "model runner has unexpectedly stopped";
    let after = None;
    vec![
        (
            404,
            vllm("NotFoundError", 404, missing),
            ProviderError::UnknownModel,
        ),
        (
            400,
            vllm("BadRequestError", 400, TOO_LONG),
            ProviderError::TooLong,
        ),
        (404, compatible, ProviderError::UnknownModel),
        (404, ollama(pull), ProviderError::UnknownModel),
        (503, ollama(busy), ProviderError::Overloaded { after }),
        (500, ollama(stopped), ProviderError::Unavailable { after }),
    ]
}

#[tokio::test]
async fn errors_of_all_kinds_of_servers_are_classified() {
    let at_home = at_home().into_iter();
    let at_home = at_home.map(|(status, body, expected)| (status, "", body, expected));
    for (status, headers, body, expected) in company_errors().into_iter().chain(at_home) {
        let outcome = outcome(status, headers, &body).await;
        assert_eq!(outcome, Err(expected), "{status} {body}");
    }
}
