//! The whole pipeline in one process: on good days, twice, late, backwards, and
//! with everything that people upload.

#![allow(
    clippy::unwrap_used,
    clippy::similar_names,
    reason = "tests, helpers included"
)]

mod support;

use std::{
    io::{Cursor, Read as _},
    sync::atomic::Ordering,
    time::Duration,
};

use domain::{
    InterviewId, InterviewKey, Timestamp, UserId,
    claim::Claim,
    note::{Note, NoteKind},
    ports::{Precondition, Write},
    steps::StepName,
};
use embedded::deliveries::{Again, Backlog};
use emulation::dispatch::incoming;
use http::StatusCode;
use serde_json::{Value, json};
use support::{TestHost, put, wav};
use zip::ZipArchive;

const STEPS: [&str; 4] = ["transcription", "waveform", "analysis", "report"];

#[tokio::test]
async fn a_recording_goes_all_the_way_from_upload_to_webhook() {
    let test = TestHost::start().await;
    let id = test.submit(wav(3)).await;
    test.drain().await;
    let interview = test.interview(&id).await;
    assert_eq!(interview["status"], "completed", "{interview:#}");
    for step in STEPS {
        assert_eq!(interview["steps"][step]["state"], "done", "{step}");
    }
    assert_eq!(
        interview["transcript"]["turns"][0]["text"],
        "what did you do last summer"
    );
    assert_eq!(interview["audio"]["duration_ms"], 3_000);
    assert_eq!(interview["audio"]["filename"], "../a \"b\" \u{1F600}.wav");
    assert_eq!(interview["analysis"]["evidence_validity"], 1.0);
    assert_eq!(interview["waveform"]["sample_rate"], 8_000);
    let mut types = test.receiver.types();
    types.sort();
    assert_eq!(
        types,
        [
            "interview.analyzed",
            "interview.completed",
            "interview.transcribed"
        ]
    );
    let received = test.receiver.received.lock().unwrap().clone();
    assert!(
        received
            .iter()
            .all(|(_, body, good)| *good && body["data"]["metadata"]["job"] == 7)
    );
    assert_eq!(
        test.host.store.deliveries().backlog().await.unwrap(),
        Backlog::default()
    );
}

/// Documents without what differs from run to run.
fn comparable(mut interview: Value) -> Value {
    interview["id"] = Value::Null;
    interview["audio"]["url"] = Value::Null;
    // The document holds the interview's id, which compresses as it likes.
    interview["report"] = Value::Null;
    strip(&mut interview);
    interview
}

fn strip(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|name, _| !name.ends_with("_at") && name != "webhook_url");
            fields.values_mut().for_each(strip);
        }
        Value::Array(items) => items.iter_mut().for_each(strip),
        _ => {}
    }
}

/// Delivers whatever is due, all of it, backwards and three times, and every
/// event once more when all is over.
async fn deliver_badly(test: &TestHost) {
    let deliveries = test.host.store.deliveries();
    let mut seen = Vec::new();
    loop {
        let mut due = Vec::new();
        for lane in deliveries.lanes() {
            due.extend(deliveries.take(&lane, 1_000).await.unwrap());
        }
        if due.is_empty() {
            let Some(next) = deliveries.next_due().await.unwrap() else {
                break;
            };
            test.clock.advance_to(next);
            continue;
        }
        for delivery in due.iter().rev() {
            let function = test
                .host
                .functions()
                .find(|function| function.name() == delivery.function);
            let function = function.expect("the manifest names functions that are there");
            let mut settled = true;
            for _ in 0..3 {
                settled &= function.handle(incoming(delivery).unwrap()).await.is_ok();
            }
            if settled {
                deliveries.done(delivery).await.unwrap();
                seen.push(delivery.clone());
            } else {
                let wait = std::time::Duration::from_secs(1);
                deliveries
                    .again(delivery, Again::Later(wait), "")
                    .await
                    .unwrap();
            }
        }
    }
    for delivery in seen.iter().rev() {
        let function = test
            .host
            .functions()
            .find(|function| function.name() == delivery.function);
        function
            .unwrap()
            .handle(incoming(delivery).unwrap())
            .await
            .expect("late is no failure");
    }
    test.drain().await;
}

