//! No client keeps the others waiting.

use std::num::NonZeroU32;

use api::RateLimitSettings;
use futures::StreamExt;
use http::Method;

use crate::support::{TestHost, wav};

async fn start(rate_limits: RateLimitSettings) -> TestHost {
    TestHost::start_set(|settings| settings.rate_limits = rate_limits).await
}

/// Asks for the list as this user, from that address as a proxy has it.
async fn list(test: &TestHost, user: &str, address: &str) -> reqwest::Response {
    let request = test.client.get(format!("{}/v1/interviews", test.url));
    let request = request.header("x-user-id", user);
    let request = request.header("x-forwarded-for", address);
    request.send().await.unwrap()
}

#[tokio::test]
async fn rate_limited_user_gets_retry_after() {
    let test = start(RateLimitSettings {
        user_requests: NonZeroU32::new(5),
        ..RateLimitSettings::default()
    })
    .await;
    for _ in 0..5 {
        assert_eq!(list(&test, "anna", "a").await.status(), 200);
    }
    let refused = list(&test, "anna", "a").await;
    assert_eq!(refused.status(), 429);
    let wait: u64 = refused.headers()["retry-after"]
        .to_str()
        .unwrap()
        .parse()
        .unwrap();
    assert!((1..=12).contains(&wait), "{wait}");
    let problem: serde_json::Value = refused.json().await.unwrap();
    assert_eq!(problem["code"], "too_many_requests");
    assert_eq!(list(&test, "ben", "a").await.status(), 200);
}

/// Also a client that guesses at tokens or paths.
#[tokio::test]
async fn an_address_is_counted_before_anything_else() {
    let test = start(RateLimitSettings {
        address_requests: NonZeroU32::new(4),
        trusted_proxies: 1,
        ..RateLimitSettings::default()
    })
    .await;
    for user in ["anna", "a/b", "ben", ".."] {
        let answer = list(&test, user, "invented, 203.0.113.7").await;
        assert_ne!(answer.status(), 429);
    }
    assert_eq!(
        list(&test, "anna", "other, 203.0.113.7").await.status(),
        429
    );
    assert_eq!(list(&test, "anna", "203.0.113.8").await.status(), 200);
    for (path, status) in [("/nonsense", 429), ("/", 429), ("/healthz", 200)] {
        let request = test.client.get(format!("{}{path}", test.url));
        let request = request.header("x-forwarded-for", "203.0.113.7");
        assert_eq!(request.send().await.unwrap().status(), status, "{path}");
    }
}

#[tokio::test]
async fn a_user_has_so_many_streams_and_another_when_one_is_closed() {
    let test = start(RateLimitSettings {
        user_streams: NonZeroU32::new(2),
        ..RateLimitSettings::default()
    })
    .await;
    let created = test.create(wav(1).len()).await;
    let path = format!("/v1/interviews/{}/events", created["id"].as_str().unwrap());
    let open = || test.client.get(format!("{}{path}", test.url)).send();
    let (first, second) = (open().await.unwrap(), open().await.unwrap());
    assert_eq!(
        (first.status(), second.status()),
        (http::StatusCode::OK, http::StatusCode::OK)
    );
    let (status, problem) = test.ask(Method::GET, &path, None).await;
    assert_eq!(
        (status, problem["code"].as_str()),
        (429, Some("too_many_streams"))
    );
    // The interview's end ends the streams.
    test.upload(&created, wav(1)).await;
    test.drain().await;
    for stream in [first, second] {
        let mut bytes = stream.bytes_stream();
        while bytes.next().await.is_some() {}
    }
    assert_eq!(open().await.unwrap().status(), 200);
}
