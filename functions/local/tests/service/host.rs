//! The binary as a process of its own, and what a client does with it.

use std::{
    collections::VecDeque,
    fs::File,
    io::{BufRead, BufReader},
    net::SocketAddr,
    path::Path,
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex as SyncMutex, PoisonError},
    thread,
};

use config::Environment;
use futures::StreamExt;
use media::Decoder;
use reqwest::Client;
use serde_json::{Value, json};
use tokio::sync::Mutex;

/// One service at a time: they would keep each other waiting, and it is measured here
/// how long a client waits.
pub(crate) static ONE: Mutex<()> = Mutex::const_new(());

pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_interviewlens");

/// Has a program that stands in for `pocketsphinx`.
const ENGINES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/testing/engines");

/// How many of its last lines are shown when a test fails.
const LINES: usize = 20;

fn path() -> String {
    let environment = Environment::from_process();
    environment.text("PATH").expect("a path").to_owned()
}

/// The service as a process of its own.
pub(crate) struct Service {
    pub(crate) process: Child,
    pub(crate) url: String,
    /// Its last warnings and errors.
    said: Arc<SyncMutex<VecDeque<String>>>,
}

impl Service {
    /// Starts it and waits until it says that it is ready. A program stands in for its speech
    /// engine, and says the same words of every recording.
    pub(crate) fn start(data_dir: &Path) -> Self {
        Self::start_with(data_dir, &[])
    }

    /// The same with the speech engine itself.
    pub(crate) fn start_recognizing(data_dir: &Path) -> Self {
        Self::start_with(data_dir, &[("PATH", &path())])
    }

    /// The same with other settings.
    pub(crate) fn start_with(data_dir: &Path, settings: &[(&str, &str)]) -> Self {
        Self::spawn(Command::new(PROGRAM), data_dir, settings)
    }

    /// With so many bytes of memory for data at most, as in a small container.
    pub(crate) fn start_limited(data_dir: &Path, bytes: u64) -> Self {
        let mut command = Command::new("prlimit");
        command.arg(format!("--data={bytes}")).arg(PROGRAM);
        Self::spawn(command, data_dir, &[])
    }

    fn spawn(command: Command, data_dir: &Path, settings: &[(&str, &str)]) -> Self {
        let started = Self::try_spawn(command, data_dir, settings);
        started.unwrap_or_else(|said| panic!("it did not start: {said}"))
    }

    /// Starts it with other settings; what it said is the error where it ends before it is ready.
    pub(crate) fn try_start_with(
        data_dir: &Path,
        settings: &[(&str, &str)],
    ) -> Result<Self, String> {
        Self::try_spawn(Command::new(PROGRAM), data_dir, settings)
    }

    fn try_spawn(
        mut command: Command,
        data_dir: &Path,
        settings: &[(&str, &str)],
    ) -> Result<Self, String> {
        let mut process = command
            .arg("serve")
            .env("PATH", format!("{ENGINES}:{}", path()))
            .env("DATA_DIR", data_dir)
            .env("PORT", "0")
            .env("RUST_LOG", "info")
            .env("TRANSCRIBER", "pocketsphinx")
            .env("MODEL_FETCH", "off")
            // These tests are about the service, and its memory, not about voices.
            .env("DIARIZATION", "off")
            .envs(settings.iter().copied())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        let mut lines = BufReader::new(process.stderr.take().expect("piped")).lines();
        let mut before = VecDeque::new();
        let url = lines.find_map(|line| {
            let line = line.ok()?;
            let Some((_, ready)) = line.split_once("ready at ") else {
                before.push_back(line);
                return None;
            };
            Some(ready.split_whitespace().next()?.to_owned())
        });
        let Some(url) = url else {
            process.wait().expect("it has ended");
            return Err(Vec::from(before).join("\n"));
        };
        let said = Arc::new(SyncMutex::new(before));
        let heard = Arc::clone(&said);
        // Whatever it says is read to the end, so that it never waits for us.
        thread::spawn(move || {
            let lines = lines.map_while(Result::ok);
            for line in lines.filter(|line| !line.contains(" INFO ")) {
                let mut heard = heard.lock().unwrap_or_else(PoisonError::into_inner);
                heard.push_back(line);
                if heard.len() > LINES {
                    heard.pop_front();
                }
            }
        });
        Ok(Self { process, url, said })
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        let url = self.url.strip_prefix("http://").expect("a plain URL");
        url.parse().expect("an address")
    }

