//! What can be read of a finished interview.

use std::io::{Cursor, Read as _};

use domain::{
    Timestamp,
    note::{Note, NoteKind},
    ports::{ObjectStore as _, Precondition, Write},
    versions::UnknownFields,
};
use http::{Method, StatusCode};
use serde_json::{Value, json};
use testing::fake_providers::{Providers, RecordedRequest, Said, recorded};
use zip::ZipArchive;

use crate::{
    providers,
    support::{TestHost, key, wav},
};

#[tokio::test]
async fn the_products_can_be_read_in_every_format() {
    let test = TestHost::start().await;
    let id = test.submit(wav(3)).await;
    test.drain().await;
    for (part, content_type, beginning) in [
        (
            "transcript.srt",
            "application/x-subrip; charset=utf-8",
            "1\n00:00:00,000 --> 00:00:01,700\n[Speaker 1]\nwhat did",
        ),
        (
            "transcript.vtt",
            "text/vtt; charset=utf-8",
            "WEBVTT\n\n00:00:00.000 --> 00:00:01.700\n<v Speaker 1>what",
        ),
        (
            "transcript.txt",
            "text/plain; charset=utf-8",
            "[0:00:00] Speaker 1: what did you do last summer\n",
        ),
        (
            "transcript.md",
            "text/markdown; charset=utf-8",
            "# A summer\n\n**Speaker 1** (0:00:00)\n\nwhat",
        ),
        (
            "waveform?bits=16",
            "application/json",
            "{\"version\":2,\"channels\":1,\"sample_rate\":8000,\"samples_per_pixel\":256,\"bits\":16,",
        ),
    ] {
        let answer = test
            .client
            .get(format!("{}/v1/interviews/{id}/{part}", test.url))
            .send()
            .await
            .unwrap();
        assert_eq!(answer.headers()["content-type"], content_type, "{part}");
        let text = answer.text().await.unwrap();
        assert!(text.starts_with(beginning), "{part}: {text}");
    }
    let report = test
        .client
        .get(format!("{}/v1/interviews/{id}/report.docx", test.url))
        .send()
        .await
        .unwrap();
    assert!(report.bytes().await.unwrap().starts_with(b"PK"));
}

#[tokio::test]
async fn report_is_a_page_that_loads_nothing_and_runs_no_script() {
    let test = TestHost::start().await;
    let id = test.submit(wav(3)).await;
    test.drain().await;
    let whole = test.interview(&id).await;
    let path = format!("/v1/interviews/{id}/report.html");
    assert_eq!(whole["report"]["html_url"], path);
    let url = format!("{}{path}", test.url);
    let response = test.client.get(&url).send().await.unwrap();
    assert_eq!(response.status(), 200);
    let headers = response.headers().clone();
    assert_eq!(headers["content-type"], "text/html; charset=utf-8");
    let policy = headers["content-security-policy"].to_str().unwrap();
    let page = response.text().await.unwrap();
    let (within, rest) = policy.split_once("; frame-ancestors").unwrap();
    assert_eq!(rest, " 'none'; sandbox");
    assert!(within.starts_with("default-src 'none'; style-src 'sha256-"));
    assert!(page.contains(within), "{page}");
    assert!(page.contains("what did you do last summer"), "{page}");
    let moment = format!("{}/app/interviews/{id}?t=", test.url);
    assert!(page.contains(&moment), "{moment}: {page}");
    // Another user's interview is not there.
    let other = test.client.get(&url).header("x-user-id", "another");
    assert_eq!(other.send().await.unwrap().status(), 404);
}

