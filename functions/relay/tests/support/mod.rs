//! The emulated cloud, an engine that counts, and a receiver of webhooks.
#![allow(
    dead_code,
    unreachable_pub,
    reason = "each test binary uses a part of it"
)]
#![allow(
    clippy::disallowed_methods,
    reason = "programs are started with the environment of the test"
)]

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use domain::{InterviewId, InterviewKey, UserId, pipeline::Pipeline};
use google::firestore::{Database, Firestore};
use http::{HeaderMap, Request, Response, StatusCode, header::AUTHORIZATION};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use notify::sign::Secrets;
use reqwest::Client;
use runtime::{
    http::{Body, Service, empty},
    serve::serve,
};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;

pub const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
/// How long anything may take.
const PATIENCE: Duration = Duration::from_mins(2);

/// The words of an interview of eight hours.
pub const MANY_WORDS: usize = 80_000;

pub const USER: &str = "somebody";

/// Where the project is.
pub fn root() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    root.canonicalize().unwrap()
}

/// A speech engine in the place of the real one.
pub struct Engine {
    pub folder: TempDir,
}

impl Engine {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/support/engine.sh");
        let program = folder.path().join("pocketsphinx_continuous");
        fs::copy(script, program).unwrap();
        Self { folder }
    }

    /// The variables by which programs find it.
    pub fn variables(&self) -> [(&'static str, String); 2] {
        let folder = self.folder.path().display();
        let path = std::env::var("PATH").unwrap();
        [
            ("PATH", format!("{folder}:{path}")),
            ("ENGINE_DIR", folder.to_string()),
        ]
    }

    /// Says eight hours' worth of words from now on, or a few.
    pub fn say_much(&self, much: bool) {
        let file = self.folder.path().join("words");
        if !much {
            let _ = fs::remove_file(file);
            return;
        }
        // 360 ms to a word.
        let word = |index: usize| {
            let (start, end) = (index * 360, index * 360 + 300);
            let time = |millis: usize| format!("{}.{:03}", millis / 1_000, millis % 1_000);
            format!("word{} {} {} 0.9\n", index % 3_000, time(start), time(end))
        };
        let words: String = (0..MANY_WORDS).map(word).collect();
        fs::write(file, words).unwrap();
    }

    /// Holds whoever is called, or lets those go who come from now on.
    pub fn hold(&self, hold: bool) {
        let gate = self.folder.path().join("gate");
        if hold {
            assert!(Command::new("mkfifo").arg(gate).status().unwrap().success());
        } else {
            let _ = fs::remove_file(gate);
        }
    }

    /// How often it was called for each recording, and how many of it ran at once
    /// at most.
    pub fn calls(&self) -> (BTreeMap<String, usize>, usize) {
        let (mut calls, mut most) = (BTreeMap::new(), 0);
        let lines = fs::read_to_string(self.folder.path().join("calls")).unwrap_or_default();
        for line in lines.lines() {
            let (digest, running) = line.split_once(' ').unwrap();
            *calls.entry(digest.to_owned()).or_default() += 1;
            most = most.max(running.parse().unwrap());
        }
        (calls, most)
    }
}

/// All functions, each in its own process, over the emulators.
pub struct Cloud {
    pub client: Client,
    pub engine: Engine,
    pub firestore: Firestore,
    pub environment: BTreeMap<String, String>,
    api: String,
    token: String,
    folder: TempDir,
}

impl Cloud {
    /// Starts everything, with more variables than usual.
    pub fn up(variables: &[(&str, &str)]) -> Self {
        let (engine, folder) = (Engine::new(), tempfile::tempdir().unwrap());
        let output = Self::script(&["up"], folder.path())
            .envs(engine.variables())
            .envs(variables.iter().copied())
            .env("USER", USER)
            .env("WEBHOOK_SECRET", SECRET)
            .env("RELAY_MAX_BACKOFF_S", "1")
            .stderr(Stdio::inherit())
            .output()
            .unwrap();
        assert!(output.status.success(), "the emulated cloud did not start");
        let printed = exports(&String::from_utf8(output.stdout).unwrap());
        let file = fs::read_to_string(folder.path().join("env")).unwrap();
        let environment = exports(&file);
        let database = Database {
            project: environment["GCS_PROJECT_ID"].clone(),
            id: "(default)".into(),
            emulator: Some(environment["FIRESTORE_EMULATOR_HOST"].clone()),
        };
        Self {
            client: patient(),
            engine,
            firestore: Firestore::new(database, Arc::new(Pipeline::ours())),
            environment,
            api: printed["API_URL"].clone(),
            token: printed["TOKEN"].clone(),
            folder,
        }
    }

    fn script(arguments: &[&str], folder: &Path) -> Command {
        let mut command = Command::new(root().join("scripts/emulated-cloud"));
        command.args(arguments).arg(folder);
        command
    }

