//! Uploads of the command through a connection that breaks, and after it was killed.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy},
    net::{TcpListener, TcpStream},
    sync::Notify,
};

use crate::{
    host::{ONE, Service},
    program::Runner,
};

const MIB: u64 = 1024 * 1024;

/// What happens to a connection once so many bytes have gone to the service through all.
#[derive(Clone, Copy)]
enum Fault {
    /// It is cut.
    Cut(u64),
    /// It lasts, and no other byte arrives.
    Stall(u64),
}

/// What lies between the command and the service.
struct Line {
    faults: Vec<Fault>,
    sent: AtomicU64,
    /// How many faults have happened.
    count: AtomicU64,
    fault: Notify,
}

impl Line {
    /// Starts it in front of a service that it starts, too, which sends all to it.
    async fn start(data_dir: &std::path::Path, faults: &[Fault]) -> (Arc<Self>, Service) {
        let line = Arc::new(Self {
            faults: faults.to_vec(),
            sent: AtomicU64::new(0),
            count: AtomicU64::new(0),
            fault: Notify::new(),
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let free = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = free.local_addr().expect("an address").port();
        drop(free);
        let settings = [("PUBLIC_URL", &*url), ("PORT", &port.to_string())];
        let service = Service::start_with(data_dir, &settings);
        let own = Arc::clone(&line);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = TcpStream::connect(("127.0.0.1", port)).await;
                let server = server.expect("the service listens");
                tokio::spawn(Arc::clone(&own).carry(client, server));
            }
        });
        (line, service)
    }

    async fn carry(self: Arc<Self>, client: TcpStream, server: TcpStream) {
        let (mut from_client, mut to_client) = client.into_split();
        let (mut from_server, mut to_server) = server.into_split();
        let there = async {
            let mut bytes = vec![0; 64 * 1024];
            loop {
                let Ok(count @ 1..) = from_client.read(&mut bytes).await else {
                    return;
                };
                if to_server.write_all(&bytes[..count]).await.is_err() {
                    return;
                }
                let sent = self.sent.fetch_add(count as u64, Ordering::SeqCst) + count as u64;
                let next = self.count.load(Ordering::SeqCst);
                let fault = self.faults.get(usize::try_from(next).expect("a few"));
                let Some(Fault::Cut(at) | Fault::Stall(at)) = fault else {
                    continue;
                };
                if sent >= *at {
                    self.count.fetch_add(1, Ordering::SeqCst);
                    self.fault.notify_one();
                    let is_stalled = matches!(fault, Some(Fault::Stall(_)));
                    while is_stalled && from_client.read(&mut bytes).await.is_ok_and(|it| it > 0) {}
                    return;
                }
            }
        };
        let back = async {
            let _ = copy(&mut from_server, &mut to_client).await;
        };
        tokio::select! {
            () = there => {}
            () = back => {}
        }
    }

    fn sent(&self) -> u64 {
        self.sent.load(Ordering::SeqCst)
    }
}

/// Bytes of a recording, no part of it like another.
fn bytes(count: u64) -> Vec<u8> {
    let mut state = 7_u64;
    let next = |_| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 56) as u8
    };
    (0..count).map(next).collect()
}

/// The only interview of the service has this recording.
async fn assert_uploaded_once(runner: &Runner, content: &[u8]) {
    let list = runner.run(&["list", "--json"]).await.json(0);
    let items = list["items"].as_array().expect("a list");
    assert_eq!(items.len(), 1, "{list}");
    let id = items[0]["id"].as_str().expect("an id");
    // What is no recording is refused once all of it is there.
    let finished = runner.run(&["get", id, "--wait", "--json"]).await;
    let interview: Value = finished.json(1);
    let code = &interview["steps"]["transcription"]["error"]["code"];
    assert_ne!(*code, "recording_incomplete", "{interview}");
    let exported = runner.run(&["export", id, "--format", "recording"]).await;
    exported.assert(1);
    let copy = std::fs::read(runner.path("out/recording.bin")).expect("a file");
    assert!(copy == content, "the recording is another");
}

#[tokio::test(flavor = "multi_thread")]
async fn upload_goes_on_where_the_connection_broke() {
    let _one = ONE.lock().await;
    let data = tempfile::tempdir().expect("a temporary folder");
    // The first in the middle of the first piece, the second of a later one.
    let faults = [Fault::Cut(5 * MIB), Fault::Cut(11 * MIB)];
    let (line, service) = Line::start(data.path(), &faults).await;
    let runner = Runner::at(&service.url);
    let content = bytes(20 * MIB + 12_345);
    runner.file("a.bin", &content);
    runner.run(&["upload", "a.bin"]).await.assert(0);
    assert_eq!(line.count.load(Ordering::SeqCst), 2, "both cuts happened");
    let again = line.sent() - content.len() as u64;
    assert!(again < 2 * MIB, "{again} bytes were sent again");
    assert!(runner.names("state/interviewlens/uploads").is_empty());
    assert_uploaded_once(&runner, &content).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn next_command_continues_the_upload_of_a_killed_one() {
    let _one = ONE.lock().await;
    let data = tempfile::tempdir().expect("a temporary folder");
    let (line, service) = Line::start(data.path(), &[Fault::Stall(17 * MIB)]).await;
    let runner = Runner::at(&service.url);
    let content = bytes(20 * MIB);
    runner.file("a.bin", &content);
    let mut killed = runner.start(&["upload", "a.bin"]);
    line.fault.notified().await;
    killed.kill().await.expect("it runs");
    assert_eq!(runner.names("state/interviewlens/uploads").len(), 1);
    let before = line.sent();
    runner.run(&["upload", "a.bin"]).await.assert(0);
    // Two pieces were there by then.
    let sent = line.sent() - before;
    assert!(sent < 5 * MIB, "{sent} bytes were sent");
    assert!(runner.names("state/interviewlens/uploads").is_empty());
    assert_uploaded_once(&runner, &content).await;
}
