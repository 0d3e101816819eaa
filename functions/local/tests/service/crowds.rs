//! Many at once, slow ones among them, and more than is accepted.

use std::{
    io, iter,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use reqwest::Client;
use serde_json::Value;
use testing::object_files;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
    sync::mpsc::{self, UnboundedSender},
    task::JoinSet,
    time::interval,
};

use crate::host::{ONE, Service, create, finished, speech, submit, upload};

/// Each request has a connection of its own, which is to be accepted too.
fn each_by_itself() -> Client {
    let client = Client::builder().pool_max_idle_per_host(0).build();
    client.expect("a client")
}

/// No list may take as long as a user waits for it, but for moments at which the whole
/// machine stands still.
fn assert_soon(mut lists: Vec<Duration>) -> Duration {
    lists.sort_unstable();
    let nine_of_ten = lists[lists.len() * 9 / 10];
    let slowest = *lists.last().expect("lists");
    assert!(
        nine_of_ten < Duration::from_secs(1) && slowest < Duration::from_secs(30),
        "nine of ten lists took {nine_of_ten:?}, the slowest {slowest:?}"
    );
    slowest
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_at_once_are_worked_off_within_bounds() {
    let _one = ONE.lock().await;
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (client, recording) = (each_by_itself(), speech(3));
    let service = Service::start(folder.path());
    let submitting = (0..100).map(|_| submit(&client, &service.url, recording.clone()));
    let ids = futures::future::join_all(submitting).await;
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let (mut lists, mut most_engines) = (Vec::new(), 0);
    for id in &ids {
        let asked = Instant::now();
        let list = client
            .get(format!("{}/v1/interviews?limit=100", service.url))
            .send()
            .await
            .expect("an answer");
        assert_eq!(
            list.json::<Value>().await.expect("JSON")["items"]
                .as_array()
                .map(Vec::len),
            Some(100)
        );
        lists.push(asked.elapsed());
        most_engines = most_engines.max(service.engines());
        let interview = finished(&client, &service.url, id).await;
        assert_eq!(interview["status"], "completed", "{}", interview["steps"]);
    }
    let slowest = assert_soon(lists);
    println!(
        "a hundred at once: slowest list {slowest:?}, {most_engines} engines, {} MiB",
        service.peak_memory_mib()
    );
    assert!(
        most_engines <= cores,
        "{most_engines} engines on {cores} cores"
    );
    assert!(
        service.peak_memory_mib() < 200,
        "{} MiB",
        service.peak_memory_mib()
    );
}

/// Opens an interview's events; answers the connection when they have begun.
async fn follow(address: SocketAddr, id: &str) -> BufReader<TcpStream> {
    let mut stream = TcpStream::connect(address).await.expect("connects");
    let request = format!("GET /v1/interviews/{id}/events HTTP/1.1\r\nhost: x\r\n\r\n");
    stream.write_all(request.as_bytes()).await.expect("asks");
    let mut listener = BufReader::with_capacity(1_024, stream);
    until(&mut listener, "event: snapshot").await;
    listener
}

/// Reads lines up to one that begins so.
async fn until(listener: &mut BufReader<TcpStream>, beginning: &str) -> String {
    let mut line = String::new();
    while !line.starts_with(beginning) {
        line.clear();
        let read = listener.read_line(&mut line).await.expect("a line");
        assert!(read > 0, "the stream ended before `{beginning}`");
    }
    line
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_listeners_hear_of_one_interview() {
    const LISTENERS: usize = 1_000;
    let _one = ONE.lock().await;
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (client, recording) = (Client::new(), speech(3));
    let service = Service::start(folder.path());
    let before = service.peak_memory_mib();
    let created = create(&client, &service.url, recording.len() as u64).await;
    let id = created["id"].as_str().expect("an id");
    let listeners = (0..LISTENERS).map(|_| follow(service.address(), id));
    let listeners = futures::future::join_all(listeners).await;
    let idle = service.peak_memory_mib();
    upload(&client, &created, recording).await;
    let hearing = listeners.into_iter().map(|mut listener| async move {
        let completed = "data: {\"status\":\"completed\"";
        until(&mut listener, completed).await;
    });
    futures::future::join_all(hearing).await;
    let peak = service.peak_memory_mib();
    println!("a thousand listeners: {before} MiB before them, {idle} with them, {peak} at most");
    // About 50 KiB each in a debug build, connection and all.
    assert!(peak < before + 60, "{before} MiB, then {peak} MiB");
}

/// A caller that sends, or reads, a byte a second after it has asked, and asks again when
/// it is cut off; each time that it has asked it says by what it was cut off.
async fn slowly(
    address: SocketAddr,
    beginning: Arc<str>,
    reads: bool,
    asked: UnboundedSender<Option<io::Error>>,
) {
    let (mut cut_off, mut second) = (None, interval(Duration::from_secs(1)));
    loop {
        let result: io::Result<()> = async {
            let mut stream = TcpStream::connect(address).await?;
            stream.write_all(beginning.as_bytes()).await?;
            let _ = asked.send(cut_off.take());
            loop {
                second.tick().await;
                if reads {
                    stream.read_u8().await?;
                } else {
                    stream.write_u8(b' ').await?;
                }
            }
        }
        .await;
        cut_off = result.err();
        second.tick().await;
    }
}

/// Callers that send their headers or their bodies, or read what they asked for, by a
/// byte a second.
#[tokio::test(flavor = "multi_thread")]
async fn slow_callers_do_not_keep_the_others_waiting() {
    const EACH: usize = 100;
    /// How long they are slow, while others ask.
    const TIME: Duration = Duration::from_secs(4);
    let _one = ONE.lock().await;
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (client, recording) = (each_by_itself(), speech(80));
    let service = Service::start(folder.path());
    let id = submit(&client, &service.url, recording).await;
    // There is a link when the arrival is noted; the waveform may have begun before.
    let mut listener = follow(service.address(), &id).await;
    let audio = loop {
        let shown = client
            .get(format!("{}/v1/interviews/{id}", service.url))
            .send()
            .await;
        let interview: Value = shown.expect("an answer").json().await.expect("JSON");
        if let Some(link) = interview["audio"]["url"].as_str() {
            break link.to_owned();
        }
        until(&mut listener, "event: ").await;
    };
    let before = service.peak_memory_mib();
    let kinds = [
        "GET /v1/interviews HTTP/1.1\r\nhost: x\r\nx-slow: ".to_owned(),
        "POST /v1/interviews HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{".to_owned(),
        format!("GET {audio} HTTP/1.1\r\nhost: x\r\n\r\n"),
    ];
    let (asked, mut asking) = mpsc::unbounded_channel();
    let mut slow = JoinSet::new();
    for beginning in kinds {
        let reads = beginning.ends_with("\r\n\r\n");
        let beginning = Arc::<str>::from(beginning);
        for _ in 0..EACH {
            let beginning = Arc::clone(&beginning);
            slow.spawn(slowly(service.address(), beginning, reads, asked.clone()));
        }
    }
    for _ in 0..slow.len() {
        asking.recv().await.expect("they go on");
    }
    let (mut lists, begun) = (Vec::new(), Instant::now());
    while begun.elapsed() < TIME {
        let asked = Instant::now();
        let list = client.get(format!("{}/v1/interviews", service.url));
        let list = list.send().await.expect("an answer");
        let (status, body) = (list.status(), list.text().await);
        assert_eq!(status, 200, "{body:?}");
        lists.push(asked.elapsed());
    }
    let cut_off: Vec<_> = iter::from_fn(|| asking.try_recv().ok()).collect();
    let peak = service.peak_memory_mib();
    let (count, slowest) = (lists.len(), assert_soon(lists));
    println!(
        "{} slow callers: the slowest of {count} lists {slowest:?}, {before} MiB before them, {peak} MiB",
        slow.len(),
    );
    assert!(cut_off.is_empty(), "{cut_off:?}");
    // Who does not read holds blocks of the recording, not the two and a half MiB of it.
    assert!(
        peak < before + EACH as u64,
        "{before} MiB, then {peak} MiB for {EACH} that hardly read"
    );
}

/// Ten gibibytes, as far as they are taken.
fn endless(sent: &Arc<AtomicU64>) -> reqwest::Body {
    let (chunk, sent) = (bytes::Bytes::from(vec![0; 1 << 20]), Arc::clone(sent));
    let chunks = (0..10 * 1_024).map(move |_| {
        sent.fetch_add(1 << 20, Ordering::SeqCst);
        std::io::Result::Ok(chunk.clone())
    });
    reqwest::Body::wrap_stream(futures::stream::iter(chunks))
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_gibibytes_are_cut_off_at_the_limit() {
    const LIMIT: u64 = 64 << 20;
    let _one = ONE.lock().await;
    let folder = tempfile::tempdir().expect("a temporary folder");
    let client = Client::new();
    let limit = LIMIT.to_string();
    let service = Service::start_with(folder.path(), &[("MAX_UPLOAD_BYTES", &limit)]);
    let before = service.peak_memory_mib();
    for path in ["/v1/transcribe-stream", "/v1/analyze-async"] {
        let sent = Arc::new(AtomicU64::new(0));
        let request = client.post(format!("{}{path}", service.url));
        let request = match path {
            "/v1/analyze-async" => {
                let file = reqwest::multipart::Part::stream(endless(&sent)).file_name("a.wav");
                request.multipart(reqwest::multipart::Form::new().part("file", file))
            }
            _ => request
                .header("content-type", "audio/wav")
                .body(endless(&sent)),
        };
        // Who goes on sending may find the connection closed instead of an answer.
        if let Ok(answer) = request.send().await {
            assert_eq!(answer.status(), 413, "{path}");
            let problem: Value = answer.json().await.expect("JSON");
            assert_eq!(problem["code"], "body_too_large");
        }
        let sent = sent.load(Ordering::SeqCst);
        assert!(sent < LIMIT + (32 << 20), "{path} took {sent} bytes");
    }
    let peak = service.peak_memory_mib();
    println!(
        "ten gibibytes cut off at {} MiB: {before} MiB of memory before, {peak} MiB at most",
        LIMIT >> 20
    );
    // The service holds blocks of a body, never as much of it as the limit allows.
    let most = before + (LIMIT >> 20) / 2;
    assert!(peak < most, "{before} MiB, then {peak} MiB");
    assert_eq!(object_files(folder.path()), 0, "nothing of them is kept");
}
