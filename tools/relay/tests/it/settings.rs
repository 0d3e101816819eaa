//! What each function reads of its environment, and what the manifest says that it is
//! given in the cloud, are the same.
#![allow(clippy::disallowed_methods, reason = "programs are built and started")]

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    process::Command,
};

use domain::pipeline::{FunctionSpec, Pipeline};

/// What is not set in the cloud: what belongs to emulators, what Cloud Run sets, what
/// the embedded service is refused by, and what is good as it is.
const LEFT_OUT: [&str; 15] = [
    "ANALYZER_PART_TOKENS",
    "AUTH",
    "CLOUD_TASKS_EMULATOR_HOST",
    "DATA_DIR",
    "DEEPGRAM_BASE_URL",
    "DEEPGRAM_CALLBACK_BYTES",
    "DEEPGRAM_SEND",
    "FIREBASE_AUTH_EMULATOR_HOST",
    "FIRESTORE_EMULATOR_HOST",
    "GEMINI_BASE_URL",
    "HOST",
    "PORT",
    "PUBSUB_EMULATOR_HOST",
    "STORAGE_EMULATOR_HOST",
    "WEBHOOK_ALLOW_PRIVATE",
];

/// Values that are accepted; what is not here may be anything.
fn value(name: &str) -> &str {
    match name {
        "FUNCTION_URLS" => {
            "analyze=https://a.example,notify=https://n.example,report=https://r.example,\
             transcribe=https://t.example,waveform=https://w.example"
        }
        "OPENAI_BASE_URL"
        | "OPENAI_TRANSCRIPTION_BASE_URL"
        | "PUBLIC_URL"
        | "CORS_ALLOWED_ORIGINS" => "https://example.com",
        "WEBHOOK_SECRET" => "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "MAX_UPLOAD_BYTES"
        | "MAX_DURATION_MINUTES"
        | "RETENTION_DAYS"
        | "USER_MINUTES_PER_DAY"
        | "USER_MINUTES_PER_MONTH"
        | "USER_COST_PER_MONTH"
        | "USER_STREAMS"
        | "USER_REQUESTS_PER_MINUTE"
        | "ADDRESS_REQUESTS_PER_MINUTE"
        | "TRUSTED_PROXIES" => "7",
        "TRANSCRIBER" => "deepgram",
        "DIARIZATION" => "auto",
        "FFMPEG" => "off",
        "OTHER_SPEECH_MODELS" => "deepgram/nova-2",
        "OTHER_LANGUAGE_MODELS" => "gemini/gemini-pro",
        "VERTEX_LOCATION" => "global",
        _ => "a-value-of-thirty-two-characters",
    }
}

/// The program of all functions, which is built first.
fn program() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let built = Command::new(env!("CARGO"))
        .args([
            "build",
            "--quiet",
            "--workspace",
            "--bins",
            "--all-features",
            // As they were built with the tests.
            "--profile",
            "test",
        ])
        .current_dir(root)
        .status();
    assert!(built.unwrap().success());
    let tests = std::env::current_exe().unwrap();
    let folder = tests.parent().and_then(Path::parent).unwrap();
    folder.join("interviewlens-cloud")
}

/// The variables that a function reads with this language engine.
fn read(program: &Path, name: &str, function: &FunctionSpec, analyzer: &str) -> BTreeSet<String> {
    let names = function.environment.iter().chain(&function.secrets);
    let given = names.map(|name| match &**name {
        "ANALYZER" => ("ANALYZER", analyzer),
        other => (other, value(other)),
    });
    let told = Command::new(program)
        .args([name, "--settings"])
        .env_clear()
        .envs(given)
        .output();
    let told = told.unwrap();
    let (said, complaint) = (told.stdout, String::from_utf8(told.stderr).unwrap());
    assert!(told.status.success(), "{name}: {complaint}");
    String::from_utf8(said)
        .unwrap()
        .lines()
        .map(str::to_owned)
        .collect()
}

#[test]
fn functions_get_exactly_the_settings_they_read() {
    let program = program();
    let mut left_out = BTreeSet::new();
    for (name, function) in &Pipeline::ours().functions {
        let engines = ["vertex", "gemini", "openai", "extractive"];
        let read = engines.map(|engine| read(&program, name, function, engine));
        let read: BTreeSet<String> = read.into_iter().flatten().collect();
        let given = function
            .environment
            .iter()
            .chain(&function.secrets)
            .cloned();
        let given: BTreeSet<String> = given.collect();
        let unread: Vec<_> = given.difference(&read).collect();
        assert!(
            unread.is_empty(),
            "{name} is given what it does not read: {unread:?}"
        );
        let others = read.difference(&given);
        let (known, missing): (Vec<&String>, Vec<&String>) =
            others.partition(|name| LEFT_OUT.contains(&name.as_str()));
        assert!(
            missing.is_empty(),
            "{name} reads what it is not given: {missing:?}"
        );
        left_out.extend(known.into_iter().cloned());
    }
    let unused: Vec<_> = LEFT_OUT
        .iter()
        .filter(|name| !left_out.contains(**name))
        .collect();
    assert!(unused.is_empty(), "no function reads {unused:?}");
}

/// Without one of its secrets or of what names its surroundings, no function starts.
#[test]
fn function_without_a_required_setting_does_not_start() {
    let program = program();
    let mut refused = 0;
    for (name, function) in &Pipeline::ours().functions {
        for missing in function.environment.iter().chain(&function.secrets) {
            let mut short = function.clone();
            short.environment.retain(|name| name != missing);
            short.secrets.retain(|name| name != missing);
            let names = short.environment.iter().chain(&short.secrets);
            let given = names.map(|name| match &**name {
                "ANALYZER" => ("ANALYZER", "gemini"),
                other => (other, value(other)),
            });
            let told = Command::new(&program)
                .args([name, "--settings"])
                .env_clear()
                // Where the default engine keeps its model.
                .env("HOME", "/nonexistent")
                .envs(given)
                .output()
                .unwrap();
            if !told.status.success() {
                let line = String::from_utf8(told.stderr).unwrap();
                assert!(
                    line.contains(missing.as_str()),
                    "{name} without {missing}: {line}"
                );
                assert_eq!(line.lines().count(), 1, "{line}");
                refused += 1;
            }
        }
    }
    assert!(refused >= 20, "{refused}");
}
