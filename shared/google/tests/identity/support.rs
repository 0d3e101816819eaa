//! Tokens signed with keys made for a test, and a server of such keys.

use std::sync::{
    Arc, Mutex, MutexGuard,
    atomic::{AtomicI64, Ordering},
};

use async_trait::async_trait;
use aws_lc_rs::{
    encoding::{AsDer, PublicKeyX509Der},
    hmac,
    rand::SystemRandom,
    rsa::KeySize,
    signature::{KeyPair, RSA_PKCS1_SHA256, RsaKeyPair},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{
    Timestamp,
    ports::{AuthError, Clock, Credentials, Header, Identity},
};
use google::identity::FirebaseIdentity;
use http::{HeaderValue, Request, Response, StatusCode, header};
use hyper::body::Incoming;
use runtime::http::{Body, Service, answer, full};
use serde_json::{Value, json};
use tokio::sync::watch;

/// 2026-01-01, in seconds.
pub(crate) const NOW: i64 = 1_767_225_600;

pub(crate) const PROJECT: &str = "my-project";

/// A clock that tests move.
pub(crate) struct SetClock(AtomicI64);

impl SetClock {
    pub(crate) fn advance(&self, seconds: i64) {
        self.0.fetch_add(seconds * 1_000, Ordering::SeqCst);
    }
}

impl Clock for SetClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
    }
}

/// A key that lives for one test.
pub(crate) struct TestKey {
    pub(crate) id: &'static str,
    pair: RsaKeyPair,
}

impl TestKey {
    pub(crate) fn make(id: &'static str) -> Self {
        let pair = RsaKeyPair::generate(KeySize::Rsa2048).expect("a key");
        Self { id, pair }
    }

    /// A token whose header and claims are exactly these.
    pub(crate) fn sign(&self, header: &Value, claims: &Value) -> String {
        let text = unsigned(header, claims);
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair
            .sign(
                &RSA_PKCS1_SHA256,
                &SystemRandom::new(),
                text.as_bytes(),
                &mut signature,
            )
            .expect("a signature");
        format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    /// A token with those claims.
    pub(crate) fn token(&self, claims: &Value) -> String {
        self.sign(
            &json!({"alg": "RS256", "kid": self.id, "typ": "JWT"}),
            claims,
        )
    }

    /// A token signed by HMAC with the public key as the secret.
    pub(crate) fn forge_hs256(&self, claims: &Value) -> String {
        let header = json!({"alg": "HS256", "kid": self.id, "typ": "JWT"});
        let text = unsigned(&header, claims);
        let public: PublicKeyX509Der<'_> = self.pair.public_key().as_der().expect("encodes");
        let key = hmac::Key::new(hmac::HMAC_SHA256, public.as_ref());
        let tag = hmac::sign(&key, text.as_bytes());
        format!("{text}.{}", URL_SAFE_NO_PAD.encode(tag))
    }

    fn jwk(&self) -> Value {
        let public = self.pair.public_key();
        let number = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        json!({
            "kty": "RSA", "alg": "RS256", "use": "sig", "kid": self.id,
            "n": number(public.modulus().big_endian_without_leading_zero()),
            "e": number(public.exponent().big_endian_without_leading_zero()),
        })
    }
}

pub(crate) fn unsigned(header: &Value, claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}", part(header), part(claims))
}

/// The claims of a good token, with some of them replaced; `null` takes one away.
pub(crate) fn claims(but: Value) -> Value {
    let mut claims = json!({
        "iss": "https://securetoken.google.com/my-project", "aud": PROJECT,
        "auth_time": NOW - 700, "user_id": "uid123", "sub": "uid123",
        "iat": NOW - 600, "exp": NOW + 3_000,
        "email": "a@example.com", "email_verified": true,
        "firebase": {"identities": {"email": ["a@example.com"]}, "sign_in_provider": "password"},
    });
    let Value::Object(but) = but else {
        panic!("claims are an object")
    };
    for (name, value) in but {
        claims[name] = value;
    }
    claims
        .as_object_mut()
        .expect("an object")
        .retain(|_, value| !value.is_null());
    claims
}

/// The claims of a token that outlives every test.
fn lasting() -> Value {
    claims(json!({"exp": NOW + 1_000_000}))
}

/// What the key server answers.
pub(crate) struct Serving {
    pub(crate) status: StatusCode,
    pub(crate) body: String,
    pub(crate) cache_control: &'static str,
}

