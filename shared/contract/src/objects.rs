//! Recordings and reports.

use std::{io, sync::Arc, time::Duration};

use bytes::Bytes;
use domain::{
    Timestamp,
    ports::{
        ByteStream, ObjectError, ObjectMeta, ObjectStore, Overwrite, SignedUpload, UploadGrant,
    },
};
use futures::{StreamExt, TryStreamExt, stream};
use reqwest::{Client, Method, RequestBuilder, Response};

/// The text of the promises, by which their list is checked.
#[doc(hidden)]
pub const SOURCE: &str = include_str!("objects.rs");

/// A store with two empty buckets, and the clock that signed URLs go by.
pub trait ObjectsFixture: Sync {
    /// A bucket.
    fn bucket(&self) -> Arc<dyn ObjectStore>;

    /// Another one.
    fn other_bucket(&self) -> Arc<dyn ObjectStore>;

    /// The time.
    fn now(&self) -> Timestamp;

    /// Lets time pass.
    fn advance(&self, by: Duration);
}

const MINUTE: Duration = Duration::from_mins(1);

fn body(text: &str) -> ByteStream {
    stream::iter([Ok(Bytes::from(text.to_owned()))]).boxed()
}

async fn write(bucket: &dyn ObjectStore, name: &str, text: &str) -> ObjectMeta {
    let written = bucket.write(name, "t/t", body(text), Overwrite::Refused);
    written.await.unwrap()
}

async fn content(stream: ByteStream) -> Vec<u8> {
    stream.try_collect::<Vec<Bytes>>().await.unwrap().concat()
}

fn missing<T>(outcome: &Result<T, ObjectError>) -> bool {
    matches!(outcome, Err(ObjectError::NotFound { .. }))
}

/// By generation, by range; a range that ends behind the end is cut there.
pub async fn a_written_object_reads_back_whole_and_in_parts(bench: &impl ObjectsFixture) {
    let bucket = bench.bucket();
    let meta = bucket
        .write("a/b", "audio/wav", body("0123456789"), Overwrite::Refused)
        .await
        .unwrap();
    assert_eq!((meta.size, meta.content_type.as_str()), (10, "audio/wav"));
    assert_eq!(bucket.stat("a/b").await.unwrap(), Some(meta.clone()));
    for (range, expected) in [
        (None, "0123456789"),
        (Some(0..10), "0123456789"),
        (Some(2..5), "234"),
        (Some(8..99), "89"),
        (Some(10..10), ""),
        (Some(3..3), ""),
    ] {
        let (found, bytes) = bucket
            .read("a/b", Some(meta.generation), range.clone())
            .await
            .unwrap();
        assert_eq!(content(bytes).await, expected.as_bytes(), "{range:?}");
        assert_eq!(found, meta, "{range:?}");
    }
    let behind = bucket.read("a/b", None, Some(11..12)).await;
    assert!(matches!(
        behind,
        Err(ObjectError::OutOfRange { size: 10, .. })
    ));
}

/// Its size need not be known before.
pub async fn large_object_is_streamed_in_chunks(bench: &impl ObjectsFixture) {
    const PIECE: usize = 300_000;
    let bucket = bench.bucket();
    let pieces = (0..70_u8).map(|number| Ok(Bytes::from(vec![number; PIECE])));
    let meta = bucket
        .write("a", "t/t", stream::iter(pieces).boxed(), Overwrite::Refused)
        .await
        .unwrap();
    assert_eq!(meta.size, 70 * PIECE as u64);
    let (_, mut bytes) = bucket.read("a", None, None).await.unwrap();
    let (mut at, mut chunks) = (0, 0);
    while let Some(chunk) = bytes.next().await {
        let chunk = chunk.unwrap();
        let right = chunk.iter().zip(at..);
        assert!(
            right
                .into_iter()
                .all(|(byte, at)| usize::from(*byte) == at / PIECE)
        );
        (at, chunks) = (at + chunk.len(), chunks + 1);
    }
    assert_eq!(at, 70 * PIECE);
    assert!(chunks > 5, "{chunks} pieces");
}

/// Nothing is also something.
pub async fn empty_object_is_stored(bench: &impl ObjectsFixture) {
    let bucket = bench.bucket();
    let nothing = stream::empty().boxed();
    let written = bucket.write("a", "t/t", nothing, Overwrite::Refused).await;
    assert_eq!(written.unwrap().size, 0);
    let (meta, bytes) = bucket.read("a", None, None).await.unwrap();
    assert_eq!((meta.size, content(bytes).await.len()), (0, 0));
}

/// By name, by generation, in another bucket; deleting a missing object succeeds.
pub async fn a_missing_object_is_not_found(bench: &impl ObjectsFixture) {
    let bucket = bench.bucket();
    assert_eq!(bucket.stat("a").await.unwrap(), None);
    assert!(missing(&bucket.read("a", None, None).await));
    bucket.delete("a").await.unwrap();
    write(&*bucket, "a", "x").await;
    assert!(missing(&bucket.read("a", Some(1), None).await));
    assert_eq!(bench.other_bucket().stat("a").await.unwrap(), None);
    bucket.delete("a").await.unwrap();
    assert_eq!(bucket.stat("a").await.unwrap(), None);
}