    /// Starts or kills a function.
    pub fn tell(&self, command: &str, name: &str) {
        let mut script = Self::script(&[command, name], self.folder.path());
        // Whoever is killed is started again with the same engine.
        let script = script
            .envs(self.engine.variables())
            .env("RELAY_MAX_BACKOFF_S", "1");
        assert!(script.status().unwrap().success(), "{command} {name}");
    }

    /// The number of a process of the emulated cloud.
    pub fn process(&self, name: &str) -> i32 {
        let file = self.folder.path().join(format!("{name}.pid"));
        fs::read_to_string(file).unwrap().trim().parse().unwrap()
    }

    /// What a process has logged.
    pub fn log(&self, name: &str) -> String {
        fs::read_to_string(self.folder.path().join(format!("{name}.log"))).unwrap_or_default()
    }

    /// The most memory that a process has had, in MiB.
    pub fn peak_memory_mib(&self, name: &str) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process(name))).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmHWM:"));
        let kib: u64 = line
            .unwrap()
            .split_whitespace()
            .nth(1)
            .unwrap()
            .parse()
            .unwrap();
        kib / 1024
    }

    /// A client that asks as the user does, and where the API is.
    pub fn as_user(&self) -> (Client, &str) {
        let mut headers = HeaderMap::new();
        let token = format!("Bearer {}", self.token).parse().unwrap();
        headers.insert(AUTHORIZATION, token);
        let client = Client::builder().default_headers(headers);
        (client.build().unwrap(), &self.api)
    }

    /// Asks the API.
    pub async fn get(&self, path: &str) -> Value {
        get(&self.client, &self.api, Some(&self.token), path).await
    }

    /// Creates an interview and uploads its recording by the signed URL.
    pub async fn submit(&self, bytes: Vec<u8>, webhook_url: Option<&str>) -> String {
        submit(
            &self.client,
            &self.api,
            Some(&self.token),
            bytes,
            webhook_url,
        )
        .await
    }

    /// Waits until the interview is settled, told by Firestore.
    pub async fn settled(&self, id: &str) -> Value {
        self.until(id, |interview| {
            let status = interview["status"].as_str();
            matches!(status, Some("completed" | "partial" | "failed"))
        })
        .await
    }

    /// Waits until the interview's document is as it should be.
    pub async fn until(&self, id: &str, good: impl Fn(&Value) -> bool) -> Value {
        use domain::ports::Records as _;
        use futures::StreamExt as _;
        let mut documents = self.firestore.watch(&key(id).document());
        let waiting = async {
            while let Some(document) = documents.next().await {
                if let Some(document) = document.unwrap()
                    && good(&document.fields)
                {
                    return document.fields;
                }
            }
            panic!("the listener ended");
        };
        let waited = tokio::time::timeout(PATIENCE, waiting).await;
        waited.unwrap_or_else(|_| panic!("interview {id} is stuck; relay: {}", self.log("relay")))
    }
}

impl Drop for Cloud {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let kept = std::env::temp_dir().join("emulated-cloud-of-a-failed-test");
            let _ = fs::remove_dir_all(&kept);
            let _ = Command::new("cp")
                .arg("-r")
                .arg(self.folder.path())
                .arg(&kept)
                .status();
            eprintln!("its logs are in {}", kept.display());
        }
        let _ = Self::script(&["down"], self.folder.path()).status();
    }
}

/// The embedded service, with the same engine.
pub struct Embedded {
    pub client: Client,
    pub url: String,
    pub folder: TempDir,
    process: Child,
    _engine: Engine,
}

impl Embedded {
    pub async fn start() -> Self {
        let (engine, folder) = (Engine::new(), tempfile::tempdir().unwrap());
        let free = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let target = Path::new(env!("CARGO_BIN_EXE_relay")).with_file_name("interviewlens");
        let process = Command::new(target)
            .arg("serve")
            .envs(engine.variables())
            .env("PORT", port.to_string())
            .env("DATA_DIR", folder.path())
            .env("RUST_LOG", "error")
            .spawn()
            .unwrap();
        let service = Self {
            client: patient(),
            url: format!("http://127.0.0.1:{port}"),
            folder,
            process,
            _engine: engine,
        };
        let health = format!("{}/healthz", service.url);
        while service.client.get(&health).send().await.is_err() {
            tokio::task::yield_now().await;
        }
        service
    }

    pub async fn submit(&self, bytes: Vec<u8>) -> String {
        submit(&self.client, &self.url, None, bytes, None).await
    }

    pub async fn get(&self, path: &str) -> Value {
        get(&self.client, &self.url, None, path).await
    }

    /// Waits for the end of the event stream.
    pub async fn settled(&self, id: &str) {
        let url = format!("{}/v1/interviews/{id}/events", self.url);
        let events = self.client.get(url).header("x-user-id", USER).send().await;
        events.unwrap().text().await.unwrap();
    }

    /// Stops it, so that its data directory can be opened.
    pub fn stop(mut self) -> TempDir {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let other = tempfile::tempdir().unwrap();
        std::mem::replace(&mut self.folder, other)
    }
}

