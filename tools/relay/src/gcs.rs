//! Cloud Storage's own HTTP API over the embedded store: as much of it as the
//! official client, our adapter and a browser with a signed URL use.

use std::{collections::HashMap, sync::Arc};

use async_trait::async_trait;
use bytes::Bytes;
use domain::{
    ErrorCode, Timestamp,
    pipeline::Right,
    ports::{ObjectError, ObjectStore, Overwrite, UploadGrant},
};
use embedded::Store;
use emulation::{
    sessions::{encode_crc32c, wrong_crc32c},
    signatures::Signatures,
    storage::{Storage, download, method_not_allowed, no_such_path},
};
use futures::{StreamExt, stream};
use http::{HeaderValue, Method, Request, Response, StatusCode, header, request::Parts};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use percent_encoding::percent_decode_str;
use runtime::http::{Body, Problem, Service, empty, json};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{cors::BucketCors, rights::Rights};

const JSON: &str = "/storage/v1/b/";
const UPLOAD: &str = "/upload/storage/v1/b/";

/// The service.
pub struct Gcs {
    store: Store,
    storage: Storage,
    rights: Rights,
    cors: BucketCors,
    page: usize,
}

/// The metadata before an object's bytes.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Metadata {
    content_type: String,
    crc32c: Option<String>,
}

type Query = HashMap<String, String>;

impl Gcs {
    /// Over `store`, with URLs that `signatures` vouches for, reached at `url`;
    /// lists have `page` names at most.
    pub fn new(store: Store, signatures: Arc<dyn Signatures>, url: String, page: usize) -> Self {
        Self {
            storage: Storage::new(store.clone(), signatures, url).with_checksums(),
            store,
            rights: Rights::Unchecked,
            cors: BucketCors::default(),
            page,
        }
    }

    /// Checks the rights of callers of the JSON API.
    #[must_use]
    pub fn with_rights(self, rights: Rights) -> Self {
        Self { rights, ..self }
    }

    /// Answers browsers by the CORS rules of buckets; without, pages of no other origin may
    /// ask.
    #[must_use]
    pub fn with_cors(self, cors: BucketCors) -> Self {
        Self { cors, ..self }
    }

    async fn answer(&self, request: Request<Incoming>) -> Result<Response<Body>, Problem> {
        let path = request.uri().path().to_owned();
        let query = query(&request);
        if let Some(rest) = path.strip_prefix(UPLOAD) {
            let bucket = rest.strip_suffix("/o").ok_or_else(no_such_path)?;
            return self.upload(bucket, &query, request).await;
        }
        if let Some(rest) = path.strip_prefix(JSON) {
            let (bucket, rest) = rest.split_once("/o").ok_or_else(no_such_path)?;
            return match rest.strip_prefix('/') {
                Some(name) => self.object(bucket, name, &query, request).await,
                None => self.list(bucket, &query).await,
            };
        }
        let answer = self.storage.call("/", request).await;
        answer.map_err(|_| no_such_path())
    }

    async fn upload(
        &self,
        bucket: &str,
        query: &Query,
        request: Request<Incoming>,
    ) -> Result<Response<Body>, Problem> {
        let (parts, body) = request.into_parts();
        if parts.method != Method::POST {
            return Err(method_not_allowed("POST"));
        }
        self.rights.check(Right::Write, bucket)?;
        let body = body.collect().await;
        let body = body.map_err(|_| bad_request("the body broke off"))?;
        let name = query.get("name").cloned().unwrap_or_default();
        let overwrite = match query.get("ifGenerationMatch").map(String::as_str) {
            Some("0") => Overwrite::Refused,
            _ => Overwrite::Allowed,
        };
        if overwrite == Overwrite::Allowed {
            // Overwriting needs the right to delete.
            self.rights.check(Right::Delete, bucket)?;
        }
        match query.get("uploadType").map(String::as_str) {
            Some("resumable") => {
                self.resumable(bucket, &name, overwrite, &body.to_bytes())
                    .await
            }
            Some("multipart") => {
                let pieces = pieces(&parts, &body.to_bytes())?;
                self.at_once(bucket, &name, overwrite, pieces).await
            }
            _ => Err(bad_request("uploadType must be resumable or multipart")),
        }
    }

    async fn resumable(
        &self,
        bucket: &str,
        name: &str,
        overwrite: Overwrite,
        body: &[u8],
    ) -> Result<Response<Body>, Problem> {
        let grant = UploadGrant {
            name: name.to_owned(),
            content_type: metadata(body).content_type,
            size: (0, u64::MAX),
            expires_at: Timestamp::from_millis(i64::MAX),
        };
        let begun = self.storage.begin(bucket, &grant, overwrite).await;
        begun.map(|mut response| {
            // The JSON API says 200 where the XML API says 201.
            *response.status_mut() = StatusCode::OK;
            response
        })
    }

    async fn at_once(
        &self,
        bucket: &str,
        name: &str,
        overwrite: Overwrite,
        (metadata, media): (Metadata, Bytes),
    ) -> Result<Response<Body>, Problem> {
        let sum = encode_crc32c(crc32c::crc32c(&media));
        if let Some(expected) = metadata.crc32c.filter(|expected| *expected != sum) {
            return Err(wrong_crc32c(&expected));
        }
        let body = stream::iter([Ok(media)]).boxed();
        let target = self.store.bucket(bucket);
        let written = target.write(name, &metadata.content_type, body, overwrite);
        match written.await {
            Ok(meta) => self.storage.completed(bucket, &meta).await,
            Err(ObjectError::Exists { .. }) => Err(condition_not_met()),
            Err(_) => Err(Problem::internal()),
        }
    }

