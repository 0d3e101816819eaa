//! `interviewlens upload`, `list`, `get`, `search` and `export` against a served service.

use serde_json::{Value, json};

use crate::{
    host::{ONE, Service, speech},
    program::{OTTER, Runner},
};

const RESULTS: [&str; 6] = [
    "analysis.json",
    "report.docx",
    "report.html",
    "transcript.json",
    "transcript.srt",
    "waveform.json",
];

async fn post(service: &Service, path: &str, body: Value) -> Value {
    let request = reqwest::Client::new().post(format!("{}{path}", service.url));
    let response = request.json(&body).send().await.expect("a response");
    response.json().await.expect("JSON")
}

#[tokio::test(flavor = "multi_thread")]
async fn recording_is_uploaded_waited_for_and_exported() {
    let _one = ONE.lock().await;
    let data = tempfile::tempdir().expect("a temporary folder");
    let service = Service::start(data.path());
    let runner = Runner::at(&service.url);
    let recording = speech(20);
    runner.file("ada.wav", &recording);
    let rubric = json!({"id": "r", "name": "Boats", "version": 3,
        "competencies": [{"name": "Ownership", "description": "Finishes things"}]});
    runner.file("rubric.json", rubric.to_string());
    let collection = post(&service, "/v1/collections", json!({"title": "Boats"})).await;
    let collection = collection["id"].as_str().expect("an id");
    let uploaded = runner
        .run(&[
            "upload",
            "ada.wav",
            "--title",
            "Ada, first round",
            "--kind",
            "job_interview",
            "--language",
            "en",
            "--rubric",
            "rubric.json",
            "--speakers",
            "2",
            "--collection",
            collection,
            "--tag",
            "round one",
            "--tag",
            "boats",
            "--wait",
            "--json",
        ])
        .await;
    let printed = uploaded.json(0);
    assert!(
        uploaded.said.contains("transcription done"),
        "{}",
        uploaded.said
    );
    let interview = &printed["items"][0]["interview"];
    assert_eq!(interview["status"], "completed");
    for (field, value) in [
        ("title", json!("Ada, first round")),
        ("kind", json!("job_interview")),
        ("language", json!("en")),
        ("speakers_expected", json!(2)),
        ("collection_id", json!(collection)),
        ("tags", json!(["round one", "boats"])),
    ] {
        assert_eq!(interview[field], value, "{interview}");
    }
    assert_eq!(interview["rubric"]["competencies"][0]["name"], "Ownership");
    assert_eq!(interview["audio"]["filename"], "ada.wav");
    assert!(!uploaded.out.contains("x-goog"), "no signed URL is printed");
    let id = interview["id"].as_str().expect("an id");

    let exported = runner.run(&["export", id, "--out", "results"]).await;
    exported.assert(0);
    assert_eq!(runner.names("results"), RESULTS);
    let transcript = std::fs::read(runner.path("results/transcript.json")).expect("a file");
    let transcript: Value = serde_json::from_slice(&transcript).expect("JSON");
    assert_eq!(transcript["engine"], "pocketsphinx");
    let formats = "vtt,txt,md,dat,interview,recording";
    let arguments = [
        "export",
        "--collection",
        collection,
        "--format",
        formats,
        "--json",
    ];
    let printed = runner.run(&arguments).await.json(0);
    assert_eq!(printed["items"][0]["interview_id"], id);
    assert_eq!(printed["items"][0]["missing"], json!([]));
    let folder = format!("out/{id}");
    let expected = [
        "interview.json",
        "recording.wav",
        "transcript.md",
        "transcript.txt",
        "transcript.vtt",
        "waveform.dat",
    ];
    assert_eq!(runner.names(&folder), expected);
    let copy = std::fs::read(runner.path(&folder).join("recording.wav")).expect("a file");
    assert!(copy == recording, "the recording is another");
}

