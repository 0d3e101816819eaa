//! The disk fails once, at each call that changes a file: nothing acknowledged is lost.
//!
//! A preloaded library (`failing_disk.c`) makes the calls fail. The test tries some of them;
//! `scripts/dev/failing-disk` tries all.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use futures::{StreamExt as _, stream};
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};

use crate::host::{ONE, PROGRAM, Service, finished};

/// How many calls the test lets fail, one in a run.
const SAMPLE: usize = 8;

/// How many runs are made at the same time.
const CONCURRENT_RUNS: usize = 4;

/// How long a client waits for an answer.
const TIMEOUT: Duration = Duration::from_secs(20);

/// Pieces of a resumable upload but the last are whole multiples of this.
const UNIT: usize = 256 * 1024;

const TRANSCRIPT: &str = "Ada: What did you build last summer?\nBob: I built a small boat.\n";

/// What a service has acknowledged.
#[derive(Default, Debug)]
struct Acknowledged {
    /// The newest title by interview.
    titles: BTreeMap<String, String>,
    notes: Vec<(String, String)>,
    imported: Vec<String>,
    uploaded: Vec<String>,
    deleted: Vec<String>,
}

/// A client that takes every failure as one.
struct Worker {
    client: Client,
    url: String,
    done: Acknowledged,
}

impl Worker {
    async fn answer(&self, request: RequestBuilder) -> Option<(u16, Value)> {
        let answer = request.timeout(TIMEOUT).send().await.ok()?;
        let status = answer.status().as_u16();
        Some((status, answer.json().await.unwrap_or(Value::Null)))
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.url))
    }

    /// Creates an interview; its description.
    async fn create(&mut self, title: &str, bytes: Option<usize>) -> Option<Value> {
        let mut body = json!({"title": title});
        if let Some(bytes) = bytes {
            body["audio"] =
                json!({"filename": "a.wav", "content_type": "audio/wav", "size_bytes": bytes});
        }
        let request = self.request(Method::POST, "/v1/interviews").json(&body);
        let (status, created) = self.answer(request).await?;
        let id = created["id"].as_str().filter(|_| status == 201)?;
        self.done.titles.insert(id.to_owned(), title.to_owned());
        Some(created)
    }

    /// Does everything once.
    async fn work(&mut self) {
        let gone = self.create("to be deleted", None).await;
        if let Some(made) = self.create("imported", None).await {
            let id = made["id"].as_str().expect("an id").to_owned();
            self.import(&id).await;
            self.change(&id).await;
        }
        self.upload().await;
        self.upload_in_pieces().await;
        if let Some(gone) = gone {
            let id = gone["id"].as_str().expect("an id").to_owned();
            let request = self.request(Method::DELETE, &format!("/v1/interviews/{id}"));
            if let Some((204, _)) = self.answer(request).await {
                self.done.titles.remove(&id);
                self.done.deleted.push(id);
            } else {
                // It may be gone, and may be there.
                self.done.titles.remove(&id);
            }
        }
        // Work goes on while it is waited for: its calls fail as well.
        for id in self.done.imported.clone() {
            let waiting = finished_somehow(&self.client, &self.url, &id);
            let _ = tokio::time::timeout(TIMEOUT, waiting).await;
        }
    }

    async fn import(&mut self, id: &str) {
        let path = format!("/v1/interviews/{id}/transcript");
        let request = self.request(Method::POST, &path).body(TRANSCRIPT);
        let request = request.header("content-type", "text/plain");
        if let Some((201, _)) = self.answer(request).await {
            self.done.imported.push(id.to_owned());
        }
    }

    async fn change(&mut self, id: &str) {
        let path = format!("/v1/interviews/{id}");
        let notes = self.request(Method::POST, &format!("{path}/notes"));
        let text = "ask about the boat";
        if let Some((201, _)) = self.answer(notes.json(&json!({"text": text}))).await {
            self.done.notes.push((id.to_owned(), text.to_owned()));
        }
        let rename = self.request(Method::PATCH, &path);
        match self.answer(rename.json(&json!({"title": "renamed"}))).await {
            Some((200, _)) => self.done.titles.insert(id.to_owned(), "renamed".to_owned()),
            // One or the other.
            _ => self.done.titles.remove(id),
        };
    }

    async fn upload(&mut self) {
        let bytes = silence(16_000);
        let Some(created) = self.create("uploaded", Some(bytes.len())).await else {
            return;
        };
        let upload = &created["upload"];
        let request = self.client.put(upload["url"].as_str().expect("a URL"));
        let request = with_headers(request, &upload["headers"]).body(bytes);
        if let Some((200, _)) = self.answer(request).await {
            let id = created["id"].as_str().expect("an id");
            self.done.uploaded.push(id.to_owned());
        }
    }

    async fn upload_in_pieces(&mut self) {
        let bytes = silence(UNIT);
        let Some(created) = self.create("in pieces", Some(bytes.len())).await else {
            return;
        };
        let resumable = &created["upload"]["resumable"];
        let request = self.client.post(resumable["url"].as_str().expect("a URL"));
        let request = with_headers(request, &resumable["headers"]).timeout(TIMEOUT);
        let begun = request.send().await.ok();
        let location = begun.and_then(|begun| {
            let location = begun.headers().get("location")?;
            Some(location.to_str().expect("text").to_owned())
        });
        let Some(location) = location else { return };
        let total = bytes.len();
        for (from, to) in [(0, UNIT), (UNIT, total)] {
            let range = format!("bytes {from}-{}/{total}", to - 1);
            let request = self.client.put(&location).header("content-range", range);
            let piece = request.body(bytes[from..to].to_owned());
            match self.answer(piece).await {
                Some((308, _)) => {}
                Some((200, _)) => {
                    let id = created["id"].as_str().expect("an id");
                    self.done.uploaded.push(id.to_owned());
                }
                _ => return,
            }
        }
    }
}

