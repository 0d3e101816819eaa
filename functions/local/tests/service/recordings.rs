//! Real speech, and 256 MiB without any.

use std::{process::Command, time::Instant};

use futures::StreamExt;
use reqwest::Client;
use serde_json::Value;

use crate::host::{ONE, Service, create, finished, speech, upload};

#[tokio::test(flavor = "multi_thread")]
async fn the_first_segment_of_the_bundled_interview_comes_long_before_the_last() {
    let _one = ONE.lock().await;
    let folder = tempfile::tempdir().expect("a temporary folder");
    let service = Service::start_recognizing(folder.path());
    let begun = Instant::now();
    let answer = Client::new()
        .post(format!("{}/v1/transcribe-stream", service.url))
        .header("content-type", "audio/wav")
        .body(speech(40))
        .send()
        .await
        .expect("an answer");
    assert_eq!(answer.status(), 200);
    let (mut text, mut segments, mut engines) = (String::new(), Vec::new(), None);
    let mut body = answer.bytes_stream();
    while let Some(bytes) = body.next().await {
        text += std::str::from_utf8(&bytes.expect("whole")).expect("whole events");
        let count = text.matches("event: segment\n").count();
        segments.resize(count, begun.elapsed());
        if count > 0 {
            engines.get_or_insert_with(|| service.engines());
        }
    }
    assert!(text.contains("event: done\n"), "{text}");
    let (first, last) = (segments[0], segments[segments.len() - 1]);
    println!(
        "{} segments, the first after {first:?}, the last after {last:?}",
        segments.len()
    );
    assert!(
        segments.len() > 1 && engines > Some(0),
        "the first of {} came when all had been heard",
        segments.len()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn silence_of_256_mib_is_refused_in_little_memory() {
    const MIB: u64 = 1024 * 1024;
    const DATA: u64 = 256 * MIB - 44;
    let _one = ONE.lock().await;
    let folder = tempfile::tempdir().expect("a temporary folder");
    let client = Client::new();
    let service = Service::start_recognizing(folder.path());
    let created = create(&client, &service.url, DATA + 44).await;
    let length = u32::try_from(DATA).expect("fits").to_le_bytes();
    // 48 kHz, two channels, 16 bits: 23 minutes.
    let header = [
        b"RIFF\xff\xff\xff\x0fWAVEfmt \x10\0\0\0\x01\0\x02\0\x80\xbb\0\0\0\xee\x02\0\x04\0\x10\0data",
        &length[..],
    ]
    .concat();
    let zeros = bytes::Bytes::from(vec![0; 1024 * 1024]);
    let body = std::iter::once(bytes::Bytes::from(header)).chain((0..256).map(move |index| {
        let missing = if index == 255 { 44 } else { 0 };
        zeros.slice(missing..)
    }));
    let body = futures::stream::iter(body.map(std::io::Result::Ok));
    upload(&client, &created, reqwest::Body::wrap_stream(body)).await;
    let interview = finished(
        &client,
        &service.url,
        created["id"].as_str().expect("an id"),
    )
    .await;
    assert_eq!(
        interview["steps"]["transcription"]["error"]["code"], "no_speech",
        "{}",
        interview["steps"]
    );
    assert_eq!(interview["steps"]["waveform"]["state"], "done");
    assert_eq!(interview["audio"]["duration_ms"], 1_398_101);
    println!("256 MiB of silence: {} MiB", service.peak_memory_mib());
    assert!(
        service.peak_memory_mib() < 100,
        "{} MiB",
        service.peak_memory_mib()
    );
}

/// Word errors: changes, additions and omissions by edit distance.
fn word_errors(expected: &[String], heard: &[String]) -> usize {
    let mut row: Vec<usize> = (0..=heard.len()).collect();
    for (index, word) in expected.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = index + 1;
        for (column, other) in heard.iter().enumerate() {
            let changed = diagonal + usize::from(word != other);
            diagonal = row[column + 1];
            row[column + 1] = changed.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[heard.len()]
}

fn words(texts: impl Iterator<Item = String>) -> Vec<String> {
    let words: Vec<String> = texts
        .flat_map(|text| {
            text.split_whitespace()
                .map(domain::text::normalize)
                .collect::<Vec<_>>()
        })
        .collect();
    words.into_iter().filter(|word| !word.is_empty()).collect()
}

#[test]
fn the_bundled_interview_is_recognised_well() {
    let _one = ONE.blocking_lock();
    let out = tempfile::tempdir().expect("a temporary folder");
    let samples = concat!(env!("CARGO_MANIFEST_DIR"), "/../../samples");
    let status = Command::new(env!("CARGO_BIN_EXE_interviewlens"))
        .env("TRANSCRIBER", "pocketsphinx")
        .args(["process", &format!("{samples}/interview.flac"), "--out"])
        .arg(out.path())
        .status();
    assert_eq!(status.expect("the binary runs").code(), Some(0));
    for name in [
        "transcript.json",
        "transcript.srt",
        "analysis.json",
        "waveform.json",
        "report.docx",
        "report.html",
    ] {
        assert!(out.path().join(name).is_file(), "{name}");
    }
    let read = |path: String| -> Value {
        serde_json::from_slice(&std::fs::read(path).expect("a file")).expect("JSON")
    };
    let known = read(format!("{samples}/interview.words.json"));
    let transcript = read(out.path().join("transcript.json").display().to_string());
    let (mut errors, mut total) = (0, 0);
    for channel in [0, 1] {
        let of = |items: &Value, field: &str, key: &str| {
            let items = items.as_array().cloned().unwrap_or_default();
            let own = items.into_iter().filter(move |item| item[field] == channel);
            let key = key.to_owned();
            words(own.map(move |item| item[key.as_str()].as_str().unwrap_or("").to_owned()))
        };
        let expected = of(&known["turns"], "channel", "text");
        errors += word_errors(&expected, &of(&transcript["words"], "speaker", "text"));
        total += expected.len();
    }
    println!(
        "word error rate of the offline engine on the bundled interview: {errors} of {total} words, {} %",
        errors * 100 / total
    );
    assert!(errors * 100 < total * 25, "{errors} of {total} words");
}
