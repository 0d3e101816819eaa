//! Signed URLs, as a client uses them that holds nothing else.

use domain::ports::{SignedUpload, UploadGrant};
use reqwest::{Client, Method, RequestBuilder, Response};

use super::{MINUTE, ObjectsFixture, content, write};

fn grant(bench: &impl ObjectsFixture) -> UploadGrant {
    UploadGrant {
        name: "users/u/interviews/i/audio/a".into(),
        content_type: "audio/wav".into(),
        size: (10, 20),
        expires_at: bench.now() + MINUTE,
    }
}

fn request(method: Method, url: &str, upload: &SignedUpload, resumable: bool) -> RequestBuilder {
    let headers = if resumable {
        &upload.resumable.headers
    } else {
        &upload.headers
    };
    let request = Client::new().request(method, url);
    headers.iter().fold(request, |request, (name, value)| {
        request.header(name, value)
    })
}

async fn put(upload: &SignedUpload, bytes: &str) -> Response {
    let request = request(Method::PUT, &upload.url, upload, false);
    request.body(bytes.to_owned()).send().await.unwrap()
}

/// `PUT` of the whole by a client that holds the URL, with just the headers it names.
pub async fn signed_upload_accepts_the_granted_object(bench: &impl ObjectsFixture) {
    let bucket = bench.bucket();
    let upload = bucket.sign_upload(&grant(bench)).await.unwrap();
    let answer = put(&upload, "0123456789").await;
    assert_eq!(answer.status(), 200, "{:?}", answer.text().await);
    let stored = bucket.stat(&grant(bench).name).await.unwrap().unwrap();
    assert_eq!(
        (stored.size, stored.content_type.as_str()),
        (10, "audio/wav")
    );
}

/// Another size, type, object, method, time; a header left out; a changed URL.
pub async fn a_signed_upload_refuses_anything_else(bench: &impl ObjectsFixture) {
    let bucket = bench.bucket();
    let upload = bucket.sign_upload(&grant(bench)).await.unwrap();
    let refused = |answer: Response| (400..500).contains(&answer.status().as_u16());
    for size in [9, 21] {
        assert!(
            refused(put(&upload, &"x".repeat(size)).await),
            "{size} bytes"
        );
    }
    let other_object = upload.url.replace("audio/a?", "audio/b?");
    let altered = format!("{}0", upload.url);
    for url in [&other_object, &altered] {
        let answer = request(Method::PUT, url, &upload, false).body("0123456789");
        assert!(refused(answer.send().await.unwrap()), "{url}");
    }
    for left_out in upload.headers.keys() {
        let others = upload.headers.iter().filter(|(name, _)| *name != left_out);
        let put = Client::new().put(&upload.url).body("0123456789");
        let put = others.fold(put, |request, (name, value)| request.header(name, value));
        assert!(refused(put.send().await.unwrap()), "without {left_out}");
    }
    for method in [Method::GET, Method::DELETE, Method::POST] {
        let answer = request(method.clone(), &upload.url, &upload, false)
            .send()
            .await;
        assert!(refused(answer.unwrap()), "{method}");
    }
    bench.advance(2 * MINUTE);
    assert!(refused(put(&upload, "0123456789").await), "too late");
    assert_eq!(bucket.list("").await.unwrap(), [""; 0]);
}

async fn part(session: &str, range: &str, bytes: &str) -> Response {
    let request = Client::new().put(session).header("content-range", range);
    request.body(bytes.to_owned()).send().await.unwrap()
}