fn with_headers(request: RequestBuilder, headers: &Value) -> RequestBuilder {
    let headers = headers.as_object().into_iter().flatten();
    headers.fold(request, |request, (name, value)| {
        request.header(name, value.as_str().expect("text"))
    })
}

fn silence(samples: usize) -> Vec<u8> {
    testing::wav(48_000, &[&vec![0; samples]]).into()
}

/// Follows an interview until its stream ends.
async fn finished_somehow(client: &Client, url: &str, id: &str) {
    let events = client.get(format!("{url}/v1/interviews/{id}/events"));
    if let Ok(answer) = events.send().await {
        let _ = answer.bytes().await;
    }
}

/// Compiles the library that makes calls fail; nothing where there is no C compiler.
fn library(folder: &Path) -> Option<PathBuf> {
    let library = folder.join("failing_disk.so");
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/service/failing_disk.c");
    let compiled = Command::new("cc")
        .args(["-shared", "-fPIC", "-O1", "-o"])
        .arg(&library)
        .args([source, "-ldl"])
        .status()
        .ok()?;
    assert!(compiled.success(), "`{source}` does not compile");
    Some(library)
}

/// One run: a fresh data directory, a call that fails, and what was acknowledged.
struct Run<'a> {
    library: &'a Path,
    /// The number of the call, 0 for none.
    at: usize,
    error: &'a str,
}