impl Drop for Embedded {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn patient() -> Client {
    // A function that was killed has closed what a pool would still hold.
    let client = Client::builder().pool_max_idle_per_host(0);
    client.timeout(PATIENCE).build().unwrap()
}

pub fn key(id: &str) -> InterviewKey {
    InterviewKey {
        user_id: UserId::parse(USER).unwrap(),
        interview_id: InterviewId::parse(id).unwrap(),
    }
}

fn exports(text: &str) -> BTreeMap<String, String> {
    let lines = text.lines().filter_map(|line| line.strip_prefix("export "));
    let pairs = lines.filter_map(|line| line.split_once('='));
    pairs
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

async fn get(client: &Client, url: &str, token: Option<&str>, path: &str) -> Value {
    let request = client.get(format!("{url}{path}"));
    let answer = known(request, token).send().await.unwrap();
    assert_eq!(answer.status(), 200, "{path}: {:?}", answer.text().await);
    answer.json().await.unwrap()
}

fn known(request: reqwest::RequestBuilder, token: Option<&str>) -> reqwest::RequestBuilder {
    match token {
        Some(token) => request.bearer_auth(token),
        None => request.header("x-user-id", USER),
    }
}

async fn submit(
    client: &Client,
    url: &str,
    token: Option<&str>,
    bytes: Vec<u8>,
    webhook_url: Option<&str>,
) -> String {
    let body = json!({
        "title": "A summer", "webhook_url": webhook_url, "metadata": {"job": [[7]]},
        "audio": {"filename": "a.wav", "content_type": "audio/wav", "size_bytes": bytes.len()},
    });
    let request = known(client.post(format!("{url}/v1/interviews")), token);
    let created = request.json(&body).send().await.unwrap();
    assert_eq!(created.status(), 201, "{:?}", created.text().await);
    let created: Value = created.json().await.unwrap();
    let upload = &created["upload"];
    let put = client.put(upload["url"].as_str().unwrap());
    let headers = upload["headers"].as_object().unwrap();
    let put = headers.iter().fold(put, |put, (name, value)| {
        put.header(name, value.as_str().unwrap())
    });
    let answer = put.body(bytes).send().await.unwrap();
    assert_eq!(answer.status(), 200, "{:?}", answer.text().await);
    created["id"].as_str().unwrap().to_owned()
}

/// A second of noise like speech, different for each number.
pub fn recording(number: u32) -> Vec<u8> {
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: 16_000,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut bytes = std::io::Cursor::new(Vec::new());
    let mut writer = hound::WavWriter::new(&mut bytes, spec).unwrap();
    let mut state = number.wrapping_add(1);
    for _ in 0..48_000 {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        writer
            .write_sample(i16::try_from(state >> 18).unwrap())
            .unwrap();
    }
    writer.finalize().unwrap();
    bytes.into_inner()
}

/// Webhooks as they were received: id, type, and whether the signature was good.
#[derive(Default)]
pub struct Receiver {
    received: Mutex<Vec<(String, Value, bool)>>,
    told: tokio::sync::Notify,
}

#[async_trait]
impl Service for Receiver {
    async fn call(&self, request: Request<Incoming>) -> Response<Body> {
        let (parts, body) = request.into_parts();
        let header = |name: &str| parts.headers[name].to_str().unwrap_or_default().to_owned();
        let (id, timestamp) = (header("webhook-id"), header("webhook-timestamp"));
        let body = body.collect().await.unwrap().to_bytes();
        let seconds: i64 = timestamp.parse().unwrap_or(0);
        let secrets = Secrets::parse(SECRET).unwrap();
        let signature = header("webhook-signature");
        let good = secrets.verify(&id, seconds, &body, &signature, seconds);
        let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
        let mut received = self.received.lock().unwrap();
        received.push((id, body, good.is_ok()));
        self.told.notify_one();
        empty(StatusCode::NO_CONTENT)
    }
}

impl Receiver {
    /// Starts to listen; answers the address.
    pub async fn listen(self: &Arc<Self>) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let service: Arc<dyn Service> = Arc::clone(self) as _;
        tokio::spawn(serve(service, listener, std::future::pending()));
        format!("http://{address}/hook")
    }

    /// Waits until so many different webhooks have come; answers types by id. All
    /// signatures are good.
    pub async fn different(&self, count: usize) -> BTreeMap<String, String> {
        let waited = tokio::time::timeout(PATIENCE, self.collect(count)).await;
        waited.unwrap_or_else(|_| panic!("only {:?}", self.received.lock().unwrap()))
    }

    async fn collect(&self, count: usize) -> BTreeMap<String, String> {
        loop {
            let mut found = BTreeMap::new();
            for (id, body, good) in self.received.lock().unwrap().iter() {
                assert!(good, "{body}");
                let kind = body["type"].as_str().unwrap_or("").to_owned();
                found.insert(id.clone(), kind);
            }
            if found.len() >= count {
                return found;
            }
            self.told.notified().await;
        }
    }
}
