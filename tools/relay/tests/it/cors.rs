//! What pages of other origins may do with Cloud Storage, by the rules in
//! `terraform/storage.tf`.

use std::{sync::Arc, time::Duration};

use config::SystemClock;
use domain::{
    pipeline::Pipeline,
    ports::{Clock as _, ObjectStore as _, SignedUpload, UploadGrant},
};
use embedded::{Store, StoreOptions};
use relay::{cors::BucketCors, gcs};
use reqwest::{Client, Method, RequestBuilder, Response, header::HeaderMap};
use tempfile::TempDir;

const PAGE: &str = "https://console.example";
const OTHER: &str = "https://other.example";

/// Objects whose URLs the embedded store signs.
struct Fixture {
    upload: SignedUpload,
    url: String,
    client: Client,
    _folder: TempDir,
}

impl Fixture {
    async fn new() -> Self {
        let (listener, url) = testing::listen().await;
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(StoreOptions {
            data_dir: folder.path().to_owned(),
            public_url: url.clone(),
            pipeline: Arc::new(Pipeline::ours()),
            clock: Arc::new(SystemClock),
        });
        let store = store.await.unwrap();
        let grant = UploadGrant {
            name: "a".into(),
            content_type: "audio/wav".into(),
            size: (4, 4),
            expires_at: SystemClock.now() + Duration::from_mins(1),
        };
        let uploads = store.bucket("uploads");
        let mut upload = uploads.sign_upload(&grant).await.unwrap();
        // The relay has no folder before the buckets.
        upload.url = upload.url.replace("/storage/uploads/", "/uploads/");
        upload.resumable.url = upload
            .resumable
            .url
            .replace("/storage/uploads/", "/uploads/");
        let cors = BucketCors::of_terraform(&[PAGE.to_owned()]);
        let signatures = Arc::new(store.uploads());
        let service = gcs::Gcs::new(store, signatures, url.clone(), 10).with_cors(cors);
        testing::serve_on(listener, Arc::new(service));
        Self {
            upload,
            url,
            client: Client::new(),
            _folder: folder,
        }
    }

    /// As a browser asks before a request that is not simple.
    async fn preflight(&self, url: &str, origin: &str, method: &str, headers: &str) -> HeaderMap {
        let request = self.client.request(Method::OPTIONS, url);
        let request = request
            .header("origin", origin)
            .header("access-control-request-method", method)
            .header("access-control-request-headers", headers);
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 200);
        answer.headers().clone()
    }

    async fn begin(&self, origin: Option<&str>) -> Response {
        let resumable = &self.upload.resumable;
        let request = dressed(self.client.post(&resumable.url), &resumable.headers);
        let request = match origin {
            Some(origin) => request.header("origin", origin),
            None => request,
        };
        request.send().await.unwrap()
    }
}

fn dressed(
    request: RequestBuilder,
    headers: &std::collections::BTreeMap<String, String>,
) -> RequestBuilder {
    headers.iter().fold(request, |request, (name, value)| {
        request.header(name, value)
    })
}

fn allowed(headers: &HeaderMap) -> Option<&str> {
    headers.get("access-control-allow-origin")?.to_str().ok()
}

#[tokio::test]
async fn pages_may_upload_with_the_headers_that_are_signed() {
    let bench = Fixture::new().await;
    let names: Vec<&str> = bench.upload.headers.keys().map(String::as_str).collect();
    let answer = bench
        .preflight(&bench.upload.url, PAGE, "PUT", &names.join(","))
        .await;
    assert_eq!(allowed(&answer), Some(PAGE));
    assert_eq!(answer["access-control-max-age"], "3600");
    let names: Vec<&str> = bench
        .upload
        .resumable
        .headers
        .keys()
        .map(String::as_str)
        .collect();
    let url = &bench.upload.resumable.url;
    let answer = bench.preflight(url, PAGE, "POST", &names.join(",")).await;
    assert_eq!(allowed(&answer), Some(PAGE));
    let put = dressed(bench.client.put(&bench.upload.url), &bench.upload.headers);
    let put = put
        .header("origin", PAGE)
        .body("RIFF")
        .send()
        .await
        .unwrap();
    assert_eq!(put.status(), 200);
    assert_eq!(allowed(put.headers()), Some(PAGE));
    let exposed = put.headers()["access-control-expose-headers"]
        .to_str()
        .unwrap();
    for name in ["Location", "Range", "x-goog-hash"] {
        assert!(exposed.contains(name), "{exposed}");
    }
}

#[tokio::test]
async fn another_origin_method_header_or_bucket_is_not_allowed() {
    let bench = Fixture::new().await;
    let url = &bench.upload.url;
    let artifacts = format!("{}/artifacts/a", bench.url);
    for (url, origin, method, headers) in [
        (url, OTHER, "PUT", "content-type"),
        (url, PAGE, "DELETE", "content-type"),
        (url, PAGE, "PUT", "content-type, x-anything"),
        (&artifacts, PAGE, "GET", ""),
    ] {
        let answer = bench.preflight(url, origin, method, headers).await;
        assert_eq!(allowed(&answer), None, "{origin} {method} {headers}");
        assert!(!answer.contains_key("access-control-allow-methods"));
    }
}

#[tokio::test]
async fn a_resumable_upload_belongs_to_the_page_that_began_it() {
    let bench = Fixture::new().await;
    for (begun_by, expected) in [(Some(PAGE), Some(PAGE)), (Some(OTHER), None), (None, None)] {
        let begun = bench.begin(begun_by).await;
        assert_eq!(begun.status(), 201);
        let session = begun.headers()["location"].to_str().unwrap().to_owned();
        let asked = bench
            .preflight(&session, PAGE, "PUT", "content-range")
            .await;
        assert_eq!(allowed(&asked), expected, "{begun_by:?}");
        let put = bench.client.put(&session).header("origin", PAGE);
        let put = put
            .header("content-range", "bytes */4")
            .send()
            .await
            .unwrap();
        assert_eq!(put.status(), 308, "the answer is kept from the page alone");
        assert_eq!(allowed(put.headers()), expected, "{begun_by:?}");
    }
}