/// A server of keys, which counts, and can be made to wait.
pub(crate) struct KeyServer {
    fetches: watch::Sender<usize>,
    open: watch::Sender<bool>,
    serving: Mutex<Serving>,
}

impl KeyServer {
    pub(crate) fn fetches(&self) -> usize {
        *self.fetches.borrow()
    }

    /// Answers no request until [`Self::let_go`].
    pub(crate) fn hold(&self) {
        self.open.send_replace(false);
    }

    /// Resolves when the keys have been asked for that often in all.
    pub(crate) async fn asked(&self, times: usize) {
        let mut fetches = self.fetches.subscribe();
        let asked = fetches.wait_for(|fetches| *fetches >= times).await;
        asked.expect("it lives");
    }

    /// Answers the requests that wait.
    pub(crate) fn let_go(&self) {
        self.open.send_replace(true);
    }

    pub(crate) fn serving(&self) -> MutexGuard<'_, Serving> {
        self.serving.lock().expect("not poisoned")
    }

    pub(crate) fn publish(&self, keys: &[&TestKey]) {
        let keys: Vec<_> = keys.iter().map(|key| key.jwk()).collect();
        self.serving().body = json!({ "keys": keys }).to_string();
    }
}

#[async_trait]
impl Service for KeyServer {
    async fn call(&self, _: Request<Incoming>) -> Response<Body> {
        self.fetches.send_modify(|fetches| *fetches += 1);
        let mut open = self.open.subscribe();
        open.wait_for(|open| *open).await.expect("it lives");
        let serving = self.serving();
        let body = full(serving.body.clone());
        let mut response = answer(serving.status, "application/json", body);
        response.headers_mut().insert(
            header::CACHE_CONTROL,
            HeaderValue::from_static(serving.cache_control),
        );
        response
    }
}

/// The identity over a server of one key, at a time of its own.
pub(crate) struct Test {
    pub(crate) key: TestKey,
    pub(crate) server: Arc<KeyServer>,
    pub(crate) clock: Arc<SetClock>,
    pub(crate) identity: Arc<FirebaseIdentity>,
}

pub(crate) fn clock() -> Arc<SetClock> {
    Arc::new(SetClock(AtomicI64::new(NOW * 1_000)))
}

impl Test {
    pub(crate) async fn start() -> Self {
        let key = TestKey::make("key-1");
        let server = Arc::new(KeyServer {
            fetches: watch::Sender::new(0),
            open: watch::Sender::new(true),
            serving: Mutex::new(Serving {
                status: StatusCode::OK,
                body: String::new(),
                cache_control: "public, max-age=21600, must-revalidate, no-transform",
            }),
        });
        server.publish(&[&key]);
        let url = testing::serve(Arc::clone(&server) as _).await + "/keys";
        let clock = clock();
        let identity =
            FirebaseIdentity::with_keys_url(PROJECT.into(), url, Arc::clone(&clock) as _);
        Self {
            key,
            server,
            clock,
            identity: Arc::new(identity),
        }
    }

    /// The user of `token`, or the code of the refusal.
    pub(crate) async fn user(&self, token: &str) -> Result<String, &'static str> {
        user(&self.identity, &format!("Bearer {token}")).await
    }

    /// A good token whose key the server does not have.
    pub(crate) fn stranger(&self, key_id: &str) -> String {
        let header = json!({"alg": "RS256", "kid": key_id});
        self.key.sign(&header, &lasting())
    }

    /// A good token, for some time to come.
    pub(crate) fn good(&self) -> String {
        self.key.token(&lasting())
    }
}

pub(crate) async fn refusal(identity: &FirebaseIdentity, authorization: Header<'_>) -> AuthError {
    let credentials = Credentials {
        authorization,
        user_id: Header::Text("mallory"),
        ..Credentials::default()
    };
    let refused = identity.identify(&credentials).await;
    refused.expect_err("a refusal")
}

pub(crate) async fn user(
    identity: &FirebaseIdentity,
    authorization: &str,
) -> Result<String, &'static str> {
    let credentials = Credentials {
        authorization: Header::Text(authorization),
        user_id: Header::Text("mallory"),
        ..Credentials::default()
    };
    let user = identity.identify(&credentials).await;
    user.map(String::from)
        .map_err(|refused| refused.code.as_str())
}
