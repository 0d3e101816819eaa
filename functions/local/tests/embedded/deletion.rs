//! A deletion by a user or by the sweep removes everything, in any race.

use std::time::Duration;

use bytes::Bytes;
use domain::ports::{ObjectStore as _, Overwrite, Precondition, Write};
use embedded::deliveries::Backlog;
use futures::{StreamExt as _, stream};
use http::Method;
use serde_json::json;
use testing::object_files;

use crate::{
    redelivery::deliver_badly,
    support::{TestHost, key, wav},
};

#[tokio::test]
async fn deletion_removes_everything_and_late_writes_restore_nothing() {
    let test = TestHost::start().await;
    let id = test.submit(wav(3)).await;
    // In the middle of it: the upload has been announced, nothing else is done.
    let path = format!("{}/v1/interviews/{id}", test.url);
    assert_eq!(
        test.client.delete(&path).send().await.unwrap().status(),
        204
    );
    assert_eq!(test.client.get(&path).send().await.unwrap().status(), 404);
    assert_eq!(
        test.client.delete(&path).send().await.unwrap().status(),
        404
    );
    deliver_badly(&test).await;
    assert_nothing_left(&test, &id).await;
    let kinds: std::collections::BTreeSet<String> = test.receiver.types().into_iter().collect();
    assert_eq!(kinds.into_iter().collect::<Vec<_>>(), ["interview.deleted"]);
}

#[tokio::test]
async fn a_finished_interview_is_deleted_with_all_its_parts() {
    let test = TestHost::start().await;
    let id = test.submit(wav(3)).await;
    test.drain().await;
    let path = format!("{}/v1/interviews/{id}", test.url);
    assert_eq!(
        test.client.delete(&path).send().await.unwrap().status(),
        204
    );
    test.drain().await;
    assert_nothing_left(&test, &id).await;
}

#[tokio::test]
async fn half_an_upload_is_deleted_as_well() {
    let test = TestHost::start().await;
    let created = test.create(300_000).await;
    let id = created["id"].as_str().unwrap();
    let resumable = &created["upload"]["resumable"];
    let headers = resumable["headers"].as_object().unwrap();
    let request = test.client.post(resumable["url"].as_str().unwrap());
    let request = headers.iter().fold(request, |request, (name, value)| {
        request.header(name, value.as_str().unwrap())
    });
    let begun = request.send().await.unwrap();
    let session = begun.headers()["location"].to_str().unwrap().to_owned();
    let piece = |range: &str, size: usize| {
        let request = test.client.put(&session).body(vec![0; size]);
        request.header("content-range", range.to_owned()).send()
    };
    let first = piece("bytes 0-262143/300000", 262_144).await.unwrap();
    assert_eq!(first.status(), 308);
    let files = || object_files(test.folder.path());
    assert_eq!(files(), 1);
    let path = format!("{}/v1/interviews/{id}", test.url);
    let deleted = test.client.delete(&path).send().await.unwrap();
    assert_eq!((deleted.status().as_u16(), files()), (204, 0));
    let gone = piece("bytes 262144-299999/300000", 37_856).await.unwrap();
    assert!(gone.status().is_client_error(), "{}", gone.status());
    test.drain().await;
    assert_nothing_left(&test, id).await;
}

#[tokio::test]
async fn a_deletion_that_was_cut_short_is_finished_by_the_sweep() {
    let test = TestHost::start().await;
    let id = test.submit(wav(3)).await;
    test.drain().await;
    // The process died right after the mark was set.
    let now = domain::ports::Clock::now(&*test.clock);
    assert!(
        domain::deletion::mark(&*test.host.store.records(), &key(&id), now)
            .await
            .unwrap()
    );
    let path = format!("{}/v1/interviews/{id}", test.url);
    assert_eq!(test.client.get(&path).send().await.unwrap().status(), 404);
    test.clock.advance(Duration::from_mins(1));
    test.sweep().await;
    assert_nothing_left(&test, &id).await;
    assert!(
        test.receiver
            .types()
            .contains(&"interview.deleted".to_owned())
    );
}

/// What arrives below a deleted interview is cleared away, up to the longest upload.
#[tokio::test]
async fn objects_that_arrive_after_the_deletion_are_cleared_away() {
    let test = TestHost::start().await;
    let id = test.submit(wav(3)).await;
    test.drain().await;
    test.sweep().await;
    let path = format!("/v1/interviews/{id}");
    assert_eq!(test.ask(Method::DELETE, &path, None).await.0, 204);
    test.drain().await;
    let (store, key) = (&test.host.store, key(&id));
    let tombstone = async || store.records().read(&key.tombstone()).await.unwrap();
    assert!(
        !tombstone()
            .await
            .unwrap()
            .fields
            .to_string()
            .contains("summer")
    );
    for (passed, wait) in [Duration::from_mins(2), Duration::from_hours(1), 8 * DAY]
        .into_iter()
        .enumerate()
    {
        let late = format!("{}late-{passed}", key.object_prefix());
        let body = stream::iter([Ok(Bytes::from_static(b"words"))]).boxed();
        let artifacts = store.bucket("artifacts");
        let written = artifacts.write(&late, "text/plain", body, Overwrite::Refused);
        written.await.unwrap();
        let chunk = Write::put(
            key.chunk(9, 0),
            &json!({"texts": "words"}),
            Precondition::None,
        );
        store.records().commit(vec![chunk.unwrap()]).await.unwrap();
        test.clock.advance(wait);
        // The first one notices that the clock has jumped, or that the machine was off.
        test.sweep().await;
        test.sweep_for(Duration::from_mins(4)).await;
        assert_nothing_left(&test, &id).await;
        let chunk = store.records().read(&key.chunk(9, 0)).await.unwrap();
        assert_eq!(chunk, None);
        assert_eq!(tombstone().await.is_some(), passed < 2);
    }
}

