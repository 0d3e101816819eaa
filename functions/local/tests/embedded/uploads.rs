//! What people upload, and how.

use embedded::deliveries::Backlog;
use serde_json::{Value, json};
use testing::{object_files, put};

use crate::support::{TestHost, wav};

#[tokio::test]
async fn non_recording_fails_with_a_code_and_keeps_the_upload() {
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
            // Which no library here decodes: an engine may.
            "Monkey's Audio",
            b"MAC \x96\x0f and so on".to_vec(),
            "none",
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
async fn recording_whose_file_is_lost_settles_its_steps_at_the_first_delivery() {
    let test = TestHost::start().await;
    let id = test.submit(wav(1)).await;
    let objects = test.folder.path().join("objects");
    for entry in std::fs::read_dir(objects).unwrap() {
        let entry = entry.unwrap();
        if entry.file_name() != "installation" {
            std::fs::remove_file(entry.path()).unwrap();
        }
    }
    test.drain().await;
    let interview = test.interview(&id).await;
    assert_eq!(interview["status"], "failed");
    for step in ["transcription", "waveform"] {
        let step = &interview["steps"][step];
        assert_eq!(step["error"]["code"], "recording_missing", "{step}");
        assert_eq!(step["attempt"], 1, "{step}");
    }
    let backlog = test.host.store.deliveries().backlog().await.unwrap();
    assert_eq!(backlog, Backlog::default());
    let audio = format!("{}/v1/audio/{id}", test.url);
    let gone = test.client.get(audio).send().await.unwrap();
    assert_eq!(gone.status(), 404);
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
    assert_eq!(
        object_files(test.folder.path()),
        3,
        "the recording, the report in two formats, and nothing of what was refused"
    );
}

#[tokio::test]
async fn an_upload_is_resumed_where_it_broke_off() {
    let test = TestHost::start().await;
    let bytes = wav(20);
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
    let short = send(format!("bytes 0-9999/{total}"), bytes[..10_000].to_vec());
    let short: Value = short.await.unwrap().json().await.unwrap();
    assert_eq!(short["code"], "invalid_content_range");
    let first = send(format!("bytes 0-262143/{total}"), bytes[..262_144].to_vec())
        .await
        .unwrap();
    assert_eq!(
        (first.status().as_u16(), &first.headers()["range"]),
        (308, &"bytes=0-262143".parse().unwrap())
    );
    let gap = send(
        format!("bytes 270000-{}/{total}", total - 1),
        bytes[270_000..].to_vec(),
    )
    .await
    .unwrap();
    assert_eq!(
        (gap.status().as_u16(), &gap.headers()["range"]),
        (308, &"bytes=0-262143".parse().unwrap())
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
