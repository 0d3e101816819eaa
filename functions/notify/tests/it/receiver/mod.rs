//! A receiver of webhooks that behaves as scripted, on a port of this machine.
#![allow(dead_code, reason = "each test file uses a part of it")]

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::Notify,
    task::JoinHandle,
};

/// What a receiver does once it has read a request.
pub(crate) enum Script {
    /// Writes this and closes the connection.
    Answer(String),
    /// Writes this and keeps the connection open.
    Stall(String),
    /// Writes a body without end.
    Endless,
    /// Keeps the connection open and writes nothing.
    Silence,
    /// Does that to the first connections, so many of them, and answers the others.
    SilentAtFirst(usize, String),
    /// Answers the first connections each with the next of these, and then with the last.
    Answers(Vec<String>),
}

#[derive(Default)]
struct RecordedRequest {
    connections: AtomicUsize,
    requests: Mutex<Vec<String>>,
    written: AtomicUsize,
    closed: Notify,
}

/// A running receiver.
pub(crate) struct Receiver {
    port: u16,
    seen: Arc<RecordedRequest>,
    task: JoinHandle<()>,
}

/// An HTTP answer without a body.
pub(crate) fn answer(status: u16, headers: &str) -> String {
    format!("HTTP/1.1 {status} Scripted\r\n{headers}Content-Length: 0\r\n\r\n")
}

impl Receiver {
    /// Listens on a free port.
    pub(crate) async fn start(script: Script) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let seen = Arc::new(RecordedRequest::default());
        let task = tokio::spawn(serve(listener, script, Arc::clone(&seen)));
        Self { port, seen, task }
    }

    /// Its address as a URL.
    pub(crate) fn url(&self) -> String {
        self.url_of("127.0.0.1")
    }

    /// Its port on another host.
    pub(crate) fn url_of(&self, host: &str) -> String {
        format!("http://{host}:{}", self.port)
    }

    /// All requests so far.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.seen.requests.lock().expect("requests").clone()
    }

    /// How many connections it has accepted.
    pub(crate) fn connections(&self) -> usize {
        self.seen.connections.load(Ordering::SeqCst)
    }

    /// Waits until the client has closed on an endless body; how much was sent.
    pub(crate) async fn written_until_closed(&self) -> usize {
        self.seen.closed.notified().await;
        self.seen.written.load(Ordering::SeqCst)
    }

    /// Closes the port; where it was.
    pub(crate) async fn stop(self) -> String {
        let url = self.url();
        self.task.abort();
        self.task.await.expect_err("it was stopped");
        url
    }
}

async fn serve(listener: TcpListener, script: Script, seen: Arc<RecordedRequest>) {
    let mut open = Vec::new();
    while let Ok((mut stream, _)) = listener.accept().await {
        let before = seen.connections.fetch_add(1, Ordering::SeqCst);
        if let Some(request) = read_request(&mut stream).await {
            seen.requests.lock().expect("requests").push(request);
        }
        match &script {
            Script::Stall(text) => {
                drop(stream.write_all(text.as_bytes()).await);
                open.push(stream);
            }
            Script::Endless => write_without_end(stream, &seen).await,
            Script::Silence => open.push(stream),
            Script::SilentAtFirst(count, _) if before < *count => open.push(stream),
            Script::Answer(text) | Script::SilentAtFirst(_, text) => {
                drop(stream.write_all(text.as_bytes()).await);
            }
            Script::Answers(texts) => {
                let text = &texts[before.min(texts.len() - 1)];
                drop(stream.write_all(text.as_bytes()).await);
            }
        }
    }
}

/// A whole request; nothing when what arrives is none, such as TLS.
async fn read_request(stream: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    loop {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
        let text = std::str::from_utf8(&bytes).ok()?;
        if let Some((head, body)) = text.split_once("\r\n\r\n")
            && body.len() >= content_length(head)
        {
            return Some(text.to_owned());
        }
    }
}

fn content_length(head: &str) -> usize {
    let head = head.to_ascii_lowercase();
    let value = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "));
    value.and_then(|value| value.parse().ok()).unwrap_or(0)
}

async fn write_without_end(mut stream: TcpStream, seen: &RecordedRequest) {
    let head = "HTTP/1.1 200 OK\r\nContent-Length: 1000000000000\r\n\r\n";
    drop(stream.write_all(head.as_bytes()).await);
    while let Ok(count) = stream.write(&[b'x'; 4096]).await {
        seen.written.fetch_add(count, Ordering::SeqCst);
    }
    seen.closed.notify_one();
}
