//! The client copes with every kind of receiver, and reaches only allowed ones.

use std::{process::Command, time::Duration};

use notify::{
    address::Policy,
    client::{WebhookClient, WebhookClientOptions, WebhookTransport as _},
    outcome::SendOutcome,
};

use crate::receiver::{Receiver, Script, answer};

const NO_HEADERS: [(&str, String); 0] = [];

fn options() -> WebhookClientOptions {
    WebhookClientOptions::new(Policy::AllowLoopback)
}

fn client(options: WebhookClientOptions) -> WebhookClient {
    WebhookClient::with(options).expect("a client")
}

async fn send(options: WebhookClientOptions, url: &str) -> SendOutcome {
    client(options).send(url, &NO_HEADERS, "{}".into()).await
}

async fn outcome_of(answer: String) -> SendOutcome {
    let receiver = Receiver::start(Script::Answer(answer)).await;
    send(options(), &receiver.url()).await
}

fn unreachable(reason: &str) -> SendOutcome {
    let reason = reason.into();
    SendOutcome::Unreachable { reason }
}

fn timed_out(reason: &str) -> SendOutcome {
    let reason = reason.into();
    SendOutcome::TimedOut { reason }
}

#[tokio::test]
async fn a_2xx_answer_is_a_delivery() {
    for status in [200, 202, 204, 299] {
        let outcome = outcome_of(answer(status, "")).await;
        assert_eq!(outcome, SendOutcome::Delivered { status });
        assert_eq!((outcome.status(), outcome.reason()), (Some(status), None));
    }
}

#[tokio::test]
async fn the_request_is_a_post_of_the_exact_body_with_all_headers() {
    let receiver = Receiver::start(Script::Answer(answer(200, ""))).await;
    let headers = [
        ("webhook-id", "msg_1".to_owned()),
        ("webhook-timestamp", "1000".to_owned()),
    ];
    let url = format!("{}/hook?tenant=7", receiver.url());
    let body = r#"{ "name": "Zoë" }"#;
    client(options()).send(&url, &headers, body.into()).await;
    let request = receiver.requests().remove(0);
    let (head, sent) = request.split_once("\r\n\r\n").expect("a whole request");
    let head = head.to_ascii_lowercase();
    assert!(
        head.starts_with("post /hook?tenant=7 http/1.1\r\n"),
        "{head}"
    );
    for line in [
        "content-type: application/json",
        "content-length: 18",
        "user-agent: interviewlens/",
        "webhook-id: msg_1",
        "webhook-timestamp: 1000",
    ] {
        assert!(head.contains(&format!("\r\n{line}")), "{line}: {head}");
    }
    for absent in ["cookie", "referer", "accept-encoding", "authorization"] {
        assert!(!head.contains(&format!("\r\n{absent}:")), "{head}");
    }
    assert_eq!(sent, body);
}

#[tokio::test]
async fn a_receiver_that_is_gone_says_so_with_410() {
    assert_eq!(outcome_of(answer(410, "")).await, SendOutcome::Gone);
}

#[tokio::test]
async fn a_redirect_is_a_refusal_and_not_followed() {
    let elsewhere = Receiver::start(Script::Answer(answer(200, ""))).await;
    for status in [301, 302, 303, 307, 308] {
        let location = format!("Location: {}\r\n", elsewhere.url());
        let outcome = outcome_of(answer(status, &location)).await;
        let retry_after = None;
        assert_eq!(
            outcome,
            SendOutcome::Refused {
                status,
                retry_after
            }
        );
    }
    assert_eq!(elsewhere.requests(), [""; 0]);
}

#[tokio::test]
async fn every_other_answer_is_a_refusal() {
    for status in [304, 400, 401, 404, 500, 503, 599] {
        let outcome = outcome_of(answer(status, "")).await;
        let retry_after = None;
        assert_eq!(
            outcome,
            SendOutcome::Refused {
                status,
                retry_after
            }
        );
    }
}

#[tokio::test]
async fn a_refusal_may_say_when_to_come_back() {
    let date = "Date: Wed, 21 Oct 2026 07:28:00 GMT\r\n";
    let until = "Retry-After: Wed, 21 Oct 2026 07:30:00 GMT\r\n";
    for (headers, seconds) in [
        ("Retry-After: 120\r\n", 120),
        (&*format!("{date}{until}"), 120),
        ("Retry-After: 999999999\r\n", 86_400),
    ] {
        let expected = SendOutcome::Refused {
            status: 429,
            retry_after: Some(Duration::from_secs(seconds)),
        };
        assert_eq!(outcome_of(answer(429, headers)).await, expected);
    }
}