impl Run<'_> {
    /// Works while the call fails; answers what was acknowledged and how many calls there were.
    async fn work(&self, folder: &Path) -> (Acknowledged, usize) {
        let (data_dir, count) = (folder.join("data"), folder.join("count"));
        fs::create_dir(&data_dir).expect("a folder");
        let text = |path: &Path| path.to_str().expect("a plain path").to_owned();
        let (library, under, count_file) = (text(self.library), text(&data_dir), text(&count));
        let at = self.at.to_string();
        let settings = [
            ("LD_PRELOAD", library.as_str()),
            ("FAILING_UNDER", &under),
            ("FAILING_COUNT", &count_file),
            ("FAILING_AT", &at),
            ("FAILING_ERROR", self.error),
        ];
        let mut done = Acknowledged::default();
        if let Ok(service) = Service::try_start_with(&data_dir, &settings) {
            let mut worker = Worker {
                client: Client::new(),
                url: service.url.clone(),
                done,
            };
            worker.work().await;
            done = worker.done;
            service.kill();
        }
        let calls = fs::read_to_string(&count).unwrap_or_default();
        (done, calls.trim().parse().unwrap_or(0))
    }

    /// Starts the service on a disk that works, and looks for everything acknowledged.
    async fn check(&self, folder: &Path, done: &Acknowledged) {
        let data_dir = folder.join("data");
        let what = format!("call {} failed with {}", self.at, self.error);
        let service = Service::try_start_with(&data_dir, &[])
            .unwrap_or_else(|said| panic!("{what}: it does not start again: {said}"));
        let client = Client::new();
        let get = async |path: &str| {
            let request = client.get(format!("{}{path}", service.url));
            let answer = request.send().await.expect("an answer");
            let status = answer.status().as_u16();
            (status, answer.json().await.unwrap_or(Value::Null))
        };
        for (id, title) in &done.titles {
            let (status, interview) = get(&format!("/v1/interviews/{id}")).await;
            let found = (status, interview["title"].as_str());
            assert_eq!(found, (200, Some(title.as_str())), "{what}");
        }
        for (id, text) in &done.notes {
            let (_, notes) = get(&format!("/v1/interviews/{id}/notes")).await;
            assert_eq!(notes["items"][0]["text"], text.as_str(), "{what}");
        }
        for id in &done.deleted {
            let (status, _) = get(&format!("/v1/interviews/{id}")).await;
            assert_eq!(status, 404, "{what}: it was deleted");
        }
        for id in &done.imported {
            let interview = finished(&client, &service.url, id).await;
            let (status, steps) = (&interview["status"], &interview["steps"]);
            assert_eq!(*status, "completed", "{what}: {steps}");
        }
        for id in &done.uploaded {
            let interview = finished(&client, &service.url, id).await;
            let step = &interview["steps"]["transcription"];
            assert_eq!(step["error"]["code"], "no_speech", "{what}: {interview}");
            assert_eq!(interview["steps"]["waveform"]["state"], "done", "{what}");
        }
        service.stop();
        let audit = Command::new(PROGRAM)
            .args(["audit"])
            .env("DATA_DIR", &data_dir)
            .output()
            .expect("the audit runs");
        let said = String::from_utf8_lossy(&audit.stdout);
        assert_eq!(audit.status.code(), Some(0), "{what}: {said}");
    }
}

/// With `FAILING_EVERY=N` every N-th call, once with each error, from the call `FAILING_FIRST`;
/// otherwise a few.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_acknowledged_is_lost_when_a_call_of_the_disk_fails() {
    let _one = ONE.lock().await;
    let built = tempfile::tempdir().expect("a temporary folder");
    let Some(library) = library(built.path()) else {
        println!("test failing_disk ... ignored, no C compiler");
        return;
    };
    let run = |at, error| Run {
        library: &library,
        at,
        error,
    };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (done, calls) = run(0, "EIO").work(folder.path()).await;
    run(0, "EIO").check(folder.path(), &done).await;
    assert_eq!(done.uploaded.len(), 2, "{done:?}");
    assert!(calls > 100, "{calls} calls");
    let environment = config::Environment::from_process();
    let number = |name| {
        environment
            .text(name)
            .map(|text| text.parse::<usize>().expect("a number"))
    };
    let (every, first) = (number("FAILING_EVERY"), number("FAILING_FIRST"));
    let step = every.unwrap_or(calls / SAMPLE).max(1);
    let runs = (first.unwrap_or(1)..=calls)
        .step_by(step)
        .flat_map(|at| match every {
            Some(_) => vec![(at, "EIO"), (at, "ENOSPC")],
            None if (at / step).is_multiple_of(2) => vec![(at, "EIO")],
            None => vec![(at, "ENOSPC")],
        });
    // They mostly wait.
    let running = stream::iter(runs).for_each_concurrent(CONCURRENT_RUNS, async |(at, error)| {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let (done, _) = run(at, error).work(folder.path()).await;
        run(at, error).check(folder.path(), &done).await;
    });
    running.await;
    println!("{calls} calls, every {step}th failed once");
}