#[tokio::test]
async fn three_times_and_backwards_gives_the_same_as_once() {
    let once = TestHost::start().await;
    let id = once.submit(wav(3)).await;
    once.drain().await;
    let expected = comparable(once.interview(&id).await);

    let test = TestHost::start().await;
    let id = test.submit(wav(3)).await;
    deliver_badly(&test).await;
    let found = comparable(test.interview(&id).await);
    assert!(found == expected, "{found}\n{expected}");
    assert_eq!(
        test.engine.calls.load(Ordering::SeqCst),
        1,
        "one call to the engine for one input"
    );
    let mut by_type: Vec<(String, String)> = test
        .receiver
        .received
        .lock()
        .unwrap()
        .iter()
        .map(|(id, body, _)| (body["type"].as_str().unwrap_or("").to_owned(), id.clone()))
        .collect();
    by_type.sort();
    by_type.dedup();
    let types: Vec<&str> = by_type.iter().map(|(kind, _)| kind.as_str()).collect();
    assert_eq!(
        types,
        [
            "interview.analyzed",
            "interview.completed",
            "interview.transcribed"
        ],
        "one id for each event"
    );
}

#[tokio::test]
async fn an_interview_of_eight_hours_fits_everywhere() {
    let test = TestHost::start().await;
    test.engine.long.store(80_000, Ordering::SeqCst);
    let id = test.submit(wav(3)).await;
    test.drain().await;
    let interview = test.interview(&id).await;
    assert_eq!(interview["status"], "completed", "{}", interview["steps"]);
    let transcript = &interview["transcript"];
    assert_eq!(transcript["words"].as_array().map(Vec::len), Some(80_000));
    assert_eq!(transcript["words"][79_999]["end_ms"], 79_999 * 360 + 300);
    assert_eq!(interview["analysis"]["evidence_validity"], 1.0);
}

#[tokio::test]
async fn an_engine_on_a_break_is_asked_again_later() {
    let test = TestHost::start().await;
    test.engine.failures.store(3, Ordering::SeqCst);
    let id = test.submit(wav(3)).await;
    test.drain().await;
    assert_eq!(test.interview(&id).await["status"], "completed");
    assert_eq!(test.engine.calls.load(Ordering::SeqCst), 4);
}

#[tokio::test]
async fn an_engine_that_stays_away_is_given_up_and_the_waveform_is_kept() {
    let test = TestHost::start().await;
    test.engine.failures.store(usize::MAX, Ordering::SeqCst);
    let id = test.submit(wav(3)).await;
    test.drain().await;
    let interview = test.interview(&id).await;
    assert_eq!(interview["status"], "failed");
    assert_eq!(interview["steps"]["waveform"]["state"], "done");
    assert_eq!(
        interview["steps"]["transcription"]["error"]["code"],
        "engine_unavailable"
    );
    assert_eq!(
        interview["steps"]["analysis"]["error"]["code"],
        "prerequisite_failed"
    );
    assert_eq!(test.receiver.types(), ["interview.failed"]);
    assert_eq!(
        test.host.store.deliveries().backlog().await.unwrap(),
        Backlog::default()
    );
}

#[tokio::test]
async fn a_receiver_that_is_down_is_tried_again_under_the_same_id() {
    let test = TestHost::start().await;
    *test.receiver.answers.lock().unwrap() = vec![StatusCode::BAD_GATEWAY; 6];
    test.submit(wav(3)).await;
    test.drain().await;
    let received = test.receiver.received.lock().unwrap();
    let mut ids: Vec<&str> = received.iter().map(|(id, ..)| id.as_str()).collect();
    assert_eq!(ids.len(), 9, "three events and six failures");
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 3);
}

#[tokio::test]
async fn a_receiver_that_is_gone_hears_no_more() {
    let test = TestHost::start().await;
    *test.receiver.answers.lock().unwrap() = vec![StatusCode::GONE];
    test.submit(wav(3)).await;
    test.drain().await;
    let heard = test.receiver.types().len();
    assert!(
        heard < 3,
        "{heard} webhooks although the first was answered with 410"
    );
}

