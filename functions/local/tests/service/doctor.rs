//! `interviewlens doctor`, and where its result is shown.

use std::process::Command;

use serde_json::{Value, json};
use testing::{Canned, Provider};

use crate::host::{ONE, PROGRAM, Service};

#[tokio::test]
async fn result_of_the_doctor_is_shown_without_another_request() {
    let _one = ONE.lock().await;
    let (provider, url) = Provider::answering(|seen| match &seen.path[..] {
        "/v1/chat/completions" => Canned::new(
            404,
            r#"{"error": {"message": "model not found", "code": "model_not_found"}}"#,
        ),
        "/v1/models" => Canned::new(200, r#"{"data": [{"id": "gemma3:4b"}]}"#),
        _ => Canned::new(404, ""),
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let base_url = format!("{url}/v1");
    let settings = [
        ("ANALYZER", "openai"),
        ("OPENAI_BASE_URL", &base_url),
        ("OPENAI_MODEL", "qwen3:8b"),
    ];
    let doctor = |settings: &[(&str, &str)]| {
        let mut command = Command::new(PROGRAM);
        command.arg("doctor").env("DATA_DIR", folder.path());
        command
            .env("TRANSCRIBER", "pocketsphinx")
            .env("DIARIZATION", "off");
        command.envs(settings.iter().copied());
        tokio::task::spawn_blocking(move || command.output().expect("it runs"))
    };
    let output = doctor(&settings).await.unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{text}");
    let line = "  error    the server has no model `qwen3:8b`; it has gemma3:4b (set OPENAI_MODEL)";
    assert!(text.lines().any(|own| own == line), "{text}");
    assert!(text.starts_with("Speech: pocketsphinx"), "{text}");
    let requests = provider.seen().len();

    let shown = async |settings: &[(&str, &str)]| {
        let service = Service::start_with(folder.path(), settings);
        let engines = reqwest::get(format!("{}/v1/engines", service.url)).await;
        engines.unwrap().json::<Value>().await.unwrap()
    };
    let engines = shown(&settings).await;
    let check = &engines["language"]["check"];
    assert_eq!(
        check["findings"][0]["code"], "engine_misconfigured",
        "{engines}"
    );
    assert_eq!(check["findings"][0]["settings"], json!(["OPENAI_MODEL"]));
    assert_eq!(
        provider.seen().len(),
        requests,
        "reading it calls no engine"
    );
    // Of other settings the result says nothing.
    let engines = shown(&[("ANALYZER", "extractive")]).await;
    assert_eq!(engines["language"]["check"], Value::Null);

    let output = doctor(&[]).await.unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{text}");
    for words in ["no language model", "Ollama", "Gemini", "Deepgram"] {
        assert!(text.contains(words), "{text}");
    }
    let output = doctor(&[("ANALYZER", "gemini")]).await.unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("error    GEMINI_API_KEY must be"), "{text}");
}