    /// Whether one of its last warnings has that event.
    pub(crate) fn has_warned(&self, event: &str) -> bool {
        let said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        said.iter().any(|line| line.contains(event))
    }

    /// The most memory it has held, in MiB.
    pub(crate) fn peak_memory_mib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id()))
            .expect("it lives");
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("VmHWM:"))
            .expect("a peak");
        line.split_whitespace()
            .next()
            .and_then(|kib| kib.parse::<u64>().ok())
            .expect("a number")
            / 1024
    }

    /// How many engines it is running just now.
    pub(crate) fn engines(&self) -> usize {
        let children = format!("/proc/{0}/task", self.process.id());
        let tasks = std::fs::read_dir(children).expect("it lives");
        let count = |task: std::fs::DirEntry| {
            let children =
                std::fs::read_to_string(task.path().join("children")).unwrap_or_default();
            children.split_whitespace().count()
        };
        tasks.filter_map(Result::ok).map(count).sum()
    }

    /// Stops it as an operator would.
    pub(crate) fn stop(mut self) {
        let pid = self.process.id().to_string();
        let sent = Command::new("kill").args(["-TERM", &pid]).status();
        sent.expect("kill");
        self.process.wait().expect("it stops");
    }

    pub(crate) fn kill(mut self) {
        self.process.kill().expect("it lives");
        self.process.wait().expect("it dies");
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let ended = self.process.try_wait();
        let _ = self.process.kill();
        let _ = self.process.wait();
        if thread::panicking() {
            println!("the service by then: {ended:?}; its last warnings:");
            let said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
            said.iter().for_each(|line| println!("  {line}"));
        }
    }
}

/// The first seconds of the bundled interview's first channel, as WAV.
pub(crate) fn speech(seconds: usize) -> Vec<u8> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../samples/interview.flac");
    let mut decoder =
        Decoder::open(Box::new(File::open(path).expect("the sample"))).expect("decodes");
    let mut samples = Vec::new();
    while samples.len() < seconds * 16_000 {
        let block = decoder.next_block().expect("decodes").expect("long enough");
        samples.extend(block.channel(0));
    }
    samples.truncate(seconds * 16_000);
    testing::wav(16_000, &[&samples]).into()
}

pub(crate) async fn create(client: &Client, url: &str, size: u64) -> Value {
    let body = json!({"title": "t", "audio": {"filename": "a.wav", "content_type": "audio/wav", "size_bytes": size}});
    let answer = client
        .post(format!("{url}/v1/interviews"))
        .json(&body)
        .send()
        .await
        .expect("an answer");
    answer.json().await.expect("JSON")
}

pub(crate) async fn upload(client: &Client, created: &Value, body: impl Into<reqwest::Body>) {
    let answer = testing::put(client, &created["upload"], body).await;
    assert_eq!(answer.status(), 200, "{:?}", answer.text().await);
}

pub(crate) async fn submit(client: &Client, url: &str, bytes: Vec<u8>) -> String {
    let created = create(client, url, bytes.len() as u64).await;
    upload(client, &created, bytes).await;
    created["id"].as_str().expect("an id").to_owned()
}

/// Follows an interview's events to their end; answers the interview then.
pub(crate) async fn finished(client: &Client, url: &str, id: &str) -> Value {
    let events = client
        .get(format!("{url}/v1/interviews/{id}/events"))
        .send()
        .await
        .expect("an answer");
    let mut stream = events.bytes_stream();
    while stream.next().await.is_some_and(|chunk| chunk.is_ok()) {}
    let answer = client
        .get(format!("{url}/v1/interviews/{id}"))
        .send()
        .await
        .expect("an answer");
    answer.json().await.expect("JSON")
}