#[tokio::test]
async fn deletion_leaves_nothing_and_nothing_comes_back() {
    let test = TestHost::start().await;
    let id = test.submit(wav(3)).await;
    // In the middle of it: the upload has been announced, nothing else is done.
    let path = format!("{}/v1/interviews/{id}", test.url);
    assert_eq!(
        test.client.delete(&path).send().await.unwrap().status(),
        204
    );
    assert_eq!(test.client.get(&path).send().await.unwrap().status(), 404);
    assert_eq!(
        test.client.delete(&path).send().await.unwrap().status(),
        404
    );
    deliver_badly(&test).await;
    assert_nothing_left(&test, &id).await;
    let kinds: std::collections::BTreeSet<String> = test.receiver.types().into_iter().collect();
    assert_eq!(kinds.into_iter().collect::<Vec<_>>(), ["interview.deleted"]);
}

#[tokio::test]
async fn a_finished_interview_is_deleted_with_all_its_parts() {
    let test = TestHost::start().await;
    let id = test.submit(wav(3)).await;
    test.drain().await;
    let path = format!("{}/v1/interviews/{id}", test.url);
    assert_eq!(
        test.client.delete(&path).send().await.unwrap().status(),
        204
    );
    test.drain().await;
    assert_nothing_left(&test, &id).await;
}

fn key(id: &str) -> InterviewKey {
    InterviewKey {
        user_id: UserId::parse("local").unwrap(),
        interview_id: InterviewId::parse(id).unwrap(),
    }
}

#[tokio::test]
async fn a_deletion_that_was_cut_short_is_finished_by_the_sweep() {
    let test = TestHost::start().await;
    let id = test.submit(wav(3)).await;
    test.drain().await;
    // The process died right after the mark was set.
    let now = domain::ports::Clock::now(&*test.clock);
    assert!(
        domain::deletion::mark(&*test.host.store.records(), &key(&id), now)
            .await
            .unwrap()
    );
    let path = format!("{}/v1/interviews/{id}", test.url);
    assert_eq!(test.client.get(&path).send().await.unwrap().status(), 404);
    test.clock.advance(Duration::from_mins(1));
    test.sweep().await;
    assert_nothing_left(&test, &id).await;
    assert!(
        test.receiver
            .types()
            .contains(&"interview.deleted".to_owned())
    );
}

#[tokio::test]
async fn a_step_whose_event_was_lost_is_settled_by_the_sweep() {
    let test = TestHost::start().await;
    let id = test.submit(wav(3)).await;
    // Claimed by a worker that dies, and all that would start another is lost.
    let (records, now) = (
        test.host.store.records(),
        domain::ports::Clock::now(&*test.clock),
    );
    let claim = domain::work::begin(
        &*records,
        &key(&id),
        StepName::Transcription,
        "1",
        None,
        now,
    )
    .await;
    assert!(matches!(claim, Ok(Claim::Start(_))));
    let deliveries = test.host.store.deliveries();
    for lane in deliveries.lanes() {
        for delivery in deliveries.take(&lane, 100).await.unwrap() {
            deliveries.done(&delivery).await.unwrap();
        }
    }
    test.clock.advance(Duration::from_hours(25));
    test.sweep().await;
    assert_eq!(test.interview(&id).await["status"], "failed");
    assert_eq!(test.step_error(&id, "transcription").await, "worker_lost");
    assert_eq!(test.step_error(&id, "report").await, "prerequisite_failed");
    assert_eq!(test.step_error(&id, "waveform").await, "never_started");
    assert_eq!(test.receiver.types(), ["interview.failed"]);
}

