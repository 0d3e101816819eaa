//! The emulated cloud, an engine that counts, and a receiver of webhooks.
#![allow(
    clippy::disallowed_methods,
    reason = "programs are started with the environment of the test"
)]

mod engine;

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use config::Environment;
use domain::{InterviewId, InterviewKey, UserId, pipeline::Pipeline};
use google::firestore::{Firestore, FirestoreDatabase};
use http::{HeaderMap, Method, header::AUTHORIZATION};
use reqwest::Client;
use serde_json::{Value, json};
use tempfile::TempDir;
use testing::receiver::SECRET;

pub(crate) use self::engine::{Engine, MANY_WORDS};

/// How long anything may take.
const TIMEOUT: Duration = Duration::from_mins(2);

pub(crate) const USER: &str = "test-user";

/// Where the project is.
pub(crate) fn root() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    root.canonicalize().unwrap()
}

/// A project of its own in the emulators of all tests; `None` where those do not run.
fn project() -> Option<String> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let environment = Environment::from_process();
    let hosts = ["FIRESTORE_EMULATOR_HOST", "PUBSUB_EMULATOR_HOST"];
    let run = hosts.iter().all(|host| environment.text(host).is_some());
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    run.then(|| format!("emulated-{}-{number}", std::process::id()))
}

/// All functions, each in its own process, over the emulators.
pub(crate) struct Cloud {
    pub(crate) client: Client,
    pub(crate) engine: Engine,
    pub(crate) firestore: Firestore,
    pub(crate) environment: BTreeMap<String, String>,
    api: String,
    token: String,
    folder: TempDir,
    _one: File,
}

impl Cloud {
    /// Starts everything, with more variables than usual. Waits for the emulated clouds of other
    /// tests to end: two would share the processors, and may choose the same ports.
    pub(crate) fn up(variables: &[(&str, &str)]) -> Self {
        Self::start(variables, project())
    }

    /// The same with emulators of its own, which a test may stop.
    pub(crate) fn up_with_emulators(variables: &[(&str, &str)]) -> Self {
        Self::start(variables, None)
    }

    fn start(variables: &[(&str, &str)], project: Option<String>) -> Self {
        let one = Path::new(env!("CARGO_TARGET_TMPDIR")).join("emulated-cloud.lock");
        let one = File::create(one).unwrap();
        one.lock().unwrap();
        let (engine, folder) = (Engine::new(), tempfile::tempdir().unwrap());
        let mut script = Self::script(&["up"], folder.path());
        script.envs(project.map(|project| ("EMULATED_CLOUD_PROJECT", project)));
        let output = script
            .envs(engine.variables())
            .envs(variables.iter().copied())
            .env("USER", USER)
            .env("WEBHOOK_SECRET", SECRET)
            .env("RELAY_MAX_BACKOFF_S", "1")
            // What the tests were built with.
            .env(
                "EMULATED_CLOUD_BUILD",
                "--quiet --workspace --bins --all-features --profile test",
            )
            .stderr(Stdio::inherit())
            .output()
            .unwrap();
        assert!(output.status.success(), "the emulated cloud did not start");
        let printed = exports(&String::from_utf8(output.stdout).unwrap());
        let file = fs::read_to_string(folder.path().join("env")).unwrap();
        let environment = exports(&file);
        let database = FirestoreDatabase {
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
            _one: one,
        }
    }

    fn script(arguments: &[&str], folder: &Path) -> Command {
        let mut command = Command::new(root().join("scripts/dev/emulated-cloud"));
        command.args(arguments).arg(folder);
        command
    }

    /// Starts or kills a function.
    pub(crate) fn tell(&self, command: &str, name: &str) {
        let mut script = Self::script(&[command, name], self.folder.path());
        // A killed function is started again with the same engine.
        let script = script
            .envs(self.engine.variables())
            .env("RELAY_MAX_BACKOFF_S", "1");
        assert!(script.status().unwrap().success(), "{command} {name}");
    }

    /// The number of a process of the emulated cloud.
    pub(crate) fn process(&self, name: &str) -> i32 {
        let file = self.folder.path().join(format!("{name}.pid"));
        fs::read_to_string(file).unwrap().trim().parse().unwrap()
    }

    /// What a process has logged.
    pub(crate) fn log(&self, name: &str) -> String {
        fs::read_to_string(self.folder.path().join(format!("{name}.log"))).unwrap_or_default()
    }

