//! An upload that was acknowledged is there, and one that was ended is not acknowledged.

use std::{future::Future, time::Duration};

use bytes::Bytes;
use domain::ports::{ByteStream, Clock, ObjectStore, Overwrite, UploadGrant};
use embedded::uploads::{ContentRange, Received, UploadError};
use futures::{StreamExt, stream};
use tokio::sync::oneshot;

use crate::{Fixture, body, startup::text};

fn grant(bench: &Fixture, name: &str) -> UploadGrant {
    UploadGrant {
        name: name.to_owned(),
        content_type: "t/t".to_owned(),
        size: (4, 4),
        expires_at: bench.clock.now() + Duration::from_hours(1),
    }
}

async fn begin(bench: &Fixture, name: &str) -> String {
    let (uploads, grant) = (bench.store.uploads(), grant(bench, name));
    let begun = uploads.begin("uploads", &grant, Overwrite::Refused);
    begun.await.unwrap()
}

fn part(range: &str) -> ContentRange {
    ContentRange::parse(Some(range)).unwrap()
}

/// A body whose second half comes when it is released.
fn halves() -> (ByteStream, oneshot::Receiver<()>, oneshot::Sender<()>) {
    let (begun, begins) = oneshot::channel();
    let (release, released) = oneshot::channel::<()>();
    let first = stream::once(async { Ok(Bytes::from_static(b"ha")) });
    let second = stream::once(async move {
        begun.send(()).unwrap();
        let _ = released.await;
        Ok(Bytes::from_static(b"lf"))
    });
    (first.chain(second).boxed(), begins, release)
}

/// Ends an upload while its last part comes in; the part must not be acknowledged.
async fn ended_while_it_runs<'a, F: Future<Output = ()> + 'a>(
    bench: &'a Fixture,
    end: impl FnOnce(&'a Fixture, String) -> F,
) {
    let id = begin(bench, "a").await;
    let (half, begins, release) = halves();
    let (uploads, session) = (bench.store.uploads(), id.clone());
    let append = tokio::spawn(async move {
        let appended = uploads.append(&session, part("bytes 0-3/4"), half);
        appended.await
    });
    begins.await.unwrap();
    end(bench, id).await;
    // Nothing waits for it any more when the upload has been stopped.
    let _ = release.send(());
    let appended = append.await.unwrap();
    assert!(
        matches!(appended, Err(UploadError::NoSession)),
        "{appended:?}"
    );
    assert_eq!(text(&bench.store, "a").await, None);
    assert_eq!(bench.files(), 0);
}

#[tokio::test]
async fn cancelled_upload_is_not_acknowledged() {
    let bench = Fixture::new().await;
    ended_while_it_runs(&bench, |bench, id| async move {
        bench.store.uploads().cancel(&id).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn abandoned_upload_is_not_acknowledged() {
    let bench = Fixture::new().await;
    ended_while_it_runs(&bench, |bench, _| async move {
        let bucket = bench.store.bucket("uploads");
        bucket.abandon_uploads("a").await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn expired_upload_is_not_acknowledged() {
    let bench = Fixture::new().await;
    ended_while_it_runs(&bench, |bench, _| async move {
        bench.clock.advance(Duration::from_hours(169));
        bench.store.clear_expired().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn second_upload_of_a_permission_ends_the_first() {
    let bench = Fixture::new().await;
    let uploads = bench.store.uploads();
    for _ in 0..40 {
        let id = begin(&bench, "a").await;
        let appended = uploads.append(&id, part("bytes 0-1/4"), body("ha"));
        assert_eq!(appended.await.unwrap(), Received::Partial(2));
    }
    assert_eq!(bench.files(), 1, "the newest alone");
    let first = begin(&bench, "b").await;
    let second = begin(&bench, "b").await;
    let ended = uploads.append(&first, part("bytes 0-3/4"), body("half"));
    assert!(matches!(ended.await, Err(UploadError::NoSession)));
    let done = uploads.append(&second, part("bytes 0-3/4"), body("half"));
    assert!(matches!(done.await.unwrap(), Received::Complete(_)));
}

#[tokio::test]
async fn completion_removes_other_uploads_of_the_name() {
    let bench = Fixture::new().await;
    let uploads = bench.store.uploads();
    let id = begin(&bench, "a").await;
    let appended = uploads.append(&id, part("bytes 0-1/4"), body("ha"));
    appended.await.unwrap();
    let grant = grant(&bench, "a");
    let whole = uploads.put("uploads", &grant, body("full")).await;
    whole.unwrap();
    assert_eq!(bench.files(), 1);
    let rest = uploads.append(&id, part("bytes 2-3/4"), body("lf"));
    assert!(matches!(rest.await, Err(UploadError::NoSession)));
    assert_eq!(text(&bench.store, "a").await.unwrap(), b"full");
}

#[tokio::test]
async fn upload_goes_on_after_a_restart_where_it_was_synced() {
    let bench = Fixture::new().await;
    let id = begin(&bench, "a").await;
    let uploads = bench.store.uploads();
    let appended = uploads.append(&id, part("bytes 0-1/4"), body("ha"));
    appended.await.unwrap();
    drop(uploads);
    // Bytes that a power failure left without a sync do not count.
    let path = bench.objects().join(format!("{id}.part"));
    std::fs::write(&path, "haXX").unwrap();
    let bench = bench.reopened().await;
    let uploads = bench.store.uploads();
    let asked = uploads.append(&id, part("bytes */4"), body(""));
    assert_eq!(asked.await.unwrap(), Received::Partial(2));
    let rest = uploads.append(&id, part("bytes 2-3/4"), body("lf"));
    assert!(matches!(rest.await.unwrap(), Received::Complete(_)));
    assert_eq!(text(&bench.store, "a").await.unwrap(), b"half");
}

#[tokio::test]
async fn upload_whose_synced_bytes_are_lost_has_to_begin_anew() {
    let bench = Fixture::new().await;
    let id = begin(&bench, "a").await;
    let uploads = bench.store.uploads();
    let appended = uploads.append(&id, part("bytes 0-1/4"), body("ha"));
    appended.await.unwrap();
    std::fs::remove_file(bench.objects().join(format!("{id}.part"))).unwrap();
    let rest = uploads.append(&id, part("bytes 2-3/4"), body("lf"));
    assert!(matches!(rest.await, Err(UploadError::NoSession)));
    assert_eq!(text(&bench.store, "a").await, None);
}