async fn assert_nothing_left(test: &TestHost, id: &str) {
    let key = key(id);
    let records = test.host.store.records();
    for path in [
        key.document(),
        key.data("transcript"),
        key.data("analysis"),
        key.data("waveform"),
        key.data("report"),
    ] {
        assert_eq!(records.read(&path).await.unwrap(), None, "{path}");
    }
    for collection in ["deliveries", "notes"] {
        let query = domain::ports::Query::collection(key.document().collection(collection));
        assert_eq!(records.list(&query).await.unwrap(), [], "{collection}");
    }
    let files = std::fs::read_dir(test.folder.path().join("objects"))
        .unwrap()
        .count();
    assert_eq!(files, 0, "objects");
    assert_eq!(
        test.host.store.deliveries().backlog().await.unwrap(),
        Backlog::default()
    );
}

#[tokio::test]
async fn what_is_no_recording_ends_in_a_typed_error_and_keeps_the_upload() {
    let test = TestHost::start().await;
    let mut lying = wav(3);
    lying[40..44].copy_from_slice(&u32::MAX.to_le_bytes());
    let mut cut_off = wav(3);
    cut_off.truncate(10_000);
    let cases = [
        (
            "a text",
            b"this is a text that calls itself a song".to_vec(),
            "not_audio",
            "not_audio",
        ),
        ("no samples", wav(0), "none", "empty_audio"),
        ("a header that lies", lying, "none", "none"),
        ("cut off in the middle", cut_off, "none", "none"),
        (
            "a telephone's AMR",
            b"#!AMR\n\x3c and so on".to_vec(),
            "unsupported_audio",
            "unsupported_audio",
        ),
        ("a header alone", wav(0)[..20].to_vec(), "none", "not_audio"),
    ];
    for (what, bytes, transcription, waveform) in cases {
        let id = test.submit(bytes).await;
        test.drain().await;
        // The scripted engine does not decode: what reaches it passes.
        assert_eq!(
            test.step_error(&id, "transcription").await,
            transcription,
            "{what}"
        );
        assert_eq!(test.step_error(&id, "waveform").await, waveform, "{what}");
        let status = test.interview(&id).await["status"]
            .as_str()
            .unwrap()
            .to_owned();
        assert!(
            ["completed", "partial", "failed"].contains(&status.as_str()),
            "{what}: {status}"
        );
        let audio = format!("{}/v1/audio/{id}", test.url);
        assert_eq!(
            test.client.get(audio).send().await.unwrap().status(),
            200,
            "{what}: the upload is kept"
        );
    }
}

#[tokio::test]
async fn uploads_that_are_not_as_signed_are_refused_with_a_reason() {
    let test = TestHost::start().await;
    let bytes = wav(1);
    let created = test.create(bytes.len()).await;
    let upload = &created["upload"];
    let altered = |edit: &dyn Fn(&mut Value)| {
        let mut upload = upload.clone();
        edit(&mut upload);
        upload
    };
    let longer = [&bytes[..], b"x"].concat();
    let shorter = bytes[1..].to_vec();
    let other_type = altered(&|upload| upload["headers"]["content-type"] = json!("audio/mpeg"));
    let edited = |from: &str, to: &str| {
        let url = upload["url"].as_str().unwrap().replace(from, to);
        altered(&|upload| upload["url"] = json!(url))
    };
    let size = bytes.len().to_string();
    for (what, upload, bytes, status, code) in [
        (
            "a byte more",
            upload.clone(),
            longer,
            413,
            "upload_too_large",
        ),
        (
            "a byte less",
            upload.clone(),
            shorter,
            400,
            "upload_too_small",
        ),
        (
            "another type",
            other_type,
            bytes.clone(),
            403,
            "header_not_as_signed",
        ),
        (
            "another size",
            edited(&size, "99999"),
            bytes.clone(),
            403,
            "invalid_signature",
        ),
        (
            "another object",
            edited("/audio/", "/other/"),
            bytes.clone(),
            403,
            "invalid_signature",
        ),
        (
            "no signature",
            edited("signature=", "ignature="),
            bytes.clone(),
            403,
            "invalid_signature",
        ),
    ] {
        let answer = put(&test.client, &upload, bytes).await;
        assert_eq!(answer.status(), status, "{what}");
        let problem: Value = answer.json().await.expect("a problem");
        assert_eq!(problem["code"], code, "{what}");
    }
    test.clock.advance(std::time::Duration::from_secs(3_601));
    let answer = test.upload(&created, bytes.clone()).await;
    assert_eq!(answer.json::<Value>().await.unwrap()["code"], "url_expired");
    // Nothing is lost by it: a fresh URL, and all is well.
    let path = format!(
        "{}/v1/interviews/{}/upload-url",
        test.url,
        created["id"].as_str().unwrap()
    );
    let fresh: Value = test
        .client
        .post(path)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(put(&test.client, &fresh, bytes.clone()).await.status(), 200);
    assert_eq!(
        put(&test.client, &fresh, bytes).await.status(),
        412,
        "a second time"
    );
    test.drain().await;
    let files = std::fs::read_dir(test.folder.path().join("objects"))
        .unwrap()
        .count();
    assert_eq!(
        files, 2,
        "the recording and the report, and nothing of what was refused"
    );
}

