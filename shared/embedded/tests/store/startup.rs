//! A start deletes no object because a database does not name it.

use std::{fs, path::Path, sync::Arc};

use domain::{
    Timestamp,
    pipeline::Pipeline,
    ports::{ObjectStore, Overwrite, Precondition},
};
use embedded::{ManualClock, OpenError, Store, StoreOptions};
use rusqlite::Connection;
use serde_json::json;
use tempfile::TempDir;

use crate::{Fixture, PIPELINE, body, content, put, read};

/// What the first release made of an empty file.
const FIRST_RELEASE: &str = include_str!("../../src/migrations/0001_baseline.sql");

const DATABASE: &str = "interviewlens.db";

/// A consistent copy of a database that may be in use.
pub(crate) fn copy_database(data_dir: &Path, to: &Path) {
    let database = Connection::open(data_dir.join(DATABASE)).unwrap();
    database
        .execute("VACUUM INTO ?1", [to.to_str().unwrap()])
        .unwrap();
}

pub(crate) fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// A data directory made of a database and a folder of objects.
pub(crate) fn assemble(database: &Path, objects: &Path) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::copy(database, folder.path().join(DATABASE)).unwrap();
    copy_folder(objects, &folder.path().join("objects"));
    folder
}

pub(crate) async fn open(data_dir: &Path) -> Result<Store, OpenError> {
    Store::open(StoreOptions {
        data_dir: data_dir.to_owned(),
        public_url: "http://localhost".into(),
        pipeline: Arc::new(Pipeline::parse(PIPELINE).unwrap()),
        clock: Arc::new(ManualClock::at(Timestamp::from_millis(1_700_000_000_000))),
    })
    .await
}

async fn refusal(data_dir: &Path) -> String {
    let error = open(data_dir).await.map(drop).unwrap_err().to_string();
    assert!(!error.contains('\n'), "{error}");
    error
}

/// The contents of all files below a folder, but the marker, in order.
pub(crate) fn contents(folder: &Path) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() {
            all.extend(contents(&entry.path()));
        } else if entry.file_name() != "installation" {
            all.push(fs::read(entry.path()).unwrap());
        }
    }
    all.sort();
    all
}

pub(crate) async fn write(bench: &Fixture, name: &str) {
    let bucket = bench.store.bucket("uploads");
    bucket
        .write(name, "t/t", body(name), Overwrite::Refused)
        .await
        .unwrap();
}

pub(crate) async fn text(store: &Store, name: &str) -> Option<Vec<u8>> {
    let read = store.bucket("uploads").read(name, None, None).await;
    Some(content(read.ok()?.1).await)
}

/// A data directory with two objects, and the database from when there was one.
async fn two_days() -> (Fixture, TempDir) {
    let bench = Fixture::new().await;
    let copies = tempfile::tempdir().unwrap();
    write(&bench, "monday").await;
    copy_database(bench.folder.path(), &copies.path().join("yesterday.db"));
    write(&bench, "tuesday").await;
    copy_database(bench.folder.path(), &copies.path().join("today.db"));
    (bench, copies)
}

#[tokio::test]
async fn older_database_is_refused_and_no_object_is_lost() {
    let (bench, copies) = two_days().await;
    let folder = assemble(&copies.path().join("yesterday.db"), &bench.objects());
    let refused = refusal(folder.path()).await;
    assert!(
        refused.contains("older than its object folder") && refused.contains("repair --adopt"),
        "{refused}"
    );
    let left = contents(&folder.path().join("objects"));
    assert_eq!(left, [b"monday".to_vec(), b"tuesday".to_vec()]);

    // The way out: restore the matching database.
    fs::copy(copies.path().join("today.db"), folder.path().join(DATABASE)).unwrap();
    let store = open(folder.path()).await.unwrap();
    for name in ["monday", "tuesday"] {
        assert_eq!(text(&store, name).await.unwrap(), name.as_bytes());
    }
}

#[tokio::test]
async fn database_that_lacks_only_documents_is_older_too() {
    let bench = Fixture::new().await;
    let copies = tempfile::tempdir().unwrap();
    write(&bench, "monday").await;
    copy_database(bench.folder.path(), &copies.path().join("before.db"));
    let note = put("users/u/notes/n", json!({}), Precondition::None);
    bench.store.records().commit(vec![note]).await.unwrap();
    let folder = assemble(&copies.path().join("before.db"), &bench.objects());
    let refused = refusal(folder.path()).await;
    assert!(refused.contains("older"), "{refused}");
}

