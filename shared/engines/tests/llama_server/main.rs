//! The engine `openai` with a real server: llama.cpp's, with a tiny model of random weights
//! that a grammar makes write JSON. `scripts/dev/llama-server have` installs it; elsewhere
//! the tests are counted as skipped by name.
#![allow(
    clippy::print_stdout,
    reason = "it writes what the test harness writes"
)]

#[path = "../language/transcripts.rs"]
#[allow(
    dead_code,
    unreachable_pub,
    reason = "shared with the tests of scripted servers"
)]
mod transcripts;

use std::{
    io::{BufRead as _, BufReader},
    panic::AssertUnwindSafe,
    path::{Path, PathBuf},
    process::{Child, Command, ExitCode, Stdio},
    sync::Arc,
    time::Duration,
};

use config::Environment;
use domain::{analysis::Draft, ports::Analyst as _, steps::StepError, transcript::Transcript};
use engines::{LanguageAnalyst, OpenAi, language::AnalystOptions};
use futures::FutureExt as _;

use transcripts::{interview, request, transcript};

const NAMES: [&str; 5] = [
    "check_finds_the_model_and_its_context",
    "interview_is_analysed",
    "model_without_a_system_role_is_used",
    "small_context_leads_to_smaller_parts",
    "context_without_room_for_a_small_part_is_an_error",
];

#[tokio::main]
async fn main() -> ExitCode {
    let Some(python) = python() else {
        for name in NAMES {
            println!("test {name} ... ignored, scripts/dev/llama-server is not installed here");
        }
        let ignored = NAMES.len();
        println!("test result: ok. 0 passed; 0 failed; {ignored} ignored");
        return ExitCode::SUCCESS;
    };
    let mut failed = 0;
    for name in NAMES {
        let outcome = AssertUnwindSafe(run(name, &python)).catch_unwind().await;
        failed += usize::from(outcome.is_err());
        let word = if outcome.is_ok() { "ok" } else { "FAILED" };
        println!("test {name} ... {word}");
    }
    let verdict = if failed == 0 { "ok" } else { "FAILED" };
    let passed = NAMES.len() - failed;
    println!("test result: {verdict}. {passed} passed; {failed} failed; 0 ignored");
    ExitCode::from(u8::from(failed > 0))
}

async fn run(name: &str, python: &Path) {
    match name {
        "check_finds_the_model_and_its_context" => {
            check_finds_the_model_and_its_context(python).await;
        }
        "interview_is_analysed" => interview_is_analysed(python).await,
        "model_without_a_system_role_is_used" => model_without_a_system_role_is_used(python).await,
        "small_context_leads_to_smaller_parts" => {
            small_context_leads_to_smaller_parts(python).await;
        }
        _ => context_without_room_for_a_small_part_is_an_error(python).await,
    }
}

/// The interpreter that has the server.
fn python() -> Option<PathBuf> {
    let environment = Environment::from_process();
    let cache = environment.text("XDG_CACHE_HOME").map(PathBuf::from);
    let home = || {
        environment
            .text("HOME")
            .map(|home| Path::new(home).join(".cache"))
    };
    let folder = cache.or_else(home)?.join("interviewlens/llama-server");
    let is_installed = folder.join("installed").is_dir();
    is_installed.then(|| folder.join("bin/python"))
}

/// A server that ends with its input, and so with the test.
struct LlamaServer {
    process: Child,
    url: String,
    _folder: tempfile::TempDir,
}

impl LlamaServer {
    fn start(python: &Path, context_tokens: u32, template: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/llama_server/serve.py");
        let mut process = Command::new(python)
            .arg(script)
            .arg(folder.path())
            .args([&context_tokens.to_string(), template])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the server");
        let output = process.stdout.take().expect("its output");
        let mut lines = BufReader::new(output).lines().map_while(Result::ok);
        let address = lines.find(|line| line.starts_with("http"));
        Self {
            process,
            url: format!("{}/v1", address.expect("the server starts")),
            _folder: folder,
        }
    }

    async fn analyze(&self, transcript: Transcript) -> Result<Draft, StepError> {
        let model = OpenAi::new(&self.url, "random", None).expect("a model");
        let options = AnalystOptions {
            retry_budget: Duration::from_secs(20),
            ..AnalystOptions::new(12_000, 1)
        };
        let engine = LanguageAnalyst::new(Arc::new(model), options);
        engine.analyze(&request(transcript)).await
    }
}

impl Drop for LlamaServer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn has_warning(draft: &Draft, code: &str) -> bool {
    draft.warnings.iter().any(|warning| warning.code == code)
}

/// Whether all of a prompt was read and counted, and nothing of the answer repaired.
fn is_counted(draft: &Draft) -> bool {
    let usage = draft.usage;
    let is_doubtful = has_warning(draft, "usage_doubtful") || has_warning(draft, "usage_unknown");
    usage.input_tokens > 5_000 && usage.output_tokens > 50 && usage.repairs == 0 && !is_doubtful
}

async fn check_finds_the_model_and_its_context(python: &Path) {
    let server = LlamaServer::start(python, 4_096, "chatml");
    let model = OpenAi::new(&server.url, "random", None).expect("a model");
    let engine = LanguageAnalyst::new(Arc::new(model), AnalystOptions::new(12_000, 1));
    let found = engine.check().await;
    let codes: Vec<_> = found.iter().map(|own| &own.code[..]).collect();
    let expected = [
        "engine_works",
        "structured_output",
        "context_size",
        "price_unknown",
    ];
    assert_eq!(codes, expected, "{found:?}");
    assert!(found[2].message.contains("reads 4096 tokens"), "{found:?}");
}

async fn interview_is_analysed(python: &Path) {
    let server = LlamaServer::start(python, 16_384, "chatml");
    let draft = server.analyze(interview()).await.expect("an analysis");
    assert!(is_counted(&draft), "{draft:?}");
}

async fn model_without_a_system_role_is_used(python: &Path) {
    let server = LlamaServer::start(python, 16_384, "no-system");
    let draft = server.analyze(interview()).await.expect("an analysis");
    assert!(is_counted(&draft), "{draft:?}");
}

async fn small_context_leads_to_smaller_parts(python: &Path) {
    let line = "well the supplier closed in spring and so I called every customer myself";
    let lines: Vec<(u32, &str)> = (0..120).map(|turn| (turn % 2, line)).collect();
    let server = LlamaServer::start(python, 14_336, "chatml");
    let draft = server.analyze(transcript(&lines)).await.expect("in parts");
    assert!(has_warning(&draft, "analysed_in_parts"), "{draft:?}");
}

async fn context_without_room_for_a_small_part_is_an_error(python: &Path) {
    let server = LlamaServer::start(python, 1_024, "chatml");
    let error = server.analyze(interview()).await.expect_err("no room");
    assert_eq!(
        (&error.code[..], error.retryable),
        ("engine_misconfigured", false)
    );
    assert!(
        error.message.contains("ANALYZER_PART_TOKENS"),
        "{}",
        error.message
    );
}