    async fn object(
        &self,
        bucket: &str,
        name: &str,
        query: &Query,
        request: Request<Incoming>,
    ) -> Result<Response<Body>, Problem> {
        let (parts, _) = request.into_parts();
        let right = match parts.method {
            Method::DELETE => Right::Delete,
            _ => Right::Read,
        };
        self.rights.check(right, bucket)?;
        let name = percent_decode_str(name).decode_utf8();
        let name = name.map_err(|_| bad_request("the name is not UTF-8"))?;
        let objects = self.store.bucket(bucket);
        let found = objects.stat(&name).await.map_err(|_| Problem::internal())?;
        let generation = number(query, "generation");
        let found = found.filter(|meta| generation.is_none_or(|wanted| wanted == meta.generation));
        let meta = found.ok_or_else(|| Problem::new(ErrorCode::NotFound, "no such object"))?;
        let expected = number(query, "ifGenerationMatch");
        if expected.is_some_and(|expected| expected != meta.generation) {
            return Err(condition_not_met());
        }
        match parts.method {
            Method::DELETE => {
                let deleted = match generation.or(expected) {
                    Some(generation) => objects.delete_generation(&name, generation).await,
                    None => objects.delete(&name).await,
                };
                deleted.map_err(|_| Problem::internal())?;
                Ok(empty(StatusCode::NO_CONTENT))
            }
            Method::GET if query.get("alt").is_some_and(|alt| alt == "media") => {
                let mut response = download(&*objects, &name, generation, &parts).await?;
                let sum = objects.crc32c(&name, meta.generation).await;
                let sum = encode_crc32c(sum.map_err(|_| Problem::internal())?);
                let hash = HeaderValue::try_from(format!("crc32c={sum}"));
                let hash = hash.map_err(|_| Problem::internal())?;
                response.headers_mut().insert("x-goog-hash", hash);
                Ok(response)
            }
            Method::GET => Ok(json(
                StatusCode::OK,
                &self.storage.resource(bucket, &meta).await?,
            )),
            _ => Err(method_not_allowed("GET and DELETE")),
        }
    }

    async fn list(&self, bucket: &str, query: &Query) -> Result<Response<Body>, Problem> {
        self.rights.check(Right::Read, bucket)?;
        let prefix = query.get("prefix").map_or("", String::as_str);
        let names = self.store.bucket(bucket).list(prefix).await;
        let names = names.map_err(|_| Problem::internal())?;
        let after = query.get("pageToken").map_or("", String::as_str);
        let asked = query.get("maxResults").and_then(|text| text.parse().ok());
        let size = asked.unwrap_or(self.page).min(self.page);
        let rest: Vec<&String> = names.iter().filter(|name| name.as_str() > after).collect();
        let page = &rest[..size.min(rest.len())];
        let items: Vec<Value> = page.iter().map(|name| json!({ "name": name })).collect();
        let mut answer = json!({"kind": "storage#objects", "items": items});
        if rest.len() > size {
            answer["nextPageToken"] = json!(page.last());
        }
        Ok(json(StatusCode::OK, &answer))
    }
}

#[async_trait]
impl Service for Gcs {
    async fn call(&self, request: Request<Incoming>) -> Response<Body> {
        let origin = self.cors.check(&request);
        if let Some(response) = origin.preflight() {
            return response;
        }
        let answer = self.answer(request).await;
        origin.dress(answer.unwrap_or_else(|problem| problem.into_response("")))
    }
}

fn query(request: &Request<Incoming>) -> Query {
    let query = request.uri().query().unwrap_or("");
    form_urlencoded::parse(query.as_bytes())
        .into_owned()
        .collect()
}

fn number(query: &Query, name: &str) -> Option<i64> {
    query.get(name)?.parse().ok()
}

fn condition_not_met() -> Problem {
    Problem::new(ErrorCode::ConditionNotMet, "there is such an object")
}

fn bad_request(detail: &str) -> Problem {
    Problem::new(ErrorCode::InvalidRequest, detail)
}

fn metadata(json: &[u8]) -> Metadata {
    serde_json::from_slice(json).unwrap_or_default()
}

/// The metadata and the media of `multipart/related`; the client adds a third
/// piece with checksums.
fn pieces(request: &Parts, body: &Bytes) -> Result<(Metadata, Bytes), Problem> {
    let content_type = request.headers.get(header::CONTENT_TYPE);
    let content_type = content_type.and_then(|value| value.to_str().ok());
    let boundary = content_type.and_then(|text| text.split("boundary=").nth(1));
    let delimiter = format!("--{}", boundary.unwrap_or("").trim_matches('"'));
    let mut found = Vec::new();
    let mut at = find(body, 0, delimiter.as_bytes());
    while let Some(start) = at {
        let head = start + delimiter.len();
        let next = find(body, head, format!("\r\n{delimiter}").as_bytes());
        if let (Some(next), Some(blank)) = (next, find(body, head, b"\r\n\r\n")) {
            found.push(body.slice((blank + 4).min(next)..next));
        }
        at = next.map(|next| next + 2);
    }
    match &found[..] {
        [json, media, ..] => Ok((metadata(json), media.clone())),
        _ => Err(bad_request("two pieces are needed")),
    }
}

fn find(bytes: &[u8], from: usize, wanted: &[u8]) -> Option<usize> {
    memchr::memmem::find(bytes.get(from..)?, wanted).map(|at| at + from)
}
