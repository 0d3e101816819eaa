//! A receiver of webhooks.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, Mac};
use http::{Request, Response, StatusCode};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use runtime::http::{Body, Service, empty};
use serde_json::Value;
use sha2::Sha256;
use tokio::sync::Notify;

/// What webhooks are signed with.
pub const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// How long webhooks may take.
const TIMEOUT: Duration = Duration::from_mins(2);

/// Webhooks as they were received.
#[derive(Default)]
pub struct Receiver {
    /// Id, body, and whether one of the signatures was made with [`SECRET`].
    pub received: Mutex<Vec<(String, Value, bool)>>,
    /// What the next webhooks are answered, the last one first; 204 without any.
    pub answers: Mutex<Vec<StatusCode>>,
    arrived: Notify,
}

#[async_trait]
impl Service for Receiver {
    async fn call(&self, request: Request<Incoming>) -> Response<Body> {
        let (parts, body) = request.into_parts();
        let header = |name: &str| {
            let value = parts.headers.get(name);
            value.and_then(|value| value.to_str().ok()).unwrap_or("")
        };
        let id = header("webhook-id");
        let body = body.collect().await.unwrap().to_bytes();
        let signed = signature(id, header("webhook-timestamp"), &body);
        let mut signatures = header("webhook-signature").split(' ');
        let good = signatures.any(|given| given == signed);
        let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
        let webhook = (id.to_owned(), body, good);
        self.received.lock().unwrap().push(webhook);
        self.arrived.notify_one();
        let answer = self.answers.lock().unwrap().pop();
        empty(answer.unwrap_or(StatusCode::NO_CONTENT))
    }
}

/// As <https://www.standardwebhooks.com> has it.
fn signature(id: &str, timestamp: &str, body: &[u8]) -> String {
    let key = STANDARD.decode(SECRET.trim_start_matches("whsec_"));
    let mut code = Hmac::<Sha256>::new_from_slice(&key.unwrap()).unwrap();
    code.update(format!("{id}.{timestamp}.").as_bytes());
    code.update(body);
    format!("v1,{}", STANDARD.encode(code.finalize().into_bytes()))
}

impl Receiver {
    /// Starts to listen; answers the address.
    pub async fn listen(self: &Arc<Self>) -> String {
        let url = crate::serve(Arc::clone(self) as _).await;
        format!("{url}/hook")
    }

    /// The types of all webhooks in their order.
    pub fn types(&self) -> Vec<String> {
        let received = self.received.lock().unwrap();
        let types = received.iter().map(|(_, body, _)| type_of(body));
        types.collect()
    }

    /// Waits until so many different webhooks have come; answers types by id. All
    /// signatures are good.
    pub async fn different(&self, count: usize) -> BTreeMap<String, String> {
        let waited = tokio::time::timeout(TIMEOUT, self.collect(count)).await;
        waited.unwrap_or_else(|_| panic!("only {:?}", self.received.lock().unwrap()))
    }

    async fn collect(&self, count: usize) -> BTreeMap<String, String> {
        loop {
            let mut found = BTreeMap::new();
            for (id, body, good) in self.received.lock().unwrap().iter() {
                assert!(good, "{body}");
                found.insert(id.clone(), type_of(body));
            }
            if found.len() >= count {
                return found;
            }
            self.arrived.notified().await;
        }
    }
}

fn type_of(body: &Value) -> String {
    body["type"].as_str().unwrap_or("").to_owned()
}