#[tokio::test]
async fn an_upload_is_resumed_where_it_broke_off() {
    let test = TestHost::start().await;
    let bytes = wav(3);
    let created = test.create(bytes.len()).await;
    let start = &created["upload"]["resumable"];
    let headers = start["headers"].as_object().unwrap();
    let request = headers.iter().fold(
        test.client.post(start["url"].as_str().unwrap()),
        |request, (name, value)| request.header(name, value.as_str().unwrap()),
    );
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), 201);
    let session = answer.headers()["location"].to_str().unwrap().to_owned();
    let total = bytes.len();
    let send = |range: String, part: Vec<u8>| {
        test.client
            .put(&session)
            .header("content-range", range)
            .body(part)
            .send()
    };
    let nothing_yet = send(format!("bytes */{total}"), Vec::new()).await.unwrap();
    assert_eq!(nothing_yet.status(), 308);
    assert!(nothing_yet.headers().get("range").is_none());
    let first = send(format!("bytes 0-9999/{total}"), bytes[..10_000].to_vec())
        .await
        .unwrap();
    assert_eq!(
        (first.status().as_u16(), &first.headers()["range"]),
        (308, &"bytes=0-9999".parse().unwrap())
    );
    let gap = send(
        format!("bytes 20000-20009/{total}"),
        bytes[20_000..20_010].to_vec(),
    )
    .await
    .unwrap();
    assert_eq!(
        (gap.status().as_u16(), &gap.headers()["range"]),
        (308, &"bytes=0-9999".parse().unwrap())
    );
    // The client's memory is a little behind: what overlaps is not stored twice.
    let last = send(
        format!("bytes 9000-{}/{total}", total - 1),
        bytes[9_000..].to_vec(),
    )
    .await
    .unwrap();
    assert_eq!(last.status(), 200);
    // The answer was lost, and the client asks how far it is.
    let again = send(format!("bytes */{total}"), Vec::new()).await.unwrap();
    assert_eq!(again.status(), 200);
    test.drain().await;
    let id = created["id"].as_str().unwrap();
    assert_eq!(test.interview(id).await["status"], "completed");
    let audio = test
        .client
        .get(format!("{}/v1/audio/{id}", test.url))
        .send()
        .await
        .unwrap();
    assert_eq!(audio.bytes().await.unwrap(), bytes);
}

