//! Reads and writes while Cloud Storage is busy, silent, forgetful or corrupts bytes: what
//! is accepted is right, and what is refused leaves no object.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use domain::ports::{ObjectError, ObjectStore, Overwrite};
use embedded::Store;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use google::storage::{GcsBucket, GcsClient};
use relay::gcs;
use tempfile::TempDir;
use testing::{listen, serve_on};

use crate::support::{
    faults::{
        Fault::{self, CorruptAnswer, CorruptRequest, LoseAnswer, Persist, Refuse, Silence, Stall},
        Faults,
        Stage::{self, AtOnce, Begin, Chunk, Read},
    },
    store,
};

/// Sent at once, and in three chunks.
const SMALL: usize = 100_000;
const LARGE: usize = 5_000_000;
const KIB: usize = 1024;

struct Fixture {
    gcs: GcsClient,
    bucket: GcsBucket,
    store: Store,
    faults: Arc<Faults>,
    _folder: TempDir,
}

impl Fixture {
    async fn new() -> Self {
        let (listener, upstream) = listen().await;
        let (front, url) = listen().await;
        let (store, _, folder) = store(&url).await;
        let signatures = Arc::new(store.uploads());
        let service = gcs::Gcs::new(store.clone(), signatures, url.clone(), 10);
        serve_on(listener, Arc::new(service));
        let faults = Faults::new(upstream);
        serve_on(front, Arc::clone(&faults) as _);
        let gcs = GcsClient::new(url.strip_prefix("http://"));
        Self {
            bucket: gcs.bucket("uploads"),
            gcs,
            store,
            faults,
            _folder: folder,
        }
    }

    /// Does not wait long for a silent service, but long enough for one on a busy machine.
    fn impatient(&self) -> GcsBucket {
        let gcs = self.gcs.clone();
        let gcs = gcs.with_attempt_timeout(Duration::from_secs(2));
        gcs.bucket("uploads")
    }

    /// Writes an object and compares what the store has; answers how often the stage of the
    /// last fault was requested.
    async fn written_right(
        &self,
        bucket: &GcsBucket,
        size: usize,
        faults: &[(Stage, Fault)],
    ) -> usize {
        let _ = self.store.bucket("uploads").delete("a").await;
        self.faults.plan(faults.iter().copied());
        let written = write(bucket, size).await;
        let meta = written.unwrap_or_else(|error| panic!("{faults:?}: {error:?}"));
        assert_eq!(meta, u64::try_from(size).unwrap());
        let stored = self.store.bucket("uploads").read("a", None, None).await;
        let stored = stored.unwrap().1.try_collect::<Vec<Bytes>>().await.unwrap();
        assert!(stored.concat() == content(size), "{faults:?}: other bytes");
        let (seen, left) = self.faults.seen(faults.last().unwrap().0);
        assert_eq!(left, 0, "{faults:?}: not all happened");
        seen
    }

    async fn is_stored(&self) -> bool {
        let found = self.store.bucket("uploads").stat("a").await;
        found.unwrap().is_some()
    }
}

fn content(size: usize) -> Vec<u8> {
    let numbers = (0..size as u64).map(|at| at.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 56);
    numbers.map(|byte| u8::try_from(byte).unwrap()).collect()
}

/// Answers the size that was stored.
async fn write(bucket: &GcsBucket, size: usize) -> Result<u64, ObjectError> {
    let pieces: Vec<_> = content(size)
        .chunks(30_000)
        .map(|piece| Ok(Bytes::copy_from_slice(piece)))
        .collect();
    let body = stream::iter(pieces).boxed();
    let written = bucket.write("a", "audio/wav", body, Overwrite::Refused);
    Ok(written.await?.size)
}

async fn read(bucket: &GcsBucket) -> Result<Vec<u8>, String> {
    let (_, bytes) = bucket
        .read("a", None, None)
        .await
        .map_err(|error| format!("{error:?}"))?;
    let bytes = bytes.try_collect::<Vec<Bytes>>().await;
    Ok(bytes.map_err(|error| error.to_string())?.concat())
}

#[tokio::test]
async fn small_objects_take_one_request() {
    let bench = Fixture::new().await;
    bench.faults.plan([]);
    write(&bench.bucket, SMALL).await.unwrap();
    let count = |stage| bench.faults.seen(stage).0;
    assert_eq!([count(AtOnce), count(Begin), count(Chunk)], [1, 0, 0]);
}