/// The database and its log, as they can be read from the disk.
#[tokio::test]
async fn no_word_of_a_deleted_interview_stays_in_the_database() {
    let test = TestHost::start().await;
    let id = test.submit(wav(3)).await;
    test.drain().await;
    let found = || {
        let name = |ending: &str| test.folder.path().join(format!("interviewlens.db{ending}"));
        let files = ["", "-wal"].map(|ending| std::fs::read(name(ending)).unwrap_or_default());
        // The index has words without what they have in common with the one before.
        let words = ["ister", "A summer"];
        words.map(|word| {
            let word = word.as_bytes();
            let count = |file: &Vec<u8>| file.windows(word.len()).filter(|at| *at == word).count();
            files.iter().map(count).sum::<usize>()
        })
    };
    assert!(found().into_iter().all(|count| count > 0), "{:?}", found());
    let path = format!("/v1/interviews/{id}");
    assert_eq!(test.ask(Method::DELETE, &path, None).await.0, 204);
    test.drain().await;
    test.sweep_for(Duration::from_mins(8)).await;
    assert_eq!(found(), [0; 2]);
}

const DAY: Duration = Duration::from_hours(24);

/// A day, and the hour within which the sweep looks again.
const MARKED: Duration = Duration::from_hours(25);

#[tokio::test]
async fn an_interview_is_kept_for_as_long_as_it_asks() {
    let test = TestHost::start().await;
    let (mut ids, days) = (Vec::new(), [Some(2), None, Some(5)]);
    for retention_days in days {
        let id = test.submit(wav(3)).await;
        let path = format!("/v1/interviews/{id}");
        let change = json!({ "retention_days": retention_days });
        let (status, changed) = test.ask(Method::PATCH, &path, Some(change)).await;
        assert_eq!(
            (status, &changed["retention_days"]),
            (200, &json!(retention_days))
        );
        ids.push(id);
    }
    test.drain().await;
    test.clock.advance(2 * DAY);
    test.sweep().await;
    assert_eq!(test.count().await, 3);
    test.clock.advance(Duration::from_secs(1));
    test.sweep().await;
    assert_eq!(test.count().await, 3, "it is marked");
    test.sweep_for(MARKED).await;
    assert_eq!(test.count().await, 2);
    let deleted = |kind: &&String| *kind == "interview.deleted";
    assert_eq!(test.receiver.types().iter().filter(deleted).count(), 1);
    // One thinks better of it, in time.
    let path = format!("/v1/interviews/{}", ids[2]);
    let change = json!({ "retention_days": null });
    assert_eq!(test.ask(Method::PATCH, &path, Some(change)).await.0, 200);
    test.clock.advance(1_000 * DAY);
    test.sweep().await;
    test.sweep_for(MARKED).await;
    assert_eq!(test.count().await, 2);
    let (status, _) = test
        .ask(Method::GET, &format!("/v1/interviews/{}", ids[0]), None)
        .await;
    assert_eq!(status, 404);
}

/// `RETENTION_DAYS` holds for those that would be kept for longer as well.
#[tokio::test]
async fn no_interview_is_kept_for_longer_than_all_are() {
    let test = TestHost::start_set(|settings| settings.retention = Some(3 * DAY)).await;
    let created = json!({"title": "t", "retention_days": 30});
    let path = "/v1/interviews";
    assert_eq!(test.ask(Method::POST, path, Some(created)).await.0, 201);
    let id = test.submit(wav(3)).await;
    test.drain().await;
    test.clock.advance(3 * DAY + Duration::from_secs(1));
    test.sweep().await;
    test.sweep_for(MARKED).await;
    assert_eq!(test.count().await, 0);
    assert_nothing_left(&test, &id).await;
    for days in [json!(0), json!(-1), json!(3_651), json!("7"), json!(1.5)] {
        let body = json!({"title": "t", "retention_days": days});
        let (status, problem) = test.ask(Method::POST, path, Some(body)).await;
        assert_eq!(status, 400, "{problem}");
    }
}

async fn assert_nothing_left(test: &TestHost, id: &str) {
    let key = key(id);
    let records = test.host.store.records();
    for path in [
        key.document(),
        key.data("transcript"),
        key.data("analysis"),
        key.data("waveform"),
        key.data("report"),
    ] {
        assert_eq!(records.read(&path).await.unwrap(), None, "{path}");
    }
    for collection in ["deliveries", "notes", "highlights"] {
        let query = domain::ports::Query::collection(key.document().collection(collection));
        assert_eq!(records.list(&query).await.unwrap(), [], "{collection}");
    }
    assert_eq!(object_files(test.folder.path()), 0, "objects");
    assert_eq!(
        test.host.store.deliveries().backlog().await.unwrap(),
        Backlog::default()
    );
}