#[tokio::test]
async fn what_a_client_asks_wrongly_is_answered_with_a_problem() {
    let test = TestHost::start().await;
    let post = |body: Value| {
        test.client
            .post(format!("{}/v1/interviews", test.url))
            .json(&body)
            .send()
    };
    let audio =
        |size: u64| json!({"filename": "a.wav", "content_type": "audio/wav", "size_bytes": size});
    // Half of a character is no text: refused, and never stored.
    let half = test.client.post(format!("{}/v1/interviews", test.url));
    let half = half.header("content-type", "application/json");
    let answer = half
        .body(r#"{"title": "a \ud800 b"}"#)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
    assert_eq!(
        answer.json::<Value>().await.unwrap()["code"],
        "invalid_body"
    );
    for (body, status, code) in [
        (json!({}), 400, "invalid_body"),
        (json!({"title": ""}), 400, "invalid_field"),
        (json!({"title": "t", "colour": "red"}), 400, "invalid_body"),
        (json!({"title": 5}), 400, "invalid_body"),
        (
            json!({"title": "t", "language": "not a language"}),
            400,
            "invalid_field",
        ),
        (
            json!({"title": "t", "webhook_url": "ftp://example.com"}),
            400,
            "invalid_field",
        ),
        (
            json!({"title": "t", "webhook_url": "http://10.0.0.1/"}),
            400,
            "invalid_field",
        ),
        (
            json!({"title": "t", "audio": audio(0)}),
            400,
            "invalid_field",
        ),
        (
            json!({"title": "t", "audio": audio(10_000_001)}),
            413,
            "recording_too_large",
        ),
        (
            json!({"title": "t", "rubric": {"competencies": []}}),
            400,
            "invalid_field",
        ),
    ] {
        let answer = post(body.clone()).await.unwrap();
        assert_eq!(answer.status(), status, "{body}");
        assert_eq!(answer.headers()["content-type"], "application/problem+json");
        let problem: Value = answer.json().await.unwrap();
        assert_eq!(problem["code"], code, "{body}");
        assert!(
            problem["request_id"]
                .as_str()
                .is_some_and(|id| !id.is_empty())
        );
    }
    for (path, status) in [
        ("/v1/nothing", 404),
        ("/v1/interviews/x", 404),
        ("/v1/interviews?limit=0", 400),
        ("/v1/interviews?x=1", 400),
    ] {
        let answer = test
            .client
            .get(format!("{}{path}", test.url))
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), status, "{path}");
    }
    let wrong_method = test
        .client
        .put(format!("{}/v1/interviews", test.url))
        .send()
        .await
        .unwrap();
    assert_eq!(
        (
            wrong_method.status().as_u16(),
            &wrong_method.headers()["allow"]
        ),
        (405, &"GET, POST".parse().unwrap())
    );
}

