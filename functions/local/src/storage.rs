//! What the bucket's signed URLs lead to: `PUT` of a whole object, and the
//! resumable protocol of Google Cloud Storage, so that one client serves both.

use domain::ports::{ObjectMeta, UploadGrant};
use embedded::uploads::{BadUrl, Operation, Part, Received, UploadError, Uploads};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};
use hyper::body::Incoming;
use runtime::http::{Body, Problem, empty, incoming, json};
use serde_json::json;

const SESSIONS: &str = "/storage-sessions/";
const OBJECTS: &str = "/storage/";

/// The receiving end.
pub(crate) struct Storage {
    uploads: Uploads,
    public_url: String,
}

impl Storage {
    pub(crate) const fn new(uploads: Uploads, public_url: String) -> Self {
        Self {
            uploads,
            public_url,
        }
    }

    pub(crate) async fn call(&self, request: Request<Incoming>) -> Response<Body> {
        let answer = self.answer(request).await;
        answer.unwrap_or_else(|problem| problem.into_response(""))
    }

    async fn answer(&self, request: Request<Incoming>) -> Result<Response<Body>, Problem> {
        let path = request.uri().path().to_owned();
        if let Some(id) = path.strip_prefix(SESSIONS) {
            return self.session(id, request).await;
        }
        let object = path
            .strip_prefix(OBJECTS)
            .and_then(|rest| rest.split_once('/'));
        let Some((bucket, name)) = object else {
            return Err(Problem::not_found(
                "no_such_path",
                "there is nothing at this path",
            ));
        };
        match *request.method() {
            Method::PUT => self.put(bucket, name, request).await,
            Method::POST => self.begin(bucket, name, request).await,
            _ => Err(method_not_allowed("PUT and POST")),
        }
    }

    async fn put(
        &self,
        bucket: &str,
        name: &str,
        request: Request<Incoming>,
    ) -> Result<Response<Body>, Problem> {
        let grant = self.granted(Operation::Put, bucket, name, &request)?;
        if declared_length(request.headers()).is_some_and(|length| length > grant.size.1) {
            return Err(problem(UploadError::TooLarge { most: grant.size.1 }));
        }
        let body = incoming(request.into_body());
        let stored = self.uploads.put(bucket, &grant, body).await;
        stored.map(|meta| completed(&meta)).map_err(problem)
    }

    async fn begin(
        &self,
        bucket: &str,
        name: &str,
        request: Request<Incoming>,
    ) -> Result<Response<Body>, Problem> {
        let grant = self.granted(Operation::Resumable, bucket, name, &request)?;
        check_header(request.headers(), "x-goog-resumable", "start")?;
        let id = self.uploads.begin(bucket, &grant).await.map_err(problem)?;
        let mut response = empty(StatusCode::CREATED);
        let location = format!("{}{SESSIONS}{id}", self.public_url);
        let location = HeaderValue::from_str(&location).map_err(|_| Problem::internal())?;
        response.headers_mut().insert(header::LOCATION, location);
        Ok(response)
    }

    async fn session(
        &self,
        id: &str,
        request: Request<Incoming>,
    ) -> Result<Response<Body>, Problem> {
        match *request.method() {
            Method::PUT => {}
            Method::DELETE => {
                self.uploads.cancel(id).await.map_err(problem)?;
                return Ok(empty(StatusCode::NO_CONTENT));
            }
            _ => return Err(method_not_allowed("PUT and DELETE")),
        }
        let range = request.headers().get(header::CONTENT_RANGE);
        let range = range
            .map(|value| value.to_str().unwrap_or(""))
            .map(str::to_owned);
        let part = Part::parse(range.as_deref()).ok_or_else(|| problem(UploadError::Range))?;
        let body = incoming(request.into_body());
        match self.uploads.append(id, part, body).await.map_err(problem)? {
            Received::Complete(meta) => Ok(completed(&meta)),
            Received::Partial(size) => partial(size),
        }
    }

    /// What the URL permits, when the request is exactly as it was signed.
    fn granted(
        &self,
        operation: Operation,
        bucket: &str,
        name: &str,
        request: &Request<Incoming>,
    ) -> Result<UploadGrant, Problem> {
        let query = request.uri().query().unwrap_or("");
        let verified = self.uploads.verify(operation, bucket, name, query);
        let grant = verified.map_err(|error| problem(error.into()))?;
        check_header(request.headers(), "content-type", &grant.content_type)?;
        let range = format!("{},{}", grant.size.0, grant.size.1);
        check_header(request.headers(), "x-goog-content-length-range", &range)?;
        Ok(grant)
    }
}

fn declared_length(headers: &HeaderMap) -> Option<u64> {
    headers
        .get(header::CONTENT_LENGTH)?
        .to_str()
        .ok()?
        .parse()
        .ok()
}

fn check_header(headers: &HeaderMap, name: &'static str, expected: &str) -> Result<(), Problem> {
    let found = headers.get(name).and_then(|value| value.to_str().ok());
    if found == Some(expected) {
        return Ok(());
    }
    Err(problem(UploadError::Header {
        header: name,
        expected: expected.to_owned(),
    }))
}

fn completed(meta: &ObjectMeta) -> Response<Body> {
    let mut response = json(
        StatusCode::OK,
        &json!({
            "kind": "storage#object",
            "name": meta.name,
            "generation": meta.generation.to_string(),
            "size": meta.size.to_string(),
            "contentType": meta.content_type,
        }),
    );
    response
        .headers_mut()
        .insert("x-goog-generation", HeaderValue::from(meta.generation));
    response
}

/// `308` with how far it is; without `Range` when nothing is there.
fn partial(size: u64) -> Result<Response<Body>, Problem> {
    let mut response = empty(StatusCode::PERMANENT_REDIRECT);
    if let Some(last) = size.checked_sub(1) {
        let range =
            HeaderValue::from_str(&format!("bytes=0-{last}")).map_err(|_| Problem::internal())?;
        response.headers_mut().insert(header::RANGE, range);
    }
    Ok(response)
}

fn method_not_allowed(allowed: &str) -> Problem {
    let detail = format!("this path takes {allowed}");
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", detail)
}

#[expect(clippy::needless_pass_by_value, reason = "it is what `map_err` passes")]
fn problem(error: UploadError) -> Problem {
    let (status, code) = match &error {
        UploadError::Url(BadUrl::Signature) => (StatusCode::FORBIDDEN, "invalid_signature"),
        UploadError::Url(BadUrl::Expired) => (StatusCode::FORBIDDEN, "url_expired"),
        UploadError::Header { .. } => (StatusCode::FORBIDDEN, "header_not_as_signed"),
        UploadError::TooLarge { .. } => (StatusCode::PAYLOAD_TOO_LARGE, "upload_too_large"),
        UploadError::TooSmall { .. } => (StatusCode::BAD_REQUEST, "upload_too_small"),
        UploadError::Range => (StatusCode::BAD_REQUEST, "invalid_content_range"),
        UploadError::NoSession => (StatusCode::NOT_FOUND, "no_such_upload"),
        UploadError::Exists => (StatusCode::PRECONDITION_FAILED, "already_uploaded"),
        UploadError::Interrupted => (StatusCode::BAD_REQUEST, "upload_interrupted"),
        UploadError::Fault(fault) => {
            tracing::error!(
                error = fault as &dyn std::error::Error,
                "an upload could not be stored"
            );
            let detail = "the upload could not be stored; try again";
            return Problem::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", detail);
        }
    };
    Problem::new(status, code, error.to_string())
}
