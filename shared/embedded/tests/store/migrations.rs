//! Versions of the database.

use std::fs;

use rusqlite::Connection;

use crate::{
    Fixture,
    startup::{contents, first_release, open, text},
};

fn version(path: &std::path::Path) -> i64 {
    let database = Connection::open(path).unwrap();
    let version = database.query_row("PRAGMA user_version", (), |row| row.get(0));
    version.unwrap()
}

#[tokio::test]
async fn database_of_a_newer_release_is_refused_unchanged() {
    let bench = Fixture::new().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("interviewlens.db");
    crate::startup::copy_database(bench.folder.path(), &path);
    let database = Connection::open(&path).unwrap();
    database.pragma_update(None, "user_version", 99).unwrap();
    drop(database);
    let refused = open(folder.path()).await.map(drop).unwrap_err().to_string();
    assert!(
        refused.contains("version 99") && refused.contains("interviewlens restore"),
        "{refused}"
    );
    assert!(!refused.contains('\n'), "{refused}");
    assert_eq!(version(&path), 99);
}

#[tokio::test]
async fn first_release_is_migrated_after_a_copy_has_been_made() {
    let folder = first_release(&["a"], &["a"]);
    let store = open(folder.path()).await.unwrap();
    assert_eq!(text(&store, "a").await.unwrap(), b"a");
    let copy = folder.path().join("interviewlens.before-v5.db");
    assert_eq!(version(&copy), 0);
    let copied = Connection::open(&copy).unwrap();
    let count = copied.query_row("SELECT count(*) FROM objects", (), |row| row.get(0));
    assert_eq!(count, Ok(1));
    assert_eq!(version(&folder.path().join("interviewlens.db")), 5);
}

#[tokio::test]
async fn copy_from_before_a_migration_is_never_overwritten() {
    let folder = first_release(&["a"], &["a"]);
    let first = folder.path().join("interviewlens.before-v5.db");
    fs::write(&first, "kept").unwrap();
    open(folder.path()).await.unwrap();
    assert_eq!(fs::read(&first).unwrap(), b"kept");
    let second = folder.path().join("interviewlens.before-v5-1.db");
    assert_eq!(version(&second), 0);
}

#[tokio::test]
async fn new_database_needs_no_copy() {
    let bench = Fixture::new().await;
    let entries = fs::read_dir(bench.folder.path()).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let copies: Vec<String> = names.filter(|name| name.contains("before")).collect();
    assert_eq!(copies, [""; 0]);
}

#[tokio::test]
async fn database_without_a_column_is_refused_by_name() {
    let folder = first_release(&["a"], &["a"]);
    let path = folder.path().join("interviewlens.db");
    let database = Connection::open(&path).unwrap();
    database
        .execute_batch("ALTER TABLE sessions DROP COLUMN max_size")
        .unwrap();
    drop(database);
    let refused = open(folder.path()).await.map(drop).unwrap_err().to_string();
    assert!(
        refused.contains("`max_size`") && refused.contains("`sessions`"),
        "{refused}"
    );
    assert_eq!(contents(&folder.path().join("objects")).len(), 2);
}
