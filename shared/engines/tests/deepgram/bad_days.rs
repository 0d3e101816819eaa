//! What goes wrong between here and there, and what is made of it.

use std::time::Duration;

use domain::{ports::Transcriber, steps::StepError};
use engines::Deepgram;
use futures::FutureExt as _;
use testing::NoProgress;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use crate::support::{
    Canned, Fixture, InMemoryBucket, KEY, options, recorded, request, request_of, tone, wav,
};

fn transient(error: &StepError, code: &str) {
    assert_eq!(
        (error.code.as_str(), error.retryable),
        (code, true),
        "{error}"
    );
    assert!(!format!("{error:?} {error}").contains(KEY));
}

async fn fails(answer: Canned) -> StepError {
    let bench = Fixture::start([answer]).await;
    let error = bench.transcribe(&request()).await.expect_err("a bad day");
    bench.only_request();
    error
}

#[tokio::test]
async fn a_refused_connection_is_transient() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    drop(listener);
    let engine = Deepgram::new(options(&url)).expect("a client");
    let error = engine.transcribe(&request(), &NoProgress).await;
    transient(&error.expect_err("refused"), "engine_unavailable");
}

/// Answers the first connection with these bytes, whatever it says, and hangs up.
async fn hanging_up_after(bytes: Vec<u8>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("a connection");
        let mut request = vec![0; 64 * 1024];
        let _ = stream.read(&mut request).await;
        let _ = stream.write_all(&bytes).await;
        let _ = stream.shutdown().await;
        // So that what is still being sent does not reset the answer.
        while stream.read(&mut request).await.is_ok_and(|read| read > 0) {}
    });
    url
}

#[tokio::test]
async fn a_recording_whose_receipt_breaks_off_may_have_been_taken() {
    let begun = b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"request_id\": \"c22b";
    let url = hanging_up_after(begun.to_vec()).await;
    let engine = Deepgram::new(options(&url)).expect("a client");
    let before = std::future::ready(Ok(())).boxed();
    let error = engine
        .submit(&request(), "https://a.example/b", before)
        .await;
    transient(&error.expect_err("no receipt"), "engine_timeout");
}

#[tokio::test]
async fn the_connection_is_cut_before_and_in_the_middle_of_an_answer() {
    let body = recorded("dg_transcription.json");
    let mut cut = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", body.len()).into_bytes();
    cut.extend_from_slice(&body[..body.len() / 2]);
    for bytes in [Vec::new(), b"HTTP/1.1 200 OK\r\ncont".to_vec(), cut] {
        let url = hanging_up_after(bytes).await;
        let engine = Deepgram::new(options(&url)).expect("a client");
        let error = engine.transcribe(&request(), &NoProgress).await;
        transient(&error.expect_err("cut"), "engine_unavailable");
    }
}

#[tokio::test]
async fn unusable_responses_are_errors() {
    let whole = recorded("dg_transcription.json");
    for body in [
        &whole[..whole.len() / 2],
        b"<html><body>It works!</body></html>",
        b"",
        b"null",
        b"{}",
        b"{\"results\": null}",
        b"{\"results\": {\"channels\": []}}",
        b"{\"results\": {\"channels\": 5}}",
        b"\xff\xfe",
    ] {
        transient(&fails(Canned::new(200, body)).await, "engine_failed");
    }
}

#[tokio::test]
async fn a_text_without_words_is_no_transcript() {
    let body = r#"{"results": {"channels": [{"alternatives": [{"transcript": "a secret"}]}]}}"#;
    let error = fails(Canned::new(200, body)).await;
    transient(&error, "engine_failed");
    assert!(!error.to_string().contains("secret"));
}

#[tokio::test]
async fn silence_is_an_answer_without_words() {
    for body in [
        r#"{"results": {"channels": [{"alternatives": [{"transcript": "", "words": []}]}]}}"#,
        r#"{"results": {"channels": [{"alternatives": []}]}}"#,
    ] {
        let bench = Fixture::start([Canned::new(200, body)]).await;
        let recognition = bench.transcribe(&request()).await.expect("silence");
        assert!(recognition.words.is_empty() && recognition.speakers.is_empty());
    }
}

#[tokio::test]
async fn too_many_requests_wait_as_long_as_they_are_told() {
    let busy = Canned::new(429, recorded("docs/errors-21.json"));
    let error = fails(busy.clone()).await;
    transient(&error, "engine_busy");
    assert_eq!(error.retry_after, None);
    let told = Canned {
        headers: vec![("retry-after", "17")],
        ..busy
    };
    let error = fails(told).await;
    transient(&error, "engine_busy");
    assert_eq!(error.retry_after, Some(Duration::from_secs(17)));
}

#[tokio::test]
async fn out_of_order_is_not_for_ever() {
    for (status, body) in [
        (500, ""),
        (502, "<html>bad gateway</html>"),
        (
            503,
            r#"{"error_code": "Service Unavailable", "err_msg": "Please try again later"}"#,
        ),
    ] {
        transient(
            &fails(Canned::new(status, body)).await,
            "engine_unavailable",
        );
    }
    transient(&fails(Canned::new(504, "")).await, "engine_timeout");
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let moved = Canned {
        headers: vec![("location", "/elsewhere")],
        ..Canned::new(307, "")
    };
    assert_eq!(fails(moved).await.code, "engine_misconfigured");
}

#[tokio::test]
async fn an_answer_that_takes_too_long_is_not_waited_for() {
    let slow = Canned {
        silent: true,
        ..Canned::new(200, recorded("dg_transcription.json"))
    };
    let mut bench = Fixture::start([slow]).await;
    bench.options.timeout = Duration::from_millis(300);
    let error = bench.transcribe(&request()).await.expect_err("too slow");
    transient(&error, "engine_timeout");
}

#[tokio::test]
async fn an_answer_without_end_is_not_read_to_the_end() {
    let mut bench = Fixture::start([Canned::new(200, recorded("dg_transcription.json"))]).await;
    bench.options.max_answer = 10_000;
    let error = bench.transcribe(&request()).await.expect_err("too large");
    transient(&error, "engine_failed");
}

#[tokio::test]
async fn a_recording_that_breaks_off_on_its_way_is_not_the_providers_fault() {
    let bench = Fixture::start([Canned::new(200, recorded("dg_transcription.json"))]).await;
    let request = request_of(InMemoryBucket {
        audio: wav(&[&tone(8_000)]),
        origin: "http://127.0.0.1:1",
        breaks: true,
    });
    let error = bench.transcribe(&request).await.expect_err("broken off");
    transient(&error, "recording_unavailable");
}

#[tokio::test]
async fn failed_fetch_by_the_provider_is_retryable() {
    for text in [
        "URL for media download must be publicly routable.",
        "The remote server hosting the media returned a client error: 403 Forbidden.",
    ] {
        let body = format!(r#"{{"err_code": "REMOTE_CONTENT_ERROR", "err_msg": "{text}"}}"#);
        transient(
            &fails(Canned::new(400, body)).await,
            "recording_unreachable",
        );
    }
}

#[tokio::test]
async fn the_key_is_in_no_error() {
    let echo = format!(r#"{{"err_code": "INVALID_AUTH", "err_msg": "no such key: {KEY}"}}"#);
    let error = fails(Canned::new(401, echo)).await;
    assert_eq!(
        (error.code.as_str(), error.retryable),
        ("engine_unauthorized", false)
    );
    assert!(!format!("{error:?} {error}").contains(KEY));
    let bench = Fixture::start([]).await;
    assert!(!format!("{:?}", bench.options).contains(KEY));
}