#[tokio::test]
async fn empty_database_over_full_folder_is_refused_and_no_object_is_lost() {
    let (bench, copies) = two_days().await;
    let empty = copies.path().join("empty.db");
    fs::write(&empty, "").unwrap();
    let folder = assemble(&empty, &bench.objects());
    let refused = refusal(folder.path()).await;
    assert!(refused.contains("the database is new"), "{refused}");
    assert_eq!(contents(&folder.path().join("objects")).len(), 2);
}

#[tokio::test]
async fn folder_of_another_installation_is_refused_and_no_object_is_lost() {
    let (bench, copies) = two_days().await;
    let other = Fixture::new().await;
    write(&other, "elsewhere").await;
    let folder = assemble(&copies.path().join("today.db"), &other.objects());
    let refused = refusal(folder.path()).await;
    assert!(refused.contains("do not belong together"), "{refused}");
    let left = contents(&folder.path().join("objects"));
    assert_eq!(left, [b"elsewhere".to_vec()]);
    drop(bench);
}

#[tokio::test]
async fn folder_that_is_not_mounted_is_recognised() {
    let (_bench, copies) = two_days().await;
    let empty = tempfile::tempdir().unwrap();
    let folder = assemble(&copies.path().join("today.db"), empty.path());
    let refused = refusal(folder.path()).await;
    assert!(refused.contains("lacks 2 of the 2 objects"), "{refused}");
}

#[tokio::test]
async fn damaged_marker_is_refused_and_lost_marker_is_written_anew() {
    let (bench, copies) = two_days().await;
    let folder = assemble(&copies.path().join("today.db"), &bench.objects());
    let marker = folder.path().join("objects/installation");
    fs::write(&marker, "installation").unwrap();
    let refused = refusal(folder.path()).await;
    assert!(refused.contains("objects/installation"), "{refused}");
    fs::remove_file(&marker).unwrap();
    let store = open(folder.path()).await.unwrap();
    assert_eq!(text(&store, "tuesday").await.unwrap(), b"tuesday");
    assert!(marker.exists());
}

#[tokio::test]
async fn start_that_ended_while_it_wrote_the_marker_is_followed_by_another() {
    for is_marked in [false, true] {
        let (bench, copies) = two_days().await;
        let folder = assemble(&copies.path().join("today.db"), &bench.objects());
        let objects = folder.path().join("objects");
        if !is_marked {
            fs::remove_file(objects.join("installation")).unwrap();
        }
        fs::write(objects.join("installation.part"), "inst").unwrap();
        let store = open(folder.path()).await.unwrap();
        assert_eq!(text(&store, "tuesday").await.unwrap(), b"tuesday");
        assert!(!objects.join("installation.part").exists());
        drop(store);
        open(folder.path()).await.unwrap();
    }
}

/// A data directory as the first release left it: no version, no identity, no suffixes.
pub(crate) fn first_release(rows: &[&str], files: &[&str]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let database = Connection::open(folder.path().join(DATABASE)).unwrap();
    database.execute_batch(FIRST_RELEASE).unwrap();
    for name in rows {
        let sql = "INSERT INTO objects VALUES ('uploads', ?1, 1, length(?1), 't/t', 'file-' || ?1)";
        database.execute(sql, [name]).unwrap();
    }
    let sql = "INSERT INTO sessions VALUES ('session', 'uploads', 's', 't/t', 4, 4, 0, ?1)";
    database.execute(sql, [i64::MAX]).unwrap();
    fs::create_dir(folder.path().join("objects")).unwrap();
    for name in files {
        fs::write(folder.path().join(format!("objects/file-{name}")), name).unwrap();
    }
    fs::write(folder.path().join("objects/session"), "ha").unwrap();
    folder
}

