//! What signed URLs lead to: `PUT` of a whole object, the resumable protocol of
//! Google Cloud Storage, and `GET`, so that one client serves both.

use std::sync::Arc;

use domain::{
    ErrorCode,
    ports::{ObjectMeta, ObjectStore, Overwrite, UploadGrant},
};
use embedded::{
    Store,
    uploads::{BadUrl, SignedOperation, UploadError, Uploads},
};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header, request::Parts};
use hyper::body::Incoming;
use percent_encoding::percent_decode_str;
use runtime::{
    http::{Body, Problem, empty, incoming, json, stream},
    range::{self, RangeRequest},
};
use serde_json::{Value, json};

use crate::{
    sessions::{SESSIONS, encode_crc32c},
    signatures::{Signatures, Target, operation},
};

/// The receiving end.
pub struct Storage {
    pub(crate) store: Store,
    pub(crate) uploads: Uploads,
    signatures: Arc<dyn Signatures>,
    pub(crate) public_url: String,
    /// Whether objects are described with their checksum, for which all of their bytes
    /// are read.
    checksums: bool,
}

impl Storage {
    /// For the objects of `store` behind URLs that `signatures` vouches for;
    /// clients reach it at `public_url`.
    pub fn new(store: Store, signatures: Arc<dyn Signatures>, public_url: String) -> Self {
        Self {
            uploads: store.uploads(),
            store,
            signatures,
            public_url,
            checksums: false,
        }
    }

    /// Describes objects with their checksum.
    #[must_use]
    pub fn with_checksums(self) -> Self {
        Self {
            checksums: true,
            ..self
        }
    }

    /// For URLs that the store has signed itself.
    pub fn embedded(store: &Store, public_url: String) -> Self {
        Self::new(store.clone(), Arc::new(store.uploads()), public_url)
    }

    /// Answers a request to an upload under way, or to an object whose path
    /// begins with `objects`; gives any other request back.
    pub async fn call(
        &self,
        objects: &str,
        request: Request<Incoming>,
    ) -> Result<Response<Body>, Request<Incoming>> {
        let path = request.uri().path().to_owned();
        let answer = if let Some(rest) = path.strip_prefix(SESSIONS) {
            self.session(rest, request).await
        } else if let Some(rest) = path.strip_prefix(objects) {
            self.object(rest, request).await
        } else {
            return Err(request);
        };
        Ok(answer.unwrap_or_else(|problem| problem.into_response("")))
    }

    /// `path` is a bucket, a slash, and a percent-encoded name.
    async fn object(
        &self,
        path: &str,
        request: Request<Incoming>,
    ) -> Result<Response<Body>, Problem> {
        let (parts, body) = request.into_parts();
        let name = path.split_once('/').and_then(|(bucket, name)| {
            Some((bucket, percent_decode_str(name).decode_utf8().ok()?))
        });
        let Some((bucket, name)) = name else {
            return Err(no_such_path());
        };
        let target = Target {
            bucket,
            name: &name,
        };
        let Some(operation) = operation(&parts) else {
            return Err(method_not_allowed("GET, HEAD, PUT and POST"));
        };
        let granted = self.signatures.granted(operation, target, &parts).await;
        let grant = granted.map_err(problem)?;
        match operation {
            SignedOperation::Get => {
                download(&*self.store.bucket(bucket), &name, None, &parts).await
            }
            SignedOperation::Put => self.put(bucket, &grant, &parts.headers, body).await,
            SignedOperation::Resumable => self.begin(bucket, &grant, Overwrite::Refused).await,
        }
    }

    async fn put(
        &self,
        bucket: &str,
        grant: &UploadGrant,
        headers: &HeaderMap,
        body: Incoming,
    ) -> Result<Response<Body>, Problem> {
        if declared_length(headers).is_some_and(|length| length > grant.size.1) {
            return Err(problem(UploadError::TooLarge { most: grant.size.1 }));
        }
        let stored = self.uploads.put(bucket, grant, incoming(body)).await;
        self.completed(bucket, &stored.map_err(problem)?).await
    }

    /// The response to a stored object.
    pub async fn completed(
        &self,
        bucket: &str,
        meta: &ObjectMeta,
    ) -> Result<Response<Body>, Problem> {
        let mut response = json(StatusCode::OK, &self.resource(bucket, meta).await?);
        response
            .headers_mut()
            .insert("x-goog-generation", HeaderValue::from(meta.generation));
        Ok(response)
    }

