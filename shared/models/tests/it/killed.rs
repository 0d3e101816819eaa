//! A process that is killed in the middle of a download.

use std::{
    fs,
    process::{Command, Stdio},
    time::Duration,
};

use crate::support::{Answer, Host, file, library, model};

/// Set for the process that is killed.
const CHILD: &str = "MODELS_TEST_CHILD";

#[tokio::test]
async fn the_next_process_goes_on_and_is_not_locked_out() {
    let environment = config::Environment::from_process();
    let model = model(&file(), &[]);
    if let Some(arguments) = environment.text(CHILD) {
        let (folder, url) = arguments.split_once('|').unwrap();
        let mut library = library(folder.as_ref(), url);
        library.timeouts.stall = Duration::from_mins(1);
        let _ = library.obtain(model, &()).await;
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let host = Host::start(file(), &[Answer::Silent(120_000), Answer::File]);
    let mut child = Command::new(std::env::current_exe().unwrap())
        .arg("--exact")
        .arg("killed::the_next_process_goes_on_and_is_not_locked_out")
        .env(CHILD, format!("{}|{}", folder.path().display(), host.url))
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let library = library(folder.path(), &host.url);
    while library.settings.cache.partial_bytes(model) < 120_000 {
        assert!(child.try_wait().unwrap().is_none(), "it ended too early");
        // A file gives no event that tokio can wait for.
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let path = library.obtain(model, &()).await.unwrap();
    assert_eq!(fs::read(path).unwrap(), file());
    let second = &host.requests()[1];
    assert!(second.contains("range: bytes=120000-"), "{second}");
}
