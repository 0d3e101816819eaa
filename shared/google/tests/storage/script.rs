//! A service that gives prepared answers and remembers the requests.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use base64::{Engine as _, prelude::BASE64_STANDARD};
use bytes::Bytes;
use futures::TryStreamExt as _;
use http::{HeaderValue, Request, Response, StatusCode, header};
use hyper::body::Incoming;
use runtime::http::{Body, Service, empty, incoming, json};
use serde_json::json;

/// One prepared answer.
#[derive(Debug)]
pub(crate) struct Answer {
    status: u16,
    header: Option<(header::HeaderName, String)>,
    body: Option<serde_json::Value>,
}

impl Answer {
    pub(crate) fn status(status: u16) -> Self {
        Self {
            status,
            header: None,
            body: None,
        }
    }

    /// A session at `/session`.
    pub(crate) fn session() -> Self {
        Self {
            header: Some((header::LOCATION, "/session".into())),
            ..Self::status(200)
        }
    }

    /// So far persisted: up to this byte.
    pub(crate) fn persisted(last: Option<u64>) -> Self {
        Self {
            header: last.map(|last| (header::RANGE, format!("bytes=0-{last}"))),
            ..Self::status(308)
        }
    }

    /// An object of generation 7 with these bytes.
    pub(crate) fn stored(bytes: &Bytes) -> Self {
        let sum = BASE64_STANDARD.encode(crc32c::crc32c(bytes).to_be_bytes());
        let body = json!({
            "name": "a/b", "generation": "7", "size": bytes.len().to_string(), "crc32c": sum,
        });
        Self {
            body: Some(body),
            ..Self::status(200)
        }
    }
}

struct Recorded {
    line: String,
    range: String,
    body: Bytes,
}

pub(crate) struct Script {
    host: String,
    state: Arc<State>,
}

struct State {
    host: String,
    answers: Mutex<VecDeque<Answer>>,
    requests: Mutex<Vec<Recorded>>,
}

impl Script {
    pub(crate) async fn start(answers: impl IntoIterator<Item = Answer>) -> Self {
        let (listener, url) = testing::listen().await;
        let host = url.trim_start_matches("http://").to_owned();
        let state = Arc::new(State {
            host: host.clone(),
            answers: Mutex::new(answers.into_iter().collect()),
            requests: Mutex::default(),
        });
        testing::serve_on(listener, Arc::clone(&state) as _);
        Self { host, state }
    }

    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    /// Method, path, and `Content-Range` of each request.
    pub(crate) fn requests(&self) -> Vec<String> {
        let requests = self.state.requests.lock().unwrap();
        let lines = requests.iter();
        lines
            .map(|request| format!("{} {}", request.line, request.range))
            .collect()
    }

    /// Whether each piece has the bytes of its range.
    pub(crate) fn bodies_are(&self, whole: &Bytes) -> bool {
        let requests = self.state.requests.lock().unwrap();
        requests.iter().all(|request| {
            let first = request.range.strip_prefix("bytes ").and_then(|range| {
                let (first, _) = range.split_once('-')?;
                first.parse::<usize>().ok()
            });
            first.is_none_or(|first| request.body == whole[first..first + request.body.len()])
        })
    }
}

#[async_trait]
impl Service for State {
    async fn call(&self, request: Request<Incoming>) -> Response<Body> {
        let (parts, body) = request.into_parts();
        let body = incoming(body).try_collect::<Vec<Bytes>>().await.unwrap();
        let range = parts.headers.get(header::CONTENT_RANGE);
        self.requests.lock().unwrap().push(Recorded {
            line: format!("{} {}", parts.method, parts.uri),
            range: range.map_or_else(String::new, |range| range.to_str().unwrap().to_owned()),
            body: body.concat().into(),
        });
        let answer = self.answers.lock().unwrap().pop_front();
        let answer = answer.unwrap_or_else(|| panic!("not prepared: {}", parts.uri));
        let status = StatusCode::from_u16(answer.status).unwrap();
        let mut response = match &answer.body {
            Some(body) => json(status, body),
            None => empty(status),
        };
        if let Some((name, value)) = answer.header {
            let value = match name {
                header::LOCATION => format!("http://{}{value}", self.host),
                _ => value,
            };
            let value = HeaderValue::try_from(value).unwrap();
            response.headers_mut().insert(name, value);
        }
        response
    }
}
