//! Access tokens, used beyond their scope, forged, and ended.

use std::time::Duration;

use http::Method;
use serde_json::{Value, json};

use super::Table;
use crate::support::TestHost;

/// A service with tokens of anna and ben.
struct Tokens {
    test: TestHost,
    read: Value,
    write: Value,
    anothers: Value,
    id: String,
    table: Table,
}

impl Tokens {
    async fn start() -> Self {
        let test = TestHost::start().await;
        let make = async |user: &str, scope: &str| -> Value {
            let request = test.client.post(format!("{}/v1/tokens", test.url));
            let body = json!({"name": scope, "scope": scope, "expires_in_s": 3_600});
            let request = request.header("x-user-id", user).json(&body);
            request.send().await.unwrap().json().await.unwrap()
        };
        let (read, write) = (make("anna", "read").await, make("anna", "write").await);
        let anothers = make("ben", "write").await;
        let create = test.client.post(format!("{}/v1/interviews", test.url));
        let create = create
            .header("x-user-id", "anna")
            .json(&json!({"title": "a"}));
        let created: Value = create.send().await.unwrap().json().await.unwrap();
        Self {
            id: created["id"].as_str().unwrap().to_owned(),
            test,
            read,
            write,
            anothers,
            table: Table::default(),
        }
    }

    async fn ask(
        &mut self,
        attempt: &str,
        expected: u16,
        method: Method,
        path: &str,
        header: &str,
    ) {
        let request = self
            .test
            .client
            .request(method.clone(), format!("{}{path}", self.test.url));
        let request = request.header("authorization", header);
        let request = match method {
            Method::GET | Method::HEAD => request,
            _ => request.json(&json!({"title": "b"})),
        };
        let answer = request.send().await.unwrap();
        self.table.note(attempt, expected, answer.status().as_u16());
    }
}

fn bearer(token: &Value) -> String {
    format!("Bearer {}", token["token"].as_str().unwrap())
}

async fn scopes(tokens: &mut Tokens) {
    let (read, write) = (bearer(&tokens.read), bearer(&tokens.write));
    let anothers = bearer(&tokens.anothers);
    let path = format!("/v1/interviews/{}", tokens.id);
    tokens
        .ask("token: read", 200, Method::GET, &path, &read)
        .await;
    for (method, below) in [
        (Method::PATCH, ""),
        (Method::DELETE, ""),
        (Method::POST, "/retry"),
        (Method::POST, "/notes"),
        (Method::POST, "/shares"),
        (Method::PUT, "/assessment"),
        (Method::POST, "/upload-url"),
    ] {
        let attempt = format!("token: scope read, {method} {below}");
        tokens
            .ask(&attempt, 403, method, &format!("{path}{below}"), &read)
            .await;
    }
    for post in [
        "/v1/interviews",
        "/v1/analyze",
        "/v1/analyze-async",
        "/v1/transcribe-stream",
        "/v1/webhook-secret",
    ] {
        let attempt = format!("token: scope read, POST {post}");
        tokens.ask(&attempt, 403, Method::POST, post, &read).await;
    }
    // No message of the protocol, but let in.
    tokens
        .ask(
            "token: scope read, POST /mcp",
            400,
            Method::POST,
            "/mcp",
            &read,
        )
        .await;
    tokens
        .ask("token: of another user", 404, Method::GET, &path, &anothers)
        .await;
    tokens
        .ask(
            "token: of another user, writing",
            404,
            Method::PATCH,
            &path,
            &anothers,
        )
        .await;
    let own = format!("/v1/tokens/{}", tokens.read["id"].as_str().unwrap());
    for (method, path) in [
        (Method::GET, "/v1/tokens"),
        (Method::POST, "/v1/tokens"),
        (Method::DELETE, &*own),
    ] {
        let attempt = format!("token: {method} /v1/tokens by a token");
        tokens.ask(&attempt, 403, method, path, &write).await;
    }
    tokens
        .ask(
            "token: scope write, PATCH",
            200,
            Method::PATCH,
            &path,
            &write,
        )
        .await;
}

async fn forgeries(tokens: &mut Tokens) {
    let secret = tokens.write["token"].as_str().unwrap().to_owned();
    let path = format!("/v1/interviews/{}", tokens.id);
    let zeros = format!("Bearer ilp_{}", "0".repeat(64));
    for (attempt, header) in [
        ("token: one that was never made", zeros),
        ("token: cut short", format!("Bearer {}", &secret[..67])),
        ("token: one digit more", format!("Bearer {secret}0")),
        (
            "token: in capitals",
            format!("Bearer ilp_{}", secret[4..].to_uppercase()),
        ),
        ("token: only the prefix", "Bearer ilp_".to_owned()),
        (
            "token: path in it",
            "Bearer ilp_../../users/anna/tokens/x".to_owned(),
        ),
        (
            "token: its id",
            format!("Bearer ilp_{}", tokens.write["id"].as_str().unwrap()),
        ),
        (
            "token: two at once",
            format!("Bearer {secret}, Bearer {secret}"),
        ),
    ] {
        tokens.ask(attempt, 401, Method::GET, &path, &header).await;
    }
    // Nothing but the header is looked at: such a parameter is refused by name.
    for query in ["token", "access_token", "authorization"] {
        let path = format!("/v1/interviews/{}?{query}={secret}", tokens.id);
        let answer = tokens.test.client.get(format!("{}{path}", tokens.test.url));
        let status = answer.send().await.unwrap().status().as_u16();
        tokens
            .table
            .note(&format!("token: in the query as `{query}`"), 400, status);
    }
    let audio = format!("{}/v1/audio/{}?token={secret}", tokens.test.url, tokens.id);
    let status = tokens.test.client.get(audio).send().await.unwrap().status();
    tokens
        .table
        .note("token: as the token of an audio link", 403, status.as_u16());
    tokens
        .ask(
            "token: by another scheme",
            404,
            Method::GET,
            &path,
            &format!("Basic {secret}"),
        )
        .await;
}

async fn ended_tokens(tokens: &mut Tokens) {
    let path = format!("/v1/interviews/{}", tokens.id);
    let (read, write) = (bearer(&tokens.read), bearer(&tokens.write));
    let id = tokens.read["id"].as_str().unwrap();
    let url = format!("{}/v1/tokens/{id}", tokens.test.url);
    let revoke = async |user: &str| {
        let request = tokens.test.client.delete(&url).header("x-user-id", user);
        request.send().await.unwrap().status().as_u16()
    };
    let (by_another, by_owner) = (revoke("ben").await, revoke("anna").await);
    tokens
        .table
        .note("token: revoked by another user", 404, by_another);
    tokens
        .table
        .note("token: revoked by its user", 204, by_owner);
    tokens
        .ask("token: revoked", 401, Method::GET, &path, &read)
        .await;
    tokens
        .ask(
            "token: revoked, POST /mcp",
            401,
            Method::POST,
            "/mcp",
            &read,
        )
        .await;
    tokens.test.clock.advance(Duration::from_hours(1));
    tokens
        .ask(
            "token: expired by the clock",
            401,
            Method::GET,
            &path,
            &write,
        )
        .await;
    tokens
        .ask("token: expired, writing", 401, Method::PATCH, &path, &write)
        .await;
}

#[tokio::test]
async fn access_tokens_permit_nothing_but_what_they_are_for() {
    let mut tokens = Tokens::start().await;
    scopes(&mut tokens).await;
    forgeries(&mut tokens).await;
    ended_tokens(&mut tokens).await;
    tokens.table.conclude();
}
