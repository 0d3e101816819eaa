//! Unfinished uploads and temporary objects are cleared away.

use std::{io, time::Duration};

use bytes::Bytes;
use domain::ports::{Clock, ObjectError, ObjectStore, Overwrite, UploadGrant};
use embedded::{
    deliveries::Backlog,
    uploads::{ContentRange, UploadError},
};
use futures::{StreamExt, stream};

use crate::{Fixture, body};

#[tokio::test]
async fn an_upload_that_breaks_off_leaves_nothing() {
    let bench = Fixture::new().await;
    let bucket = bench.store.bucket("uploads");
    let broken = stream::iter([
        Ok(Bytes::from_static(b"half")),
        Err(io::ErrorKind::ConnectionReset.into()),
    ]);
    let refusal = bucket
        .write("a", "t/t", broken.boxed(), Overwrite::Refused)
        .await;
    assert!(matches!(refusal, Err(ObjectError::Interrupted(_))));
    assert_eq!(bucket.stat("a").await.unwrap(), None);
    assert_eq!(bench.backlog().await, Backlog::default());
    assert_eq!(bench.files(), 0);
}

#[tokio::test]
async fn an_upload_that_is_dropped_in_the_middle_leaves_nothing() {
    let bench = Fixture::new().await;
    let bucket = bench.store.bucket("uploads");
    let (begun, begins) = tokio::sync::oneshot::channel();
    let waits =
        stream::once(async { Ok(Bytes::from_static(b"half")) }).chain(stream::once(async move {
            begun.send(()).unwrap();
            std::future::pending().await
        }));
    tokio::select! {
        _ = bucket.write("a", "t/t", waits.boxed(), Overwrite::Refused) => unreachable!(),
        begun = begins => begun.unwrap(),
    }
    assert_eq!(bench.files(), 0);
}

#[tokio::test]
async fn an_upload_that_was_never_finished_is_cleared_away_after_a_week() {
    let bench = Fixture::new().await;
    let uploads = bench.store.uploads();
    let grant = UploadGrant {
        name: "a".to_owned(),
        content_type: "t/t".to_owned(),
        size: (4, 4),
        expires_at: bench.clock.now() + Duration::from_hours(1),
    };
    let begun = uploads.begin("uploads", &grant, Overwrite::Refused);
    let id = begun.await.unwrap();
    let part = ContentRange::parse(Some("bytes 0-1/4")).unwrap();
    uploads.append(&id, part, body("ha")).await.unwrap();
    assert_eq!(bench.files(), 1);
    for (hours, files) in [(167, 1), (2, 0)] {
        bench.clock.advance(Duration::from_hours(hours));
        bench.store.clear_expired().await.unwrap();
        assert_eq!(bench.files(), files);
    }
    let gone = uploads.append(&id, ContentRange::Nothing { total: None }, body(""));
    assert!(matches!(gone.await, Err(UploadError::NoSession)));
}

#[tokio::test]
async fn a_recording_in_passing_is_gone_after_a_crash() {
    let bench = Fixture::new().await;
    let artifacts = bench.store.bucket("artifacts");
    for name in ["users/a/streams/b.passing", "kept"] {
        artifacts
            .write(name, "t/t", body("x"), Overwrite::Refused)
            .await
            .unwrap();
    }
    drop(artifacts);
    let bench = bench.reopened().await;
    let left = bench.store.bucket("artifacts").list("").await.unwrap();
    assert_eq!(left, ["kept"]);
    assert_eq!(bench.files(), 1);
}
