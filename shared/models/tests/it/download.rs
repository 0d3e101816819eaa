//! Downloads from a host that behaves like the official one, and worse.

use std::fs;

use models::{CacheLookup, ObtainError, SourceError};

use crate::support::{Answer, Host, Reports, file, library, model, names};

fn only_error(error: &ObtainError) -> &SourceError {
    assert_eq!(error.attempts.len(), 1, "{error}");
    &error.attempts[0].error
}

#[tokio::test]
async fn downloads_announces_and_verifies_once() {
    let folder = tempfile::tempdir().unwrap();
    let (host, model) = (Host::start(file(), &[Answer::File]), model(&file(), &[]));
    let (library, reports) = (library(folder.path(), &host.url), Reports::default());
    let path = library.obtain(model, &reports).await.unwrap();
    assert_eq!(fs::read(&path).unwrap(), file());
    let all = reports.all();
    assert_eq!(all.first().unwrap(), "source 127.0.0.1 300000 0");
    assert_eq!(all.last().unwrap(), "verifying");
    assert!(all.contains(&"bytes 300000 300000".to_owned()), "{all:?}");
    assert!(host.requests()[0].starts_with("get /models/ggml-small.bin "));
    assert_eq!(
        library.settings.cache.find_verified(model),
        Some(path.clone())
    );
    assert_eq!(library.obtain(model, &()).await.unwrap(), path);
    assert_eq!(host.requests().len(), 1);
    let left = names(folder.path());
    assert_eq!(
        left,
        [
            "ggml-small.bin",
            "ggml-small.bin.lock",
            "ggml-small.bin.verified"
        ]
    );
}

#[tokio::test]
async fn a_redirect_is_followed() {
    let folder = tempfile::tempdir().unwrap();
    let (host, model) = (
        Host::start(file(), &[Answer::Redirect]),
        model(&file(), &[]),
    );
    let library = library(folder.path(), &host.url);
    library.obtain(model, &()).await.unwrap();
    assert_eq!(host.requests().len(), 2);
}

#[tokio::test]
async fn resumes_where_the_connection_broke_off() {
    let folder = tempfile::tempdir().unwrap();
    let (host, model) = (
        Host::start(file(), &[Answer::Broken(100_000), Answer::File]),
        model(&file(), &[]),
    );
    let library = library(folder.path(), &host.url);
    let error = library.obtain(model, &()).await.unwrap_err();
    let SourceError::CutShort { done, total } = *only_error(&error) else {
        panic!("{error}");
    };
    assert_eq!((done, total), (100_000, 300_000));
    assert_eq!(library.settings.cache.partial_bytes(model), 100_000);
    let reports = Reports::default();
    let path = library.obtain(model, &reports).await.unwrap();
    assert_eq!(fs::read(path).unwrap(), file());
    assert_eq!(reports.all()[0], "source 127.0.0.1 300000 100000");
    let second = &host.requests()[1];
    assert!(second.contains("range: bytes=100000-\r\n"), "{second}");
    assert!(second.contains("if-range: \"one\"\r\n"), "{second}");
}

#[tokio::test]
async fn a_host_without_ranges_sends_the_whole_again() {
    let folder = tempfile::tempdir().unwrap();
    let (host, model) = (Host::start(file(), &[Answer::Whole]), model(&file(), &[]));
    fs::write(folder.path().join("ggml-small.bin.part"), vec![1; 5_000]).unwrap();
    let path = library(folder.path(), &host.url)
        .obtain(model, &())
        .await
        .unwrap();
    assert_eq!(fs::read(path).unwrap(), file());
}

#[tokio::test]
async fn a_part_of_another_file_is_fetched_anew_once() {
    let folder = tempfile::tempdir().unwrap();
    let (host, model) = (Host::start(file(), &[Answer::File]), model(&file(), &[]));
    fs::write(folder.path().join("ggml-small.bin.part"), vec![1; 5_000]).unwrap();
    let path = library(folder.path(), &host.url)
        .obtain(model, &())
        .await
        .unwrap();
    assert_eq!(fs::read(path).unwrap(), file());
    assert_eq!(host.requests().len(), 2);
}

#[tokio::test]
async fn wrong_bytes_are_deleted() {
    let folder = tempfile::tempdir().unwrap();
    let (host, model) = (Host::start(file(), &[Answer::Wrong]), model(&file(), &[]));
    let library = library(folder.path(), &host.url);
    let error = library.obtain(model, &()).await.unwrap_err();
    assert!(
        matches!(only_error(&error), SourceError::Checksum),
        "{error}"
    );
    assert_eq!(names(folder.path()), ["ggml-small.bin.lock"]);
    assert_eq!(
        library.settings.cache.find(model).unwrap(),
        CacheLookup::Absent
    );
}

