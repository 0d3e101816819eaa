//! The API asks the identity provider once, before anything else.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use crate::{
    support::{TestHost, wav},
    testing::openapi_client::calls,
};
use async_trait::async_trait;
use config::Environment;
use domain::{
    ErrorCode, UserId,
    ports::{AuthError, Credentials, Header, Identity},
};
use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::{Value, json};
use testing::openapi_client::calls;

/// Knows `Bearer anna` and `Bearer ben`, and counts.
#[derive(Default)]
struct FakeIdentity {
    asked: AtomicUsize,
}

#[async_trait]
impl Identity for FakeIdentity {
    async fn identify(&self, credentials: &Credentials<'_>) -> Result<UserId, AuthError> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let refused = |code| AuthError {
            code,
            message: "you shall not pass".into(),
        };
        match credentials.authorization {
            Header::Text("Bearer anna") => Ok(UserId::parse("anna").expect("an id")),
            Header::Text("Bearer ben") => Ok(UserId::parse("ben").expect("an id")),
            Header::Text("Bearer asleep") => Err(refused(ErrorCode::IdentityUnavailable)),
            Header::Text(_) => Err(refused(ErrorCode::TokenBadSignature)),
            Header::Unusable => Err(refused(ErrorCode::TokenMalformed)),
            Header::Absent => Err(refused(ErrorCode::TokenMissing)),
        }
    }
}

/// The API of an embedded service behind a fake identity provider.
struct Guarded {
    test: TestHost,
    identity: Arc<FakeIdentity>,
    url: String,
}

impl Guarded {
    async fn start() -> Self {
        let test = TestHost::start().await;
        let identity = Arc::new(FakeIdentity::default());
        let mut api = test.host.api();
        api.identity = Arc::clone(&identity) as _;
        let url = test.serve(api).await;
        Self {
            test,
            identity,
            url,
        }
    }

    fn ask(&self, method: Method, path: &str) -> RequestBuilder {
        Client::new().request(method, format!("{}{path}", self.url))
    }

    /// Asks with these `Authorization` headers.
    async fn get(&self, path: &str, authorization: &[&str]) -> Response {
        let request = authorization
            .iter()
            .fold(self.ask(Method::GET, path), |request, value| {
                request.header("authorization", *value)
            });
        request.send().await.expect("an answer")
    }

    /// Uploads a recording of the user `anna`.
    async fn submit(&self, bytes: Vec<u8>) -> String {
        let body = json!({
            "title": "A summer",
            "audio": {"filename": "a.wav", "content_type": "audio/wav", "size_bytes": bytes.len()},
        });
        let request = self.ask(Method::POST, "/v1/interviews").json(&body);
        let answer = request.bearer_auth("anna").send().await.expect("an answer");
        assert_eq!(answer.status(), 201);
        let created: Value = answer.json().await.expect("JSON");
        assert_eq!(self.test.upload(&created, bytes).await.status(), 200);
        self.test.drain().await;
        created["id"].as_str().expect("an id").to_owned()
    }
}

/// Status, challenge and code of a refusal, which is a problem with its request id.
async fn refusal(answer: Response) -> (u16, Option<String>, String) {
    let status = answer.status().as_u16();
    let header = |name: &str| {
        let value = answer.headers().get(name)?;
        Some(value.to_str().expect("text").to_owned())
    };
    let (challenge, request_id) = (header("www-authenticate"), header("x-request-id"));
    assert_eq!(
        header("content-type").as_deref(),
        Some("application/problem+json")
    );
    let problem: Value = answer.json().await.expect("JSON");
    assert_eq!(problem["status"], status);
    assert_eq!(problem["request_id"].as_str(), request_id.as_deref());
    assert_eq!(problem["detail"], "you shall not pass");
    let code = problem["code"].as_str().expect("a code").to_owned();
    assert_eq!(problem["type"], format!("urn:interviewlens:problem:{code}"));
    (status, challenge, code)
}

#[tokio::test]
async fn a_refusal_is_a_problem_with_a_challenge() {
    let guarded = Guarded::start().await;
    let bare = Some("Bearer");
    let invalid = Some("Bearer error=\"invalid_token\"");
    for (authorization, status, challenge, code) in [
        (&[][..], 401, bare, "token_missing"),
        (&["Bearer eve"], 401, invalid, "token_bad_signature"),
        (
            &["Bearer anna", "Bearer ben"],
            401,
            invalid,
            "token_malformed",
        ),
        (&["Bearer \u{e9}"], 401, invalid, "token_malformed"),
        (&["Bearer asleep"], 503, None, "identity_unavailable"),
    ] {
        let answer = guarded.get("/v1/interviews", authorization).await;
        let refused = refusal(answer).await;
        assert_eq!(
            refused,
            (status, challenge.map(str::to_owned), code.to_owned())
        );
    }
}