    /// An object as the JSON API describes it: 64-bit numbers are texts.
    pub async fn resource(&self, bucket: &str, meta: &ObjectMeta) -> Result<Value, Problem> {
        let mut resource = json!({
            "kind": "storage#object",
            "bucket": bucket,
            "name": meta.name,
            "generation": meta.generation.to_string(),
            "metageneration": "1",
            "size": meta.size.to_string(),
            "contentType": meta.content_type,
        });
        if self.checksums {
            let objects = self.store.bucket(bucket);
            let sum = objects.crc32c(&meta.name, meta.generation).await;
            let sum = sum.map_err(|_| Problem::internal())?;
            resource["crc32c"] = json!(encode_crc32c(sum));
        }
        Ok(resource)
    }
}

/// The bytes of an object, or of the requested range, with the headers that
/// Google's clients expect.
pub async fn download(
    bucket: &dyn ObjectStore,
    name: &str,
    generation: Option<i64>,
    request: &Parts,
) -> Result<Response<Body>, Problem> {
    let found = bucket.stat(name).await.map_err(|_| Problem::internal())?;
    let wanted = found.filter(|meta| generation.is_none_or(|wanted| wanted == meta.generation));
    let meta = wanted.ok_or_else(|| Problem::new(ErrorCode::NotFound, "no such object"))?;
    let etag = format!("\"{}\"", meta.generation);
    let (status, part) = match range::requested(&request.headers, meta.size, &etag) {
        RangeRequest::Unsatisfiable => return Err(out_of_range()),
        RangeRequest::Partial(part) => (StatusCode::PARTIAL_CONTENT, part),
        RangeRequest::Full => (StatusCode::OK, 0..meta.size),
    };
    let mut response = empty(status);
    if request.method != Method::HEAD {
        let read = bucket.read(name, Some(meta.generation), Some(part.clone()));
        *response.body_mut() = stream(read.await.map_err(|_| Problem::internal())?.1);
    }
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_LENGTH, (part.end - part.start).into());
    headers.insert("x-goog-generation", meta.generation.into());
    headers.insert("x-goog-metageneration", HeaderValue::from_static("1"));
    headers.insert("x-goog-stored-content-length", meta.size.into());
    for (name, text) in [
        (header::CONTENT_TYPE, meta.content_type.clone()),
        (header::ETAG, etag),
    ] {
        let value = HeaderValue::try_from(text).map_err(|_| Problem::internal())?;
        headers.insert(name, value);
    }
    if status == StatusCode::PARTIAL_CONTENT {
        let range = format!("bytes {}-{}/{}", part.start, part.end - 1, meta.size);
        let range = HeaderValue::try_from(range).map_err(|_| Problem::internal())?;
        headers.insert(header::CONTENT_RANGE, range);
    }
    Ok(response)
}

fn declared_length(headers: &HeaderMap) -> Option<u64> {
    headers
        .get(header::CONTENT_LENGTH)?
        .to_str()
        .ok()?
        .parse()
        .ok()
}

/// The answer to a path that leads nowhere.
pub fn no_such_path() -> Problem {
    Problem::new(ErrorCode::NoSuchPath, "there is nothing at this path")
}

fn out_of_range() -> Problem {
    let detail = "the range begins behind the end of the object";
    Problem::new(ErrorCode::RangeNotSatisfiable, detail)
}

/// The answer to a method that a path does not take.
pub fn method_not_allowed(allowed: &str) -> Problem {
    let detail = format!("this path takes {allowed}");
    Problem::new(ErrorCode::MethodNotAllowed, detail)
}

#[expect(clippy::needless_pass_by_value, reason = "it is what `map_err` passes")]
pub(crate) fn problem(error: UploadError) -> Problem {
    let code = match &error {
        UploadError::Url(BadUrl::Signature) => ErrorCode::InvalidSignature,
        UploadError::Url(BadUrl::Expired) => ErrorCode::UrlExpired,
        UploadError::Header { .. } => ErrorCode::HeaderNotAsSigned,
        UploadError::TooLarge { .. } => ErrorCode::UploadTooLarge,
        UploadError::TooSmall { .. } => ErrorCode::UploadTooSmall,
        UploadError::Range => ErrorCode::InvalidContentRange,
        UploadError::NoSession => ErrorCode::NoSuchUpload,
        UploadError::Exists => ErrorCode::ObjectExists,
        UploadError::Interrupted => ErrorCode::UploadInterrupted,
        UploadError::Store(error) => return Problem::unavailable(error),
    };
    Problem::new(code, error.to_string())
}
