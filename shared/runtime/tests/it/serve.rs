//! The server over real sockets: both versions on one port, slow callers, and a
//! stop that finishes what is in flight.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use async_trait::async_trait;
use http::{Request, StatusCode, Version};
use http_body_util::Full;
use hyper::{
    body::Bytes,
    client::conn::{http1, http2},
};
use hyper_util::rt::{TokioExecutor, TokioIo};
use runtime::{
    receive::Receiver,
    serve::{ConnectionLimits, listen, serve},
};
use steps::{Failure, Function, Trigger};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    sync::{Notify, mpsc, oneshot},
    task::JoinHandle,
};

/// Tells when it has begun, and finishes when it is allowed to.
struct Patient {
    begun: mpsc::UnboundedSender<()>,
    finish: Arc<Notify>,
    finished: mpsc::UnboundedSender<()>,
}

#[async_trait]
impl Function for Patient {
    fn name(&self) -> &'static str {
        "patient"
    }

    async fn handle(&self, _: Trigger) -> Result<(), Failure> {
        let _ = self.begun.send(());
        self.finish.notified().await;
        let _ = self.finished.send(());
        Ok(())
    }
}

struct Server {
    address: SocketAddr,
    begun: mpsc::UnboundedReceiver<()>,
    finish: Arc<Notify>,
    finished: mpsc::UnboundedReceiver<()>,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<std::io::Result<()>>,
}

