//! Refusals of the servers and the errors that they become.

use std::time::Duration;

use tokio::net::TcpListener;

use crate::support::{Canned, Fixture, KEY, options, ten_seconds, texts};

/// Status, body, and the code of the error, with `~` before it where it is transient.
const TABLE: &[(u16, &str, &str)] = &[
    (
        401,
        r#"{"error": {"message": "Incorrect API key provided: hunter2.", "type": "invalid_request_error", "param": null, "code": "invalid_api_key"}}"#,
        "engine_unauthorized",
    ),
    (
        401,
        r#"{"error": {"message": "Invalid API Key", "type": "invalid_request_error", "code": "invalid_api_key"}}"#,
        "engine_unauthorized",
    ),
    (
        403,
        r#"{"error": {"code": "unsupported_country_region_territory", "message": "Country, region, or territory not supported", "param": null, "type": "request_forbidden"}}"#,
        "engine_misconfigured",
    ),
    (
        403,
        r#"{"detail": "Not authenticated"}"#,
        "engine_forbidden",
    ),
    (
        404,
        r#"{"error": {"message": "The model `x` does not exist or you do not have access to it.", "type": "invalid_request_error", "code": "model_not_found"}}"#,
        "engine_misconfigured",
    ),
    (
        404,
        r#"{"detail": "Model 'x' is not installed locally. You can download the model using `POST /v1/models`"}"#,
        "engine_misconfigured",
    ),
    (
        404,
        "File Not Found (/v1/audio/transcriptions)",
        "engine_misconfigured",
    ),
    (
        405,
        r#"{"detail": "Method Not Allowed"}"#,
        "engine_misconfigured",
    ),
    (302, "", "engine_misconfigured"),
    (
        400,
        r#"{"detail": {"error": {"message": "Unknown model: whisper-1", "type": "invalid_request_error"}}}"#,
        "engine_misconfigured",
    ),
    (
        429,
        r#"{"error": {"message": "You exceeded your current quota.", "type": "insufficient_quota", "param": null, "code": "insufficient_quota"}}"#,
        "engine_out_of_credit",
    ),
    (
        429,
        r#"{"error": {"message": "Rate limit reached for model `whisper-large-v3` on seconds of audio per hour (ASPH)", "type": "seconds", "code": "rate_limit_exceeded"}}"#,
        "~engine_quota",
    ),
    (
        413,
        r#"{"error": {"message": "Maximum content size limit (26214400) exceeded (26228340 bytes read)", "type": "server_error", "param": null, "code": null}}"#,
        "recording_too_large",
    ),
    (
        413,
        r#"{"error": {"message": "Request Entity Too Large", "type": "invalid_request_error", "code": "request_too_large"}}"#,
        "recording_too_large",
    ),
    (
        400,
        r#"{"object": "error", "message": "Maximum file size exceeded", "type": "BadRequestError", "param": null, "code": 400}"#,
        "recording_too_large",
    ),
    (
        400,
        r#"{"error": "Audio file exceeds the 300 second API limit."}"#,
        "recording_too_large",
    ),
    (
        400,
        r#"{"error": "failed to read audio data"}"#,
        "engine_refused",
    ),
    (
        400,
        r#"{"error": {"message": "Language 'tlh' is not supported.", "type": "invalid_request_error", "param": "language", "code": "unsupported_language"}}"#,
        "language_not_supported",
    ),
    (
        422,
        r#"{"detail": [{"type": "missing", "loc": ["body", "hotwords"], "msg": "Field required"}]}"#,
        "engine_refused",
    ),
    (498, "", "~engine_overloaded"),
    (
        503,
        r#"{"error": {"message": "loading", "type": "", "code": 503}}"#,
        "~engine_overloaded",
    ),
    (
        500,
        r#"{"error": "failed to process audio"}"#,
        "~engine_unavailable",
    ),
    (500, "Internal Server Error", "~engine_unavailable"),
    (502, "<html>Bad Gateway</html>", "~engine_unavailable"),
    (200, "<html>Welcome</html>", "~engine_failed"),
    (200, r#"{"status": "ok"}"#, "~engine_failed"),
    (
        200,
        r#"{"error": {"message": "boom", "type": "InternalServerError", "param": null, "code": 500}}"#,
        "~engine_unavailable",
    ),
    (
        200,
        r#"{"error": {"message": "no", "type": "BadRequestError", "param": null, "code": 400}}"#,
        "engine_refused",
    ),
];

#[tokio::test]
async fn refusals_become_errors_of_the_step() {
    for (status, body, expected) in TABLE {
        let bench = Fixture::start([Canned::new(*status, *body)]).await;
        let error = bench.transcribe(&ten_seconds()).await.unwrap_err();
        let transient = if error.retryable { "~" } else { "" };
        assert_eq!(
            format!("{transient}{}", error.code),
            *expected,
            "{status} {body}"
        );
        let text = error.to_string();
        assert!(!text.contains("hunter2") && !text.contains(KEY), "{text}");
        assert_eq!(bench.seen().len(), 1, "{status} {body}");
    }
}

#[tokio::test]
async fn unknown_refusal_is_named_by_its_code() {
    let body = r#"{"error": {"message": "secret words", "type": "invalid_request_error", "code": "odd_value"}}"#;
    let bench = Fixture::start([Canned::new(400, body)]).await;
    let error = bench.transcribe(&ten_seconds()).await.unwrap_err();
    assert!(
        error.message.ends_with(": `odd_value`"),
        "{}",
        error.message
    );
    assert!(!error.message.contains("secret"));
}

#[tokio::test]
async fn rate_limit_is_waited_for_as_long_as_the_server_says() {
    let limited = Canned::new(429, "{}").with("retry-after", "0.01");
    let mut bench = Fixture::start([limited, Canned::new(200, r#"{"text": "Yes."}"#)]).await;
    bench.options.retry_budget = Duration::from_secs(2);
    let recognition = bench.transcribe(&ten_seconds()).await.unwrap();
    assert_eq!(texts(&recognition).len(), 1);
    assert_eq!(bench.seen().len(), 2);
}

#[tokio::test]
async fn rate_limit_beyond_the_patience_is_given_back_with_its_time() {
    let bench = Fixture::start([Canned::new(429, "{}").with("retry-after", "600")]).await;
    let error = bench.transcribe(&ten_seconds()).await.unwrap_err();
    assert_eq!(error.retry_after, Some(Duration::from_mins(10)));
}

#[tokio::test]
async fn rejected_fields_are_left_out_of_later_requests() {
    let granularities = r#"{"error": {"message": "`timestamp_granularities[]` not supported by this model", "type": "invalid_request_error"}}"#;
    let format = r#"{"error": {"message": "response_format 'verbose_json' is not compatible with model 'x'. Use 'json' or 'text' instead.", "type": "invalid_request_error", "param": "response_format", "code": "unsupported_value"}}"#;
    let prompt = r#"{"error": {"message": "prompt length must be 896 characters or fewer", "type": "invalid_request_error"}}"#;
    let text = r#"{"text": "Yes."}"#;
    let answers = [
        (400, granularities),
        (400, format),
        (400, prompt),
        (200, text),
        (200, text),
    ];
    let bench = Fixture::start(answers.map(|(status, body)| Canned::new(status, body))).await;
    let engine = bench.engine();
    let mut request = ten_seconds();
    request.key_terms = vec!["Kubernetes".into()];
    for _ in 0..2 {
        let recognition =
            domain::ports::Transcriber::transcribe(&engine, &request, &crate::support::NoProgress);
        assert_eq!(texts(&recognition.await.unwrap()).len(), 1);
    }
    let asked: Vec<_> = bench
        .seen()
        .iter()
        .map(|seen| {
            let format = seen.field("response_format").map(str::to_owned);
            let words = seen.field("timestamp_granularities[]").is_some();
            (format.unwrap(), words, seen.field("prompt").is_some())
        })
        .collect();
    let expected = [
        ("verbose_json", true, true),
        ("verbose_json", false, true),
        ("json", false, true),
        ("json", false, false),
        ("json", false, false),
    ];
    assert_eq!(
        asked,
        expected.map(|(format, words, prompt)| (format.to_owned(), words, prompt))
    );
}

#[tokio::test]
async fn silent_server_is_a_timeout() {
    let mut bench = Fixture::start([Canned::silent()]).await;
    bench.options.timeout = Duration::from_millis(1);
    let mut request = crate::support::request(&[crate::support::loud(100)]);
    request.language = None;
    let error = bench.transcribe(&request).await.unwrap_err();
    assert_eq!((&*error.code, error.retryable), ("engine_timeout", true));
}

#[tokio::test]
async fn absent_server_is_transient() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let mut bench = Fixture::start([]).await;
    bench.options = options(&url, "whisper-1");
    let error = bench.transcribe(&ten_seconds()).await.unwrap_err();
    assert_eq!(
        (&*error.code, error.retryable),
        ("engine_unavailable", true)
    );
}