    /// The most memory that a process has had, in MiB.
    pub(crate) fn peak_memory_mib(&self, name: &str) -> u64 {
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
    pub(crate) fn as_user(&self) -> (Client, &str) {
        let mut headers = HeaderMap::new();
        let token = format!("Bearer {}", self.token).parse().unwrap();
        headers.insert(AUTHORIZATION, token);
        let client = Client::builder().default_headers(headers);
        (client.build().unwrap(), &self.api)
    }

    /// Asks the API.
    pub(crate) async fn get(&self, path: &str) -> Value {
        get(&self.client, &self.api, Some(&self.token), path).await
    }

    /// Asks for something; answers the status and the JSON, if there is any.
    pub(crate) async fn ask(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> (u16, Value) {
        let request = self.client.request(method, format!("{}{path}", self.api));
        let request = request.bearer_auth(&self.token);
        let request = match body {
            Some(body) => request.json(&body),
            None => request,
        };
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        (status, answer.json().await.unwrap_or(Value::Null))
    }

    /// Reads something as text: an export, a page.
    pub(crate) async fn text(&self, path: &str) -> String {
        let request = self.client.get(format!("{}{path}", self.api));
        let answer = request.bearer_auth(&self.token).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        answer.text().await.unwrap()
    }

    /// Creates an interview and uploads its recording by the signed URL.
    pub(crate) async fn submit(&self, bytes: Vec<u8>, webhook_url: Option<&str>) -> String {
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
    pub(crate) async fn settled(&self, id: &str) -> Value {
        self.until(id, |interview| {
            let status = interview["status"].as_str();
            matches!(status, Some("completed" | "partial" | "failed"))
        })
        .await
    }

    /// Waits until the interview's document is as it should be.
    pub(crate) async fn until(&self, id: &str, good: impl Fn(&Value) -> bool) -> Value {
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
        let waited = tokio::time::timeout(TIMEOUT, waiting).await;
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
pub(crate) struct Embedded {
    pub(crate) client: Client,
    pub(crate) url: String,
    pub(crate) folder: TempDir,
    process: Child,
    _engine: Engine,
}

impl Embedded {
    /// Starts it and waits until it says that it is ready.
    pub(crate) fn start() -> Self {
        let (engine, folder) = (Engine::new(), tempfile::tempdir().unwrap());
        let target = Path::new(env!("CARGO_BIN_EXE_relay")).with_file_name("interviewlens");
        let mut process = Command::new(target)
            .arg("serve")
            .envs(engine.variables())
            .env("PORT", "0")
            .env("DATA_DIR", folder.path())
            .env("RUST_LOG", "info")
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stderr.take().unwrap()).lines();
        let url = lines.find_map(|line| {
            let line = line.ok()?;
            let (_, rest) = line.split_once("ready at ")?;
            rest.split_whitespace().next().map(str::to_owned)
        });
        // What else it says is read and thrown away, so that it never waits for us.
        std::thread::spawn(move || lines.for_each(drop));
        Self {
            client: patient(),
            url: url.unwrap(),
            folder,
            process,
            _engine: engine,
        }
    }

    pub(crate) async fn submit(&self, bytes: Vec<u8>) -> String {
        submit(&self.client, &self.url, None, bytes, None).await
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        get(&self.client, &self.url, None, path).await
    }

    /// Waits for the end of the event stream.
    pub(crate) async fn settled(&self, id: &str) {
        let url = format!("{}/v1/interviews/{id}/events", self.url);
        let events = self.client.get(url).header("x-user-id", USER).send().await;
        events.unwrap().text().await.unwrap();
    }

    /// Stops it, so that its data directory can be opened.
    pub(crate) fn stop(mut self) -> TempDir {
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
    client.timeout(TIMEOUT).build().unwrap()
}

pub(crate) fn key(id: &str) -> InterviewKey {
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
    let answer = testing::put(client, &created["upload"], bytes).await;
    assert_eq!(answer.status(), 200, "{:?}", answer.text().await);
    created["id"].as_str().unwrap().to_owned()
}

/// A second of noise like speech, different for each number.
pub(crate) fn recording(number: u32) -> Vec<u8> {
    let mut state = number.wrapping_add(1);
    let noise = std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        i16::try_from(state >> 18).unwrap()
    });
    let samples: Vec<i16> = noise.take(48_000).collect();
    testing::wav(16_000, &[&samples]).into()
}