async fn server() -> Server {
    let (begun_sender, begun) = mpsc::unbounded_channel();
    let (finished_sender, finished) = mpsc::unbounded_channel();
    let finish = Arc::new(Notify::new());
    let function = Patient {
        begun: begun_sender,
        finish: Arc::clone(&finish),
        finished: finished_sender,
    };
    let receiver = Arc::new(Receiver::new(Arc::new(function), Vec::new()));
    let listener = listen("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let (stop, stopped) = oneshot::channel();
    let limits = ConnectionLimits::BEHIND_PROXY;
    let serving = tokio::spawn(serve(receiver, listener, limits, async {
        let _ = stopped.await;
    }));
    Server {
        address,
        begun,
        finish,
        finished,
        stop,
        serving,
    }
}

impl Server {
    /// Asks the server to stop, and waits until it takes no more connections.
    async fn stop(stop: oneshot::Sender<()>, address: SocketAddr) {
        stop.send(()).expect("the server is running");
        while TcpStream::connect(address).await.is_ok() {
            tokio::task::yield_now().await;
        }
    }
}

fn push() -> Request<Full<Bytes>> {
    let body = r#"{"message": {"messageId": "1"}, "subscription": "projects/p/subscriptions/s"}"#;
    Request::post("http://function/")
        .header("host", "function")
        .body(Full::from(body))
        .expect("a request")
}

async fn io(address: SocketAddr) -> TokioIo<TcpStream> {
    TokioIo::new(TcpStream::connect(address).await.expect("a connection"))
}

#[tokio::test]
async fn both_versions_are_spoken_on_one_port() {
    let mut server = server().await;
    let (mut first, connection) = http1::handshake(io(server.address).await)
        .await
        .expect("HTTP/1");
    tokio::spawn(connection);
    let (mut second, connection) = http2::handshake(TokioExecutor::new(), io(server.address).await)
        .await
        .expect("HTTP/2 by prior knowledge");
    tokio::spawn(connection);
    let asking = tokio::spawn(first.send_request(push()));
    server.begun.recv().await.expect("the first has begun");
    let asking_too = tokio::spawn(second.send_request(push()));
    server.begun.recv().await.expect("the second has begun");
    for _ in 0..2 {
        server.finish.notify_one();
        server.finished.recv().await.expect("one has finished");
    }
    let response = asking.await.expect("no panic").expect("an answer");
    assert_eq!(
        (response.version(), response.status()),
        (Version::HTTP_11, StatusCode::NO_CONTENT)
    );
    let response = asking_too.await.expect("no panic").expect("an answer");
    assert_eq!(
        (response.version(), response.status()),
        (Version::HTTP_2, StatusCode::NO_CONTENT)
    );
}

#[tokio::test]
async fn request_in_flight_is_answered_before_the_server_stops() {
    let mut server = server().await;
    let (mut client, connection) = http1::handshake(io(server.address).await)
        .await
        .expect("HTTP/1");
    tokio::spawn(connection);
    let asking = tokio::spawn(client.send_request(push()));
    server.begun.recv().await.expect("it has begun");
    Server::stop(server.stop, server.address).await;
    assert!(!server.serving.is_finished(), "a request is in flight");
    server.finish.notify_one();
    let response = asking.await.expect("no panic").expect("an answer");
    assert_eq!(response.status(), StatusCode::NO_CONTENT);
    server
        .serving
        .await
        .expect("no panic")
        .expect("a clean end");
}

#[tokio::test]
async fn work_whose_caller_has_gone_is_finished_before_the_server_ends() {
    let mut server = server().await;
    let (mut client, connection) = http1::handshake(io(server.address).await)
        .await
        .expect("HTTP/1");
    let connected = tokio::spawn(connection);
    let asking = tokio::spawn(client.send_request(push()));
    server.begun.recv().await.expect("it has begun");
    asking.abort();
    connected.abort();
    Server::stop(server.stop, server.address).await;
    assert!(!server.serving.is_finished(), "work is in flight");
    server.finish.notify_one();
    server
        .serving
        .await
        .expect("no panic")
        .expect("a clean end");
    assert_eq!(server.finished.try_recv(), Ok(()));
}

#[tokio::test]
async fn work_that_never_ends_does_not_keep_the_server() {
    let mut server = server().await;
    let (mut client, connection) = http1::handshake(io(server.address).await)
        .await
        .expect("HTTP/1");
    tokio::spawn(connection);
    let _asking = tokio::spawn(client.send_request(push()));
    server.begun.recv().await.expect("it has begun");
    Server::stop(server.stop, server.address).await;
    tokio::time::pause();
    let stopped = tokio::time::Instant::now();
    server.serving.await.expect("no panic").expect("an end");
    let waited = stopped.elapsed();
    assert!(
        waited < Duration::from_secs(10),
        "Cloud Run kills after ten seconds, and the server took {waited:?}"
    );
}

/// The clock moves on by itself while everything waits.
async fn is_closed_after_a_while(beginning: &[u8]) {
    let server = server().await;
    let mut stream = TcpStream::connect(server.address)
        .await
        .expect("a connection");
    stream.write_all(beginning).await.expect("a beginning");
    tokio::time::pause();
    let begun = tokio::time::Instant::now();
    let mut answer = Vec::new();
    // A reset is as good as an end.
    let _ = stream.read_to_end(&mut answer).await;
    let waited = begun.elapsed();
    assert!(
        waited >= Duration::from_secs(14) && waited < Duration::from_secs(40),
        "{waited:?}"
    );
}

#[tokio::test]
async fn a_caller_that_says_nothing_is_not_waited_for() {
    is_closed_after_a_while(b"").await;
}

#[tokio::test]
async fn a_caller_that_stops_within_the_headers_is_not_waited_for() {
    is_closed_after_a_while(b"POST / HTTP/1.1\r\nhost: function\r\n").await;
}

#[tokio::test]
async fn a_caller_that_stops_within_the_preface_is_not_waited_for() {
    is_closed_after_a_while(b"PRI * HT").await;
}

#[tokio::test]
async fn a_connection_is_kept_for_longer_than_a_load_balancer_keeps_it() {
    let server = server().await;
    let (mut client, connection) = http1::handshake(io(server.address).await)
        .await
        .expect("HTTP/1");
    let connected = tokio::spawn(connection);
    for minutes in [10, 0] {
        server.finish.notify_one();
        let answer = client.send_request(push()).await.expect("an answer");
        assert_eq!(answer.status(), StatusCode::NO_CONTENT);
        tokio::time::pause();
        tokio::time::advance(Duration::from_mins(minutes)).await;
        tokio::time::resume();
    }
    tokio::time::pause();
    let begun = tokio::time::Instant::now();
    let _ = connected.await.expect("no panic");
    let waited = begun.elapsed();
    assert!(
        waited > Duration::from_mins(10) && waited < Duration::from_mins(12),
        "{waited:?}"
    );
}

/// The server accepts no connection yet. A client without a place tries again after a second.
#[tokio::test]
async fn connections_above_the_limit_wait() {
    let allowed = std::fs::read_to_string("/proc/sys/net/core/somaxconn").ok();
    let allowed = allowed.and_then(|number| number.trim().parse().ok());
    let crowd = allowed.unwrap_or(128_usize).min(500);
    let listener = listen("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    let arrive = |_| std::net::TcpStream::connect_timeout(&address, Duration::from_millis(900));
    let came: Result<Vec<_>, _> = (0..crowd).map(arrive).collect();
    assert_eq!(came.expect("a place for each").len(), crowd);
}

#[tokio::test]
async fn an_address_that_is_taken_is_said_to_be() {
    let first = listen("127.0.0.1:0").await.expect("a free port");
    let address = first.local_addr().expect("an address").to_string();
    let second = listen(&address).await;
    assert_eq!(
        second.err().map(|error| error.kind()),
        Some(std::io::ErrorKind::AddrInUse)
    );
    assert!(listen("no.such.host.invalid:80").await.is_err());
}
