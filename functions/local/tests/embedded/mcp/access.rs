//! Who may call, and whose interviews a call sees.

use std::{num::NonZeroU32, sync::Arc, time::Duration};

use api::RateLimitSettings;
use http::Method;
use serde_json::{Value, json};

use super::{answer, modern, told};
use crate::{
    recording_store::Watched,
    support::{TestHost, finished::Finished},
};

/// Makes a token of this scope for the user of the tests.
async fn token(test: &TestHost, scope: &str) -> Value {
    let new = json!({"name": "assistant", "scope": scope, "expires_in_s": 3_600});
    let (status, made) = test.ask(Method::POST, "/v1/tokens", Some(new)).await;
    assert_eq!(status, 201);
    made
}

fn list(test: &TestHost) -> reqwest::RequestBuilder {
    let params = json!({"name": "list_interviews", "arguments": {}});
    modern(test, "tools/call", params)
}

#[tokio::test]
async fn token_that_only_reads_suffices_until_it_ends() {
    let finished = Finished::start().await;
    let test = &finished.test;
    let (read, write) = (token(test, "read").await, token(test, "write").await);
    let by = async |token: &Value| {
        let secret = token["token"].as_str().unwrap();
        let request = list(test).bearer_auth(secret).header("x-user-id", "ben");
        answer(request).await
    };
    for token in [&read, &write] {
        let (status, listed) = by(token).await;
        assert_eq!(status, 200);
        let items = listed["result"]["structuredContent"]["items"].clone();
        assert_eq!(
            items[0]["id"],
            finished.id.as_str(),
            "the token says who it is"
        );
    }
    let path = format!("/v1/tokens/{}", write["id"].as_str().unwrap());
    assert_eq!(test.ask(Method::DELETE, &path, None).await.0, 204);
    let (status, problem) = by(&write).await;
    assert_eq!(
        (status, &problem["code"]),
        (401, &json!("access_token_invalid"))
    );
    test.clock.advance(Duration::from_hours(1));
    let response = list(test).bearer_auth(read["token"].as_str().unwrap());
    let response = response.send().await.unwrap();
    assert_eq!(response.status(), 401);
    let challenge = &response.headers()["www-authenticate"];
    assert_eq!(challenge, "Bearer error=\"invalid_token\"");
    let unknown = format!("ilp_{}", "0".repeat(64));
    let (status, _) = answer(list(test).bearer_auth(unknown)).await;
    assert_eq!(status, 401);
}

#[tokio::test]
async fn other_users_interview_is_indistinguishable_from_a_missing_one() {
    let finished = Finished::start().await;
    let test = &finished.test;
    let watched = Arc::new(Watched::over(test.host.store.records()));
    let mut api = test.host.api();
    api.records = Arc::clone(&watched) as _;
    let url = test.serve(api).await;
    let stranger = async |tool: &str, arguments: Value, id: &str| {
        let params = json!({"name": tool, "arguments": arguments});
        let request = modern(test, "tools/call", params).build().unwrap();
        let mut request = request;
        *request.url_mut() = format!("{url}/mcp").parse().unwrap();
        for (name, value) in [("x-user-id", "stranger"), ("x-request-id", "r")] {
            request.headers_mut().insert(name, value.parse().unwrap());
        }
        watched.uses.lock().unwrap().clear();
        let told = told(test.client.execute(request).await.unwrap()).await;
        let uses = std::mem::take(&mut *watched.uses.lock().unwrap());
        let uses: Vec<String> = uses.into_iter().map(|one| one.replace(id, "ID")).collect();
        (told.replace(id, "ID"), uses)
    };
    let unknown = "x".repeat(finished.id.len());
    for tool in [
        "get_interview",
        "get_transcript",
        "get_analysis",
        "get_quotes",
    ] {
        let own = finished.id.as_str();
        let anothers = stranger(tool, json!({"interview_id": own}), own).await;
        let none = stranger(tool, json!({"interview_id": unknown}), &unknown).await;
        assert!(none.0.contains("interview_not_found"), "{tool}: {}", none.0);
        assert_eq!(anothers, none, "{tool}");
        let is_own = |one: &String| one.contains("users/stranger/");
        assert!(anothers.1.iter().all(is_own), "{tool}: {:?}", anothers.1);
    }
    for (tool, arguments) in [
        ("list_interviews", json!({})),
        ("search", json!({"q": "boat"})),
    ] {
        let (told, uses) = stranger(tool, arguments, &finished.id).await;
        assert!(told.contains("\"items\":[]"), "{tool}: {told}");
        assert!(
            !uses.iter().any(|one| one.contains("users/local/")),
            "{uses:?}"
        );
    }
}

#[tokio::test]
async fn pages_of_other_origins_are_refused() {
    let finished = Finished::start().await;
    let test = &finished.test;
    // The cloud's function has no guard of its own before the API.
    let unguarded = test.serve(test.host.api()).await;
    for (origin, expected) in [
        ("https://evil.example", 403),
        ("null", 403),
        (test.url.as_str(), 200),
    ] {
        for url in [&test.url, &unguarded] {
            let mut request = list(test).header("origin", origin).build().unwrap();
            *request.url_mut() = format!("{url}/mcp").parse().unwrap();
            let response = test.client.execute(request).await.unwrap();
            assert_eq!(response.status(), expected, "{origin} at {url}");
            if expected == 403 {
                let problem: Value = response.json().await.unwrap();
                assert_eq!(problem["code"], "foreign_origin");
            }
        }
    }
}

#[tokio::test]
async fn call_of_a_tool_counts_as_one_request() {
    let test = TestHost::start_set(|settings| {
        settings.rate_limits = RateLimitSettings {
            user_requests: NonZeroU32::new(2),
            ..RateLimitSettings::default()
        };
    })
    .await;
    for _ in 0..2 {
        assert_eq!(answer(list(&test)).await.0, 200);
    }
    let refused = list(&test).send().await.unwrap();
    assert_eq!(refused.status(), 429);
    assert!(refused.headers().contains_key("retry-after"));
}
