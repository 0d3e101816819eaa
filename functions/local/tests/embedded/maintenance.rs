//! The commands `audit`, `repair`, `backup` and `restore`, as an operator types them.

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

use serde_json::{Value, json};

use crate::support::{TestHost, key, wav};

fn interviewlens(data_dir: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_interviewlens"))
        .args(arguments)
        .env("DATA_DIR", data_dir)
        .env("PORT", "0")
        .output()
        .unwrap()
}

/// The exit code and what was printed.
fn outcome(data_dir: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let output = interviewlens(data_dir, arguments);
    let text = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(text).unwrap())
}

async fn processed() -> (TestHost, String) {
    let test = TestHost::start().await;
    let id = test.submit(wav(3)).await;
    test.drain().await;
    assert_eq!(test.interview(&id).await["status"], "completed");
    (test, id)
}

fn audit(data_dir: &Path) -> (Option<i32>, Value) {
    let (code, text) = outcome(data_dir, &["audit", "--json"]);
    (code, serde_json::from_str(&text).expect(&text))
}

#[tokio::test]
async fn audit_of_a_running_service_is_clean_until_something_is_lost() {
    let (test, id) = processed().await;
    let data_dir = test.folder.path();
    let (code, found) = audit(data_dir);
    assert_eq!(code, Some(0), "{found}");
    assert_eq!(
        (&found["interviews"], &found["objects"]),
        (&json!(1), &json!(3))
    );

    // A document and an object that a deletion has left, and a file that is lost.
    let records = test.host.store.records();
    let interview = key(&id);
    let delete = domain::ports::Write::Delete {
        path: interview.document(),
        precondition: domain::ports::Precondition::None,
    };
    records.commit(vec![delete]).await.unwrap();
    let (code, found) = audit(data_dir);
    assert_eq!(code, Some(3));
    let findings = found["findings"].as_array().unwrap();
    let kinds: Vec<&str> = findings
        .iter()
        .map(|finding| finding["kind"].as_str().unwrap())
        .collect();
    assert!(kinds.contains(&"document_without_interview"), "{found}");
    let orphans = kinds
        .iter()
        .filter(|kind| **kind == "object_without_interview");
    assert_eq!(orphans.count(), 3, "recording and both reports: {found}");
    let (code, text) = outcome(data_dir, &["audit"]);
    assert_eq!(code, Some(3));
    assert!(
        text.contains("object without an interview: uploads/"),
        "{text}"
    );
}

#[tokio::test]
async fn backup_of_a_running_service_is_restored_and_clean() {
    let (test, _) = processed().await;
    let folder = tempfile::tempdir().unwrap();
    let (to, data_dir) = (folder.path().join("backup"), folder.path().join("data"));
    let target = to.to_str().unwrap();
    let (code, text) = outcome(test.folder.path(), &["backup", target]);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("3 objects"), "{text}");
    let (code, text) = outcome(test.folder.path(), &["backup", target]);
    assert_eq!(code, Some(1));
    assert!(text.contains("is not empty"), "{text}");

    let (code, text) = outcome(&data_dir, &["restore", target]);
    assert_eq!(code, Some(0), "{text}");
    let (code, found) = audit(&data_dir);
    assert_eq!(
        (code, &found["interviews"]),
        (Some(0), &json!(1)),
        "{found}"
    );

    let (code, text) = outcome(&data_dir, &["restore", target]);
    assert_eq!(code, Some(1));
    assert!(text.contains("--replace"), "{text}");
    let (code, text) = outcome(&data_dir, &["restore", target, "--replace"]);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("the previous contents"), "{text}");
    assert_eq!(audit(&data_dir).0, Some(0));
}

#[tokio::test]
async fn service_that_would_lose_objects_says_so_in_one_line_and_repair_keeps_them() {
    let (test, _) = processed().await;
    let folder = tempfile::tempdir().unwrap();
    let (to, data_dir) = (folder.path().join("backup"), folder.path().join("data"));
    let target = to.to_str().unwrap();
    assert_eq!(outcome(test.folder.path(), &["backup", target]).0, Some(0));
    assert_eq!(outcome(&data_dir, &["restore", target]).0, Some(0));
    let database = data_dir.join("interviewlens.db");
    let kept = folder.path().join("kept.db");
    fs::rename(&database, &kept).unwrap();
    fs::write(&database, "").unwrap();

    let (code, text) = outcome(&data_dir, &["serve"]);
    assert_eq!(code, Some(1), "{text}");
    assert_eq!(text.trim().lines().count(), 1, "{text}");
    assert!(text.contains("interviewlens repair --adopt"), "{text}");

    let (code, text) = outcome(&data_dir, &["repair"]);
    assert_eq!(code, Some(3), "{text}");
    assert!(text.contains("the service will not start"), "{text}");
    let (code, text) = outcome(&data_dir, &["repair", "--adopt"]);
    assert_eq!(code, Some(3), "{text}");
    assert_eq!(text.matches("file in quarantine").count(), 3, "{text}");

    fs::remove_file(&database).unwrap();
    fs::rename(&kept, &database).unwrap();
    let (code, text) = outcome(&data_dir, &["repair", "--adopt"]);
    assert_eq!(code, Some(0), "{text}");
    assert_eq!(text.matches("restored").count(), 3, "{text}");
    assert_eq!(audit(&data_dir).0, Some(0));
}

#[test]
fn maintenance_of_a_directory_without_a_database_names_the_setting() {
    let folder = tempfile::tempdir().unwrap();
    for arguments in [&["audit"][..], &["repair"], &["backup", "backup"]] {
        let (code, text) = outcome(folder.path(), arguments);
        assert_eq!(code, Some(1), "{text}");
        assert!(text.contains("`DATA_DIR`"), "{text}");
        assert_eq!(text.trim().lines().count(), 1, "{text}");
    }
}