#[tokio::test]
async fn a_receiver_that_does_not_answer_is_left_when_the_time_is_over() {
    let receiver = Receiver::start(Script::Silence).await;
    let options = WebhookClientOptions {
        timeout: Duration::from_millis(200),
        ..options()
    };
    let outcome = send(options, &receiver.url()).await;
    assert_eq!(outcome, timed_out("there was no answer in time"));
}

#[tokio::test]
async fn an_endless_body_is_not_read_and_does_not_undo_the_delivery() {
    let receiver = Receiver::start(Script::Endless).await;
    let outcome = send(options(), &receiver.url()).await;
    assert_eq!(outcome, SendOutcome::Delivered { status: 200 });
    let written = receiver.written_until_closed().await;
    assert!(written < 32 * 1024 * 1024, "{written}");
}

#[tokio::test]
async fn a_body_that_stalls_neither_undoes_the_delivery_nor_holds_its_place() {
    let stalled = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf";
    let receiver = Receiver::start(Script::Stall(stalled.into())).await;
    let options = WebhookClientOptions {
        timeout: Duration::from_mins(10),
        ..options()
    };
    let url = receiver.url();
    let sent = tokio::time::timeout(Duration::from_mins(1), send(options, &url)).await;
    let delivered = SendOutcome::Delivered { status: 200 };
    assert_eq!(sent.expect("long before the time is over"), delivered);
}

#[tokio::test]
async fn one_webhook_can_have_less_time_than_the_others() {
    let receiver = Receiver::start(Script::Silence).await;
    let client = client(options());
    let (limit, url) = (Duration::from_millis(50), receiver.url());
    let outcome = client
        .send_within(limit, &url, &NO_HEADERS, "{}".into())
        .await;
    assert_eq!(outcome, timed_out("there was no answer in time"));
}

#[tokio::test]
async fn non_http_response_is_unreachable() {
    let expected = unreachable("the connection ended without a whole HTTP answer");
    for nonsense in ["", "220 mail.example.com ESMTP\r\n", "HTTP/1.1 200"] {
        assert_eq!(outcome_of(nonsense.into()).await, expected, "{nonsense}");
    }
}

#[tokio::test]
async fn refused_connection_is_reported() {
    let url = Receiver::start(Script::Silence).await.stop().await;
    let outcome = send(options(), &url).await;
    assert_eq!(outcome, unreachable("the connection was refused"));
    assert_eq!(outcome.reason(), Some("the connection was refused"));
    assert_eq!(outcome.status(), None);
}

#[tokio::test]
async fn failed_tls_handshake_is_reported() {
    let receiver = Receiver::start(Script::Answer(answer(200, ""))).await;
    let url = receiver.url().replace("http:", "https:");
    let outcome = send(options(), &url).await;
    let reason = outcome.reason().expect("a reason");
    assert!(reason.starts_with("the TLS handshake failed: "), "{reason}");
    assert!(
        matches!(outcome, SendOutcome::Unreachable { .. }),
        "{outcome:?}"
    );
}

#[tokio::test]
async fn every_webhook_has_a_connection_of_its_own() {
    let receiver = Receiver::start(Script::Stall(answer(200, ""))).await;
    let client = client(WebhookClientOptions {
        timeout: Duration::from_secs(3),
        ..options()
    });
    for _ in 0..3 {
        client.send(&receiver.url(), &NO_HEADERS, "{}".into()).await;
    }
    assert_eq!(receiver.connections(), 3);
}

#[tokio::test]
async fn a_header_that_cannot_be_sent_is_no_panic() {
    let receiver = Receiver::start(Script::Answer(answer(200, ""))).await;
    let headers = [("webhook-id", "line\r\nbreak".to_owned())];
    let outcome = client(options())
        .send(&receiver.url(), &headers, "{}".into())
        .await;
    assert!(
        matches!(outcome, SendOutcome::Unreachable { .. }),
        "{outcome:?}"
    );
    assert_eq!(receiver.requests(), [""; 0]);
}

/// Runs another test of this file where the environment names a proxy.
#[test]
fn a_proxy_in_the_environment_is_ignored() {
    let tests = std::env::current_exe().expect("the test's binary");
    let proxy = "http://127.0.0.1:1";
    let output = Command::new(tests)
        .args(["--exact", "client::a_2xx_answer_is_a_delivery"])
        .envs(["http_proxy", "HTTP_PROXY", "ALL_PROXY"].map(|name| (name, proxy)))
        .env_remove("NO_PROXY")
        .env_remove("no_proxy")
        .output()
        .expect("the test runs");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && said.contains("1 passed"),
        "{said}"
    );
}
