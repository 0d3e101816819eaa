//! A receiver of webhooks.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

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

use super::{PATIENCE, SECRET};

/// Webhooks as they were received: id, type, and whether the signature was good.
#[derive(Default)]
pub struct Receiver {
    received: Mutex<Vec<(String, Value, bool)>>,
    told: tokio::sync::Notify,
}

#[async_trait]
impl Service for Receiver {
    async fn call(&self, request: Request<Incoming>) -> Response<Body> {
        let (parts, body) = request.into_parts();
        let header = |name: &str| parts.headers[name].to_str().unwrap_or_default().to_owned();
        let (id, timestamp) = (header("webhook-id"), header("webhook-timestamp"));
        let body = body.collect().await.unwrap().to_bytes();
        let seconds: i64 = timestamp.parse().unwrap_or(0);
        let secrets = Secrets::parse(SECRET).unwrap();
        let signature = header("webhook-signature");
        let good = secrets.verify(&id, seconds, &body, &signature, seconds);
        let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
        let mut received = self.received.lock().unwrap();
        received.push((id, body, good.is_ok()));
        self.told.notify_one();
        empty(StatusCode::NO_CONTENT)
    }
}

impl Receiver {
    /// Starts to listen; answers the address.
    pub async fn listen(self: &Arc<Self>) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let service: Arc<dyn Service> = Arc::clone(self) as _;
        tokio::spawn(serve(service, listener, std::future::pending()));
        format!("http://{address}/hook")
    }

    /// Waits until so many different webhooks have come; answers types by id. All
    /// signatures are good.
    pub async fn different(&self, count: usize) -> BTreeMap<String, String> {
        let waited = tokio::time::timeout(PATIENCE, self.collect(count)).await;
        waited.unwrap_or_else(|_| panic!("only {:?}", self.received.lock().unwrap()))
    }

    async fn collect(&self, count: usize) -> BTreeMap<String, String> {
        loop {
            let mut found = BTreeMap::new();
            for (id, body, good) in self.received.lock().unwrap().iter() {
                assert!(good, "{body}");
                let kind = body["type"].as_str().unwrap_or("").to_owned();
                found.insert(id.clone(), kind);
            }
            if found.len() >= count {
                return found;
            }
            self.told.notified().await;
        }
    }
}
