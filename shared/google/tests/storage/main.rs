//! Writes to Cloud Storage, against a service that answers as a test says.
#![allow(clippy::unwrap_used, reason = "tests, helpers included")]

mod script;

use std::io;

use bytes::Bytes;
use domain::ports::{ByteStream, ObjectError, ObjectMeta, ObjectStore, Overwrite};
use futures::{StreamExt, stream};
use google::storage::GcsClient;
use script::{Answer, Script};

/// Of 2.5 MiB: a whole chunk and a last one.
const SIZE: usize = 2_621_440;

fn content(size: usize) -> Bytes {
    (0..size)
        .map(|at| u8::try_from(at % 251).unwrap())
        .collect()
}

fn body(bytes: &Bytes) -> ByteStream {
    let pieces: Vec<_> = bytes.chunks(100_000).map(Bytes::copy_from_slice).collect();
    stream::iter(pieces.into_iter().map(Ok)).boxed()
}

async fn write(script: &Script, bytes: &Bytes) -> Result<ObjectMeta, ObjectError> {
    let bucket = GcsClient::new(Some(script.host())).bucket("b");
    let written = bucket.write("a/b", "audio/wav", body(bytes), Overwrite::Refused);
    written.await
}

#[tokio::test]
async fn small_object_takes_one_request() {
    let bytes = content(90_000);
    let script = Script::start([Answer::stored(&bytes)]).await;
    let meta = write(&script, &bytes).await.unwrap();
    assert_eq!((meta.size, meta.generation), (90_000, 7));
    assert_eq!(
        script.requests(),
        ["POST /upload/storage/v1/b/b/o?uploadType=multipart&name=a%2Fb&ifGenerationMatch=0 "]
    );
}

#[tokio::test]
async fn chunks_continue_at_the_persisted_offset() {
    let bytes = content(SIZE);
    let script = Script::start([
        Answer::session(),
        // Of the first chunk 256 KiB were persisted; then even the query fails.
        Answer::status(503),
        Answer::status(503),
        Answer::persisted(Some(262_143)),
        Answer::persisted(Some(2_359_295)),
        Answer::stored(&bytes),
    ])
    .await;
    assert_eq!(write(&script, &bytes).await.unwrap().size, SIZE as u64);
    assert_eq!(
        script.requests(),
        [
            "POST /upload/storage/v1/b/b/o?uploadType=resumable&name=a%2Fb&ifGenerationMatch=0 ",
            "PUT /session bytes 0-2097151/*",
            "PUT /session bytes */*",
            "PUT /session bytes */*",
            "PUT /session bytes 262144-2359295/*",
            "PUT /session bytes 2359296-2621439/2621440",
        ]
    );
    assert!(
        script.bodies_are(&bytes),
        "each chunk has the bytes of its range"
    );
}

/// The last chunk was stored, and the connection broke before the answer came.
#[tokio::test]
async fn lost_answer_to_the_last_chunk_is_found_out() {
    let bytes = content(SIZE);
    let script = Script::start([
        Answer::session(),
        Answer::persisted(Some(2_097_151)),
        Answer::status(500),
        Answer::stored(&bytes),
    ])
    .await;
    assert_eq!(write(&script, &bytes).await.unwrap().generation, 7);
    let asked = script.requests().pop();
    assert_eq!(asked.as_deref(), Some("PUT /session bytes */2621440"));
}

#[tokio::test]
async fn lost_answer_to_a_small_object_is_found_out() {
    let bytes = content(90_000);
    let other = content(90_001);
    for (there, is_ours) in [(&bytes, true), (&other, false)] {
        let answers = [
            Answer::status(503),
            Answer::status(412),
            Answer::stored(there),
        ];
        let script = Script::start(answers).await;
        let written = write(&script, &bytes).await;
        assert_eq!(written.is_ok(), is_ours, "{written:?}");
        assert!(is_ours || matches!(written, Err(ObjectError::Exists { .. })));
    }
}

/// An object that is there before the first attempt is not the result of a lost response.
#[tokio::test]
async fn existing_object_of_the_same_bytes_is_not_written() {
    let script = Script::start([Answer::status(412)]).await;
    let refused = write(&script, &content(90_000)).await;
    assert!(
        matches!(refused, Err(ObjectError::Exists { .. })),
        "{refused:?}"
    );
}

#[tokio::test]
async fn wrong_generation_is_deleted() {
    for size in [90_000, SIZE] {
        let (bytes, mut other) = (content(size), content(size).to_vec());
        other[50_000] ^= 1;
        let stored = Answer::stored(&other.into());
        let mut answers = vec![stored, Answer::status(204)];
        if size == SIZE {
            let first = [Answer::session(), Answer::persisted(Some(2_097_151))];
            answers.splice(0..0, first);
        }
        let script = Script::start(answers).await;
        let refused = write(&script, &bytes).await;
        assert!(
            matches!(refused, Err(ObjectError::Unavailable(_))),
            "{refused:?}"
        );
        let last = script.requests().pop();
        let expected = "DELETE /storage/v1/b/b/o/a%2Fb?generation=7 ";
        assert_eq!(last.as_deref(), Some(expected));
    }
}

#[tokio::test]
async fn source_that_breaks_ends_the_session() {
    let broken = stream::iter([
        Ok(content(SIZE)),
        Err(io::ErrorKind::ConnectionReset.into()),
    ]);
    let answers = [
        Answer::session(),
        Answer::persisted(Some(2_097_151)),
        Answer::status(499),
    ];
    let script = Script::start(answers).await;
    let bucket = GcsClient::new(Some(script.host())).bucket("b");
    let written = bucket.write("a", "t/t", broken.boxed(), Overwrite::Refused);
    assert!(matches!(written.await, Err(ObjectError::Interrupted(_))));
    assert_eq!(script.requests().pop().as_deref(), Some("DELETE /session "));
}

#[tokio::test]
async fn impossible_range_and_lost_session_are_errors() {
    for second in [Answer::persisted(Some(9_999_999)), Answer::status(410)] {
        let script = Script::start([Answer::session(), second, Answer::status(499)]).await;
        let refused = write(&script, &content(SIZE)).await;
        assert!(
            matches!(refused, Err(ObjectError::Unavailable(_))),
            "{refused:?}"
        );
    }
}
