//! The process is killed, again and again.

use std::{
    collections::BTreeSet,
    path::Path,
    process::Command,
    sync::Arc,
    time::{Duration, Instant},
};

use domain::pipeline::Pipeline;
use embedded::{Options, Store, deliveries::Backlog};
use reqwest::Client;
use runtime::SystemClock;
use rusqlite::{Connection, OpenFlags};

use crate::host::{ONE, Service, finished, speech, submit};

/// What is left in a data directory that nobody works on any more.
async fn backlog(data_dir: &Path) -> Backlog {
    let store = Store::open(Options {
        data_dir: data_dir.to_owned(),
        public_url: String::new(),
        pipeline: Arc::new(Pipeline::ours()),
        clock: Arc::new(SystemClock),
    });
    store
        .await
        .expect("opens")
        .deliveries()
        .backlog()
        .await
        .expect("counts")
}

/// How many deliveries a service has that is running.
fn under_way(data_dir: &Path) -> u64 {
    let only_read = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let database = Connection::open_with_flags(data_dir.join("interviewlens.db"), only_read);
    let count = "SELECT count(*) FROM deliveries";
    database
        .and_then(|database| database.query_row(count, (), |row| row.get(0)))
        .expect("counts")
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_twenty_times_it_still_finishes_twenty_recordings() {
    let _one = ONE.lock().await;
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (client, recording) = (Client::new(), speech(3));
    let mut service = Service::start(folder.path());
    let mut ids = Vec::new();
    for _ in 0..20 {
        ids.push(submit(&client, &service.url, recording.clone()).await);
    }
    // A fixed sequence that looks random: the same moments in every run.
    let mut state = 42_u64;
    for _ in 0..20 {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let moment = Duration::from_millis(50 + (state >> 33) % 1_200);
        // The moment itself is what is tested: there is no state to wait for.
        tokio::time::sleep(moment).await;
        service.kill();
        service = Service::start(folder.path());
    }
    for id in &ids {
        let interview = finished(&client, &service.url, id).await;
        assert_eq!(interview["status"], "completed", "{}", interview["steps"]);
        assert!(
            interview["transcript"]["words"]
                .as_array()
                .is_some_and(|words| !words.is_empty())
        );
    }
    // What the end of the last interview set off is a moment's work; then the
    // service is stopped as an operator would, which finishes what is in hand.
    let deadline = Instant::now() + Duration::from_mins(1);
    loop {
        while under_way(folder.path()) > 0 {
            assert!(Instant::now() < deadline, "it goes on and on");
            tokio::task::yield_now().await;
        }
        let pid = service.process.id().to_string();
        Command::new("kill")
            .args(["-TERM", &pid])
            .status()
            .expect("kill");
        service.process.wait().expect("it stops");
        let left = backlog(folder.path()).await;
        if left == Backlog::default() {
            break;
        }
        assert!(Instant::now() < deadline, "still there: {left:?}");
        service = Service::start(folder.path());
    }
    let files = std::fs::read_dir(folder.path().join("objects"))
        .expect("the folder")
        .count();
    assert_eq!(
        files, 40,
        "a recording and a report each, and nothing half done"
    );
    let entries: BTreeSet<String> = std::fs::read_dir(folder.path())
        .expect("the data directory")
        .map(|entry| {
            entry
                .expect("an entry")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .filter(|name| !name.starts_with("interviewlens.db"))
        .collect();
    let expected = ["lock", "objects", "signing-key", "webhook-secret"].map(str::to_owned);
    assert_eq!(
        entries,
        BTreeSet::from(expected),
        "no temporary folder is left"
    );
}
