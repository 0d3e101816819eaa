//! Cloud Storage that fails where a test wants it to, one request after the other.

use std::{
    collections::VecDeque,
    future,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use bytes::Bytes;
use futures::{StreamExt as _, stream};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header, request::Parts};
use http_body_util::{BodyExt as _, Collected};
use hyper::body::Incoming;
use reqwest::{Client, redirect};
use runtime::http::{Body, Service, empty, full, stream as sent};

/// What a request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// An object in one request.
    AtOnce,
    /// The beginning of a resumable upload.
    Begin,
    /// A piece of one, or the question how far it is.
    Chunk,
    /// The bytes of an object.
    Read,
    /// Anything else.
    Other,
}

/// How a request fails.
#[derive(Debug, Clone, Copy)]
pub enum Fault {
    /// It does not: the next fault is for another request.
    None,
    /// This status, and nothing has happened.
    Refuse(u16),
    /// 503, after so many bytes of a chunk have been persisted.
    Persist(usize),
    /// 503, although everything has happened.
    LoseAnswer,
    /// No answer at all, and nothing has happened.
    Silence,
    /// A byte of the request is another one.
    CorruptRequest,
    /// A byte of the answer is another one.
    CorruptAnswer,
    /// Nothing comes after so many bytes of the answer.
    Stall(usize),
}

/// Passes requests on, and fails as planned.
pub struct Faults {
    upstream: String,
    client: Client,
    planned: Mutex<VecDeque<(Stage, Fault)>>,
    requests: Mutex<Vec<Stage>>,
}

impl Faults {
    /// In front of `upstream`, a URL without a slash at the end.
    pub fn new(upstream: String) -> Arc<Self> {
        let client = Client::builder().redirect(redirect::Policy::none());
        Arc::new(Self {
            upstream,
            client: client.build().unwrap(),
            planned: Mutex::default(),
            requests: Mutex::default(),
        })
    }

    /// Each fault waits for the next request of its stage, in this order; forgets which
    /// requests there were.
    pub fn plan(&self, faults: impl IntoIterator<Item = (Stage, Fault)>) {
        *self.planned.lock().unwrap() = faults.into_iter().collect();
        self.requests.lock().unwrap().clear();
    }

    /// How many requests of a stage there were, and how many faults are left.
    pub fn seen(&self, stage: Stage) -> (usize, usize) {
        let requests = self.requests.lock().unwrap();
        let count = requests.iter().filter(|seen| **seen == stage).count();
        (count, self.planned.lock().unwrap().len())
    }

    fn next_fault(&self, stage: Stage) -> Option<Fault> {
        self.requests.lock().unwrap().push(stage);
        let mut planned = self.planned.lock().unwrap();
        let is_next = planned.front().is_some_and(|(next, _)| *next == stage);
        is_next.then(|| planned.pop_front().map(|(_, fault)| fault))?
    }

    async fn pass(&self, parts: &Parts, body: Bytes) -> (StatusCode, HeaderMap, Bytes) {
        let target = parts.uri.path_and_query().unwrap();
        let url = format!("{}{target}", self.upstream);
        let mut headers = parts.headers.clone();
        headers.remove(header::HOST);
        headers.remove(header::CONTENT_LENGTH);
        let request = self.client.request(parts.method.clone(), url);
        let answer = request.headers(headers).body(body).send().await.unwrap();
        let (status, mut headers) = (answer.status(), answer.headers().clone());
        headers.remove(header::TRANSFER_ENCODING);
        (status, headers, answer.bytes().await.unwrap())
    }

    /// Passes the first bytes of a chunk on as a chunk of its own.
    async fn persist(&self, mut parts: Parts, body: &Bytes, size: usize) {
        let range = parts.headers[header::CONTENT_RANGE].to_str().unwrap();
        let first = range.strip_prefix("bytes ").unwrap();
        let first: usize = first.split('-').next().unwrap().parse().unwrap();
        let range = format!("bytes {first}-{}/*", first + size - 1);
        let range = HeaderValue::try_from(range).unwrap();
        parts.headers.insert(header::CONTENT_RANGE, range);
        parts.headers.remove("x-goog-hash");
        let (status, ..) = self.pass(&parts, body.slice(..size)).await;
        assert_eq!(status, 308);
    }
}

#[async_trait]
impl Service for Faults {
    async fn call(&self, request: Request<Incoming>) -> Response<Body> {
        let (parts, body) = request.into_parts();
        let fault = self.next_fault(stage(&parts));
        let body = body.collect().await.map(Collected::to_bytes);
        let Ok(body) = body else {
            return empty(StatusCode::BAD_REQUEST);
        };
        let status = match fault {
            Some(Fault::Silence) => future::pending().await,
            Some(Fault::Refuse(status)) => status,
            Some(Fault::Persist(size)) => {
                self.persist(parts, &body, size).await;
                503
            }
            Some(Fault::LoseAnswer) => {
                self.pass(&parts, body).await;
                503
            }
            Some(Fault::CorruptRequest) => {
                return respond(self.pass(&parts, corrupted(&body)).await);
            }
            Some(Fault::CorruptAnswer) => {
                let (status, headers, body) = self.pass(&parts, body).await;
                return respond((status, headers, corrupted(&body)));
            }
            Some(Fault::Stall(size)) => {
                let (status, headers, body) = self.pass(&parts, body).await;
                let beginning = stream::iter([Ok(body.slice(..size))]);
                let stalled = sent(beginning.chain(stream::pending()));
                return with(status, headers, stalled);
            }
            None | Some(Fault::None) => return respond(self.pass(&parts, body).await),
        };
        empty(StatusCode::from_u16(status).unwrap())
    }
}

fn stage(request: &Parts) -> Stage {
    let query = request.uri.query().unwrap_or("");
    match request.method {
        Method::POST if query.contains("uploadType=multipart") => Stage::AtOnce,
        Method::POST if query.contains("uploadType=resumable") => Stage::Begin,
        Method::PUT => Stage::Chunk,
        Method::GET if query.contains("alt=media") => Stage::Read,
        _ => Stage::Other,
    }
}

/// With another byte in the middle.
fn corrupted(bytes: &Bytes) -> Bytes {
    let mut bytes = bytes.to_vec();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    bytes.into()
}

fn respond((status, headers, body): (StatusCode, HeaderMap, Bytes)) -> Response<Body> {
    with(status, headers, full(body))
}

fn with(status: StatusCode, headers: HeaderMap, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}
