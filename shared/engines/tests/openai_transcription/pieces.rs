//! Long recordings in pieces.

use std::{
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use domain::ports::{Progress, Transcriber};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use crate::support::{
    Canned, Fixture, NoProgress, loud, options, quiet, request, ten_seconds, texts,
};

const TEXT: &str = r#"{"text": "Yes."}"#;

/// So many times 20 seconds of speech and two of silence.
fn speech(times: usize) -> Vec<i16> {
    [loud(20_000), quiet(2_000)].concat().repeat(times)
}

struct Noted(Mutex<Vec<u8>>);

impl Progress for Noted {
    fn report(&self, percent: u8) {
        self.0.lock().expect("not poisoned").push(percent);
    }
}

#[tokio::test]
async fn pieces_are_within_the_limits_and_report_progress() {
    let bench = Fixture::answering(|_| Canned::new(200, TEXT)).await;
    let progress = Noted(Mutex::default());
    let (engine, request) = (bench.engine(), request(&[speech(30)]));
    let recognition = engine.transcribe(&request, &progress).await.unwrap();
    let seen = bench.seen();
    assert_eq!(seen.len(), 3);
    for seen in &seen {
        assert!(
            seen.size < 10_000_000 && seen.seconds() <= 300.0,
            "{}",
            seen.size
        );
    }
    let starts: Vec<_> = texts(&recognition).iter().map(|word| word.1).collect();
    assert!(
        starts[0] < 1_000 && starts[1].abs_diff(14 * 22_000) < 1_000,
        "{starts:?}"
    );
    assert!(starts.is_sorted(), "{starts:?}");
    let progress = progress.0.into_inner().unwrap();
    assert_eq!(progress.len(), 3);
    assert!(
        progress.is_sorted() && progress[0] > 20 && progress[2] > 95,
        "{progress:?}"
    );
}

#[tokio::test]
async fn channels_with_one_person_each_are_sent_separately() {
    let left = [loud(3_000), quiet(3_000), loud(2_000), quiet(2_000)].concat();
    let right = [quiet(3_000), loud(3_000), quiet(2_000), loud(2_000)].concat();
    let bench = Fixture::answering(|_| Canned::new(200, TEXT)).await;
    let recognition = bench.transcribe(&request(&[left, right])).await.unwrap();
    assert_eq!((bench.seen().len(), recognition.speakers.len()), (2, 2));
    let mut speakers: Vec<u32> = recognition.words.iter().map(|word| word.speaker).collect();
    speakers.sort_unstable();
    assert_eq!(speakers, [0, 1]);
}

#[tokio::test]
async fn piece_that_is_too_large_is_sent_in_halves_and_the_limit_is_kept() {
    let too_large = r#"{"error": {"message": "Maximum clip duration (30s) exceeded.", "type": "BadRequestError", "param": null, "code": 400}}"#;
    let bench = Fixture::answering(move |seen| {
        if seen.seconds() > 30.0 {
            Canned::new(400, too_large)
        } else {
            Canned::new(200, TEXT)
        }
    })
    .await;
    let engine = bench.engine();
    let request = request(&[speech(4)]);
    for _ in 0..2 {
        let recognition = engine.transcribe(&request, &NoProgress).await.unwrap();
        let starts: Vec<_> = texts(&recognition).iter().map(|word| word.1).collect();
        assert_eq!(starts.len(), 4);
        for (start, expected) in starts.iter().zip([0, 22_000, 44_000, 66_000]) {
            assert!(start.abs_diff(expected) < 500, "{starts:?}");
        }
    }
    let refused = bench
        .seen()
        .iter()
        .filter(|seen| seen.seconds() > 30.0)
        .count();
    assert_eq!((refused, bench.seen().len()), (2, 10));
}

#[tokio::test]
async fn failed_piece_alone_is_sent_again() {
    let count = AtomicUsize::new(0);
    let mut bench = Fixture::answering(move |_| match count.fetch_add(1, Ordering::Relaxed) {
        1 => Canned::new(500, "Internal Server Error"),
        _ => Canned::new(200, TEXT),
    })
    .await;
    bench.options.retry_budget = Duration::from_mins(1);
    let recognition = bench.transcribe(&request(&[speech(30)])).await.unwrap();
    assert_eq!((texts(&recognition).len(), bench.seen().len()), (3, 4));
}

#[tokio::test]
async fn connection_that_breaks_off_is_made_again() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let server = tokio::spawn(async move {
        for answer in ["HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{", ""] {
            let (mut connection, _) = listener.accept().await.unwrap();
            let mut block = [0; 4_096];
            let read = connection.read(&mut block).await.expect("a request");
            assert!(read > 0);
            connection.write_all(answer.as_bytes()).await.unwrap();
        }
        let (mut connection, _) = listener.accept().await.unwrap();
        let mut body = Vec::new();
        let mut block = vec![0; 65_536];
        // A form ends with its boundary and two dashes.
        while !body.ends_with(b"--\r\n") {
            let count = connection.read(&mut block).await.unwrap();
            body.extend_from_slice(&block[..count]);
        }
        let answer = format!(
            "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{TEXT}",
            TEXT.len()
        );
        connection.write_all(answer.as_bytes()).await.unwrap();
    });
    let mut bench = Fixture::start([]).await;
    bench.options = options(&url, "whisper-1");
    bench.options.retry_budget = Duration::from_mins(1);
    let recognition = bench.transcribe(&ten_seconds()).await.unwrap();
    assert_eq!(texts(&recognition).len(), 1);
    server.await.unwrap();
}