#[tokio::test(flavor = "multi_thread")]
async fn interviews_are_listed_page_by_page_shown_and_searched() {
    let _one = ONE.lock().await;
    let data = tempfile::tempdir().expect("a temporary folder");
    let service = Service::start(data.path());
    let runner = Runner::at(&service.url);
    let names = ["one.txt", "two.txt", "three.txt"];
    for name in names {
        runner.file(name, OTTER.replace("small", name.trim_end_matches(".txt")));
    }
    let uploaded = runner.run(&[
        "upload",
        "one.txt",
        "two.txt",
        "three.txt",
        "--wait",
        "--json",
    ]);
    let uploaded = uploaded.await.json(0);
    let ids: Vec<&str> = (0..3)
        .map(|index| {
            uploaded["items"][index]["interview"]["id"]
                .as_str()
                .expect("an id")
        })
        .collect();

    let page = runner
        .run(&["list", "--limit", "2", "--json"])
        .await
        .json(0);
    assert_eq!(page["items"][0]["title"], "three.txt", "the newest first");
    let token = page["next_page_token"].as_str().expect("a token");
    let rest = runner
        .run(&["list", "--page-token", token, "--json"])
        .await
        .json(0);
    assert_eq!(rest["items"].as_array().map(Vec::len), Some(1));
    assert_eq!(rest["next_page_token"], Value::Null);
    let all = runner.run(&["list", "--all"]).await;
    all.assert(0);
    let lines: Vec<&str> = all.out.lines().collect();
    assert!(
        lines.len() == 4 && lines[0].starts_with("ID "),
        "{}",
        all.out
    );
    assert!(
        lines[3].starts_with(ids[0]) && lines[3].ends_with("one.txt"),
        "{}",
        all.out
    );
    let filtered = runner.run(&[
        "list",
        "--status",
        "failed",
        "--from",
        "2026-01-01",
        "--json",
    ]);
    assert_eq!(filtered.await.json(0)["items"], json!([]));

    let shown = runner.run(&["get", ids[0]]).await;
    shown.assert(0);
    let expected = [
        "title         one.txt",
        "transcription done",
        "waveform      skipped",
    ];
    for line in expected {
        assert!(
            shown.out.lines().any(|own| own.starts_with(line)),
            "{}",
            shown.out
        );
    }
    let vtt = runner.run(&["get", ids[0], "--transcript=vtt"]).await;
    assert!(vtt.out.starts_with("WEBVTT\n"), "{}", vtt.out);
    let arguments = ["get", ids[0], "--transcript", "--analysis", "--json"];
    let both = runner.run(&arguments).await.json(0);
    assert!(both["transcript"]["words"].is_array() && both["analysis"]["summary"].is_string());
    let analysis = runner.run(&["get", ids[0], "--analysis"]).await;
    analysis.assert(0);
    assert!(analysis.out.contains("\nWarnings\n"), "{}", analysis.out);

    let found = runner.run(&["search", "\"two boat\"", "built", "--json"]);
    let found = found.await.json(0);
    let items = found["items"].as_array().expect("a list");
    let is_of_second = |item: &Value| item["interview_id"] == ids[1];
    assert!(
        !items.is_empty() && items.iter().all(is_of_second),
        "{found}"
    );
    let found = runner.run(&["search", "boat", "--all"]).await;
    found.assert(0);
    let of_bob = |line: &&str| line.split_whitespace().nth(1) == Some("Bob:");
    assert_eq!(found.out.lines().filter(of_bob).count(), 3, "{}", found.out);
    for id in ids {
        assert!(
            found.out.lines().any(|line| line.starts_with(id)),
            "{}",
            found.out
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_several_files_the_worst_decides_the_exit_code() {
    let _one = ONE.lock().await;
    let data = tempfile::tempdir().expect("a temporary folder");
    let service = Service::start(data.path());
    let runner = Runner::at(&service.url);
    runner.file("good.txt", OTTER);
    runner.file("prose.txt", "We built a boat.");
    let mixed = runner.run(&["upload", "prose.txt", "good.txt"]).await;
    mixed.assert(1);
    assert!(
        mixed.said.contains("transcript_unreadable (422): "),
        "{}",
        mixed.said
    );
    let row = |name: &str| mixed.out.lines().find(|line| line.starts_with(name));
    assert!(
        row("good.txt").is_some_and(|row| !row.contains("not uploaded")),
        "{}",
        mixed.out
    );
    assert!(
        row("prose.txt").is_some_and(|row| row.contains("not uploaded")),
        "{}",
        mixed.out
    );
    let left = runner.run(&["list", "--json"]).await.json(0);
    let items = left["items"].as_array().expect("a list");
    assert_eq!(items.len(), 1, "the refused one leaves no interview behind");

    let id = items[0]["id"].as_str().expect("an id");
    runner.run(&["get", id, "--wait"]).await.assert(0);
    let exported = runner.run(&["export", id, "unknown-id", "--json"]).await;
    let printed = exported.json(1);
    assert_eq!(printed["items"][0]["error"], Value::Null);
    assert_eq!(printed["items"][0]["missing"], json!(["waveform.json"]));
    assert_eq!(printed["items"][1]["error"]["code"], "interview_not_found");
    assert_eq!(
        runner.names(&format!("out/{id}")).len(),
        5,
        "without a waveform"
    );
    let missing = runner
        .run(&["upload", "good.txt", "none.wav", "--json"])
        .await;
    let printed = missing.json(2);
    assert_eq!(printed["items"][1]["error"]["exit_code"], 2);
}
