//! Recordings and reports.

mod signed;

use std::{io, sync::Arc, time::Duration};

use bytes::Bytes;
use domain::{
    Timestamp,
    ports::{ByteStream, ObjectError, ObjectMeta, ObjectStore, Overwrite},
};
use futures::{StreamExt, TryStreamExt, stream};

pub use signed::*;

/// The text of the promises, by which their list is checked.
#[doc(hidden)]
pub const SOURCE: &str = concat!(
    include_str!("objects.rs"),
    include_str!("objects/signed.rs")
);

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
