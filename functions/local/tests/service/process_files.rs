//! `interviewlens process` with several files and options, and `completions`.

use std::process::Command;

use serde_json::{Value, json};

use crate::program::{OTTER, Runner};

#[tokio::test]
async fn each_file_has_a_folder_and_the_worst_decides_the_exit_code() {
    let runner = Runner::new([]);
    runner.file("ada.txt", OTTER);
    runner.file("prose.txt", "We built a boat.");
    runner.file("rubric.json", r#"{"competencies": [{"name": "Boats"}]}"#);
    std::fs::create_dir(runner.path("more")).unwrap();
    runner.file("more/ada.txt", OTTER);
    let arguments = [
        "process",
        "ada.txt",
        "prose.txt",
        "more/ada.txt",
        "--out",
        "results",
    ];
    let options = [
        "--kind",
        "job_interview",
        "--rubric",
        "rubric.json",
        "--json",
    ];
    let processed = runner.run(&[&arguments[..], &options[..]].concat()).await;
    let printed = processed.json(2);
    let row = |index: usize| {
        let item = &printed["items"][index];
        (
            item["file"].clone(),
            item["status"].clone(),
            item["exit_code"].clone(),
        )
    };
    assert_eq!(row(0), (json!("ada.txt"), json!("completed"), json!(0)));
    assert_eq!(row(1), (json!("prose.txt"), json!("refused"), json!(2)));
    assert_eq!(
        row(2),
        (json!("more/ada.txt"), json!("completed"), json!(0))
    );
    assert_eq!(printed["items"][2]["out"], "results/ada-2");
    assert_eq!(runner.names("results"), ["ada", "ada-2"]);
    let left = [
        "analysis.json",
        "report.docx",
        "report.html",
        "transcript.json",
        "transcript.srt",
    ];
    assert_eq!(runner.names("results/ada-2"), left);
    assert_eq!(printed["items"][2]["results"], json!(left));
    let analysis = std::fs::read(runner.path("results/ada/analysis.json")).unwrap();
    let analysis: Value = serde_json::from_slice(&analysis).unwrap();
    assert_eq!(analysis["competencies"][0]["name"], "Boats", "{analysis}");
}

#[tokio::test]
async fn results_are_shown_in_a_table() {
    let runner = Runner::new([]);
    runner.file("a.txt", OTTER);
    runner.file("b.txt", OTTER);
    let processed = runner.run(&["process", "a.txt", "b.txt"]).await;
    processed.assert(0);
    let lines: Vec<&str> = processed.out.lines().collect();
    assert_eq!(lines.len(), 3, "{}", processed.out);
    let words = |line: &str| {
        line.split_whitespace()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        words(lines[0]),
        ["FILE", "STATUS", "LENGTH", "TOOK", "RESULTS"]
    );
    let last = words(lines[2]);
    assert_eq!(
        (&*last[0], &*last[1], &*last[4]),
        ("b.txt", "completed", "out/b")
    );
    assert!(
        processed.said.contains("2 of 2: b.txt"),
        "{}",
        processed.said
    );
}

#[tokio::test]
async fn file_that_is_no_recording_fails_and_others_do_not() {
    let runner = Runner::new([("TRANSCRIBER", "pocketsphinx")]);
    runner.file("broken.wav", vec![7; 4_096]);
    runner.file("a.txt", OTTER);
    let processed = runner
        .run(&["process", "broken.wav", "a.txt", "--json"])
        .await;
    let printed = processed.json(1);
    assert_eq!(printed["items"][0]["status"], "failed");
    assert_eq!(
        printed["items"][0]["steps"]["transcription"]["state"],
        "failed"
    );
    assert_eq!(printed["items"][1]["status"], "completed");
    assert_eq!(runner.names("out/a").len(), 5);
}

#[tokio::test]
async fn title_and_language_are_those_of_the_options() {
    let runner = Runner::new([]);
    runner.file("a.txt", OTTER);
    let options = [
        "--title",
        "Ada & Bob",
        "--language",
        "en-GB",
        "--kind",
        "user_research",
    ];
    let processed = runner
        .run(&[&["process", "a.txt"][..], &options[..]].concat())
        .await;
    processed.assert(0);
    let page = std::fs::read_to_string(runner.path("out/report.html")).unwrap();
    assert!(page.contains("Ada &amp; Bob"), "the title is in the report");
}

#[tokio::test]
async fn wrong_options_are_bad_usage() {
    let runner = Runner::new([]);
    runner.file("a.txt", OTTER);
    runner.file("b.txt", OTTER);
    runner.file(
        "rubric.json",
        r#"{"competencies": [{"name": "Boats", "level": 3}]}"#,
    );
    for (wrong, named) in [
        (&["a.txt", "b.txt", "--title", "Two"][..], "--title"),
        (&["a.txt", "--title", " "], "`title`"),
        (&["a.txt", "--language", "english"], "`language`"),
        (
            &["a.txt", "--rubric", "rubric.json"],
            "unknown field `level`",
        ),
        (&["a.txt", "--rubric", "none.json"], "none.json"),
        (&["a.txt", "--kind", "interview"], "job_interview"),
        (&["none.wav"], "`none.wav` is not a file"),
        (&[], "<FILE>"),
    ] {
        let refused = runner.run(&[&["process"][..], wrong].concat()).await;
        refused.assert(2);
        assert!(refused.said.contains(named), "{}", refused.said);
    }
    assert!(!runner.path("out").exists(), "nothing was processed");
}

#[tokio::test]
async fn help_has_all_options_and_the_exit_codes() {
    let runner = Runner::new([]);
    let shared = [
        "--kind",
        "--title",
        "--language",
        "--rubric",
        "--speakers",
        "--json",
    ];
    let service = [
        "--url",
        "--token",
        "--insecure",
        "--json",
        "INTERVIEWLENS_TOKEN",
    ];
    for (command, options) in [
        ("process", &["--out", "--channels", "--key-term"][..]),
        ("upload", &["--collection", "--tag", "--wait"]),
        (
            "list",
            &["--status", "--from", "--to", "--page-token", "--all"],
        ),
        ("get", &["--transcript", "--analysis", "--wait"]),
        ("search", &["--collection", "--tag", "--limit"]),
        ("export", &["--out", "--format", "--collection"]),
    ] {
        let help = runner.run(&[command, "--help"]).await;
        help.assert(0);
        let mut expected = options.to_vec();
        if matches!(command, "process" | "upload") {
            expected.extend(shared);
        }
        if command != "process" {
            expected.extend(service);
        }
        expected.push("Exit codes");
        for option in expected {
            assert!(
                help.out.contains(option),
                "{command} {option}: {}",
                help.out
            );
        }
    }
}

#[tokio::test]
async fn completions_can_be_read_by_their_shells() {
    let runner = Runner::new([]);
    for shell in ["bash", "zsh", "fish"] {
        let printed = runner.run(&["completions", shell]).await;
        printed.assert(0);
        for word in ["upload", "export", "speakers", "job_interview"] {
            assert!(printed.out.contains(word), "{shell}: {word}");
        }
        let script = runner.path(&format!("completions.{shell}"));
        std::fs::write(&script, &printed.out).unwrap();
        let parsed = Command::new(shell).arg("-n").arg(&script).status();
        match parsed {
            Ok(status) => assert!(status.success(), "{shell}"),
            // Only bash is on every machine.
            Err(error) => assert!(shell != "bash", "{shell}: {error}"),
        }
    }
    runner.run(&["completions", "tcl"]).await.assert(2);
}