/// Of many concurrent writes without overwriting, one succeeds.
pub async fn an_object_is_overwritten_only_where_that_is_allowed(bench: &impl ObjectsFixture) {
    let bucket = bench.bucket();
    let first = write(&*bucket, "a", "one").await;
    let refusal = bucket.write("a", "t/t", body("two"), Overwrite::Refused);
    assert!(matches!(refusal.await, Err(ObjectError::Exists { .. })));
    let second = bucket.write("a", "t/t", body("three"), Overwrite::Allowed);
    assert!(second.await.unwrap().generation > first.generation);
    let (_, bytes) = bucket.read("a", None, None).await.unwrap();
    assert_eq!(content(bytes).await, b"three");
    let race = (0..8).map(|_| bucket.write("b", "t/t", body("x"), Overwrite::Refused));
    let outcomes = futures::future::join_all(race).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
}

/// The error says that the source failed.
pub async fn a_write_that_breaks_off_leaves_nothing(bench: &impl ObjectsFixture) {
    let bucket = bench.bucket();
    for size in [4, 20_000_000] {
        let broken = stream::iter([
            Ok(Bytes::from(vec![1; size])),
            Err(io::ErrorKind::ConnectionReset.into()),
        ]);
        let refusal = bucket
            .write("a", "t/t", broken.boxed(), Overwrite::Refused)
            .await;
        assert!(
            matches!(refusal, Err(ObjectError::Interrupted(_))),
            "{refusal:?}"
        );
        assert_eq!(bucket.stat("a").await.unwrap(), None);
    }
}

/// The prefix is a text, not a pattern.
pub async fn names_are_listed_by_prefix(bench: &impl ObjectsFixture) {
    let bucket = bench.bucket();
    for name in ["a/1", "a/2", "a%/3", "b/1"] {
        write(&*bucket, name, "x").await;
    }
    assert_eq!(bucket.list("a/").await.unwrap(), ["a/1", "a/2"]);
    bucket.delete("a/1").await.unwrap();
    assert_eq!(bucket.list("a/").await.unwrap(), ["a/2"]);
    assert_eq!(bucket.list("").await.unwrap().len(), 3);
}

/// The store may return any number of pages.
pub async fn long_list_is_complete(bench: &impl ObjectsFixture) {
    let bucket = bench.bucket();
    for number in 0..25 {
        write(&*bucket, &format!("a/{number:02}"), "x").await;
    }
    let names = bucket.list("a/").await.unwrap();
    assert!(
        names
            .iter()
            .zip(0..)
            .all(|(name, number)| *name == format!("a/{number:02}"))
    );
    assert_eq!(names.len(), 25);
}

/// Slashes, blanks, and what a URL gives a meaning to.
pub async fn object_name_may_be_any_text(bench: &impl ObjectsFixture) {
    let bucket = bench.bucket();
    for name in ["a b/c+d/ü%2F.wav", "q?x=1&y#z", "..a/'\"", "日本"] {
        let meta = write(&*bucket, name, name).await;
        assert_eq!(meta.name, name);
        let (found, bytes) = bucket.read(name, None, None).await.unwrap();
        assert_eq!(
            (found.name.as_str(), content(bytes).await),
            (name, name.as_bytes().to_vec())
        );
        assert_eq!(bucket.list(name).await.unwrap(), [name]);
        let url = bucket.sign_read(name, bench.now() + MINUTE).await.unwrap();
        let answer = reqwest::get(url).await.unwrap();
        assert_eq!(answer.text().await.unwrap(), name);
        bucket.delete(name).await.unwrap();
        assert_eq!(bucket.stat(name).await.unwrap(), None);
    }
}

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

/// A worker that comes late deletes nothing that is newer; the checksum is that of
/// <https://www.rfc-editor.org/rfc/rfc3720#appendix-B.4>.
pub async fn generation_is_deleted_and_checksummed_alone(bench: &impl ObjectsFixture) {
    let bucket = bench.bucket();
    let first = write(&*bucket, "a", "123456789").await;
    let sum = bucket.crc32c("a", first.generation).await.unwrap();
    assert_eq!(sum, 0xE306_9283);
    let second = bucket.write("a", "t/t", body("two"), Overwrite::Allowed);
    let second = second.await.unwrap();
    bucket
        .delete_generation("a", first.generation)
        .await
        .unwrap();
    assert_eq!(bucket.stat("a").await.unwrap(), Some(second.clone()));
    assert!(missing(&bucket.crc32c("a", first.generation).await));
    for _ in 0..2 {
        let deleted = bucket.delete_generation("a", second.generation).await;
        deleted.unwrap();
    }
    assert_eq!(bucket.stat("a").await.unwrap(), None);
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