#[tokio::test]
async fn data_directory_of_the_first_release_is_adopted() {
    let folder = first_release(&["a", "b"], &["a", "b", "unknown"]);
    let store = open(folder.path()).await.unwrap();
    for name in ["a", "b"] {
        assert_eq!(text(&store, name).await.unwrap(), name.as_bytes());
    }
    let objects = folder.path().join("objects");
    assert_eq!(
        fs::read(objects.join("quarantine/file-unknown")).unwrap(),
        b"unknown"
    );
    assert!(objects.join("session.part").exists(), "an upload under way");
    assert!(objects.join("installation").exists());
    drop(store);
    open(folder.path()).await.unwrap();
}

#[tokio::test]
async fn first_release_with_an_older_database_loses_no_object() {
    let folder = first_release(&["a"], &["a", "b", "c"]);
    let before = contents(&folder.path().join("objects"));
    open(folder.path()).await.unwrap();
    assert_eq!(contents(&folder.path().join("objects")), before);
}

#[tokio::test]
async fn unfinished_files_are_removed_and_unknown_ones_are_kept() {
    let bench = Fixture::new().await;
    write(&bench, "a").await;
    fs::write(bench.objects().join("dead.part"), "half").unwrap();
    fs::write(bench.objects().join("unknown"), "whole").unwrap();
    let bench = bench.reopened().await;
    assert_eq!(bench.files(), 1);
    assert!(!bench.objects().join("dead.part").exists());
    let kept = fs::read(bench.objects().join("quarantine/unknown")).unwrap();
    assert_eq!(kept, b"whole");
    assert_eq!(text(&bench.store, "a").await.unwrap(), b"a");
}

#[tokio::test]
async fn object_of_a_process_that_died_before_the_rename_is_complete() {
    let bench = Fixture::new().await;
    write(&bench, "a").await;
    let file = the_only_file(&bench);
    let unfinished = bench.objects().join(format!("{file}.part"));
    fs::rename(bench.objects().join(&file), &unfinished).unwrap();
    assert_eq!(text(&bench.store, "a").await.unwrap(), b"a", "at once");
    let bench = bench.reopened().await;
    assert!(!unfinished.exists());
    assert_eq!(text(&bench.store, "a").await.unwrap(), b"a");
}

#[tokio::test]
async fn file_of_a_deleted_object_does_not_outlive_a_crash() {
    let bench = Fixture::new().await;
    write(&bench, "a").await;
    let file = the_only_file(&bench);
    let path = bench.objects().join(file);
    let bucket = bench.store.bucket("uploads");
    bucket.delete("a").await.unwrap();
    drop(bucket);
    // As if the process had died between the transaction and the unlinking.
    fs::write(&path, "a").unwrap();
    let bench = bench.reopened().await;
    assert!(!path.exists());
    assert_eq!(contents(&bench.objects()), Vec::<Vec<u8>>::new());
}

fn the_only_file(bench: &Fixture) -> String {
    let database = Connection::open(bench.folder.path().join(DATABASE)).unwrap();
    let sql = "SELECT file FROM objects";
    database.query_row(sql, (), |row| row.get(0)).unwrap()
}

#[tokio::test]
async fn removed_lock_file_does_not_admit_a_second_process() {
    let bench = Fixture::new().await;
    write(&bench, "a").await;
    fs::remove_file(bench.folder.path().join("lock")).unwrap();
    let refused = refusal(bench.folder.path()).await;
    assert!(refused.contains("in use by another process"), "{refused}");
}

#[tokio::test]
async fn object_whose_file_is_lost_is_missing_and_not_unavailable() {
    let bench = Fixture::new().await;
    write(&bench, "a").await;
    fs::remove_file(bench.objects().join(the_only_file(&bench))).unwrap();
    let bucket = bench.store.bucket("uploads");
    assert_eq!(bucket.stat("a").await.unwrap(), None);
    let gone = bucket.read("a", None, None).await.map(drop);
    assert!(
        matches!(gone, Err(domain::ports::ObjectError::NotFound { .. })),
        "{gone:?}"
    );
    assert_eq!(read(&bench.store, "a/b").await, None);
}

#[tokio::test]
async fn database_file_alone_is_whole_after_a_stop() {
    let bench = Fixture::new().await;
    write(&bench, "a").await;
    bench.store.checkpoint().await.unwrap();
    let folder = assemble(&bench.folder.path().join(DATABASE), &bench.objects());
    let store = open(folder.path()).await.unwrap();
    assert_eq!(text(&store, "a").await.unwrap(), b"a");
}