#[tokio::test]
async fn a_busy_service_is_asked_again() {
    let bench = Fixture::new().await;
    for status in [408, 429, 500, 503] {
        for (size, stage) in [(SMALL, AtOnce), (LARGE, Begin), (LARGE, Chunk)] {
            let faults = [(stage, Refuse(status)); 2];
            bench.written_right(&bench.bucket, size, &faults).await;
        }
    }
}

#[tokio::test]
async fn persisted_part_of_a_chunk_is_not_sent_again() {
    let bench = Fixture::new().await;
    for persisted in [256, 512, 1_792] {
        let fault = (Chunk, Persist(persisted * KIB));
        bench.written_right(&bench.bucket, LARGE, &[fault]).await;
    }
    // In the first chunk, and in the one that goes on from there; a question is refused.
    let twice = [
        (Chunk, Persist(768 * KIB)),
        (Chunk, Refuse(503)),
        (Chunk, Fault::None),
        (Chunk, Persist(256 * KIB)),
    ];
    bench.written_right(&bench.bucket, LARGE, &twice).await;
}

#[tokio::test]
async fn an_answer_that_is_lost_is_asked_for() {
    let bench = Fixture::new().await;
    for (size, stage) in [(SMALL, AtOnce), (LARGE, Begin), (LARGE, Chunk)] {
        bench
            .written_right(&bench.bucket, size, &[(stage, LoseAnswer)])
            .await;
    }
    // That of the last chunk, with which the object is there.
    let last = [Fault::None, Fault::None, LoseAnswer].map(|fault| (Chunk, fault));
    bench.written_right(&bench.bucket, LARGE, &last).await;
}

#[tokio::test]
async fn a_silent_service_is_asked_again() {
    let bench = Fixture::new().await;
    let bucket = bench.impatient();
    let begun = Instant::now();
    for (size, stage) in [(SMALL, AtOnce), (LARGE, Begin), (LARGE, Chunk)] {
        bench
            .written_right(&bucket, size, &[(stage, Silence)])
            .await;
    }
    for faults in [
        vec![Silence],
        vec![Stall(1_000_000)],
        vec![Stall(3_000_000), Silence, Stall(7)],
    ] {
        let planned: Vec<_> = faults.iter().map(|fault| (Read, *fault)).collect();
        bench.faults.plan(planned);
        assert!(read(&bucket).await.unwrap() == content(LARGE), "{faults:?}");
        assert_eq!(bench.faults.seen(Read), (faults.len() + 1, 0), "{faults:?}");
    }
    assert!(begun.elapsed() < Duration::from_mins(2));
}

#[tokio::test]
async fn bytes_that_were_corrupted_on_the_way_are_no_object() {
    let bench = Fixture::new().await;
    for (size, faults) in [
        (SMALL, vec![(AtOnce, CorruptRequest)]),
        (LARGE, vec![(Chunk, CorruptRequest)]),
        // Not noticed before the last chunk, which brings the checksum.
        (LARGE, vec![(Chunk, Fault::None), (Chunk, CorruptRequest)]),
    ] {
        bench.faults.plan(faults.iter().copied());
        let refused = write(&bench.bucket, size).await;
        assert!(refused.is_err(), "{faults:?}");
        assert!(!bench.is_stored().await, "{faults:?}");
        // The caller's next attempt.
        bench.faults.plan([]);
        write(&bench.bucket, size).await.unwrap();
        bench.bucket.delete("a").await.unwrap();
    }
}

#[tokio::test]
async fn bytes_that_are_corrupted_on_the_way_back_end_a_read() {
    let bench = Fixture::new().await;
    write(&bench.bucket, LARGE).await.unwrap();
    bench.faults.plan([(Read, CorruptAnswer)]);
    assert!(read(&bench.bucket).await.is_err());
    // Also where the client has not read all of it in one go.
    bench
        .faults
        .plan([(Read, Stall(1_000_000)), (Read, CorruptAnswer)]);
    let error = read(&bench.impatient()).await.unwrap_err();
    assert!(error.contains("checksum"), "{error}");
    bench.faults.plan([]);
    assert!(read(&bench.bucket).await.unwrap() == content(LARGE));
}

#[tokio::test]
async fn permanent_refusal_is_reported_at_once() {
    let bench = Fixture::new().await;
    for (size, stage) in [(SMALL, AtOnce), (LARGE, Begin), (LARGE, Chunk)] {
        for status in [401, 403, 410] {
            bench.faults.plan([(stage, Refuse(status))]);
            let refused = write(&bench.bucket, size).await;
            assert!(
                matches!(refused, Err(ObjectError::Unavailable(_))),
                "{refused:?}"
            );
            assert_eq!(bench.faults.seen(stage), (1, 0), "{stage:?} {status}");
            assert!(!bench.is_stored().await);
        }
    }
}
