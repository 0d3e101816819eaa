//! The process is killed, again and again.

use std::{
    collections::BTreeSet,
    path::Path,
    process::Command,
    sync::Arc,
    time::{Duration, Instant},
};

use config::SystemClock;
use domain::pipeline::Pipeline;
use embedded::{Store, StoreOptions, deliveries::Backlog};
use futures::StreamExt;
use reqwest::Client;
use rusqlite::{Connection, OpenFlags};
use testing::object_files;

use crate::host::{ONE, Service, create, finished, speech, submit};

/// What is left in a data directory that no process works on any more.
async fn backlog(data_dir: &Path) -> Backlog {
    let store = Store::open(StoreOptions {
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

/// The names of the objects that a data directory holds.
fn object_names(data_dir: &Path) -> Vec<String> {
    let only_read = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let database =
        Connection::open_with_flags(data_dir.join("interviewlens.db"), only_read).expect("opens");
    let mut names = database
        .prepare("SELECT name FROM objects")
        .expect("a query");
    let names = names.query_map((), |row| row.get(0)).expect("rows");
    names.map(|name| name.expect("text")).collect()
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
    // service is stopped as an operator would, which finishes requests in flight.
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
    assert_eq!(
        object_files(folder.path()),
        60,
        "a recording and a report in two formats each, and nothing half done: {:?}",
        object_names(folder.path())
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

/// Sends a piece of a resumable upload; answers the status and the `Range` header.
async fn piece(client: &Client, url: &str, range: &str, bytes: &[u8]) -> (u16, Option<String>) {
    let request = client.put(url).header("content-range", range);
    let answer = request.body(bytes.to_owned()).send().await;
    let answer = answer.expect("an answer");
    let stored = answer.headers().get("range");
    let stored = stored.map(|range| range.to_str().expect("text").to_owned());
    (answer.status().as_u16(), stored)
}

/// Pieces of a resumable upload but the last are whole multiples of this.
const UNIT: usize = 256 * 1024;

#[tokio::test(flavor = "multi_thread")]
async fn acknowledged_upload_bytes_survive_a_kill_at_each_stage() {
    let _one = ONE.lock().await;
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (client, recording) = (Client::new(), speech(20));
    let total = recording.len();
    let mut service = Service::start(folder.path());
    let created = create(&client, &service.url, total as u64).await;
    let resumable = &created["upload"]["resumable"];
    let headers = resumable["headers"].as_object().expect("headers");
    let request = client.post(resumable["url"].as_str().expect("a URL"));
    let request = headers.iter().fold(request, |request, (name, value)| {
        request.header(name, value.as_str().expect("text"))
    });
    let begun = request.send().await.expect("an answer");
    let location = begun.headers()["location"]
        .to_str()
        .expect("text")
        .to_owned();
    let path = location
        .strip_prefix(&service.url)
        .expect("a path of ours")
        .to_owned();
    for (from, to) in [(0, UNIT), (UNIT, 2 * UNIT), (2 * UNIT, total)] {
        // It dies in the middle of this piece: the body never ends.
        let (sent, sends) = tokio::sync::oneshot::channel::<()>();
        let start = bytes::Bytes::copy_from_slice(&recording[from..from + (to - from) / 2]);
        let endless = futures::stream::once(async move { Ok::<_, std::io::Error>(start) });
        let endless = endless.chain(futures::stream::once(async move {
            let _ = sent.send(());
            std::future::pending().await
        }));
        let range = format!("bytes {from}-{}/{total}", to - 1);
        let request = client.put(format!("{}{path}", service.url));
        let request = request.header("content-range", &range);
        let request = request.body(reqwest::Body::wrap_stream(endless)).send();
        let cut_off = tokio::spawn(request);
        sends.await.expect("it is read");
        service.kill();
        assert!(cut_off.await.expect("no panic").is_err(), "it has died");
        service = Service::start(folder.path());

        // Whatever it acknowledged before is there; the rest is sent again.
        let url = format!("{}{path}", service.url);
        let (status, stored) = piece(&client, &url, &format!("bytes */{total}"), &[]).await;
        let expected = from.checked_sub(1).map(|last| format!("bytes=0-{last}"));
        assert_eq!((status, stored), (308, expected), "{range}");
        let (status, _) = piece(&client, &url, &range, &recording[from..to]).await;
        let complete = to == total;
        assert_eq!(status, if complete { 200 } else { 308 }, "{range}");
        // And it dies again right after it has acknowledged the piece.
        service.kill();
        service = Service::start(folder.path());
    }
    let id = created["id"].as_str().expect("an id");
    let interview = finished(&client, &service.url, id).await;
    assert_eq!(interview["status"], "completed", "{}", interview["steps"]);
    assert_eq!(
        object_files(folder.path()),
        3,
        "the recording and the report in two formats"
    );
}
