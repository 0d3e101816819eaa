//! The receivers that our documentation shows: what they believe and what not.

use std::{
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use config::SystemClock;
use domain::ports::Clock as _;
use notify::sign::Secrets;
use reqwest::Client;

const OLD: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const NEW: &str = "whsec_dGhpcyBpcyB0aGUgbmV3IG9uZSwgMjQgYnl0ZXM=";
const STRANGERS: &str = "whsec_bm9ib2R5IGhlcmUga25vd3MgdGhpcyBzZWNyZXQ=";
const BODY: &[u8] =
    br#"{"type":"interview.completed","data":{"status":"completed","metadata":{"e":"\u00e9"}}}"#;

/// A receiver as a process of its own.
struct Receiver {
    process: Child,
    url: String,
    lines: BufReader<std::process::ChildStdout>,
}

impl Receiver {
    fn start(mut command: Command) -> Self {
        let command = command.env("WEBHOOK_SECRET", format!("{NEW} {OLD}"));
        let mut process = command.stdout(Stdio::piped()).spawn().expect("it starts");
        let mut lines = BufReader::new(process.stdout.take().expect("piped"));
        let mut url = String::new();
        lines.read_line(&mut url).expect("its address");
        Self {
            process,
            url: url.trim().to_owned(),
            lines,
        }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.lines.read_line(&mut line).expect("a line");
        line.trim().to_owned()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn now() -> i64 {
    SystemClock.now().as_secs()
}

fn signed(secrets: &str, timestamp: i64) -> Vec<(&'static str, String)> {
    let secrets = Secrets::parse(secrets).expect("secrets");
    secrets.headers("msg_1", timestamp, BODY).into()
}

/// The same with another value of one header.
fn with(name: &'static str, value: &str) -> Vec<(&'static str, String)> {
    let mut headers = signed(NEW, now());
    headers.retain(|(known, _)| *known != name);
    headers.push((name, value.to_owned()));
    headers
}

fn without(name: &'static str) -> Vec<(&'static str, String)> {
    let mut headers = signed(NEW, now());
    headers.retain(|(known, _)| *known != name);
    headers
}

async fn accepts_our_signature(command: Command) {
    let mut receiver = Receiver::start(command);
    let client = Client::new();
    let both = format!("{NEW} {OLD}");
    let of_a_stranger = format!("v1,{}", "A".repeat(43) + "=");
    let ours = signed(NEW, now())[2].1.clone();
    let altered = [BODY, b" "].concat();
    for (name, good, headers, body) in [
        ("the new secret", true, signed(NEW, now()), BODY),
        ("the old secret", true, signed(OLD, now()), BODY),
        ("both", true, signed(&both, now()), BODY),
        (
            "a stranger's first",
            true,
            with("webhook-signature", &format!("{of_a_stranger} {ours}")),
            BODY,
        ),
        ("four minutes old", true, signed(NEW, now() - 240), BODY),
        ("a stranger's secret", false, signed(STRANGERS, now()), BODY),
        ("an altered body", false, signed(NEW, now()), &altered),
        ("another id", false, with("webhook-id", "msg_2"), BODY),
        (
            "another time",
            false,
            with("webhook-timestamp", &(now() - 1).to_string()),
            BODY,
        ),
        ("six minutes old", false, signed(NEW, now() - 360), BODY),
        ("six minutes early", false, signed(NEW, now() + 360), BODY),
        ("no number", false, with("webhook-timestamp", "now"), BODY),
        (
            "a number too large",
            false,
            with("webhook-timestamp", &"9".repeat(40)),
            BODY,
        ),
        ("no time", false, without("webhook-timestamp"), BODY),
        ("no id", false, without("webhook-id"), BODY),
        ("no signature", false, without("webhook-signature"), BODY),
        (
            "an empty signature",
            false,
            with("webhook-signature", ""),
            BODY,
        ),
        (
            "another version",
            false,
            with("webhook-signature", &ours.replace("v1,", "v1a,")),
            BODY,
        ),
        (
            "no base64",
            false,
            with("webhook-signature", "v1,***"),
            BODY,
        ),
    ] {
        let request = client.post(&receiver.url).body(body.to_vec());
        let request = headers.into_iter().fold(request, |request, (name, value)| {
            request.header(name, value)
        });
        let answer = request.send().await.expect("an answer");
        let expected = if good { 204 } else { 401 };
        assert_eq!(answer.status(), expected, "{name}");
        let line = if good {
            "verified interview.completed msg_1 completed"
        } else {
            "refused"
        };
        assert_eq!(receiver.line(), line, "{name}");
    }
}

fn example(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../docs/clients")
        .join(name)
}

fn run(program: &str, name: &str) -> Command {
    let mut command = Command::new(program);
    command.arg(example(name));
    command
}

#[tokio::test]
async fn in_python() {
    accepts_our_signature(run("python3", "receive_webhooks.py")).await;
}

#[tokio::test]
async fn in_javascript() {
    accepts_our_signature(run("node", "receive_webhooks.mjs")).await;
}

#[tokio::test]
async fn in_rust() {
    // Built with all tests of this crate (with one of them alone it is not), into a
    // folder beside theirs.
    let tests = std::env::current_exe().expect("this test");
    let folder = tests
        .parent()
        .and_then(Path::parent)
        .expect("a target folder");
    let program = folder.join("examples/receive_webhooks");
    accepts_our_signature(Command::new(program)).await;
}
