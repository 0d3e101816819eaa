//! Personal access tokens.

use std::{sync::Arc, time::Duration};

use http::Method;
use reqwest::Response;
use serde_json::{Value, json};

use crate::{
    recording_store::Watched,
    support::{TestHost, contended::Contended},
};

/// Makes a token as the user `anna`.
async fn make(test: &TestHost, body: Value) -> Value {
    let request = test.client.post(format!("{}/v1/tokens", test.url));
    let request = request.header("x-user-id", "anna").json(&body);
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), 201);
    assert_eq!(answer.headers()["cache-control"], "no-store");
    answer.json().await.unwrap()
}

/// Asks with a token.
async fn ask(test: &TestHost, token: &Value, method: Method, path: &str) -> Response {
    let request = test
        .client
        .request(method.clone(), format!("{}{path}", test.url));
    let request = request.bearer_auth(token["token"].as_str().unwrap());
    let request = match method {
        Method::GET => request,
        _ => request.json(&json!({"title": "by a program"})),
    };
    request.send().await.unwrap()
}

async fn listed(test: &TestHost, user: &str) -> Vec<Value> {
    let request = test.client.get(format!("{}/v1/tokens", test.url));
    let answer = request.header("x-user-id", user).send().await.unwrap();
    let page: Value = answer.json().await.unwrap();
    page["items"].as_array().unwrap().clone()
}

#[tokio::test]
async fn token_stands_for_its_user_until_it_expires() {
    let test = TestHost::start().await;
    let token = make(
        &test,
        json!({"name": "backup", "scope": "write", "expires_in_s": 3_600}),
    )
    .await;
    let secret = token["token"].as_str().unwrap();
    assert!(secret.starts_with("ilp_") && secret.len() == 68);
    let created = ask(&test, &token, Method::POST, "/v1/interviews").await;
    assert_eq!(created.status(), 201);
    let id = created.json::<Value>().await.unwrap()["id"].clone();
    let path = format!("/v1/interviews/{}", id.as_str().unwrap());
    let own = test.client.get(format!("{}{path}", test.url));
    let own = own.header("x-user-id", "anna").send().await.unwrap();
    assert_eq!(own.status(), 200, "it is anna's");
    // The header of `AUTH=local` counts for nothing beside a token.
    let posing = test.client.get(format!("{}{path}", test.url));
    let posing = posing.header("x-user-id", "ben").bearer_auth(secret);
    assert_eq!(posing.send().await.unwrap().status(), 200);
    test.clock.advance(Duration::from_hours(1));
    let expired = ask(&test, &token, Method::GET, &path).await;
    assert_eq!(expired.status(), 401);
    assert_eq!(
        expired.headers()["www-authenticate"],
        "Bearer error=\"invalid_token\""
    );
    let problem: Value = expired.json().await.unwrap();
    assert_eq!(problem["code"], "access_token_invalid");
    let items = listed(&test, "anna").await;
    assert_eq!(items.len(), 1, "an expired token is still listed");
    assert_eq!(items[0]["last_used_at"], "2026-01-01T00:00:00.000Z");
    assert!(!items[0].to_string().contains("ilp_"), "the secret is not");
}

#[tokio::test]
async fn revoked_token_permits_nothing_from_then_on() {
    let test = TestHost::start().await;
    let token = make(&test, json!({"name": "a", "scope": "read"})).await;
    assert_eq!(
        ask(&test, &token, Method::GET, "/v1/interviews")
            .await
            .status(),
        200
    );
    let path = format!("/v1/tokens/{}", token["id"].as_str().unwrap());
    let url = format!("{}{path}", test.url);
    let revoke = async |user: &str| {
        let request = test.client.delete(&url).header("x-user-id", user);
        request.send().await.unwrap().status().as_u16()
    };
    assert_eq!(revoke("ben").await, 404, "it is not ben's to revoke");
    assert_eq!(
        ask(&test, &token, Method::GET, "/v1/interviews")
            .await
            .status(),
        200
    );
    assert_eq!(revoke("anna").await, 204);
    assert_eq!(
        ask(&test, &token, Method::GET, "/v1/interviews")
            .await
            .status(),
        401
    );
    assert_eq!(revoke("anna").await, 404);
    assert!(listed(&test, "anna").await.is_empty());
}

#[tokio::test]
async fn only_a_digest_of_the_secret_is_stored() {
    let test = TestHost::start().await;
    let token = make(&test, json!({"name": "a", "scope": "read"})).await;
    assert_eq!(
        ask(&test, &token, Method::GET, "/v1/interviews")
            .await
            .status(),
        200
    );
    let secret = token["token"].as_str().unwrap();
    for file in ["interviewlens.db", "interviewlens.db-wal"] {
        let path = test.folder.path().join(file);
        let Ok(bytes) = std::fs::read(&path) else {
            continue;
        };
        let digits = secret.trim_start_matches("ilp_").as_bytes();
        let is_there = bytes.windows(digits.len()).any(|part| part == digits);
        assert!(!is_there, "{file}");
    }
}