#[tokio::test]
async fn every_operation_for_users_authenticates_once_before_anything_else() {
    let guarded = Guarded::start().await;
    let document = guarded.test.get("/openapi.json").await;
    let described = calls(&document)
        .into_iter()
        .filter(|(method, _, operation)| {
            let is_open = operation["security"].as_array().is_some_and(Vec::is_empty);
            // The response to `HEAD` has no problem in its body.
            !is_open && method != "HEAD"
        });
    let mut routes: Vec<(Method, String)> = described
        .map(|(method, path, _)| {
            let parts = path.split('/');
            let path = parts.map(|part| if part.starts_with('{') { "x" } else { part });
            (method.parse().unwrap(), path.collect::<Vec<_>>().join("/"))
        })
        .collect();
    assert!(routes.len() > 25, "{}", routes.len());
    for path in [
        "/v1/interviews?nonsense=1",
        "/v1/interviews/not%20an%20id",
        "/v1/interviews/%FF",
        "/v1/audio/x?tokens=1",
    ] {
        routes.push((Method::GET, path.to_owned()));
    }
    for (asked, (method, path)) in (1..).zip(routes) {
        let request = guarded.ask(method, &path).header("x-user-id", "anna");
        let answer = request.body("{").send().await.expect("an answer");
        assert_eq!(refusal(answer).await.0, 401, "{path}");
        assert_eq!(
            guarded.identity.asked.load(Ordering::SeqCst),
            asked,
            "{path}"
        );
    }
}

#[tokio::test]
async fn public_requests_do_not_ask_the_identity_provider() {
    let guarded = Guarded::start().await;
    for (path, status) in [
        ("/healthz", 200),
        ("/nowhere", 404),
        ("/v1/audio/x?token=forged", 403),
    ] {
        let answer = guarded.get(path, &["Bearer eve"]).await;
        assert_eq!(answer.status(), status, "{path}");
    }
    let answer = guarded.ask(Method::PATCH, "/v1/interviews").send().await;
    assert_eq!(answer.expect("an answer").status(), 405);
    assert_eq!(guarded.identity.asked.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn user_comes_from_identity_not_from_headers() {
    let guarded = Guarded::start().await;
    let bytes = wav(1);
    let id = guarded.submit(bytes.clone()).await;
    let path = format!("/v1/interviews/{id}");
    let interview = guarded.get(&path, &["Bearer anna"]).await;
    assert_eq!(interview.status(), 200);
    let interview: Value = interview.json().await.expect("JSON");
    let posing = guarded.ask(Method::GET, &path).header("x-user-id", "anna");
    let posing = posing.bearer_auth("ben").send().await.expect("an answer");
    assert_eq!(posing.status(), 404);
    let link = interview["audio"]["url"].as_str().expect("a link");
    assert_eq!(
        guarded.get(link, &[]).await.bytes().await.expect("audio"),
        bytes
    );
    let audio = format!("/v1/audio/{id}");
    for (who, status) in [
        ("Bearer anna", 200),
        ("Bearer ben", 404),
        ("Bearer eve", 401),
    ] {
        assert_eq!(guarded.get(&audio, &[who]).await.status(), status, "{who}");
    }
}

#[tokio::test]
async fn the_embedded_service_takes_people_at_their_word() {
    let test = TestHost::start().await;
    let list = async |user: &[&str]| {
        let request = test.client.get(format!("{}/v1/interviews", test.url));
        let request = user
            .iter()
            .fold(request, |request, user| request.header("x-user-id", *user));
        let answer = request.header("authorization", "Bearer eve").send().await;
        let answer = answer.expect("an answer");
        let challenge = answer.headers().contains_key("www-authenticate");
        let status = answer.status().as_u16();
        let body: Value = answer.json().await.expect("JSON");
        (status, challenge, body["code"].as_str().map(str::to_owned))
    };
    for user in [&[][..], &["anna"]] {
        assert_eq!(list(user).await, (200, false, None), "{user:?}");
    }
    let invalid = || (400, false, Some("invalid_user".to_owned()));
    for user in [&["a/b"][..], &["\u{e9}"], &["anna", "ben"]] {
        assert_eq!(list(user).await, invalid(), "{user:?}");
    }
}

/// From a browser, only the pages of the list may ask, uploads included.
#[tokio::test]
async fn pages_of_other_origins_ask_only_where_they_are_listed() {
    let environment = Environment::from_pairs([("CORS_ALLOWED_ORIGINS", "https://app.example")]);
    let origins = api::Origins::read(&environment).expect("an origin");
    let test = TestHost::start_set(|settings| settings.origins = origins).await;
    for path in [
        "/v1/interviews",
        "/storage/uploads/x",
        "/storage-sessions/uploads/x",
    ] {
        for (origin, allowed) in [
            ("https://app.example", true),
            ("https://other.example", false),
        ] {
            let url = format!("{}{path}", test.url);
            let asks = test.client.request(http::Method::OPTIONS, &url);
            let asks = asks.header("origin", origin);
            let asks = asks.header("access-control-request-method", "PUT");
            let answer = asks.send().await.unwrap();
            let headers = answer.headers();
            let granted = headers.get("access-control-allow-origin");
            assert_eq!(granted.is_some(), allowed, "{path} {origin}");
            assert_eq!(
                headers.contains_key("access-control-allow-methods"),
                allowed
            );
            assert_eq!(headers["vary"], "Origin");
            let answer = test
                .client
                .get(&url)
                .header("origin", origin)
                .send()
                .await
                .unwrap();
            let granted = answer.headers().get("access-control-allow-origin");
            assert_eq!(granted.is_some(), allowed, "{path} {origin}");
            assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
        }
    }
}
