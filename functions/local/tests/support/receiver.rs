//! A receiver of webhooks.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use http::{Request, Response, StatusCode};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use notify::sign::Secrets;
use runtime::{
    http::{Body, Service, empty},
    serve::serve,
};
use serde_json::Value;
use tokio::net::TcpListener;

use super::SECRET;

/// Webhooks as they were received: id, body, and whether the signature was good.
#[derive(Default)]
pub struct Receiver {
    pub received: Mutex<Vec<(String, Value, bool)>>,
    pub answers: Mutex<Vec<StatusCode>>,
}

#[async_trait]
impl Service for Receiver {
    async fn call(&self, request: Request<Incoming>) -> Response<Body> {
        let header = |name: &str| {
            let value = request
                .headers()
                .get(name)
                .and_then(|value| value.to_str().ok());
            value.unwrap_or_default().to_owned()
        };
        let (id, timestamp) = (header("webhook-id"), header("webhook-timestamp"));
        let signature = header("webhook-signature");
        let body = request
            .into_body()
            .collect()
            .await
            .expect("a whole body")
            .to_bytes();
        let secrets = Secrets::parse(SECRET).expect("a good secret");
        let seconds: i64 = timestamp.parse().unwrap_or(0);
        let good = secrets.sign(&id, seconds, &body) == signature;
        let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
        self.received
            .lock()
            .expect("not poisoned")
            .push((id, body, good));
        empty(
            self.answers
                .lock()
                .expect("not poisoned")
                .pop()
                .unwrap_or(StatusCode::NO_CONTENT),
        )
    }
}

impl Receiver {
    /// Starts to listen; answers the address.
    pub async fn listen(self: &Arc<Self>) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let service: Arc<dyn Service> = Arc::clone(self) as _;
        tokio::spawn(serve(service, listener, std::future::pending()));
        format!("http://{address}/hook")
    }

    pub fn types(&self) -> Vec<String> {
        let received = self.received.lock().expect("not poisoned");
        received
            .iter()
            .map(|(_, body, _)| body["type"].as_str().unwrap_or("").to_owned())
            .collect()
    }
}
