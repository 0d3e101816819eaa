//! A provider that gives canned answers and remembers what it was asked.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use runtime::http::{Body, Service, full};

/// What a provider answers.
#[derive(Clone)]
pub struct Canned {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: Vec<(&'static str, &'static str)>,
    /// The body.
    pub body: Vec<u8>,
    /// Whether the answer never comes.
    pub silent: bool,
}

impl Canned {
    /// An answer without headers.
    pub fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status: StatusCode::from_u16(status).unwrap(),
            headers: Vec::new(),
            body: body.into(),
            silent: false,
        }
    }

    /// An answer that never comes.
    pub fn silent() -> Self {
        Self {
            silent: true,
            ..Self::new(200, "")
        }
    }

    /// The same with a header.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: &'static str) -> Self {
        self.headers.push((name, value));
        self
    }
}

/// What a provider was asked.
#[derive(Debug, Clone)]
pub struct RecordedRequest {
    /// The method.
    pub method: String,
    /// The path without the query.
    pub path: String,
    /// The query, decoded.
    pub query: Vec<(String, String)>,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, as far as it came.
    pub body: Vec<u8>,
}

impl RecordedRequest {
    /// A header, or nothing.
    pub fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name).map(HeaderValue::to_str);
        value.transpose().unwrap().unwrap_or_default()
    }
}

type Answers = dyn Fn(&RecordedRequest) -> Canned + Send + Sync;

/// A provider on a port of this machine.
pub struct Provider {
    answers: Box<Answers>,
    seen: Mutex<Vec<RecordedRequest>>,
}

impl Provider {
    /// Gives these answers in their order, and then status 500; answers the URL, too.
    pub async fn start(answers: impl IntoIterator<Item = Canned>) -> (Arc<Self>, String) {
        let answers: Mutex<VecDeque<Canned>> = Mutex::new(answers.into_iter().collect());
        let next = move |_: &RecordedRequest| {
            let next = answers.lock().unwrap().pop_front();
            next.unwrap_or_else(|| Canned::new(500, "asked too often"))
        };
        Self::answering(next).await
    }

    /// Gives answers that depend on the request; answers the URL, too.
    pub async fn answering(
        answers: impl Fn(&RecordedRequest) -> Canned + Send + Sync + 'static,
    ) -> (Arc<Self>, String) {
        let provider = Arc::new(Self {
            answers: Box::new(answers),
            seen: Mutex::default(),
        });
        let url = crate::serve(Arc::clone(&provider) as _).await;
        (provider, url)
    }

    /// All requests so far.
    pub fn seen(&self) -> Vec<RecordedRequest> {
        self.seen.lock().unwrap().clone()
    }
}

#[async_trait]
impl Service for Provider {
    async fn call(&self, request: Request<Incoming>) -> Response<Body> {
        let (parts, body) = request.into_parts();
        let body = body.collect().await.map(|body| body.to_bytes().to_vec());
        let query = parts.uri.query().unwrap_or_default();
        let url = reqwest::Url::parse(&format!("http://provider/?{query}")).unwrap();
        let seen = RecordedRequest {
            method: parts.method.to_string(),
            path: parts.uri.path().to_owned(),
            query: url.query_pairs().into_owned().collect(),
            headers: parts.headers,
            body: body.unwrap_or_default(),
        };
        let canned = (self.answers)(&seen);
        self.seen.lock().unwrap().push(seen);
        if canned.silent {
            std::future::pending::<()>().await;
        }
        let mut response = Response::new(full(canned.body));
        *response.status_mut() = canned.status;
        for (name, value) in canned.headers {
            let value = HeaderValue::from_static(value);
            response.headers_mut().insert(name, value);
        }
        response
    }
}