#[tokio::test]
async fn report_of_an_earlier_release_has_no_page_until_it_is_made_again() {
    let test = TestHost::start().await;
    let id = test.submit(wav(3)).await;
    test.drain().await;
    let (records, path) = (test.host.store.records(), key(&id).data("report"));
    let mut fields = records.read(&path).await.unwrap().unwrap().fields;
    fields.as_object_mut().unwrap().remove("html");
    let write = Write::put(path, &fields, Precondition::None).unwrap();
    records.commit(vec![write]).await.unwrap();
    let whole = test.interview(&id).await;
    assert_eq!(whole["report"]["html_url"], Value::Null);
    let page = format!("/v1/interviews/{id}/report.html");
    let (status, problem) = test.ask(Method::GET, &page, None).await;
    assert_eq!((status, &problem["code"]), (404, &json!("not_ready")));
    let retry = format!("/v1/interviews/{id}/retry");
    let body = Some(json!({"step": "report"}));
    let (status, _) = test.ask(Method::POST, &retry, body).await;
    assert_eq!(status, 202);
    test.drain().await;
    let url = format!("{}{page}", test.url);
    assert_eq!(test.client.get(url).send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn notes_that_are_there_are_in_the_report() {
    let test = TestHost::start().await;
    let bytes = wav(3);
    let created = test.create(bytes.len()).await;
    let id = created["id"].as_str().unwrap();
    let key = key(id);
    let note = |id: &str, text: &str, at_ms| Note {
        id: id.into(),
        text: text.into(),
        at_ms,
        kind: NoteKind::Bookmark,
        created_at: Timestamp::from_millis(0),
        unknown: UnknownFields::default(),
    };
    let notes = [
        note("1", "the later one", Some(2_000)),
        note("2", "the first one", Some(1_000)),
    ];
    let writes = notes.iter().map(|note| {
        let path = key.document().child("notes", &note.id);
        Write::put(path, note, Precondition::Absent).unwrap()
    });
    test.host
        .store
        .records()
        .commit(writes.collect())
        .await
        .unwrap();
    assert!(test.upload(&created, bytes).await.status().is_success());
    test.drain().await;
    let (files, xml) = report(&test, id).await;
    let picture = files.iter().any(|name| name.starts_with("word/media/"));
    assert!(picture, "{files:?}");
    let (first, later) = (xml.find("the first one"), xml.find("the later one"));
    assert!(first.is_some() && first < later, "{first:?} {later:?}");
}

/// The names of the files in an interview's report, and its text as XML.
pub(crate) async fn report(test: &TestHost, id: &str) -> (Vec<String>, String) {
    let url = format!("{}/v1/interviews/{id}/report.docx", test.url);
    let report = test.client.get(url).send().await.unwrap();
    let report = report.bytes().await.unwrap();
    let mut archive = ZipArchive::new(Cursor::new(report)).unwrap();
    let files = archive.file_names().map(str::to_owned).collect();
    let mut xml = String::new();
    let mut document = archive.by_name("word/document.xml").unwrap();
    document.read_to_string(&mut xml).unwrap();
    (files, xml)
}

#[tokio::test]
async fn a_report_is_made_again_with_later_notes_and_names() {
    let test = TestHost::start().await;
    let id = test.submit(wav(3)).await;
    test.drain().await;
    let path = format!("/v1/interviews/{id}");
    let note = json!({"text": "remembered later", "at_ms": 1_000});
    let (status, _) = test
        .ask(Method::POST, &format!("{path}/notes"), Some(note))
        .await;
    assert_eq!(status, 201);
    let names = json!({"speakers": {"0": "Ada Lovelace"}});
    let (status, _) = test.ask(Method::PATCH, &path, Some(names)).await;
    assert_eq!(status, 200);
    let (_, before) = report(&test, &id).await;
    assert!(!before.contains("Ada Lovelace"), "not by itself");
    for times in 1..=2 {
        let retry = format!("{path}/retry");
        let body = Some(json!({"step": "report"}));
        let (status, accepted) = test.ask(Method::POST, &retry, body).await;
        assert_eq!((status, &accepted["status"]), (202, &json!("processing")));
        test.drain().await;
        let interview = test.interview(&id).await;
        assert_eq!(interview["status"], "completed", "{times} {interview}");
        let (_, after) = report(&test, &id).await;
        assert!(after.contains("Ada Lovelace") && after.contains("remembered later"));
    }
    // The ones before it are gone.
    let bucket = test.host.store.bucket("artifacts");
    let objects = bucket.list(&key(&id).object_prefix()).await.unwrap();
    assert_eq!(objects.len(), 2, "{objects:?}");
}

#[tokio::test]
async fn the_waveform_is_given_at_other_resolutions() {
    let test = TestHost::start().await;
    let id = test.submit(wav(3)).await;
    test.drain().await;
    let path = |query: &str| format!("/v1/interviews/{id}/waveform{query}");
    let stored = test.get(&path("?bits=16")).await;
    assert_eq!(
        (&stored["samples_per_pixel"], &stored["length"]),
        (&json!(256), &json!(94))
    );
    let coarse = test.get(&path("?bits=16&samples_per_pixel=1000")).await;
    assert_eq!(
        (&coarse["samples_per_pixel"], &coarse["length"]),
        (&json!(1_000), &json!(25))
    );
    // The tone reaches its extremes in every pixel.
    assert_eq!(
        (&coarse["data"][0], &coarse["data"][1]),
        (&stored["data"][0], &stored["data"][1])
    );
    let eight = test.get(&path("?bits=8&samples_per_pixel=48000")).await;
    assert_eq!(eight["data"], json!([-31, 30]));
    for refused in ["255", "0", "-1", "many", ""] {
        let url = format!(
            "{}{}",
            test.url,
            path(&format!("?samples_per_pixel={refused}"))
        );
        let answer = test.client.get(url).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{refused}");
        let problem: Value = answer.json().await.unwrap();
        assert_eq!(problem["code"], "invalid_parameter");
        assert!(
            problem["detail"]
                .as_str()
                .unwrap()
                .contains("samples_per_pixel")
        );
    }
}

/// The cues of captions, each with its times and its lines, without what names the speaker.
fn cues(captions: &str) -> Vec<(String, Vec<String>)> {
    let captions = captions.replace("\r\n", "\n").replace("<v Speaker 1>", "");
    let blocks = captions
        .split("\n\n")
        .filter(|block| block.contains(" --> "));
    let cues = blocks.map(|block| {
        let mut lines = block.lines().skip_while(|line| !line.contains(" --> "));
        let times = lines.next().unwrap_or_default().to_owned();
        let lines = lines.filter(|line| *line != "[Speaker 1]" && !line.is_empty());
        (times, lines.map(str::to_owned).collect())
    });
    cues.collect()
}

#[tokio::test]
async fn captions_have_the_words_and_times_of_deepgrams_own_tool() {
    let mood = |asked: &RecordedRequest| {
        let words = recorded("deepgram/dg_transcription.json");
        (!asked.is_gemini()).then_some(Said::Whole(200, words))
    };
    let (test, _) = providers::start_in(Providers::in_mood(mood), &[], false).await;
    let id = test.submit(wav(3)).await;
    test.drain().await;
    for (ending, golden) in [
        ("srt", include_str!("../data/dg_transcription.srt")),
        ("vtt", include_str!("../data/dg_transcription.vtt")),
    ] {
        let url = format!("{}/v1/interviews/{id}/transcript.{ending}", test.url);
        let response = test.client.get(url).send().await.unwrap();
        let (ours, theirs) = (cues(&response.text().await.unwrap()), cues(golden));
        let text = |cues: &[(String, Vec<String>)]| {
            let lines = cues.iter().flat_map(|(_, lines)| lines.iter());
            lines.map(String::as_str).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(text(&ours), text(&theirs), "{ending}");
        let edges = |cues: &[(String, Vec<String>)]| {
            let (first, last) = (&cues.first().unwrap().0, &cues.last().unwrap().0);
            (first[..12].to_owned(), last[17..].to_owned())
        };
        assert_eq!(edges(&ours), edges(&theirs), "{ending}");
        // The first clauses end with pauses of about a second.
        let second = (
            "00:00:04.400 --> 00:00:07.860".replace('.', if ending == "srt" { "," } else { "." }),
            vec![
                "the first, spacewalk,".to_owned(),
                "with an all female team,".to_owned(),
            ],
        );
        assert_eq!(ours[1], second, "{ending}");
    }
}