#[tokio::test]
async fn token_is_recognized_by_one_read_and_its_use_noted_once_an_hour() {
    let test = TestHost::start().await;
    let token = make(&test, json!({"name": "a", "scope": "read"})).await;
    let watched = Arc::new(Watched::over(test.host.store.records()));
    let mut api = test.host.api();
    api.records = Arc::clone(&watched) as _;
    let url = test.serve(api).await;
    let uses = async |secret: &str| {
        watched.uses.lock().unwrap().clear();
        let request = test.client.get(format!("{url}/v1/interviews/none"));
        let status = request.bearer_auth(secret).send().await.unwrap().status();
        let uses = watched.uses.lock().unwrap().clone();
        let count = |what: &str| uses.iter().filter(|one| one.starts_with(what)).count();
        let of_tokens = uses.iter().filter(|one| one.contains("tokens"));
        (status.as_u16(), of_tokens.count(), count("commit"))
    };
    let secret = token["token"].as_str().unwrap();
    assert_eq!(uses(secret).await, (404, 2, 1), "the first use is noted");
    assert_eq!(uses(secret).await, (404, 1, 0));
    test.clock.advance(Duration::from_hours(1));
    assert_eq!(uses(secret).await, (404, 2, 1), "the next hour's is");
    let unknown = format!("ilp_{}", "0".repeat(64));
    assert_eq!(uses(&unknown).await, (401, 1, 0));
    assert_eq!(uses("ilp_short").await, (401, 0, 0));
}

#[tokio::test]
async fn repeated_key_makes_no_second_token() {
    let test = TestHost::start().await;
    let send = async || {
        let request = test.client.post(format!("{}/v1/tokens", test.url));
        let request = request.header("idempotency-key", "k");
        let request = request.json(&json!({"name": "a", "scope": "read"}));
        request.send().await.unwrap()
    };
    assert_eq!(send().await.status(), 201);
    let again = send().await;
    assert_eq!(again.status(), 409);
    let problem: Value = again.json().await.unwrap();
    assert_eq!(problem["code"], "idempotency_key_used");
    assert_eq!(listed(&test, "local").await.len(), 1);
}

#[tokio::test]
async fn wrong_tokens_are_refused_by_field() {
    let test = TestHost::start().await;
    for (body, status, named) in [
        (json!({"name": "", "scope": "read"}), 400, "`name`"),
        (json!({"name": "a\nb", "scope": "read"}), 400, "`name`"),
        (json!({"name": "a", "scope": "admin"}), 400, "admin"),
        (json!({"name": "a"}), 400, "scope"),
        (
            json!({"name": "a", "scope": "read", "expires_in_s": 59}),
            400,
            "`expires_in_s`",
        ),
        (
            json!({"name": "a", "scope": "read", "expires_in_s": 31_622_401}),
            400,
            "`expires_in_s`",
        ),
        (
            json!({"name": "a", "scope": "read", "user": "b"}),
            400,
            "user",
        ),
    ] {
        let (found, problem) = test.ask(Method::POST, "/v1/tokens", Some(body)).await;
        assert_eq!(found, status, "{problem}");
        assert!(
            problem["detail"].as_str().unwrap().contains(named),
            "{problem}"
        );
    }
}

#[tokio::test]
async fn expired_tokens_make_room_for_new_ones() {
    let test = TestHost::start().await;
    let new =
        |expires_in_s: u64| json!({"name": "a", "scope": "read", "expires_in_s": expires_in_s});
    for _ in 0..49 {
        assert_eq!(
            test.ask(Method::POST, "/v1/tokens", Some(new(7_200)))
                .await
                .0,
            201
        );
    }
    assert_eq!(
        test.ask(Method::POST, "/v1/tokens", Some(new(60))).await.0,
        201
    );
    let (status, problem) = test.ask(Method::POST, "/v1/tokens", Some(new(60))).await;
    assert_eq!((status, &problem["code"]), (409, &json!("too_many_tokens")));
    test.clock.advance(Duration::from_mins(1));
    assert_eq!(
        test.ask(Method::POST, "/v1/tokens", Some(new(60))).await.0,
        201
    );
    assert_eq!(
        test.get("/v1/tokens?limit=100").await["items"]
            .as_array()
            .unwrap()
            .len(),
        50
    );
}

#[tokio::test]
async fn token_that_another_writer_prevented_does_not_count_as_made() {
    let test = TestHost::start().await;
    let mut api = test.host.api();
    api.records = Arc::new(Contended(test.host.store.records()));
    let url = test.serve(api).await;
    let create = async |url: &str| {
        let request = test.client.post(format!("{url}/v1/tokens"));
        let request = request.header("idempotency-key", "k");
        let body = json!({"name": "Export", "scope": "read"});
        let answer = request.json(&body).send().await.unwrap();
        (answer.status(), answer.json::<Value>().await.unwrap())
    };
    let (status, problem) = create(&url).await;
    assert_eq!(status, 409, "{problem}");
    assert_eq!(problem["code"], "conflict");
    assert_eq!(create(&test.url).await.0, 201);
    let (_, problem) = create(&test.url).await;
    assert_eq!(problem["code"], "idempotency_key_used");
}