#[tokio::test]
async fn every_refusal_names_the_host_the_reason_and_the_remedy() {
    for (answer, reason) in [
        (Answer::Status(404), "the host answered 404"),
        (Answer::Status(503), "the host answered 503"),
        (
            Answer::Page,
            "the file there has 20 bytes, the model has 300000",
        ),
        (Answer::Dead, "nothing came for 2 s"),
        (Answer::Silent(1_000), "nothing came for 2 s"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let (host, model) = (Host::start(file(), &[answer]), model(&file(), &[]));
        let library = library(folder.path(), &host.url);
        let error = library.obtain(model, &()).await.unwrap_err().to_string();
        assert!(error.contains(&format!("127.0.0.1: {reason}")), "{error}");
        assert!(error.contains("MODEL_MIRROR"), "{error}");
        assert!(error.contains(model.sha256.unwrap()), "{error}");
        assert_eq!(host.requests().len(), 1, "one try: {answer:?}");
    }
}

#[tokio::test]
async fn an_unreachable_host_is_an_error_within_seconds() {
    let folder = tempfile::tempdir().unwrap();
    let model = model(&file(), &[]);
    let library = library(folder.path(), "http://127.0.0.1:9");
    let error = library.obtain(model, &()).await.unwrap_err();
    assert!(
        matches!(only_error(&error), SourceError::Connect(_)),
        "{error}"
    );
}

#[tokio::test]
async fn nothing_is_fetched_where_that_is_forbidden() {
    let folder = tempfile::tempdir().unwrap();
    let (host, model) = (Host::start(file(), &[Answer::File]), model(&file(), &[]));
    let mut library = library(folder.path(), &host.url);
    library.settings.fetch = false;
    let error = library.obtain(model, &()).await.unwrap_err();
    assert!(
        error.forbidden && error.to_string().contains("MODEL_FETCH=off"),
        "{error}"
    );
    assert!(host.requests().is_empty());
    fs::write(folder.path().join(model.file), file()).unwrap();
    library.obtain(model, &()).await.unwrap();
}

#[tokio::test]
async fn a_damaged_file_in_the_cache_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let (host, model) = (Host::start(file(), &[Answer::File]), model(&file(), &[]));
    fs::write(folder.path().join(model.file), vec![0; 300_000]).unwrap();
    let library = library(folder.path(), &host.url);
    let found = library.settings.cache.find(model).unwrap();
    assert!(matches!(found, CacheLookup::Damaged(_)));
    let path = library.obtain(model, &()).await.unwrap();
    assert_eq!(fs::read(path).unwrap(), file());
}

#[tokio::test]
async fn a_file_that_changes_is_verified_anew() {
    let folder = tempfile::tempdir().unwrap();
    let (host, model) = (Host::start(file(), &[Answer::File]), model(&file(), &[]));
    let library = library(folder.path(), &host.url);
    let path = library.obtain(model, &()).await.unwrap();
    fs::write(&path, vec![0; 300_000]).unwrap();
    assert_eq!(library.settings.cache.find_verified(model), None);
    let found = library.settings.cache.find(model).unwrap();
    assert_eq!(found, CacheLookup::Damaged(path));
}

#[tokio::test]
async fn two_at_once_fetch_once() {
    let folder = tempfile::tempdir().unwrap();
    let (host, model) = (Host::start(file(), &[Answer::File]), model(&file(), &[]));
    let library = library(folder.path(), &host.url);
    let reports = [Reports::default(), Reports::default()];
    let (first, second) = tokio::join!(
        library.obtain(model, &reports[0]),
        library.obtain(model, &reports[1])
    );
    assert_eq!(fs::read(first.unwrap()).unwrap(), file());
    assert_eq!(fs::read(second.unwrap()).unwrap(), file());
    assert_eq!(host.requests().len(), 1);
}

/// A full device: every write to it fails with "no space left".
#[tokio::test]
async fn full_disk_ends_the_search_with_its_own_error() {
    let folder = tempfile::tempdir().unwrap();
    let (host, model) = (
        Host::start(file(), &[Answer::File]),
        model(&file(), &PACKAGES),
    );
    std::os::unix::fs::symlink("/dev/full", folder.path().join("ggml-small.bin.part")).unwrap();
    let library = library(folder.path(), &host.url);
    let error = library.obtain(model, &()).await.unwrap_err();
    let local = matches!(
        only_error(&error),
        SourceError::DiskFull { .. } | SourceError::File { .. }
    );
    assert!(local, "{error}");
    assert!(
        error.to_string().contains("make room or set MODEL_DIR"),
        "{error}"
    );
}

const PACKAGES: [models::Package; 1] = [models::Package {
    name: "never-asked",
    version: "1.0.0",
    weights: "w",
    vocabulary: Some("v"),
    bytes: 1,
}];
