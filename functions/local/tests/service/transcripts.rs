//! `interviewlens process` with transcripts in place of recordings.

use std::{fs, process::Command};

use serde_json::Value;

const OTTER: &str = "Ada Lovelace  0:00\nWhat did you build?\n\nBob  0:04\nI built a boat.\n";

/// Runs the command without a speech engine; its exit code and what it said.
fn process(content: &str, name: &str, out: &std::path::Path) -> (Option<i32>, String) {
    let file = out.join(name);
    fs::write(&file, content).expect("written");
    let ended = Command::new(env!("CARGO_BIN_EXE_interviewlens"))
        .env("MODEL_FETCH", "off")
        .env("MODEL_DIR", out)
        .arg("process")
        .arg(file)
        .arg("--out")
        .arg(out.join("results"))
        .output()
        .expect("the binary runs");
    let said = String::from_utf8_lossy(&ended.stderr).into_owned();
    (ended.status.code(), said)
}

#[test]
fn a_transcript_is_analysed_and_reported_without_a_speech_engine() {
    let out = tempfile::tempdir().expect("a temporary folder");
    let (code, said) = process(OTTER, "otter.txt", out.path());
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("waveform      skipped"), "{said}");
    let results = out.path().join("results");
    for name in ["transcript.srt", "analysis.json", "report.docx"] {
        assert!(results.join(name).is_file(), "{name}");
    }
    assert!(!results.join("waveform.json").exists());
    let transcript = fs::read(results.join("transcript.json")).expect("a file");
    let transcript: Value = serde_json::from_slice(&transcript).expect("JSON");
    let (engine, model) = (&transcript["engine"], &transcript["model"]);
    assert_eq!((engine, model), (&"import".into(), &"otter".into()));
    assert_eq!(transcript["speakers"][0]["name"], "Ada Lovelace");
}

#[test]
fn a_text_that_is_no_transcript_is_refused_by_its_kind() {
    let out = tempfile::tempdir().expect("a temporary folder");
    let (code, said) = process("We built a boat.", "prose.txt", out.path());
    assert_eq!(code, Some(2), "{said}");
    let expected = "found text without speakers or times, which is none of the formats";
    assert!(said.contains(expected), "{said}");
}