#[tokio::test]
async fn one_user_does_not_see_what_is_anothers() {
    let test = TestHost::start().await;
    let id = test.submit(wav(3)).await;
    test.drain().await;
    for part in [
        "",
        "/transcript",
        "/transcript.srt",
        "/analysis",
        "/waveform",
        "/report.docx",
        "/events",
    ] {
        let path = format!("{}/v1/interviews/{id}{part}", test.url);
        let answer = test
            .client
            .get(path)
            .header("x-user-id", "somebody")
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 404, "{part}");
    }
    let list = test
        .client
        .get(format!("{}/v1/interviews", test.url))
        .header("x-user-id", "somebody")
        .send()
        .await;
    assert_eq!(
        list.unwrap().json::<Value>().await.unwrap()["items"],
        json!([])
    );
    let audio = test
        .client
        .get(format!("{}/v1/audio/{id}", test.url))
        .header("x-user-id", "somebody")
        .send()
        .await;
    assert_eq!(audio.unwrap().status(), 404);
}

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
async fn notes_that_are_there_are_in_the_report() {
    let test = TestHost::start().await;
    let bytes = wav(3);
    let created = test.create(bytes.len()).await;
    let id = created["id"].as_str().unwrap();
    let key = InterviewKey {
        user_id: UserId::parse("local").unwrap(),
        interview_id: InterviewId::parse(id).unwrap(),
    };
    let note = |id: &str, text: &str, at_ms| Note {
        id: id.into(),
        text: text.into(),
        at_ms,
        kind: NoteKind::Bookmark,
        created_at: Timestamp::from_millis(0),
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
    let url = format!("{}/v1/interviews/{id}/report.docx", test.url);
    let report = test
        .client
        .get(url)
        .send()
        .await
        .unwrap()
        .bytes()
        .await
        .unwrap();
    let mut archive = ZipArchive::new(Cursor::new(report)).unwrap();
    assert!(
        archive
            .file_names()
            .any(|name| name.starts_with("word/media/")),
        "no picture"
    );
    let mut xml = String::new();
    archive
        .by_name("word/document.xml")
        .unwrap()
        .read_to_string(&mut xml)
        .unwrap();
    let (first, later) = (xml.find("the first one"), xml.find("the later one"));
    assert!(first.is_some() && first < later, "{first:?} {later:?}");
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

#[tokio::test]
async fn the_recording_is_played_in_parts_by_a_link_that_needs_no_header() {
    let test = TestHost::start().await;
    let bytes = wav(3);
    let id = test.submit(bytes.clone()).await;
    test.drain().await;
    let link = test.interview(&id).await["audio"]["url"]
        .as_str()
        .unwrap()
        .to_owned();
    let link = format!("{}{link}", test.url);
    let get = |range: &'static str| {
        test.client
            .get(&link)
            .header("x-user-id", "somebody")
            .header("range", range)
            .send()
    };
    let part = get("bytes=100-199").await.unwrap();
    assert_eq!(part.status(), 206);
    assert_eq!(
        part.headers()["content-range"],
        format!("bytes 100-199/{}", bytes.len())
    );
    assert_eq!(part.headers()["content-type"], "audio/wav");
    assert_eq!(part.bytes().await.unwrap(), &bytes[100..200]);
    let behind = get("bytes=999999999-").await.unwrap();
    assert_eq!(
        (
            behind.status().as_u16(),
            behind.headers()["content-range"].clone()
        ),
        (416, format!("bytes */{}", bytes.len()).parse().unwrap())
    );
    let head = test.client.head(&link).send().await.unwrap();
    assert_eq!(
        (
            head.status().as_u16(),
            head.headers()["content-length"].clone()
        ),
        (200, bytes.len().to_string().parse().unwrap())
    );
    let forged = test
        .client
        .get(link.replace("token=", "token=x"))
        .send()
        .await
        .unwrap();
    assert_eq!(forged.status(), 403);
    test.clock.advance(std::time::Duration::from_secs(3_601));
    assert_eq!(
        test.client.get(&link).send().await.unwrap().status(),
        403,
        "an hour later"
    );
}

#[tokio::test]
async fn lists_are_paged_newest_first() {
    let test = TestHost::start().await;
    let mut ids = Vec::new();
    for _ in 0..5 {
        ids.push(test.create(10).await["id"].clone());
        test.clock.advance(std::time::Duration::from_millis(1));
    }
    ids.reverse();
    let (mut seen, mut path) = (Vec::new(), "/v1/interviews?limit=2".to_owned());
    loop {
        let page = test.get(&path).await;
        seen.extend(
            page["items"]
                .as_array()
                .unwrap()
                .iter()
                .map(|item| item["id"].clone()),
        );
        let Some(token) = page["next_page_token"].as_str() else {
            break;
        };
        path = format!("/v1/interviews?limit=2&page_token={token}");
    }
    assert_eq!(seen, ids);
    assert_eq!(
        test.get("/v1/interviews?status=completed").await["items"],
        json!([])
    );
}

#[tokio::test]
async fn the_same_idempotency_key_makes_one_interview() {
    let test = TestHost::start().await;
    let create = || {
        let request = test.client.post(format!("{}/v1/interviews", test.url));
        request
            .header("idempotency-key", "k 1")
            .json(&json!({"title": "t"}))
            .send()
    };
    let first: Value = create().await.unwrap().json().await.unwrap();
    let second: Value = create().await.unwrap().json().await.unwrap();
    assert_eq!(first["id"], second["id"]);
    assert_eq!(
        test.get("/v1/interviews").await["items"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

#[tokio::test]
async fn the_events_tell_the_story_to_its_end() {
    let test = TestHost::start().await;
    let created = test.create(wav(3).len()).await;
    let id = created["id"].as_str().unwrap();
    let events = test
        .client
        .get(format!("{}/v1/interviews/{id}/events", test.url))
        .send()
        .await
        .unwrap();
    assert_eq!(events.headers()["content-type"], "text/event-stream");
    assert_eq!(test.upload(&created, wav(3)).await.status(), 200);
    test.drain().await;
    let story = events.text().await.unwrap();
    assert!(story.contains("event: snapshot"), "{story}");
    let last = story.rsplit("event: ").next().unwrap();
    assert!(
        last.starts_with("status") && last.contains("completed"),
        "{story}"
    );
}