/// The resumable protocol of Cloud Storage, as a browser speaks it: all pieces except
/// for the last one have a multiple of 256 KiB. The request that begins it has no bytes
/// itself, and is signed for any size up to the largest.
pub async fn an_upload_that_broke_off_is_resumed(bench: &impl ObjectsFixture) {
    const PIECE: usize = 256 * 1024;
    let bucket = bench.bucket();
    let whole: String = ('a'..='z').cycle().take(PIECE + 12).collect();
    let (total, last) = (whole.len(), whole.len() - 1);
    let grant = UploadGrant {
        size: (10, total as u64),
        ..grant(bench)
    };
    let upload = bucket.sign_upload(&grant).await.unwrap();
    let range = "x-goog-content-length-range";
    assert_eq!(upload.headers[range], format!("10,{total}"));
    assert_eq!(upload.resumable.headers[range], format!("0,{total}"));
    let start = request(Method::POST, &upload.resumable.url, &upload, true);
    let started = start.send().await.unwrap();
    assert_eq!(started.status(), 201);
    let session = started.headers()["location"].to_str().unwrap().to_owned();
    let nothing = part(&session, &format!("bytes */{total}"), "").await;
    assert_eq!(nothing.status(), 308);
    assert!(!nothing.headers().contains_key("range"));
    let short = part(&session, &format!("bytes 0-4/{total}"), &whole[..5]).await;
    assert_eq!(
        short.status(),
        400,
        "a short piece that is not the last one"
    );
    let piece = format!("bytes 0-{}/{total}", PIECE - 1);
    for (range, bytes) in [(piece.as_str(), &whole[..PIECE]), ("bytes */*", "")] {
        let answer = part(&session, range, bytes).await;
        let stored = answer.headers()["range"].to_str().unwrap();
        assert_eq!(
            (answer.status().as_u16(), stored),
            (308, "bytes=0-262143"),
            "{range}"
        );
    }
    let overlapping = format!("bytes 3-{last}/{total}");
    let again = part(&session, &overlapping, &whole[3..]).await;
    assert_eq!(again.status(), 200, "what overlaps is skipped");
    let asked = part(&session, &format!("bytes */{total}"), "").await;
    assert_eq!(asked.status(), 200, "and it is remembered");
    let (meta, bytes) = bucket.read(&grant.name, None, None).await.unwrap();
    assert_eq!(meta.content_type, "audio/wav");
    assert_eq!(content(bytes).await, whole.as_bytes());
}

/// Every answer after that is an error, and nothing is stored.
pub async fn a_cancelled_upload_is_over(bench: &impl ObjectsFixture) {
    let bucket = bench.bucket();
    let upload = bucket.sign_upload(&grant(bench)).await.unwrap();
    let start = request(Method::POST, &upload.resumable.url, &upload, true);
    let started = start.send().await.unwrap();
    let session = started.headers()["location"].to_str().unwrap().to_owned();
    let cancelled = Client::new().delete(&session).header("content-length", 0);
    assert_eq!(cancelled.send().await.unwrap().status(), 499);
    let late = part(&session, "bytes 0-9/10", "0123456789").await;
    assert!(late.status().is_client_error(), "{}", late.status());
    assert_eq!(bucket.stat(&grant(bench).name).await.unwrap(), None);
}

/// The existing object stays.
pub async fn a_signed_upload_does_not_overwrite(bench: &impl ObjectsFixture) {
    let bucket = bench.bucket();
    let upload = bucket.sign_upload(&grant(bench)).await.unwrap();
    assert_eq!(put(&upload, "0123456789").await.status(), 200);
    assert_eq!(put(&upload, "abcdefghijk").await.status(), 412);
    let (_, bytes) = bucket.read(&grant(bench).name, None, None).await.unwrap();
    assert_eq!(content(bytes).await, b"0123456789");
}

/// For a speech engine that fetches the recording by itself.
pub async fn a_signed_url_reads_in_parts_until_it_expires(bench: &impl ObjectsFixture) {
    let bucket = bench.bucket();
    let name = "users/u/interviews/i/audio/a";
    write(&*bucket, name, "0123456789").await;
    let url = bucket.sign_read(name, bench.now() + MINUTE).await.unwrap();
    let whole = reqwest::get(&url).await.unwrap();
    assert_eq!(whole.headers()["content-type"], "t/t");
    assert_eq!(whole.text().await.unwrap(), "0123456789");
    let some = Client::new().get(&url).header("range", "bytes=2-4");
    let some = some.send().await.unwrap();
    assert_eq!(some.status(), 206);
    assert_eq!(some.headers()["content-range"], "bytes 2-4/10");
    assert_eq!(some.text().await.unwrap(), "234");
    let other = url.replace("audio/a?", "audio/b?");
    for wrong in [other, format!("{url}0")] {
        assert_eq!(reqwest::get(wrong).await.unwrap().status(), 403);
    }
    let put = Client::new().put(&url).body("x").send().await.unwrap();
    assert!(put.status().is_client_error());
    bench.advance(2 * MINUTE);
    assert!(reqwest::get(&url).await.unwrap().status().is_client_error());
}
