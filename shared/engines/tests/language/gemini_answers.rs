//! What Gemini answers and refuses, told apart, in shapes that have been seen.

use std::time::Duration;

use engines::{
    Gemini,
    language::{LanguageModel, ProviderError},
};
use serde_json::{Value, json};

use crate::{provider::Provider, transcripts::question};

#[tokio::test]
async fn known_response_shapes_are_distinguished() {
    let candidate = |value: Value| json!({"candidates": [value], "usageMetadata": {}});
    let parts = |parts: Value| json!({"content": {"parts": parts}, "finishReason": "STOP"});
    for (body, expected) in [
        (
            candidate(json!({"finishReason": "MAX_TOKENS"})),
            Err(ProviderError::Truncated),
        ),
        (candidate(parts(json!([{}]))), Err(ProviderError::Empty)),
        (
            candidate(parts(json!([{"text": ""}]))),
            Err(ProviderError::Empty),
        ),
        (
            candidate(parts(json!([{"text": "a", "thought": true}]))),
            Err(ProviderError::Empty),
        ),
        (
            candidate(parts(
                json!([{"text": "a", "thought": true}, {"text": "b"}, {"text": "c"}]),
            )),
            Ok("bc"),
        ),
        (candidate(parts(json!("odd"))), Err(ProviderError::Empty)),
        (candidate(json!("odd")), Err(ProviderError::Empty)),
        (
            candidate(json!({"finishReason": "RECITATION"})),
            Err(ProviderError::Recited),
        ),
        (
            candidate(json!({"finishReason": "SPII"})),
            Err(ProviderError::AnswerBlocked),
        ),
        (
            candidate(json!({"finishReason": "OTHER"})),
            Err(ProviderError::Unfinished),
        ),
        (json!({"candidates": []}), Err(ProviderError::Empty)),
        (
            json!({"usageMetadata": {"promptTokenCount": 3}}),
            Err(ProviderError::Empty),
        ),
        (
            json!({"promptFeedback": {"blockReason": "NEW_REASON"}}),
            Err(ProviderError::PromptBlocked),
        ),
        (
            json!([{"error": {"code": 429, "status": "RESOURCE_EXHAUSTED"}}]),
            Err(ProviderError::Quota { after: None }),
        ),
        (json!({"candidates": 7}), Err(ProviderError::Unreadable)),
        (json!({}), Err(ProviderError::Unreadable)),
    ] {
        let provider = Provider::always(200, "", body.to_string()).await;
        let model = Gemini::new(&provider.url, "gemini-2.5-flash", "k").expect("a model");
        let outcome = model.ask(&question()).await.outcome;
        assert_eq!(outcome, expected.map(str::to_owned), "{body}");
    }
}

#[tokio::test]
async fn error_bodies_decide_the_error() {
    use ProviderError::{
        Forbidden, Overloaded, Quota, QuotaSpent, TooLong, Unauthorized, Unavailable,
    };
    let refused = |reason: &str| ProviderError::RefusedFor {
        reason: reason.to_owned(),
    };

    let info = |kind: &str, fields: Value| {
        let mut detail = fields;
        detail["@type"] = format!("type.googleapis.com/google.rpc.{kind}").into();
        detail
    };
    let quota = |id: &str| info("QuotaFailure", json!({"violations": [{"quotaId": id}]}));
    let delay = |delay: &str| info("RetryInfo", json!({"retryDelay": delay}));
    let daily = "GenerateRequestsPerDayPerProjectPerModel-FreeTier";
    let minute = "GenerateContentInputTokensPerModelPerMinute-FreeTier";
    let after = |millis| Some(Duration::from_millis(millis));
    for (code, status, message, details, expected) in [
        (
            429,
            "RESOURCE_EXHAUSTED",
            "",
            json!([quota(daily), delay("30s")]),
            QuotaSpent,
        ),
        (
            429,
            "RESOURCE_EXHAUSTED",
            "",
            json!([quota(minute), delay("26s")]),
            Quota {
                after: after(26_000),
            },
        ),
        (
            429,
            "RESOURCE_EXHAUSTED",
            "",
            json!([delay("0.5s")]),
            Quota { after: after(500) },
        ),
        (
            429,
            "RESOURCE_EXHAUSTED",
            "",
            json!([delay("soon")]),
            Quota { after: None },
        ),
        (
            503,
            "UNAVAILABLE",
            "",
            json!([]),
            Overloaded { after: None },
        ),
        (500, "INTERNAL", "", json!([]), Unavailable { after: None }),
        (
            504,
            "DEADLINE_EXCEEDED",
            "",
            json!([]),
            Unavailable { after: None },
        ),
        (
            400,
            "INVALID_ARGUMENT",
            "",
            json!([info("ErrorInfo", json!({"reason": "API_KEY_EXPIRED"}))]),
            Unauthorized,
        ),
        (401, "UNAUTHENTICATED", "", json!([]), Unauthorized),
        (403, "PERMISSION_DENIED", "", json!([]), Forbidden),
        (
            400,
            "INVALID_ARGUMENT",
            "The input token count (1200000) exceeds the maximum",
            json!([]),
            TooLong,
        ),
        (418, "", "", json!("odd"), refused("HTTP 418")),
        (
            400,
            "FAILED_PRECONDITION",
            "",
            json!([]),
            refused("FAILED_PRECONDITION"),
        ),
    ] {
        let body = json!({"error": {"code": code, "status": status, "message": message, "details": details}});
        let provider = Provider::always(code, "", body.to_string()).await;
        let model = Gemini::new(&provider.url, "gemini-2.5-flash", "k").expect("a model");
        assert_eq!(
            model.ask(&question()).await.outcome,
            Err(expected),
            "{body}"
        );
    }
}

#[tokio::test]
async fn non_json_response_is_classified_by_status() {
    let page = "<!DOCTYPE html><title>Error 404 (Not Found)!!1</title>";
    for (status, headers, expected) in [
        (
            404,
            "content-type: text/html\r\n",
            ProviderError::UnknownModel,
        ),
        (
            302,
            "location: http://127.0.0.1:1/elsewhere\r\n",
            ProviderError::UnknownModel,
        ),
        (200, "", ProviderError::Unreadable),
        (502, "", ProviderError::Unavailable { after: None }),
        (
            503,
            "retry-after: 7\r\n",
            ProviderError::Overloaded {
                after: Some(Duration::from_secs(7)),
            },
        ),
        (
            429,
            "retry-after: 2\r\n",
            ProviderError::Quota {
                after: Some(Duration::from_secs(2)),
            },
        ),
        (413, "", ProviderError::TooLong),
    ] {
        let provider = Provider::always(status, headers, page.to_owned()).await;
        let model = Gemini::new(&provider.url, "gemini-2.5-flash", "k").expect("a model");
        assert_eq!(
            model.ask(&question()).await.outcome,
            Err(expected),
            "{status}"
        );
    }
}
