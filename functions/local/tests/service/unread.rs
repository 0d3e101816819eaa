//! Answers that are not read do not fill the memory.

use std::{path::Path, sync::Arc};

use domain::{
    Interview, InterviewId, InterviewKey, Timestamp, UserId, chunks,
    pipeline::Pipeline,
    ports::{Precondition, Write},
    transcript::{Speaker, TranscriptHead, Word},
    turns,
    versions::UnknownFields,
};
use embedded::{ManualClock, Store, StoreOptions};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
};

use crate::host::{ONE, Service};

const MEMORY: u64 = 512 << 20;

/// How many callers read nothing: in a release build as many as an instance of the API takes
/// requests at once, which would take two minutes in a debug build.
const CALLERS: usize = if cfg!(debug_assertions) { 50 } else { 200 };

/// The words of eight hours.
const WORDS: u64 = 80_000;

/// Stores an interview of eight hours, as the pipeline would.
async fn store_long_interview(data_dir: &Path) -> InterviewKey {
    let now = Timestamp::from_millis(1_767_225_600_000);
    let store = Store::open(StoreOptions {
        data_dir: data_dir.to_owned(),
        public_url: "http://localhost".to_owned(),
        pipeline: Arc::new(Pipeline::ours()),
        clock: Arc::new(ManualClock::at(now)),
    });
    let records = store.await.expect("opens").records();
    let key = InterviewKey {
        user_id: UserId::parse("local").expect("an id"),
        interview_id: InterviewId::generate(),
    };
    let words: Vec<Word> = (0..WORDS)
        .map(|index| Word {
            text: format!("word{index}").into(),
            start_ms: index * 360,
            end_ms: index * 360 + 300,
            speaker: u32::from(index / 25 % 2 == 1),
            confidence: 0.9,
            overlap: false,
        })
        .collect();
    let chunks = chunks::pack(1, &words);
    let duration_ms = WORDS * 360;
    let head = TranscriptHead {
        revision: 1,
        engine: "e".to_owned(),
        model: "m".to_owned(),
        diarization: None,
        language: None,
        duration_ms,
        speakers: vec![Speaker::unnamed(0), Speaker::unnamed(1)],
        chunks: u32::try_from(chunks.len()).expect("few"),
        quality: turns::quality(&words, duration_ms),
        usable: None,
        created_at: now,
        unknown: UnknownFields::default(),
    };
    let interview = Interview::new(&key, "t".into(), now);
    let absent = Precondition::Absent;
    let mut writes = vec![
        Write::put(key.document(), &interview, absent),
        Write::put(key.data("transcript"), &head, absent),
    ];
    for chunk in &chunks {
        writes.push(Write::put(key.chunk(1, chunk.number), chunk, absent));
    }
    let writes = writes.into_iter().collect::<Result<_, _>>();
    let writes = writes.expect("objects");
    records.commit(writes).await.expect("stored");
    key
}

/// Asks for the whole interview, waits until the answer has begun, and reads no more.
async fn ask(service: &Service, key: &InterviewKey) -> TcpStream {
    let socket = TcpSocket::new_v4().expect("a socket");
    // So that the answer waits in the service and not in the network.
    socket.set_recv_buffer_size(4_096).expect("a small buffer");
    let mut stream = socket.connect(service.address()).await.expect("connects");
    let path = format!("/v1/interviews/{}", key.interview_id);
    let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n");
    stream.write_all(request.as_bytes()).await.expect("asks");
    let mut beginning = [0; 12];
    stream.read_exact(&mut beginning).await.expect("an answer");
    assert_eq!(&beginning, b"HTTP/1.1 200");
    stream
}

#[tokio::test(flavor = "multi_thread")]
async fn unread_answers_of_eight_hours_fit_into_half_a_gibibyte() {
    let _one = ONE.lock().await;
    let folder = tempfile::tempdir().expect("a temporary folder");
    let key = store_long_interview(folder.path()).await;
    let service = Service::start_limited(folder.path(), MEMORY);
    let before = service.peak_memory_mib();
    let unread = (0..CALLERS).map(|_| ask(&service, &key));
    let unread = futures::future::join_all(unread).await;
    let client = reqwest::Client::new();
    let path = format!("{}/v1/interviews/{}", service.url, key.interview_id);
    let answer = client.get(&path).send().await.expect("an answer");
    let whole: serde_json::Value = answer.json().await.expect("JSON");
    let words = whole["transcript"]["words"].as_array().map(Vec::len);
    assert_eq!(words, Some(80_000));
    let peak = service.peak_memory_mib();
    println!(
        "{} unread answers of an interview of eight hours: {before} MiB before, {peak} MiB at most",
        unread.len()
    );
    assert!(peak < 256, "{peak} MiB");
}
