//! Metadata, lists, deletion, and the requests of uploads over the JSON API
//! (<https://cloud.google.com/storage/docs/json_api/v1>).

use std::time::Duration;

use anyhow::Context as _;
use domain::ports::{ObjectError, ObjectMeta};
use google_cloud_auth::credentials::CacheableResource;
use http::{Extensions, HeaderMap, Method};
use once_cell::sync::OnceCell;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::{Client, RequestBuilder, Response, StatusCode, redirect};
use serde::Deserialize;

use super::Endpoint;
use crate::retry;

const REQUEST_TIMEOUT: Duration = Duration::from_secs(15);

/// How many names one page has; the service gives at most that many.
const PAGE: &str = "1000";

/// The JSON API.
pub(super) struct JsonApi {
    endpoint: Endpoint,
    client: OnceCell<Client>,
}

/// An object; 64-bit numbers are texts.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Resource {
    pub(super) name: String,
    #[serde(default)]
    pub(super) generation: String,
    /// Some servers leave out what is zero.
    #[serde(default = "zero")]
    pub(super) size: String,
    /// Base64 of its four bytes, the most significant first.
    #[serde(default)]
    pub(super) crc32c: String,
    #[serde(default)]
    content_type: String,
}

fn zero() -> String {
    "0".to_owned()
}

impl Resource {
    pub(super) fn into_meta(self) -> Result<ObjectMeta, ObjectError> {
        Ok(ObjectMeta {
            generation: self.generation.parse().map_err(unavailable)?,
            size: self.size.parse().map_err(unavailable)?,
            name: self.name,
            content_type: self.content_type,
        })
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    #[serde(default)]
    items: Vec<Resource>,
    #[serde(default)]
    next_page_token: Option<String>,
}

impl JsonApi {
    pub(super) const fn new(endpoint: Endpoint) -> Self {
        Self {
            endpoint,
            client: OnceCell::new(),
        }
    }

    /// How long one request with bytes may take.
    pub(super) const fn attempt_timeout(&self) -> Duration {
        self.endpoint.attempt_timeout
    }

    pub(super) async fn find(
        &self,
        bucket: &str,
        name: &str,
        generation: Option<i64>,
    ) -> Result<Option<Resource>, ObjectError> {
        match self
            .on_object(Method::GET, bucket, name, generation)
            .await?
        {
            Some(answer) => Ok(Some(answer.json().await.map_err(unavailable)?)),
            None => Ok(None),
        }
    }

    /// Deletes an object, of `generation` alone if one is given; a missing object is
    /// not an error.
    pub(super) async fn delete(
        &self,
        bucket: &str,
        name: &str,
        generation: Option<i64>,
    ) -> Result<(), ObjectError> {
        let deleted = self.on_object(Method::DELETE, bucket, name, generation);
        deleted.await.map(drop)
    }

    /// Sends a request about an object, or about one generation of it.
    async fn on_object(
        &self,
        method: Method,
        bucket: &str,
        name: &str,
        generation: Option<i64>,
    ) -> Result<Option<Response>, ObjectError> {
        let name = utf8_percent_encode(name, NON_ALPHANUMERIC);
        let path = format!("storage/v1/b/{bucket}/o/{name}");
        let generation = generation.map(|generation| generation.to_string());
        let query = generation.iter().map(|own| ("generation", own.as_str()));
        self.ask(&method, &path, &query.collect::<Vec<_>>()).await
    }

    pub(super) async fn list(
        &self,
        bucket: &str,
        prefix: &str,
    ) -> Result<Vec<String>, ObjectError> {
        let (path, mut names, mut token) = (format!("storage/v1/b/{bucket}/o"), Vec::new(), None);
        loop {
            let mut query = vec![
                ("prefix", prefix),
                ("maxResults", PAGE),
                ("fields", "items/name,nextPageToken"),
            ];
            query.extend(token.as_deref().map(|token| ("pageToken", token)));
            let answer = self.ask(&Method::GET, &path, &query).await?;
            let Some(answer) = answer else {
                return Err(super::read::not_found(bucket));
            };
            let page: Page = answer.json().await.map_err(unavailable)?;
            names.extend(page.items.into_iter().map(|found| found.name));
            token = page.next_page_token;
            if token.is_none() {
                return Ok(names);
            }
        }
    }

    /// Sends a request, with retries; `None` for what is missing.
    async fn ask(
        &self,
        method: &Method,
        path: &str,
        query: &[(&str, &str)],
    ) -> Result<Option<Response>, ObjectError> {
        let mut attempts = retry::Attempts::default();
        loop {
            let failure = match self.ask_once(method, path, query).await {
                Ok(answer) if answer.status().is_success() => return Ok(Some(answer)),
                Ok(answer) if answer.status() == StatusCode::NOT_FOUND => return Ok(None),
                Ok(answer) => {
                    let status = answer.status();
                    let error = anyhow::anyhow!("Cloud Storage answered {status}");
                    if !may_pass(status) {
                        return Err(ObjectError::Unavailable(error.into()));
                    }
                    error
                }
                Err(error) => error,
            };
            if !attempts.wait().await {
                return Err(ObjectError::Unavailable(failure.into()));
            }
        }
    }

    async fn ask_once(
        &self,
        method: &Method,
        path: &str,
        query: &[(&str, &str)],
    ) -> anyhow::Result<Response> {
        let request = self.request(method, path, query).await?;
        Ok(request.send().await.map_err(reqwest::Error::without_url)?)
    }

    /// A request with our credentials.
    pub(super) async fn request(
        &self,
        method: &Method,
        path: &str,
        query: &[(&str, &str)],
    ) -> anyhow::Result<RequestBuilder> {
        let mut url = reqwest::Url::parse(&format!("{}/{path}", self.endpoint.url))?;
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let request = self.client()?.request(method.clone(), url);
        Ok(request.headers(self.authorization().await?))
    }

    pub(super) fn client(&self) -> anyhow::Result<&Client> {
        // 308 is how far an upload is, and leads nowhere.
        let nowhere = redirect::Policy::none;
        let builder = || {
            Client::builder()
                .timeout(REQUEST_TIMEOUT)
                .redirect(nowhere())
        };
        Ok(self.client.get_or_try_init(|| builder().build())?)
    }

    async fn authorization(&self) -> anyhow::Result<HeaderMap> {
        let credentials = self.endpoint.credentials()?;
        let headers = credentials.headers(Extensions::new()).await;
        match headers.context("getting a token")? {
            CacheableResource::New { data, .. } => Ok(data),
            CacheableResource::NotModified => Ok(HeaderMap::new()),
        }
    }
}

/// <https://cloud.google.com/storage/docs/retry-strategy#retryable>
pub(super) fn may_pass(status: StatusCode) -> bool {
    status.is_server_error() || matches!(status.as_u16(), 408 | 429)
}

pub(super) fn unavailable(error: impl std::error::Error + Send + Sync + 'static) -> ObjectError {
    ObjectError::Unavailable(Box::new(error))
}
