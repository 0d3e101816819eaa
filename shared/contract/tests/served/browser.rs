//! What a page of another origin does, by the CORS rules of the bucket.

use std::{sync::Arc, time::Duration};

use config::SystemClock;
use contract::objects::ObjectsFixture as _;
use domain::ports::{Clock as _, ObjectStore, SignedUpload, UploadGrant};
use reqwest::{Client, Method, Response, header::HeaderMap};

use crate::{setting, support::served::ServedObjects};

const PIECE: usize = 256 * 1024;
const SIZE: usize = PIECE + 12;

struct Page {
    bucket: Arc<dyn ObjectStore>,
    origin: String,
    client: Client,
}

impl Page {
    async fn open() -> Self {
        Self {
            bucket: ServedObjects::new().await.bucket(),
            origin: setting("CONTRACT_ORIGIN"),
            client: Client::new(),
        }
    }

    async fn signed(&self) -> SignedUpload {
        let grant = UploadGrant {
            name: "a".into(),
            content_type: "audio/wav".into(),
            size: (SIZE as u64, SIZE as u64),
            expires_at: SystemClock.now() + Duration::from_mins(5),
        };
        self.bucket.sign_upload(&grant).await.unwrap()
    }

    /// What the browser is told before the page may ask.
    async fn preflight(&self, url: &str, origin: &str, method: &str, names: &str) -> HeaderMap {
        let request = self.client.request(Method::OPTIONS, url);
        let request = request
            .header("origin", origin)
            .header("access-control-request-method", method)
            .header("access-control-request-headers", names);
        request.send().await.unwrap().headers().clone()
    }

    async fn begin(&self, upload: &SignedUpload) -> Response {
        let headers = upload.resumable.headers.iter();
        let post = self.client.post(&upload.resumable.url);
        let post = headers.fold(post, |post, (name, value)| post.header(name, value));
        let post = post.header("origin", &self.origin);
        post.header("content-length", 0).send().await.unwrap()
    }

    async fn put(&self, session: &str, range: &str, size: usize) -> Response {
        let put = self.client.put(session).header("origin", &self.origin);
        let put = put.header("content-range", range).body(vec![7; size]);
        put.send().await.unwrap()
    }
}

fn allowed(headers: &HeaderMap) -> Option<&str> {
    headers.get("access-control-allow-origin")?.to_str().ok()
}

fn session(begun: &Response) -> String {
    begun.headers()["location"].to_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_page_uploads_in_pieces() {
    let page = Page::open().await;
    let (upload, origin) = (page.signed().await, page.origin.as_str());
    let names: Vec<&str> = upload
        .resumable
        .headers
        .keys()
        .map(String::as_str)
        .collect();
    let url = &upload.resumable.url;
    let told = page.preflight(url, origin, "POST", &names.join(",")).await;
    assert_eq!(allowed(&told), Some(origin), "{told:?}");
    let begun = page.begin(&upload).await;
    assert_eq!(begun.status(), 201);
    assert_eq!(allowed(begun.headers()), Some(origin));
    let session = session(&begun);
    let told = page
        .preflight(&session, origin, "PUT", "content-range")
        .await;
    assert_eq!(allowed(&told), Some(origin), "{told:?}");
    let range = format!("bytes 0-{}/{SIZE}", PIECE - 1);
    let first = page.put(&session, &range, PIECE).await;
    assert_eq!(
        (first.status().as_u16(), allowed(first.headers())),
        (308, Some(origin))
    );
    assert_eq!(
        first.headers()["range"],
        format!("bytes=0-{}", PIECE - 1).as_str()
    );
    let range = format!("bytes {PIECE}-{}/{SIZE}", SIZE - 1);
    let last = page.put(&session, &range, SIZE - PIECE).await;
    assert_eq!(
        (last.status().as_u16(), allowed(last.headers())),
        (200, Some(origin))
    );
    let stored = page.bucket.stat("a").await.unwrap().unwrap();
    assert_eq!(stored.size, SIZE as u64);
}

#[tokio::test]
async fn a_page_that_is_not_listed_is_kept_out() {
    let page = Page::open().await;
    let url = page.signed().await.url;
    let told = page
        .preflight(&url, "https://other.example", "PUT", "content-type")
        .await;
    assert_eq!(allowed(&told), None, "{told:?}");
}

/// Not a promise: what is unknown of the header at the start of a resumable upload.
#[tokio::test]
async fn the_length_range_of_a_resumable_upload_is_found_out() {
    let page = Page::open().await;
    let begun = page.begin(&page.signed().await).await;
    assert_eq!(
        begun.status(),
        201,
        "the range is compared with the start itself"
    );
    let (larger, session) = (SIZE + 100, session(&begun));
    let range = format!("bytes 0-{}/{larger}", larger - 1);
    let status = page.put(&session, &range, larger).await.status();
    assert!(!status.is_server_error(), "{status}");
    let is_enforced = status.is_client_error();
    eprintln!(
        "found: the length range of a resumable upload is enforced: {is_enforced} ({status})"
    );
    assert_eq!(page.bucket.stat("a").await.unwrap().is_none(), is_enforced);
}
